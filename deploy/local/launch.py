"""Become another program as its parent wants it: `launch.py PARENT_PID DEATH_SIGNAL same|ordinary PROGRAM ARGUMENT...`.

`launch.py probe` only tells, by exit code 0, whether step 1 below works here.

Runs in the child, between fork and exec, as a program of its own because code in `preexec_fn` may deadlock in a parent
with threads. Imports only the standard library; started with `-I -S`, so it costs some 15 ms.

The child gets DEATH_SIGNAL when its parent ends, in whatever way, so that nothing outlives the supervisor.
`ordinary` gives up being root, or somebody without a name, since PostgreSQL refuses to run as either:
 1. a user namespace in which one's own id is called nobody's: files stay one's own, closed folders stay reachable;
 2. where namespaces are forbidden (most containers): root becomes nobody, keeping only the right to pass closed folders.
"""

import ctypes
import os
import pwd
import sys

LINUX = sys.platform == "linux"
CLONE_NEWUSER = 0x10000000
PR_SET_PDEATHSIG, PR_SET_KEEPCAPS, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE = 1, 8, 47, 2
CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH = 1, 2
CAPABILITY_VERSION_3 = 0x20080522
NOBODY = 65534


class CapabilityHeader(ctypes.Structure):
    _fields_ = [("version", ctypes.c_uint32), ("pid", ctypes.c_int)]


class CapabilityData(ctypes.Structure):
    _fields_ = [("effective", ctypes.c_uint32), ("permitted", ctypes.c_uint32), ("inheritable", ctypes.c_uint32)]


def is_ordinary(uid: int) -> bool:
    try:
        return pwd.getpwuid(uid).pw_uid != 0
    except KeyError:
        return False


def in_user_namespace() -> bool:
    libc = ctypes.CDLL(None, use_errno=True)
    uid, gid = os.getuid(), os.getgid()
    if libc.unshare(CLONE_NEWUSER) != 0:
        return False
    for name, text in (
        ("setgroups", "deny"),
        ("uid_map", f"{NOBODY} {uid} 1"),
        ("gid_map", f"{NOBODY} {gid} 1"),
    ):
        with open(f"/proc/self/{name}", "w") as file:
            file.write(text)
    return True


def as_nobody() -> None:
    """Become nobody, with the ambient capability to read and write below folders that are closed to others."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0)
    os.setgroups([])
    os.setgid(NOBODY)
    os.setuid(NOBODY)
    kept = (1 << CAP_DAC_OVERRIDE) | (1 << CAP_DAC_READ_SEARCH)
    header = CapabilityHeader(CAPABILITY_VERSION_3, 0)
    data = (CapabilityData * 2)(CapabilityData(kept, kept, kept), CapabilityData(0, 0, 0))
    if libc.capset(ctypes.byref(header), data) == 0:
        for capability in (CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH):
            libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0)


def namespaces_allowed() -> bool:
    """Whether this process could make a user namespace; tried in a child, as it cannot be undone."""
    if not LINUX:
        return False
    child = os.fork()
    if child == 0:
        try:
            os._exit(0 if in_user_namespace() else 1)
        except BaseException:
            os._exit(1)
    return os.waitpid(child, 0)[1] == 0


def main() -> None:
    if sys.argv[1:] == ["probe"]:
        sys.exit(0 if namespaces_allowed() else 1)
    parent, death_signal, identity, *program = sys.argv[1:]
    if identity == "ordinary" and not is_ordinary(os.geteuid()):
        if namespaces_allowed():
            in_user_namespace()
        elif os.geteuid() == 0:
            as_nobody()
    if LINUX:
        # After any change of identity, because that clears it.
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0)
        if os.getppid() != int(parent):
            sys.exit("the parent is gone")
    os.execv(program[0], program)  # noqa: S606 (there is no shell to be fooled)


if __name__ == "__main__":
    main()
