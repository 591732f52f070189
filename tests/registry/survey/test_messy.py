"""Files the way offices really send them: everything recoverable is recovered and said."""

import datetime as dt
import io
import re

import openpyxl
import pytest
import xlwt

from registry.survey import sources
from registry.survey.guard import FileError, check
from registry.survey.read import Notice, Row, Sheet, read_workbook
from tests.registry.survey import files
from tests.registry.survey.files import HEADERS, ROW


def read(data, name="a.xlsx", **options):
    items = list(read_workbook(data, filename=name, **options))
    return tuple([item for item in items if isinstance(item, kind)] for kind in (Sheet, Row, Notice))


def codes(notices):
    return {notice.code for notice in notices}


def issue(row):
    return [(i.level, i.code, i.field, i.cell) for i in row.issues]


def test_titles_notes_totals_signatures_and_repeated_headers_are_no_data():
    rows = [
        ["坪山区2024年社区社会组织摸底调查表"], ["填报单位：坪山区民政局    填报日期：2024年12月31日"], HEADERS, ROW,
        ["小计", "", "", "", "", "", "", 30], [], HEADERS, [2, "乙队", *ROW[2:]], ["合计", "", "", "", "", "", "", 60],
        ["注：以上数据截至年底"], ["填报人：张三", "", "审核人：李四", "", "单位（盖章）"],
    ]  # fmt: skip
    sheets, found, notices = read(files.workbook({"组织信息": rows}))
    assert [(row.number, row.values["name"]) for row in found] == [(4, "六联社区合唱团"), (8, "乙队")]
    assert sheets[0].header_row == 3
    assert sheets[0].titles[0].startswith("坪山区2024年")
    assert {"skipped_subtotal", "skipped_header", "skipped_note", "skipped_signature"} <= codes(notices)


def test_a_second_table_beside_the_first_is_not_lost_in_silence():
    heads = ["组织名称", "组织层级", "业务类别", "所属社区"]
    left, right = (["甲队", "备案", "文化体育类", "六联社区"], ["乙队", "备案", "文化体育类", "六联社区"])
    _, rows, _ = read(
        files.workbook({"组织信息": [[*heads, "", *heads], [*left, "", *right], [*left, "", "", "", "", ""]]})
    )
    assert issue(rows[0]) == [("error", "table_beside", "name", "F2")]
    assert issue(rows[1]) == []


def test_header_of_two_rows_with_merged_cells():
    def change(book):
        sheet = book.active
        sheet.append(["序号", "组织名称", "组织层级", "业务类别", "所属社区", "人员情况（人）", None, None])
        sheet.append([None, None, None, None, None, "成员人数", "注册志愿者人数", "党员人数"])
        sheet.append([1, "甲队", "备案", "文化体育类", "六联社区", 30, 10, 5])
        for column in "ABCDE":
            sheet.merge_cells(f"{column}1:{column}2")
        sheet.merge_cells("F1:H1")

    sheets, rows, _ = read(files.edited(change, {"组织信息": []}))
    assert sheets[0].header_row == 2
    assert rows[0].values | {"members": 30, "volunteers": 10, "party_members": 5, "name": "甲队"} == rows[0].values


def test_cells_merged_downwards_are_repeated_and_numbers_so_repeated_are_doubtful():
    def change(book):
        sheet = book["组织信息"]
        sheet.append([2, "乙队", "备案", "文化体育类", None, "2020-01-01", None, None])
        sheet.merge_cells("E2:E3")
        sheet.merge_cells("H2:H3")

    _, rows, _ = read(files.edited(change))
    assert rows[1].values["region"] == "坪山街道六联社区"
    assert issue(rows[1]) == [("warning", "merged_number", "members", "H3")]


def test_synonyms_stars_order_and_unknown_columns():
    headers = ["联系人电话", "*队伍名称", "类别", "登记/备案", "所属村（社区）", "成立时间", "爱好"]
    sheets, rows, notices = read(
        files.workbook(
            {"Sheet1": [headers, ["13800000001", "甲队", "文化体育类", "备案", "六联社区", "2019年3月", "棋"]]}
        )
    )
    values = {
        "phone": "13800000001",
        "name": "甲队",
        "type": "文化体育类",
        "tier": "备案",
        "region": "六联社区",
        "founded": "2019-03-01",
    }
    assert rows[0].values == values
    assert "columns_unread" in codes(notices)
    assert next(c.letter for c in sheets[0].columns if c.header == "爱好") == "G"


def test_two_columns_for_one_field_are_said():
    headers = [*HEADERS, "手机"]
    sheets, _, notices = read(files.workbook({"组织信息": [headers, [*ROW, "13900000009"]]}))
    assert [n.params["header"] for n in notices if n.code == "column_double"] == ["手机"]
    assert next(c for c in sheets[0].columns if c.header == "手机").field == ""


def test_mapping_by_hand_wins():
    headers = ["序号", "雅号", *HEADERS[2:]]
    data = files.workbook({"组织信息": [headers, ROW]})
    assert read(data)[0][0].missing == ["name"]
    sheets, rows, _ = read(data, mapping={"org": {"雅号": "name", "联系电话": ""}})
    assert (sheets[0].missing, rows[0].values["name"], rows[0].values.get("phone")) == ([], "六联社区合唱团", None)


def test_missing_required_cells_are_errors_at_their_address():
    _, rows, _ = read(files.workbook({"组织信息": [HEADERS, [1, "", "备案", "—", "六联社区", "2019-13-05", "12", -3]]}))
    assert issue(rows[0]) == [
        ("error", "date_impossible", "founded", "F2"), ("error", "phone_form", "phone", "G2"), ("error", "number_negative", "members", "H2"),
        ("error", "required", "name", "B2"), ("error", "required", "type", "D2"),
    ]  # fmt: skip


def test_one_sheet_per_street_and_a_sheet_that_is_none():
    books = {"坪山街道": [HEADERS, ROW], "石井街道": [HEADERS, [1, "乙队", *ROW[2:]]], "目录": [["说明", "见各表"]]}
    sheets, rows, notices = read(files.workbook(books))
    assert [sheet.name for sheet in sheets] == ["坪山街道", "石井街道"]
    assert [row.sheet.kind for row in rows] == ["org", "org"]
    assert "sheet_unknown" in codes(notices)


def test_hidden_rows_are_read_and_said_hidden_sheets_are_passed_over():
    def change(book):
        book["组织信息"].row_dimensions[2].hidden = True
        hidden = book.create_sheet("旧数据")
        hidden.append(HEADERS)
        hidden.append([1, "旧队", *ROW[2:]])
        hidden.sheet_state = "hidden"

    _, rows, notices = read(files.edited(change))
    assert [row.values["name"] for row in rows] == ["六联社区合唱团"]
    assert {"hidden_rows", "hidden_sheets"} <= codes(notices)


def test_a_hidden_sheet_is_read_when_no_other_holds_a_survey():
    def change(book):
        book.create_sheet("目录")
        book["组织信息"].sheet_state = "hidden"

    _, rows, notices = read(files.edited(change))
    assert len(rows) == 1
    assert "hidden_sheet_read" in codes(notices)


def test_formula_without_a_value_and_error_cells_are_errors():
    cells = "".join(f'<c r="{chr(65 + i)}2" t="inlineStr"><is><t>{cell}</t></is></c>' for i, cell in enumerate(ROW[:6]))
    cells += '<c r="G2" t="e"><v>#REF!</v></c><c r="H2"><f>SUM(A1:A9)</f></c>'
    _, rows, _ = read(files.raw_workbook(rows=files.xml_rows([HEADERS]) + f'<row r="2">{cells}</row>'))
    assert issue(rows[0]) == [("error", "formula_no_value", "members", "H2"), ("error", "cell_error", "phone", "G2")]


def test_a_million_styled_rows_and_a_lying_dimension_do_not_hurt():
    _, rows, _ = read(files.styled_rows())
    assert [row.number for row in rows] == [2]


def test_one_far_cell_does_not_cost_the_data():
    far = '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    _, rows, _ = read(files.raw_workbook(rows=files.xml_rows([HEADERS, ROW]) + far))
    assert rows[0].values["founded"] == "2019-03-05"


def test_dates_from_1904_and_serials_and_real_dates():
    sheets = {"组织信息": [HEADERS, [1, "甲", "备案", "文化体育类", "六联社区", 43529, 13800000001.0, 5]]}
    assert read(files.workbook(sheets))[1][0].values["founded"] == "2019-03-05"
    row = [1, "甲", "备案", "文化体育类", "六联社区", 43529 - 1462, 13800000001.0, 5]
    values = read(files.workbook({"组织信息": [HEADERS, row]}, date_1904=True))[1][0].values
    assert (values["founded"], values["phone"]) == ("2019-03-05", "13800000001")

    def change(book):
        book.active["F2"] = dt.datetime(2019, 3, 5)

    assert read(files.edited(change))[1][0].values["founded"] == "2019-03-05"


def test_unit_of_the_header_counts():
    headers = ["组织名称", "组织层级", "业务类别", "所属社区", "年度经费（万元）"]
    rows = [
        ["甲", "备案", "类", "六联社区", 1.25],
        ["乙", "备案", "类", "六联社区", "3万"],
        ["丙", "备案", "类", "六联社区", "5000元"],
    ]
    found = read(files.workbook({"组织信息": [headers, *rows]}))[1]
    assert [row.values["income"] for row in found] == [12500, 30000, 5000]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("sign", [",", "\t", ";"])
def test_text_files_in_every_usual_encoding(encoding, sign):
    text = "\r\n".join(sign.join(map(str, row)) for row in (HEADERS, [], ROW))
    _, rows, _ = read(text.encode(encoding), "a.csv")
    assert (rows[0].number, rows[0].values["name"], rows[0].values["members"]) == (3, "六联社区合唱团", 30)


def test_codes_written_as_formulas_in_text_files():
    text = ",".join(HEADERS) + "\n" + ',甲队,备案,类,六联社区,2019-01-01,="0755-22222222",3\n'
    assert read(text.encode(), "a.csv")[1][0].values["phone"] == "0755-22222222"


def test_old_xls():
    book = xlwt.Workbook(encoding="utf-8")
    sheet = book.add_sheet("组织信息")
    sheet.write_merge(0, 0, 0, 7, "摸底调查")
    for index, (header, cell) in enumerate(zip(HEADERS, ROW, strict=True)):
        sheet.write(1, index, header)
        sheet.write(2, index, cell)
    stream = io.BytesIO()
    book.save(stream)
    _, rows, _ = read(stream.getvalue(), "a.xls")
    assert (rows[0].number, rows[0].values["members"]) == (3, 30)


def test_hidden_row_of_field_keys_is_no_data():
    keys = ["seq", "name", "tier", "type", "region", "founded", "phone", "members"]
    _, rows, _ = read(files.workbook({"组织信息": [HEADERS, keys, ROW]}))
    assert [row.number for row in rows] == [3]


def test_rich_text_and_inline_text_are_read():
    book = openpyxl.Workbook()
    book.active.title = "组织信息"
    book.active.append(HEADERS)
    book.active.append(ROW)
    stream = io.BytesIO()
    book.save(stream)
    assert read(stream.getvalue())[1][0].values["name"] == "六联社区合唱团"


def test_sheet_without_any_header_of_ours_is_refused():
    with pytest.raises(FileError) as refused:
        read(files.workbook({"统计": [["年份", "产值", "增速"], [2023, 5, 6], [2024, 7, 8]]}))
    assert refused.value.code == "missing_required_column"


def test_all_levels_of_a_repeated_header_headings_and_the_unit_below_are_no_data():
    def change(book):
        sheet = book.active
        top = ["序号", "基本情况", None, None, None, "人数", None]
        low = [None, "组织名称", "登记/备案", "业务类别", "所属社区", "成员人数", "党员人数"]
        row = [1, "甲队", "备案", "文化体育类", "六联社区", 30, 5]
        below = [["六联社区小计", None, None, None, None, 30, 5], ["（二）石井街道"], top, low, [2, "乙队", *row[2:]]]
        for cells in (
            top,
            low,
            row,
            *below,
            [None, None, None, None, "坪山街道办事处"],
            [None, None, None, None, "2023年12月1日"],
        ):
            sheet.append(cells)

    _, rows, notices = read(files.edited(change, {"组织信息": []}))
    assert [row.values["name"] for row in rows] == ["甲队", "乙队"]
    counts = {notice.code: notice.params["count"] for notice in notices}
    assert counts == {"skipped_subtotal": 1, "skipped_note": 1, "skipped_header": 2, "skipped_signature": 2}


def test_every_formula_without_a_value_is_an_error_however_many():
    def cells(number):
        texts = [number, f"{number}队", *ROW[2:7]]
        told = "".join(
            f'<c r="{chr(65 + i)}{number}" t="inlineStr"><is><t>{t}</t></is></c>' for i, t in enumerate(texts)
        )
        return f'<row r="{number}">{told}<c r="H{number}"><f>SUM(A1:A9)</f></c></row>'

    data = files.raw_workbook(rows=files.xml_rows([HEADERS]) + "".join(map(cells, range(2, 3002))))
    _, rows, _ = read(data)
    assert sum(("error", "formula_no_value", "members", f"H{row.number}") in issue(row) for row in rows) == 3000


def test_old_xls_over_seven_megabytes():
    book = xlwt.Workbook()
    sheet = book.add_sheet("组织信息")
    for index, header in enumerate(HEADERS):
        sheet.write(0, index, header)
    for number in range(1, 9001):
        for index, cell in enumerate(ROW):
            sheet.write(number, index, f"{cell}{number}" * 6 if index in (1, 4) else cell)
        sheet.write(number, 9, f"{number}" + "长" * 380)
    stream = io.BytesIO()
    book.save(stream)
    assert len(stream.getvalue()) > 7 * 2**20
    assert len(read(stream.getvalue(), "a.xls")[1]) == 9000


def test_a_project_sheet_whose_name_column_was_renamed_like_that_of_the_organizations():
    headers = ["项目编号", "队伍名称", "承接组织", "服务区域", "项目资金（元）"]
    sheets, rows, _ = read(
        files.workbook({"服务项目清单": [headers, ["XM1", "课堂", "六联社区合唱团", "六联社区", 5]]})
    )
    assert (sheets[0].missing, rows[0].values["name"], rows[0].values["org"]) == ([], "课堂", "六联社区合唱团")


def raw(data):
    sheet = next(sources.sheets(data, check(data, "a.xlsx")))
    return sheet.merges, list(sheet.rows)


def large(sheet):
    sheet.insert_rows(1)
    sheet.merge_cells("A1:H1")
    sheet["A1"] = "汇总表"
    for number in range(4, 120):
        sheet.append([number, f"合唱团{number}", *ROW[2:5], dt.date(2019, 3, 5), *ROW[6:]])
    sheet.row_dimensions[60].height = 30
    sheet.delete_rows(50, 3)


@pytest.mark.parametrize("inline", [True, False])
def test_a_large_sheet_in_pieces_is_the_sheet(inline, monkeypatch):
    data = files.edited(lambda book: large(book["组织信息"]))
    if inline:
        rows = [[*row] for row in openpyxl.load_workbook(io.BytesIO(data))["组织信息"].iter_rows(values_only=True)]
        data = files.workbook({"组织信息": rows}, constant_memory=True, default_date_format="yyyy-mm-dd")
    merges, whole = raw(data)
    opened = []
    monkeypatch.setattr(sources, "CHUNK", 900)
    monkeypatch.setattr(sources, "PIECE", 3000)
    monkeypatch.setattr(sources, "_workbook", lambda parts, make=sources._workbook: opened.append(parts) or make(parts))
    assert raw(data) == (merges, whole)
    assert len(opened) >= 3
    assert len(whole) > 110
    assert bool(merges) is not inline


def test_a_large_sheet_whose_rows_have_no_numbers_is_read_whole(monkeypatch):
    data = files.raw_workbook(rows=files.xml_rows([HEADERS, *[ROW] * 99]).replace("<row r=", "<row s="))
    whole = raw(data)
    monkeypatch.setattr(sources, "CHUNK", 900)
    monkeypatch.setattr(sources, "PIECE", 3000)
    assert raw(data) == whole
    assert len(whole[1]) == 100


def test_a_second_table_with_its_columns_in_another_order_is_not_read_by_the_first_header():
    other = ["序号", "组织名称", "党员人数", "成员人数", "组织层级", "业务类别", "所属社区"]
    head = ["序号", "组织名称", "成员人数", "党员人数", "组织层级", "业务类别", "所属社区"]
    row = [1, "甲队", 30, 5, "备案", "文化体育类", "六联社区"]
    rows = [head, row, ["二、六和社区"], other, [2, "乙队", 6, 40, *row[4:]], head, [3, "丙队", *row[2:]]]
    _, found, _ = read(files.workbook({"组织信息": rows}))
    assert [(line.number, line.values.get("members")) for line in found] == [(2, 30), (5, None), (7, 30)]
    assert issue(found[1]) == [("error", "columns_moved", "region", "G5")]


@pytest.mark.parametrize("prefix", ["", "x:"])
@pytest.mark.parametrize("far", [False, True])
def test_prefixed_names_phonetics_merges_and_lost_values(prefix, far):
    lines = [[*ROW[:1], f"第{number}队", *ROW[2:]] for number in range(1, 351)]
    xml = files.xml_rows([HEADERS, *lines])
    xml = xml.replace("第1队</t></is>", "第1队</t><rPh sb='0' eb='1'><t>DI</t></rPh></is>")
    place = f'<c r="E4" t="inlineStr"><is><t>{ROW[4]}</t></is></c>'
    assert place in xml
    xml = xml.replace(place, "").replace('<row r="3">', '<row r="3" hidden="1">')
    lost = re.search('<c r="H5".*?</c>', xml)[0]
    xml = xml.replace(lost, '<c r="H5"><f>1+1</f></c>')
    if far:
        xml = xml.removesuffix("</row>") + '<c r="XFD351"><v>1</v></c></row>'
    sheet = files.SHEET.format(rows=xml, dimension="", after='<mergeCells><mergeCell ref="E3:E4"/></mergeCells>')
    if prefix:
        sheet = re.sub(r"<(/?)(?=\w)", rf"<\1{prefix}", sheet).replace("xmlns=", "xmlns:x=")
        sheet = sheet.replace("<x:?xml", "<?xml")
    _, rows, notices = read(files.raw_workbook(sheet=sheet))
    assert len(rows) == 350
    assert (rows[0].values["name"], rows[2].values.get("region")) == ("第1队", ROW[4])
    assert ("error", "formula_no_value", "members", "H5") in issue(rows[3])
    assert "hidden_rows" in codes(notices)


def test_the_same_as_above_is_what_the_row_above_says():
    rows = [HEADERS, ROW, [2, "甲队", "同上", "〃", "同 上", *ROW[5:]], [3, "乙队", "同上", "同上", "同上", *ROW[5:]]]
    _, found, _ = read(files.workbook({"组织信息": rows}))
    assert [line.values["region"] for line in found] == [ROW[4]] * 3
    assert [line.values["type"] for line in found] == [ROW[3]] * 3
    assert issue(found[2])[0] == ("warning", "ditto", "tier", "C4")
    assert issue(next(iter(read(files.workbook({"组织信息": [HEADERS, [1, "甲队", "同上", *ROW[3:]]]}))[1])))[-1] == (
        ("error", "required", "tier", "C2")
    )


def test_the_leaders_own_phone_and_the_founding_come_before_other_phones_and_dates():
    head = ["组织名称", "组织层级", "业务类别", "所属社区", "联系电话", "负责人", "负责人电话", "登记时间", "成立时间"]
    row = ["甲队", "备案", "文化体育类", "六联社区", "13900002222", "王芳", "13800001111", "2020-01-01", "2019-03-05"]
    _, found, notices = read(files.workbook({"组织信息": [head, row]}))
    assert (found[0].values["phone"], found[0].values["founded"]) == ("13800001111", "2019-03-05")
    assert [n.params["column"] for n in notices if n.code == "column_double"] == ["E", "H"]


@pytest.mark.parametrize("numbers", [list("甲乙丙丁戊己12"), [1, 2, 3, 4, 5, 6, 7, 8], ["栏次", *"1234567"]])
def test_the_row_of_column_numbers_and_an_example_are_no_data(numbers):
    rows = [HEADERS, numbers, ["例", "示范队", *ROW[2:]], ["", "示例：甲队", *ROW[2:]], ROW, [2, "例外乐队", *ROW[2:]]]
    _, found, notices = read(files.workbook({"组织信息": rows}))
    assert [line.number for line in found] == [5, 6]
    assert {"skipped_header", "skipped_note"} <= codes(notices)


def test_a_full_row_is_data_however_its_name_begins_and_a_row_of_sums_alone_is_none():
    names = ["小计算盘社", "总数学社", "审核人之家", "共3舞队"]
    data = [["", name, *ROW[2:5], "", "", ""] for name in names]
    sums = [
        ["", "", "", "", "", "", "", 90],
        ["", "共4个", "", "", "", "", "", 90],
        ["其中：备案", "", "", "", "", "", "", 5],
    ]
    _, found, notices = read(files.workbook({"组织信息": [HEADERS, *data, *sums]}))
    assert [line.values["name"] for line in found] == names
    assert [n.params["count"] for n in notices if n.code == "skipped_subtotal"] == [3]
