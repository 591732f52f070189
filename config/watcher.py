"""Ends the processes it was told about as soon as the process that started it is gone, however that one ended.

It reads lines `watch PID SIGNAL` and `forget PID` from its standard input. The end of the input means that nobody holds
the other end any more, kill -9 included; a pipe does this on every system, a parent-death signal on Linux only.
"""

import os
import signal
import sys
import time

PATIENCE_SECONDS = 10


def main():
    watched = {}
    for line in sys.stdin:
        word, pid, *rest = line.split()
        if word == "watch":
            watched[int(pid)] = int(rest[0])
        else:
            watched.pop(int(pid), None)
    for pid, number in watched.items():
        send(pid, number)
    wait_until_gone(watched)
    for pid in watched:
        send(pid, signal.SIGKILL)


def send(pid, number):
    """Signals the whole group of a process: each watched process leads a session of its own."""
    try:
        os.killpg(pid, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def wait_until_gone(pids):
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline and any(send(pid, 0) for pid in pids):
        time.sleep(0.02)


if __name__ == "__main__":
    main()
