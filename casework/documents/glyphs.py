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
    count = struct.unpack_from(">H", data, start + 2)[0]
    maps = (start + struct.unpack_from(">I", data, start + 8 + 8 * at)[0] for at in range(count))
    full = next(place for place in maps if struct.unpack_from(">H", data, place)[0] == FORMAT_12)
    return frozenset(code for first, last in groups(data, full) for code in range(first, last + 1))


def table(data, tag):
    count = struct.unpack_from(">H", data, 4)[0]
    entries = (struct.unpack_from(">4sIII", data, 12 + 16 * at) for at in range(count))
    return next(offset for name, _sum, offset, _length in entries if name == tag)


def groups(data, offset):
    """(first, last) code points of each run in a map of format 12."""
    count = struct.unpack_from(">I", data, offset + 12)[0]
    return [struct.unpack_from(">II", data, offset + HEADER + GROUP * at) for at in range(count)]
