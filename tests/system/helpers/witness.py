# SPDX-License-Identifier: MIT
"""A supervisor that is watched from inside: its wall clock can be moved, and what it makes safe is written down in order."""

import pathlib
import subprocess


class Witness:
    """Before the start of a site."""

    def __init__(self, site):
        self.clock = f"{site.directory}/clock"
        self.log = f"{site.directory}/order"
        library = f"{site.directory}/witness.so"
        source = pathlib.Path(__file__).with_name("witness.c")
        subprocess.run(["cc", "-O1", "-Wall", "-Wextra", "-Werror", "-D_GNU_SOURCE", "-shared", "-fPIC", "-o", library,
                        str(source)], check=True)
        site.environment.update(LD_PRELOAD=library, WITNESS_CLOCK=self.clock, WITNESS_LOG=self.log)

    def move_clock(self, seconds):
        """So far from the true time."""
        with open(self.clock, "w", encoding="ascii") as file:
            file.write(str(seconds))

    def order(self):
        """(what, path) of each fsync, rename and first insert."""
        with open(self.log, encoding="utf-8") as file:
            return [tuple(line.rstrip("\n").split(" ", 1)) for line in file]
