"""A filter of system calls, for sandboxes without an engine that brings one: what opens the kernel, and no agent needs.

It is a program of classic BPF as seccomp(2) describes it; the numbers are those of the kernel's tables
(arch/x86/entry/syscalls/syscall_64.tbl, include/uapi/asm-generic/unistd.h).
"""

from __future__ import annotations

import errno
import struct
from dataclasses import dataclass

LOAD, EQUAL, AT_LEAST, ANY_BIT, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
ALLOW, FAIL = 0x7FFF0000, 0x00050000
NUMBER, ARCHITECTURE, FIRST, SECOND = 0, 4, 16, 24
"""Where seccomp_data holds the call's number, its architecture, and the lower halves of two arguments."""
X32 = 0x40000000
NEW_NAMESPACES = 0x7E020000
"""All CLONE_NEW* that clone(2) takes: user, mount, pid, net, ipc, uts, cgroup."""
KEYSTROKES = (0x5412, 0x541C)
"""TIOCSTI and TIOCLINUX: they put keystrokes into a terminal, as if its human had typed them."""


@dataclass(frozen=True, slots=True)
class _Machine:
    architecture: int
    clone: int
    ioctl: int
    refused: tuple[int, ...]


NEW_EVERYWHERE = (425, 426, 427, 428, 429, 430, 431, 432, 433, 442)
"""io_uring, and the newer calls that mount; their numbers are the same on all machines."""
CLONE3 = 435
MACHINES = {
    # mount umount2 pivot_root setns unshare | keys | bpf perf userfaultfd | modules kexec | acct swap reboot quotactl
    # | open_by_handle_at
    "x86_64": _Machine(
        0xC000003E, 56, 16,
        (165, 166, 155, 308, 272, 248, 249, 250, 321, 298, 323, 175, 313, 176, 246, 320, 163, 167, 168, 169, 179, 304),
    ),
    "aarch64": _Machine(
        0xC00000B7, 220, 29,
        (40, 39, 41, 268, 97, 217, 218, 219, 280, 241, 282, 105, 273, 106, 104, 294, 89, 224, 225, 142, 60, 265),
    ),
}  # fmt: skip


def program(machine: str) -> bytes:
    """The filter for a machine as `platform.machine()` names it; empty where the numbers are not known.

    Refused calls fail with EPERM. clone3, whose arguments cannot be looked at, and calls of another architecture fail
    with ENOSYS, so that programs fall back to what they did before those were there.
    """
    if not (known := MACHINES.get(machine)):
        return b""
    forbid, unknown = FAIL | errno.EPERM, FAIL | errno.ENOSYS
    code = [
        _load(ARCHITECTURE),
        *_unless(EQUAL, known.architecture, unknown),
        _load(NUMBER),
        *_when(AT_LEAST, X32, unknown),
        *_when(EQUAL, CLONE3, unknown),
    ]
    for number in (*known.refused, *NEW_EVERYWHERE):
        code += _when(EQUAL, number, forbid)
    code += _call(known.clone, [_load(FIRST), *_when(ANY_BIT, NEW_NAMESPACES, forbid)])
    requests = [line for request in KEYSTROKES for line in _when(EQUAL, request, forbid)]
    code += _call(known.ioctl, [_load(SECOND), *requests])
    return b"".join([*code, _line(RETURN, ALLOW)])


def _line(operation: int, value: int, yes: int = 0, no: int = 0) -> bytes:
    return struct.pack("=HBBI", operation, yes, no, value)


def _load(place: int) -> bytes:
    return _line(LOAD, place)


def _when(test: int, value: int, answer: int) -> list[bytes]:
    return [_line(test, value, 0, 1), _line(RETURN, answer)]


def _unless(test: int, value: int, answer: int) -> list[bytes]:
    return [_line(test, value, 1, 0), _line(RETURN, answer)]


def _call(number: int, look: list[bytes]) -> list[bytes]:
    """Look at the arguments of one call, which is then allowed unless an answer was given."""
    look = [*look, _line(RETURN, ALLOW)]
    return [_line(EQUAL, number, 0, len(look)), *look]
