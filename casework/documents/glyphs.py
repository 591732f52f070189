"""Which characters the font of the papers holds, read from the font file itself."""

import struct
from functools import cache

from casework.documents.fonts import REGULAR

FORMAT_12 = 12
HEADER, GROUP = 16, 12


@cache
def covered():
    """Every code point the font can show: 30,000 of them, read once per process."""
    data = REGULAR.read_bytes()
    start = table(data, b"cmap")
    for at in range(struct.unpack_from(">H", data, start + 2)[0]):
        offset = start + struct.unpack_from(">I", data, start + 8 + 8 * at)[0]
        if struct.unpack_from(">H", data, offset)[0] == FORMAT_12:
            return frozenset(code for first, last in groups(data, offset) for code in range(first, last + 1))
    raise ValueError(f"{REGULAR.name} has no character map of the full range.")


def table(data, tag):
    for at in range(struct.unpack_from(">H", data, 4)[0]):
        name, _sum, offset, _length = struct.unpack_from(">4sIII", data, 12 + 16 * at)
        if name == tag:
            return offset
    raise ValueError(f"{REGULAR.name} has no table {tag}.")


def groups(data, offset):
    """(first, last) code points of each run in a map of format 12."""
    count = struct.unpack_from(">I", data, offset + 12)[0]
    return [struct.unpack_from(">II", data, offset + HEADER + GROUP * at) for at in range(count)]
