#!/usr/bin/env python3
"""Tries one forbidden act and says how the kernel answered.

usage: syscalls.py mount|mknod|rawsocket|packetsocket|ptrace|setns|unshare|keyctl|chroot|reboot|
                   setuid|chown|forkstorm [COUNT]|memory MEGABYTES

Prints one line of JSON: {"act": ..., "allowed": true|false, "errno": ..., ...}. Exit 0 when the
act succeeded, 1 when it was refused, 2 when it could not be tried.
"""
import ctypes
import errno
import json
import os
import signal
import socket
import stat
import sys

libc = ctypes.CDLL(None, use_errno=True)


def call(name, *arguments):
    """Calls a function of the C library and raises what it reported."""
    ctypes.set_errno(0)
    result = getattr(libc, name)(*arguments)
    if result == -1:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return result


def mount():
    os.makedirs("/tmp/probe-mount", exist_ok=True)
    call("mount", b"none", b"/tmp/probe-mount", b"tmpfs", 0, None)
    libc.umount(b"/tmp/probe-mount")


def mknod():
    path = f"/tmp/probe-device-{os.getpid()}"
    os.mknod(path, 0o600 | stat.S_IFBLK, os.makedev(7, 0))
    os.unlink(path)


def rawsocket():
    socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP).close()


def packetsocket():
    socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3)).close()


def ptrace():
    # The first process of the container; a foreign one only where that runs as another user.
    call("ptrace", 16, int(os.environ.get("PROBE_PID", "1")), None, None)


def setns():
    descriptor = os.open("/proc/1/ns/net", os.O_RDONLY)
    call("setns", descriptor, 0)


def unshare():
    call("unshare", 0x10000000)  # CLONE_NEWUSER


def keyctl():
    call("syscall", 250, 0, -3, 0)


def chroot():
    os.chroot("/tmp")


def reboot():
    # Only turns the handling of Ctrl-Alt-Del off, which needs the same capability as a restart.
    call("reboot", 0)


def setuid():
    os.setuid(0 if os.getuid() != 0 else 1)


def chown():
    path = f"/tmp/probe-owner-{os.getpid()}"
    open(path, "w").close()
    try:
        os.chown(path, os.getuid() + 1, -1)
    finally:
        os.unlink(path)


def forkstorm(count="5000"):
    """Starts processes until it is stopped; reports how many there were."""
    children = []
    try:
        for _ in range(int(count)):
            child = os.fork()
            if child == 0:
                signal.pause()
                os._exit(0)
            children.append(child)
    except OSError as error:
        error.reached = len(children)
        raise
    finally:
        for child in children:
            os.kill(child, signal.SIGKILL)
        for child in children:
            os.waitpid(child, 0)
    return {"reached": len(children)}


def memory(megabytes):
    """Touches that much memory; a limit shows as a killed process, not as an answer."""
    blocks = [bytearray(os.urandom(1024)) * 1024 for _ in range(int(megabytes))]
    return {"reached": len(blocks)}


ACTS = {
    act.__name__: act
    for act in (
        mount, mknod, rawsocket, packetsocket, ptrace, setns, unshare, keyctl, chroot, reboot,
        setuid, chown, forkstorm, memory,
    )
}


def main():
    if len(sys.argv) < 2 or sys.argv[1] not in ACTS:
        print(__doc__, file=sys.stderr)
        return 2
    report = {"act": sys.argv[1], "uid": os.getuid()}
    try:
        report.update(ACTS[sys.argv[1]](*sys.argv[2:]) or {}, allowed=True)
    except OSError as error:
        name = errno.errorcode.get(error.errno or 0, str(error.errno))
        report.update(allowed=False, errno=name, reached=getattr(error, "reached", None))
    print(json.dumps(report))
    return 0 if report["allowed"] else 1


sys.exit(main())
