# SPDX-License-Identifier: MIT
"""Builds a plugin from C text, with the installed header and nothing else, as an author of types would."""

import subprocess

from . import account


def build_plugin(prefix, directory, site, source, name="odd"):
    """The path of the shared object, in the site's directory of programs."""
    code = directory / f"{name}.c"
    code.write_text(source)
    library = f"{site.programs}/{name}.so"
    subprocess.run(["cc", "-Wall", "-Werror", "-shared", "-fPIC", "-Wl,-z,defs", f"-I{prefix}/include",
                    "-o", library, str(code)], check=True)
    account.give(library)
    return library
