"""Workbooks of what is on screen: numbers stay numbers, texts are never formulas, names are safe."""

from datetime import date
from decimal import Decimal
from io import BytesIO

import pytest
from openpyxl import load_workbook

from reporting.exports import Sheet, file_name, workbook


def read(sheets):
    return load_workbook(BytesIO(workbook(sheets)))


def test_a_sheet_has_its_notes_its_head_and_its_rows():
    book = read([Sheet("目标", ["名称", "数值"], [["组织", 12], ["空", None]], notes=["截至 2026-11-21"])])
    page = book["目标"]
    assert [[cell.value for cell in row] for row in page.iter_rows()] == [
        ["截至 2026-11-21", None],
        ["名称", "数值"],
        ["组织", 12],
        ["空", None],
    ]
    assert page.freeze_panes == "A3"


@pytest.mark.parametrize("text", ["=1+1", "+1+1", "-1+1", "@SUM(1)", "\t=1", "＝1+1", "=HYPERLINK(1)"])
def test_no_text_becomes_a_formula(text):
    cell = read([Sheet("a", ["b"], [[text]])])["a"]["A2"]
    assert cell.data_type == "s"
    assert cell.value == text


def test_control_characters_do_not_break_the_file():
    assert read([Sheet("a", ["b"], [["x\x00\x0by"]])])["a"]["A2"].value == "xy"


def test_numbers_keep_their_kind():
    page = read([Sheet("a", ["b"], [[Decimal("12.5")], [0], ["440310001001"]])])["a"]
    assert [page[f"A{at}"].value for at in (2, 3, 4)] == [12.5, 0, "440310001001"]


def test_names_of_sheets_and_files_are_safe():
    title = read([Sheet("指标/街道:[坪山]" + "长" * 40, ["b"], [])]).sheetnames[0]
    assert len(title) <= 31
    assert not set("/:[]") & set(title)
    assert file_name("指标", "坪山/街道", date(2026, 11, 21)) == "指标_坪山 街道_2026-11-21.xlsx"
