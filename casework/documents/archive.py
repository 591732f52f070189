"""The archive package of a closed case: one zip that holds everything, explains itself and shows every altered byte.

Nothing in it is compressed and nothing depends on when or where it was packed. So the same case gives the same bytes,
and checking is packing again: a byte altered between the files shows as well as one inside them. Keep the SHA-256 of
the whole package elsewhere, in the audit trail: who rewrites files and sums together is told by that alone.
"""

import csv
import hashlib
import io
import json
import re
import zipfile

SUMS = "checksums.sha256"
INDEX = "index.csv"
DATA = "data.json"
TRAIL = "trail.csv"
MOMENT = (1980, 1, 1, 0, 0, 0)
READ_ONLY = 0o100444 << 16
TRAIL_COLUMNS = ("at", "actor", "action", "note")
FORMULA = re.compile(r"^[\s]*[=+\-@＝＋－＠|]")
UNSAFE = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|]+')


def archive(case_data, pdfs, files):
    """The package of a case as bytes.

    `case_data` is plain data (its "trail", a list of dicts, also becomes a table); `pdfs` and `files` are
    {name: bytes} of the papers issued and of the papers handed in.
    """
    contents = {DATA: as_json(case_data), TRAIL: as_table(case_data.get("trail", ()))}
    contents |= placed("documents", pdfs) | placed("attachments", files)
    contents[INDEX] = index(contents)
    return packed(contents)


def packed(contents):
    """A zip of {name: bytes} and their checksums, the same bytes for the same contents."""
    sums = "".join(f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in contents.items())
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as package:
        for name, data in {**contents, SUMS: sums.encode()}.items():
            entry = zipfile.ZipInfo(name, MOMENT)
            entry.create_system, entry.external_attr = 3, READ_ONLY
            package.writestr(entry, data)
    return stream.getvalue()


def placed(folder, files):
    """{folder/name: bytes}, each name safe on every system and used once."""
    named = {}
    for name, data in files.items():
        safe = UNSAFE.sub("_", name).strip(" .")[:150] or "file"
        while f"{folder}/{safe}".casefold() in {each.casefold() for each in named}:
            safe = f"_{safe}"
        named[f"{folder}/{safe}"] = data
    return named


def as_json(data):
    return json.dumps(data, ensure_ascii=False, indent=1, sort_keys=True, default=str).encode("utf-8", "replace")


def as_table(lines):
    """A CSV that spreadsheets open in Chinese; a text that could be a formula is led by an apostrophe."""
    columns = list(dict.fromkeys((*TRAIL_COLUMNS, *(key for line in lines for key in line))))
    return csv_bytes(columns, ([line.get(column, "") for column in columns] for line in lines))


def index(contents):
    lines = ((number, name, len(data)) for number, (name, data) in enumerate(contents.items(), start=1))
    return csv_bytes(("number", "file", "bytes"), lines)


def csv_bytes(header, lines):
    stream = io.StringIO()
    writer = csv.writer(stream)
    writer.writerow(header)
    writer.writerows([as_cell(value) for value in line] for line in lines)
    return stream.getvalue().encode("utf-8-sig", "replace")


def as_cell(value):
    if isinstance(value, dict | list | tuple):
        value = json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)
    text = "" if value is None else str(value)
    return f"'{text}" if FORMULA.match(text) and not isinstance(value, int | float) else text


def verify_archive(package):
    """The name of the first file that is altered, missing or strange; "" when every byte is as it was packed.

    "package" when it cannot be opened or was altered outside its files.
    """
    try:
        contents = opened(package)
    except (zipfile.BadZipFile, NotImplementedError, ValueError, EOFError, RuntimeError, OSError):
        return "package"
    return first_altered(contents) or ("" if packed(without_sums(contents)) == package else "package")


def opened(package):
    """{name: bytes, or None where the bytes do not fit the zip's own sum}; refuses what this module would not write."""
    with zipfile.ZipFile(io.BytesIO(package)) as stored:
        entries = stored.infolist()
        if any(entry.compress_type != zipfile.ZIP_STORED for entry in entries):
            raise ValueError("compressed")
        if sum(entry.file_size for entry in entries) > len(package):
            raise ValueError("overlapping")
        return {entry.filename: content(stored, entry) for entry in entries}


def content(stored, entry):
    try:
        return stored.read(entry)
    except (zipfile.BadZipFile, EOFError):
        return None


def first_altered(contents):
    sums = contents.get(SUMS)
    if sums is None:
        return SUMS
    listed = dict(
        reversed(line.split("  ", 1)) for line in sums.decode("utf-8", "replace").splitlines() if "  " in line
    )
    for name, data in without_sums(contents).items():
        if data is None or listed.get(name) != hashlib.sha256(data).hexdigest():
            return name
    return next((name for name in listed if name not in contents), "")


def without_sums(contents):
    return {name: data for name, data in contents.items() if name != SUMS}
