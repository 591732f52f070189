"""`make bench`: every measurement in turn, in a process of its own; names choose some: make bench ARGS="rollup web"."""

import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parent


def main():
    known = {path.stem.removeprefix("bench_"): path for path in sorted(FOLDER.glob("bench_*.py"))}
    chosen = sys.argv[1:] or list(known)
    if unknown := [name for name in chosen if name not in known]:
        sys.exit(f"No measurement named {', '.join(unknown)}; there are {', '.join(known)}.")
    failed = []
    for name in chosen:
        sys.stdout.write(f"\n== {name}\n")
        sys.stdout.flush()
        if subprocess.run([sys.executable, str(known[name])], cwd=FOLDER.parent, check=False).returncode:
            failed.append(name)
    if failed:
        sys.exit(f"Over a limit: {', '.join(failed)}")


if __name__ == "__main__":
    main()
