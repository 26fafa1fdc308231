# SPDX-License-Identifier: MIT
"""A file system that never answers, as a network file system whose server is gone: who looks for a file on it waits inside the
kernel, and not even SIGKILL ends that wait (FUSE: a request that has been read is waited for)."""

import ctypes
import os
import select
import struct
import sys

if __name__ != "__main__":
    from . import waiting
    from .small_disk import SmallDisk

INIT = 26
REQUEST = "<IIQ"    # length, what, number (struct fuse_in_header of linux/fuse.h)
ANSWER = "<IiQ"     # length, error, number
VERSION = (7, 31)
BUFFER = 1 << 20


def why_not():
    """Why there can be none here; None if there can."""
    if not os.access("/dev/fuse", os.R_OK | os.W_OK):
        return "no access to /dev/fuse"
    return None


def make_stuck_disk(path):
    """At an empty directory. Used as a SmallDisk is; remove() ends all waits on it."""
    disk = SmallDisk.__new__(SmallDisk)
    disk.hold(path, sys.executable, __file__, path)
    return disk


def asked(disk):
    """Comes back when somebody has begun to wait; to be called once."""
    waiting.until(lambda: select.select([disk.holder.stdout], [], [], 0)[0], 10, "somebody looks for a file")
    assert disk.holder.stdout.readline() == "asked\n"


def mount(path):
    device = os.open("/dev/fuse", os.O_RDWR)
    libc = ctypes.CDLL(None, use_errno=True)
    options = f"fd={device},rootmode=40000,user_id={os.getuid()},group_id={os.getgid()},allow_other"
    if libc.mount(b"none", path.encode(), b"fuse", 0, options.encode()) != 0:
        raise OSError(ctypes.get_errno(), "mount")
    return device


def serve(device):
    waited = False
    while True:
        _, what, number = struct.unpack_from(REQUEST, os.read(device, BUFFER))
        if what != INIT:
            os.write(sys.stdout.fileno(), b"" if waited else b"asked\n")
            waited = True
            continue
        body = struct.pack("<4I2H2I8I", *VERSION, 0, 0, 12, 9, 65536, 1, *[0] * 8)
        os.write(device, struct.pack(ANSWER, struct.calcsize(ANSWER) + len(body), 0, number) + body)
        print("mounted", flush=True)


if __name__ == "__main__":
    serve(mount(sys.argv[1]))
