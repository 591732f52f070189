"""Programs of the set-up tests, and a look at what is still running."""

import os
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
KEEPER = """
import os, sys
from pathlib import Path
from config import embedded
try:
    with embedded.running(Path(sys.argv[1]), join=sys.argv[2] == "join", fsync=False):
        print("up", os.getuid(), flush=True)
        sys.stdin.read()
except embedded.EmbeddedServerError as error:
    print(error, flush=True)
"""


def environment(**changes):
    """Ours without the settings of the test run, so that a program starts servers of its own."""
    inherited = {key: value for key, value in os.environ.items() if key not in {"VAR_DIR", "DATABASE_URL", "REDIS_URL"}}
    return inherited | {"PYTHONPATH": str(ROOT)} | changes


def spawn(*command, **changes):
    return subprocess.Popen(
        [str(part) for part in command],
        cwd=ROOT,
        env=environment(**changes),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def keep(folder, mode="join", *, wrapper=(), **changes):
    """A process that keeps the servers of a folder up until its standard input ends; returns it with its first line."""
    process = spawn(*wrapper, sys.executable, "-c", KEEPER, folder, mode, **changes)
    return process, process.stdout.readline().strip()


def release(process):
    process.stdin.close()
    process.stdout.read()
    process.stdout.close()
    return process.wait(30)


def kill(process):
    process.kill()
    process.wait()
    process.stdin.close()
    process.stdout.close()


def running(mark):
    """Command lines by process id of all processes that name `mark`, a folder or a port; zombies name nothing."""
    found = {}
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            line = entry.read_bytes().replace(b"\0", b" ").decode(errors="replace")
            if str(mark) in line:
                found[int(entry.parent.name)] = line
    return found


def left_over(mark):
    return list(running(mark).values())


def becomes(check, seconds=10):
    """Polls until the check holds."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if check():
            return True
        time.sleep(0.02)
    return check()
