"""What the portal writes: the streaming writer, the template, the survey export."""

import io
from datetime import UTC, date, datetime
from decimal import Decimal

import openpyxl
import pytest
import python_calamine as calamine

from registry.survey.columns import SHEETS
from registry.survey.guard import check
from registry.survey.read import Notice, Row, read_workbook
from registry.workbooks.stream import Column, Sheet, file_name, letters, write_workbook
from registry.workbooks.template import write_template
from tests import builders

HOSTILE = [
    "=1+1",
    "+1+1",
    "-1+1",
    "@SUM(1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "＝1+1",
    "=cmd|' /C calc'!A0",
    '=HYPERLINK("http://x")',
]
SAMPLE = "tests/data/surveys/440310.xlsx"


def written(*sheets):
    buffer = io.BytesIO()
    write_workbook(sheets, buffer)
    return buffer.getvalue()


def opened(data):
    return openpyxl.load_workbook(io.BytesIO(data))


def cells(data, sheet=0):
    return calamine.CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(sheet).to_python()


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_becomes_a_formula(text):
    page = opened(written(Sheet("表", [Column(text)], [[text]], titles=[text]))).active
    for row in page.iter_rows():
        assert row[0].data_type == "s"
        assert row[0].value.strip() == text.strip()
        assert row[0].number_format == "@"


def test_values_keep_their_kind():
    columns = [Column("代码"), *(Column(kind, kind) for kind in ("number", "number", "date", "moment", "percent"))]
    moment = datetime(2026, 11, 22, 2, 30, tzinfo=UTC)
    row = ["052440310MJ808622", 12, Decimal("61.50"), date(2019, 3, 5), moment, Decimal("0.95")]
    page = opened(written(Sheet("表", columns, [row]))).active
    values = [cell.value for cell in page[2]]
    assert values[:3] == ["052440310MJ808622", 12, 61.5]
    assert values[3:] == [datetime(2019, 3, 5), datetime(2026, 11, 22, 10, 30), 0.95]
    assert [cell.number_format for cell in page[2]][3:] == ["yyyy\\-mm\\-dd", "yyyy\\-mm\\-dd\\ hh:mm", "0.00%"]


def test_a_day_before_excel_s_calendar_is_a_text():
    assert opened(written(Sheet("表", [Column("日", "date")], [[date(1899, 5, 1)]]))).active["A2"].value == "1899-05-01"


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("a\x00b\x07c", "abc"),
        ("<b>&\"'", "<b>&\"'"),
        (" 两端 空格 ", " 两端 空格 "),
        ("第一行\n第二行", "第一行\n第二行"),
        ("𬱖\U00030000", "𬱖\U00030000"),
        ("\ud800甲\ufffe", "甲"),
        ("长" * 40_000, "长" * 32_767),
        ("&" * 40_000, "&" * 32_767),
    ],
)
def test_texts_survive_without_what_no_workbook_may_hold(text, kept):
    data = written(Sheet("表", [Column("文")], [[text]]))
    assert opened(data).active["A2"].value == kept
    assert cells(data)[1][0] == kept


def test_an_empty_code_cell_is_a_text_cell():
    page = opened(written(Sheet("表", [Column("代码"), Column("人数", "number")], []))).active
    assert page.column_dimensions["A"].number_format == "@"
    assert page.freeze_panes == "A2"


def test_many_rows_pass_the_byte_check_and_are_all_there():
    data = written(Sheet("表", [Column("名称"), Column("数", "number")], ([f"组织{n}", n] for n in range(30_000))))
    assert check(data, "a.xlsx").facts["xl/worksheets/sheet1.xml"].last_row == 30_001
    assert cells(data)[-1] == ["组织29999", 29999.0]


def test_names_of_files_and_columns():
    assert file_name("组织信息", "坪山区", date(2026, 11, 22)) == "组织信息_坪山区_2026-11-22.xlsx"
    assert file_name("a/b", "..\\c:", date(2026, 1, 2)) == "a b_.. c _2026-01-02.xlsx"
    assert [letters(at) for at in (0, 25, 26, 701, 702)] == ["A", "Z", "AA", "ZZ", "AAA"]


@pytest.fixture
def world(db):
    return builders.make_world()


@pytest.fixture
def officer(world):
    return builders.make_user("street_officer", world.street)


def test_the_template_has_the_sheets_and_headers_of_the_samples(world, officer):
    template, sample = opened(write_template(officer, world.street)), openpyxl.load_workbook(SAMPLE, read_only=True)
    assert [sheet.title for sheet in template if sheet.sheet_state == "visible"] == [*sample.sheetnames, "填写说明"]
    for name in sample.sheetnames:
        wanted = [cell.value for cell in next(sample[name].iter_rows(max_row=1))]
        assert [cell.value for cell in template[name][1]] == wanted


def test_the_template_lists_the_officer_s_own_places_only(world, officer):
    page = opened(write_template(officer, world.district))["社区基础数据"]
    rows = [[cell.value for cell in row[:4]] for row in page.iter_rows(min_row=2)]
    assert rows == [
        [1, "坪山街道", "440310001", None],
        [2, "坪山街道六联社区", "440310001001", "城市社区"],
        [3, "坪山街道坪环社区", "440310001002", "城市社区"],
    ]


def test_the_template_s_choices_are_ranges_in_the_district_s_words(world, officer):
    book = opened(write_template(officer, world.street))
    lists = {
        column[0].column_letter: [cell.value for cell in column if cell.value] for column in book["_lists"].columns
    }
    rules = {str(rule.sqref): rule for rule in book["组织信息"].data_validations.dataValidation if rule.type == "list"}
    by_column = {where.partition("2:")[0]: rule for where, rule in rules.items()}
    assert lists[by_column["C"].formula1[8]] == ["登记", "备案", "活动小组"]
    assert lists[by_column["D"].formula1[8]] == ["文化体育类", "公益慈善类", "社会服务类"]
    assert lists[by_column["E"].formula1[8]] == ["坪山街道", "坪山街道六联社区", "坪山街道坪环社区"]
    assert all(rule.formula1.startswith("_lists!$") for rule in rules.values())
    assert book["_lists"].sheet_state == "hidden"


def test_required_columns_are_marked_without_changing_their_headers(world, officer):
    book = opened(write_template(officer, world.street))
    for spec in SHEETS:
        stars = {cell.value for cell in book[spec.name][1] if "*" in cell.number_format}
        assert stars == {field.header for field in spec.fields if field.required}


def test_a_filled_template_is_read_without_a_word(world, officer):
    book = opened(write_template(officer, world.street))
    page = book["组织信息"]
    heads = {cell.value: cell.column for cell in page[1]}
    typed = {
        "序号": 1,
        "组织名称": "向阳合唱团",
        "组织层级": "备案",
        "业务类别": "文化体育类",
        "所属社区（村）": "坪山街道六联社区",
        "区划代码": "440310001001",
        "成立日期": date(2019, 3, 5),
        "联系电话": "13800000001",
        "成员人数": 30,
        "运行状态": "正常",
    }
    for header, value in typed.items():
        page.cell(2, heads[header], value)
    buffer = io.BytesIO()
    book.save(buffer)
    told = list(read_workbook(buffer.getvalue(), filename="填好.xlsx"))
    rows = [item for item in told if isinstance(item, Row)]
    assert [row.values["name"] for row in rows if row.sheet.kind == "org"] == ["向阳合唱团"]
    places = [row.values["region_code"] for row in rows if row.sheet.kind == "base"]
    assert places == ["440310001", "440310001001", "440310001002"]
    assert [issue for row in rows for issue in row.issues] == []
    assert {item.code for item in told if isinstance(item, Notice)} <= {"sheet_empty"}
