"""Child processes that never outlive the process that started them."""

import signal
import subprocess
import sys
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

    A watcher process ends them when we are killed; it inherits `held` (open lock files), so a lock is free again only when
    the last program is gone.
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
        """Ends everything, the last started first; whatever is left after `grace` seconds is killed with its group."""
        for child in reversed(self.running):
            self._end(child, grace)
            self._tell(f"forget {child.process.pid}")
        self.running.clear()
        self._watcher.stdin.close()
        self._watcher.wait()

    def _end(self, child, grace):
        if child.process.poll() is None:
            child.process.send_signal(child.stop_signal)
        try:
            child.process.wait(grace)
        except subprocess.TimeoutExpired:
            pass
        watcher.send(child.process.pid, signal.SIGKILL)
        child.process.wait()

    def _tell(self, line):
        try:
            print(line, file=self._watcher.stdin, flush=True)
        except BrokenPipeError:
            # Somebody ended the watcher; we can still end the children ourselves.
            return
