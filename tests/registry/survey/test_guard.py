"""Hostile files: one clear code each, within five seconds and a quarter of a gigabyte."""

import json
import subprocess
import sys
import time

import pytest

from registry.survey.guard import MAX_BYTES, FileError
from registry.survey.read import ROOT, memory_file, read_workbook
from tests.registry.survey import files

HTML = b"<html><head><meta charset='utf-8'></head><body><table><tr><td>1</td></tr></table></body></html>"
XML_2003 = b'<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?><Workbook/>'
CASES = {
    "empty": (b"", "a.xlsx", "empty_file"),
    "blank": (b" \r\n\n", "a.csv", "empty_file"),
    "mark of utf-16 alone": (b"\xff\xfe", "a.csv", "empty_file"),
    "html": (HTML, "a.xls", "html_as_xls"),
    "html with a mark": (b"\xef\xbb\xbf" + HTML, "a.xlsx", "html_as_xls"),
    "html in utf-16": ("\ufeff".encode("utf-16-le") + HTML.decode().encode("utf-16-le"), "a.xls", "html_as_xls"),
    "xml 2003": (XML_2003, "a.xls", "html_as_xls"),
    "web archive": (b"MIME-Version: 1.0\r\nContent-Type: multipart/related", "a.xls", "html_as_xls"),
    "pdf": (b"%PDF-1.7\n%\xe2\xe3", "a.xlsx", "not_a_workbook"),
    "png": (b"\x89PNG\r\n\x1a\n" + bytes(40), "a.csv", "not_a_workbook"),
    "rar": (b"Rar!\x1a\x07\x00", "a.xlsx", "not_a_workbook"),
    "text as xlsx": ("组织名称,层级\n甲,乙\n".encode(), "a.xlsx", "not_a_workbook"),
    "docx": (files.docx(), "a.xlsx", "not_a_workbook"),
    "some zip": (files.zip_of("a.txt"), "a.xlsx", "not_a_workbook"),
    "word document": (files.ole("WordDocument"), "a.xls", "not_a_workbook"),
    "unknown type": (b"hello", "a.exe", "unsupported_type"),
    "xlsb": (files.zip_of("[Content_Types].xml", "xl/workbook.bin"), "a.xlsx", "unsupported_type"),
    "ods": (files.zip_of("mimetype", "content.xml"), "a.xlsx", "unsupported_type"),
    "macros": (files.raw_workbook(extra=[("xl/vbaProject.bin", b"x")]), "a.xlsm", "unsupported_type"),
    "old macros": (files.ole("Workbook", "_VBA_PROJECT_CUR", "VBA"), "a.xls", "unsupported_type"),
    "encrypted package": (files.ole("EncryptedPackage", "EncryptionInfo"), "a.xlsx", "encrypted"),
    "encrypted entries": (files.flagged_encrypted(), "a.xlsx", "encrypted"),
    "truncated": (files.workbook()[:-300], "a.xlsx", "corrupt"),
    "noise at the end": (files.random_tail(files.workbook()), "a.xlsx", "corrupt"),
    "truncated xls": (files.ole("Workbook")[:900], "a.xls", "corrupt"),
    "hollow xls": (files.ole("Workbook"), "a.xls", "no_data"),
    "lying size": (files.lying_size(), "a.xlsx", "corrupt"),
    "duplicate names": (files.raw_workbook(extra=[("XL/workbook.xml", "x")]), "a.xlsx", "corrupt"),
    "name that climbs": (files.raw_workbook(extra=[("xl/../../x", "x")]), "a.xlsx", "corrupt"),
    "absolute name": (files.raw_workbook(extra=[("/etc/passwd", "x")]), "a.xlsx", "corrupt"),
    "xml in utf-16": (files.raw_workbook(sheet="<worksheet/>".encode("utf-16")), "a.xlsx", "corrupt"),
    "broken xml": (files.raw_workbook(rows="<row r='1'><c r='A1'></row>"), "a.xlsx", "corrupt"),
    "entities": (files.entity_bomb(), "a.xlsx", "zip_bomb"),
    "late doctype": (files.late_doctype(), "a.xlsx", "zip_bomb"),
    "overlap": (files.overlapping(), "a.xlsx", "zip_bomb"),
    "entries": (files.many_entries(), "a.xlsx", "zip_bomb"),
    "far cell": (files.far_cell(), "a.xlsx", "no_data"),
    "headers only": (files.workbook({"组织信息": [files.HEADERS]}), "a.xlsx", "no_data"),
    "empty sheet": (files.workbook({"组织信息": []}), "a.xlsx", "no_data"),
    "attributes": (files.many_attributes(), "a.xlsx", "no_data"),
    "other table": (
        files.workbook({"x": [["甲", "乙", "丙"], [1, 2, 3], [4, 5, 6]]}),
        "a.xlsx",
        "missing_required_column",
    ),
    "old workbook with a password": (files.protected_xls(), "a.xls", "encrypted"),
    "csv of commas": (",".join(files.HEADERS).encode() + b"\n" + b"," * 20_000_000, "a.csv", "zip_bomb"),
    "csv of wide lines": ((b"," * 20_000 + b"\n") * 500, "a.csv", "zip_bomb"),
    "wide sheet": (files.wide_sheet(), "a.xlsx", "zip_bomb"),
    "one part as many sheets": (files.repeated_sheet(), "a.xlsx", "zip_bomb"),
    "one long text in every cell": (files.long_text(), "a.xlsx", "zip_bomb"),
    "csv of one line": (b"A" * 20_000_000, "a.csv", "zip_bomb"),
    "csv of empty lines": (b"a,b\n" + b"\n" * 2_000_000, "a.csv", "zip_bomb"),
    "binary csv": (bytes(range(256)) * 20, "a.csv", "not_a_workbook"),
}


def refusal(data, name):
    began = time.monotonic()
    with pytest.raises(FileError) as refused:
        list(read_workbook(data, filename=name))
    return refused.value.code, time.monotonic() - began


@pytest.mark.parametrize("case", CASES)
def test_hostile_file_is_refused_by_its_code(case):
    data, name, code = CASES[case]
    assert refusal(data, name)[0] == code


MEASURE = """
import json, resource, sys
from registry.survey.read import FileError, read_workbook
try:
    list(read_workbook(sys.argv[1], filename="a.xlsx"))
except FileError as refused:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)  # processor time: a busy machine makes nobody slower by itself
    print(json.dumps([refused.code, used.ru_utime + used.ru_stime, used.ru_maxrss]))
"""


@pytest.mark.parametrize("bomb", ["row_bomb", "cell_bomb", "empty_bomb", "many_attributes", "far_cell"])
def test_bombs_are_refused_soon_and_cheaply(bomb, tmp_path):
    path = tmp_path / "a.xlsx"
    path.write_bytes(getattr(files, bomb)())
    told = subprocess.run([sys.executable, "-c", MEASURE, path], capture_output=True, check=True, cwd=ROOT)
    code, seconds, kilobytes = json.loads(told.stdout)
    assert code == ("zip_bomb" if bomb.endswith("bomb") else "no_data")
    assert seconds < 5
    assert kilobytes < 256 * 1024


def test_odd_files_do_no_harm():
    assert refusal(files.deep_nesting(), "a.xlsx")[0] in ("corrupt", "no_data")
    assert len(list(read_workbook(files.merge_all(), filename="a.xlsx"))) == 2


def test_a_file_over_the_size_limit_is_refused_before_a_child_starts():
    assert refusal(bytes(MAX_BYTES + 1), "a.xlsx")[0] == "unsupported_type"


def test_bytes_and_path_read_the_same(tmp_path):
    path = tmp_path / "a.xlsx"
    path.write_bytes(files.workbook())
    assert len(list(read_workbook(path, filename="a.xlsx"))) == len(
        list(read_workbook(path.read_bytes(), filename="a.xlsx"))
    )


def test_a_reader_that_stops_early_leaves_no_child():
    reader = read_workbook(files.workbook(), filename="a.xlsx")
    next(reader)
    reader.close()
    with pytest.raises(StopIteration):
        next(reader)


def test_a_file_in_memory_is_read_like_its_bytes():
    with memory_file(files.workbook()) as stream:
        assert list(read_workbook(stream, filename="a.xlsx")) == list(
            read_workbook(files.workbook(), filename="a.xlsx")
        )
