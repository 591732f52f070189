"""The limited process that reads one file: bytes on standard input, lines of JSON on standard output.

Each line is a part of the text with its place, or a reason why something could not be read. No Django here.
"""

import json
import resource
import sys

MEGABYTE = 2**20
MEMORY = 512 * MEGABYTE
SECONDS = 8
MAX_CHARACTERS = 2_000_000


def main(parts):
    """Read standard input by the reader given (`parts` of pdf.py or office.py) and write what it finds."""
    limit()
    left = MAX_CHARACTERS
    for what, value in parts(sys.stdin.buffer.read()):
        left -= len(value[1]) if what == "text" else 0
        if left < 0:
            say(unread="too_long")
            break
        say(**{what: value})
    say(end=True)


def limit():
    """Cap address space and processor time; forbid written files and core dumps."""
    for what, soft in ((resource.RLIMIT_AS, MEMORY), (resource.RLIMIT_CPU, SECONDS)):
        resource.setrlimit(what, (soft, resource.getrlimit(what)[1]))
    for what in (resource.RLIMIT_FSIZE, resource.RLIMIT_CORE):
        resource.setrlimit(what, (0, 0))


def say(**message):
    sys.stdout.buffer.write(json.dumps(message, ensure_ascii=True).encode() + b"\n")
    sys.stdout.buffer.flush()
