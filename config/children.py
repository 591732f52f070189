"""Child processes that never outlive the process that started them."""

import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from config import watcher


@dataclass
class Child:
    """One running program: its name for people, its log, and the signal that asks it to end."""

    name: str
    process: subprocess.Popen
    log: Path
    stop_signal: int


class Children:
    """Starts programs in sessions of their own, so that Ctrl-C reaches only us and we end them in order.

    A watcher process ends them when we are killed; it inherits `held` (open lock files), so a lock is free again only
    when the last program is gone.
    """

    def __init__(self, log_dir, *, held=()):
        log_dir.mkdir(parents=True, exist_ok=True)
        self.log_dir = log_dir
        self.running = []
        self._watcher = subprocess.Popen(
            [sys.executable, "-S", "-E", watcher.__file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
            pass_fds=[file.fileno() for file in held],
            text=True,
            bufsize=1,
        )

    def start(self, name, command, *, stop_signal=signal.SIGTERM, orphan_signal=signal.SIGKILL, **options):
        """Starts one program with its output in `<name>.log`; `orphan_signal` is what it gets if we are killed."""
        log = self.log_dir / f"{name}.log"
        with log.open("ab") as output:
            process = subprocess.Popen(
                [str(part) for part in command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                **options,
            )
        self._tell(f"watch {process.pid} {int(orphan_signal)}")
        child = Child(name, process, log, stop_signal)
        self.running.append(child)
        return child

    def first_ended(self):
        """A child that ended by itself, or None."""
        return next((child for child in self.running if child.process.poll() is not None), None)

    def stop(self, *, grace=15):
        """Asks all to end, the last started first; whatever is left after `grace` seconds is killed with its group."""
        deadline = time.monotonic() + grace
        for child in reversed(self.running):
            if child.process.poll() is None:
                child.process.send_signal(child.stop_signal)
        for child in list(self.running):
            self._await(child, deadline)
        self._watcher.stdin.close()
        self._watcher.wait()

    def _await(self, child, deadline):
        with suppress(subprocess.TimeoutExpired):
            child.process.wait(max(0, deadline - time.monotonic()))
        # The program may be gone and helpers of its own still there: the group goes as a whole.
        watcher.send(child.process.pid, signal.SIGKILL)
        child.process.wait()
        self.forget(child)

    def forget(self, child):
        """No longer ours: it has ended."""
        self.running.remove(child)
        self._tell(f"forget {child.process.pid}")

    def _tell(self, line):
        # Somebody may have ended the watcher; we can still end the children ourselves.
        with suppress(BrokenPipeError):
            print(line, file=self._watcher.stdin, flush=True)
