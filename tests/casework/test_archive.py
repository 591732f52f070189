import csv
import hashlib
import io
import json
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework.documents.archive import archive, verify_archive

CASE = {
    "number": "440310005BA2026112200078",
    "organization": {"name": "王𬱖舞蹈队"},
    "trail": [
        {"at": "2026-11-22T10:32:00+08:00", "actor": "clerk", "action": "submit", "note": "=1+1", "version": 1},
        {"at": "2026-11-23T09:00:00+08:00", "actor": "officer", "action": "approve", "after": {"state": "filed"}},
    ],
}
PAPERS = {"备案证书.pdf": b"%PDF-1.7 certificate", "备案通知书.pdf": b"%PDF-1.7 notice"}
FILES = {"章程.docx": b"PK charter", "../../名册/..\\a.pdf": b"roster", "CON?.jpg": b"", "con?.JPG": b"picture"}
PACKAGE = archive(CASE, PAPERS, FILES)
SIZE = len(PACKAGE)


def opened(package=PACKAGE):
    with zipfile.ZipFile(io.BytesIO(package)) as stored:
        return {name: stored.read(name) for name in stored.namelist()}


def rewritten(contents):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as stored:
        for name, data in contents.items():
            stored.writestr(name, data)
    return stream.getvalue()


def test_the_package_holds_data_trail_papers_and_what_was_handed_in():
    contents = opened()
    assert json.loads(contents["data.json"]) == CASE
    assert contents["documents/备案证书.pdf"] == PAPERS["备案证书.pdf"]
    assert contents["attachments/章程.docx"] == FILES["章程.docx"]
    assert b"" in contents.values()
    listed = list(csv.reader(io.StringIO(contents["index.csv"].decode("utf-8-sig"))))
    assert [line[1] for line in listed[1:]] == [
        name for name in contents if name not in ("index.csv", "checksums.sha256")
    ]


def test_the_trail_is_a_table_no_spreadsheet_would_run():
    lines = list(csv.DictReader(io.StringIO(opened()["trail.csv"].decode("utf-8-sig"))))
    assert [line["action"] for line in lines] == ["submit", "approve"]
    assert lines[0]["note"] == "'=1+1"
    assert lines[0]["version"] == "1"
    assert json.loads(lines[1]["after"]) == {"state": "filed"}


def test_names_are_safe_and_never_overwrite_each_other():
    names = list(opened())
    assert all(".." not in name.split("/") and "\\" not in name and name.count("/") <= 1 for name in names)
    assert len({name.casefold() for name in names}) == len(names)
    assert len(names) == 2 + len(PAPERS) + len(FILES) + 2


def test_the_sums_are_those_a_shell_would_check():
    contents = opened()
    for line in contents["checksums.sha256"].decode().splitlines():
        digest, name = line.split("  ", 1)
        assert hashlib.sha256(contents[name]).hexdigest() == digest


def test_the_same_case_gives_the_same_bytes():
    assert archive(CASE, PAPERS, FILES) == PACKAGE
    assert verify_archive(PACKAGE) == ""
    assert verify_archive(archive({}, {}, {})) == ""


@given(st.integers(0, SIZE - 1), st.integers(1, 255))
def test_any_altered_byte_is_noticed(at, by):
    altered = bytearray(PACKAGE)
    altered[at] ^= by
    assert verify_archive(bytes(altered))


@pytest.mark.parametrize("name", ["data.json", "trail.csv", "documents/备案通知书.pdf", "attachments/章程.docx"])
def test_the_altered_file_is_named(name):
    assert verify_archive(rewritten({**opened(), name: b"other"})) == name
    place = PACKAGE.index(opened()[name])
    assert verify_archive(PACKAGE[:place] + b"?" + PACKAGE[place + 1 :]) == name


def test_missing_and_added_files_are_named():
    contents = opened()
    assert (
        verify_archive(rewritten({name: data for name, data in contents.items() if name != "trail.csv"})) == "trail.csv"
    )
    assert verify_archive(rewritten({**contents, "documents/新.pdf": b"x"})) == "documents/新.pdf"
    assert verify_archive(rewritten({"data.json": b"{}"})) == "checksums.sha256"


@pytest.mark.parametrize("package", [b"", b"PK", PACKAGE[:-10], PACKAGE + b"x", b"x" + PACKAGE, PACKAGE[: SIZE // 2]])
def test_what_is_not_the_whole_package_is_refused(package):
    assert verify_archive(package) == "package"


def test_a_package_of_another_make_is_refused():
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as stored:
        stored.writestr("data.json", b" " * 10**6)
    assert verify_archive(stream.getvalue()) == "package"
