"""Workbooks that come back: an export uploaded again, and an uploaded workbook with its errors marked."""

import io
from datetime import date

import openpyxl
import pytest

from registry.imports.staging import lines_of
from registry.models import DivisionYear, ImportBatch, Need, Organization, Person, Project
from registry.services import exports, imports
from registry.services.people import sealed_fields
from registry.workbooks import marked
from registry.workbooks.stream import letters
from tests import builders
from tests.registry.survey import files

HEADERS = ["组织名称", "组织层级", "业务类别", "所属社区（村）", "成立日期", "联系电话", "成员人数"]


@pytest.fixture
def world(db):
    return builders.make_world()


@pytest.fixture
def officer(world):
    return builders.make_user("bureau_officer", world.district)


@pytest.fixture
def team(world):
    leader = Person.objects.create(**sealed_fields(name="王小明", phone="13812345678"))
    team = builders.make_organization(
        world.community,
        world.types["culture"],
        name="向阳合唱团",
        leader=leader,
        flags=("hub",),
        filing_no="深坪社备〔2022〕00002号",
        place="六联社区文化礼堂",
        volunteer_system_id="ZYZ-440310-7",
        place_area="61.5",
        targets=["老年人", "儿童青少年"],
        fields=["文体活动"],
        fund_sources=["自筹"],
    )
    figures = {"members": 30, "party_members": 3, "party_org": True, "party_form": "independent", "income": "5000.5"}
    builders.make_organization_year(team, 2024, **figures)
    return team


def survey(officer, **given):
    job = exports.create_export(layout="survey", given=given, language="zh-hans", by=officer)
    return b"".join(exports.pieces_of(job))


def book(data):
    return openpyxl.load_workbook(io.BytesIO(data))


def saved(workbook):
    buffer = io.BytesIO()
    workbook.save(buffer)
    return buffer.getvalue()


def uploaded(data, world, officer, name="导出.xlsx"):
    batch = imports.create_batch(content=data, filename=name, division=world.district, by=officer)
    imports.work_next()
    batch.refresh_from_db()
    return batch


@pytest.fixture
def full(world, team):
    """A district with something on all four sheets, in shapes an import must recognise again."""
    street_wide = builders.make_organization(
        world.street, world.types["service"], tier="registered", name="坪山街道社会服务中心"
    )
    builders.make_organization_year(street_wide, 2023, members=5)
    builders.make_organization(
        world.village,
        world.types["charity"],
        state="dormant",
        founded=None,
        name="江岭村义工队",
        remark="第一行\n第二行",
    )
    builders.make_organization(world.village, world.types["charity"], ended=date(2023, 1, 1), name="已注销的队")
    figures = {
        "population": 3069,
        "facility_area": "394.3",
        "has_station": True,
        "reporter": "尹桂",
        "report_date": date(2024, 10, 16),
    }
    builders.make_division_year(world.community, 2024, **figures)
    builders.make_division_year(world.village, 2022, population=100)
    builders.make_division_year(world.street, 2024, staff=20, certified_staff=7, has_station=True)
    builders.make_division_year(world.district, 2024, fund_count=2)
    need = Need.objects.create(
        number="XQ1",
        division=world.community,
        category="平安建设",
        content="夜间巡逻力量不足",
        targets=["残疾人"],
        people=51,
        urgency="较急",
        channel="入户走访",
        raised=date(2024, 1, 13),
        state="matched",
        contact=team.leader,
    )
    Project.objects.create(
        number="XM1",
        name="“乐活驿站”项目",
        organization=team,
        organization_name=team.name,
        division=world.community,
        targets=["困难家庭"],
        starts=date(2024, 9, 1),
        ends=date(2024, 12, 28),
        fund_source="公益创投",
        amount="5345",
        served=360,
        satisfaction="0.902",
        need=need,
        state="evaluated",
    )


def test_an_untouched_export_changes_nothing(world, officer, full):
    batch = uploaded(survey(officer), world, officer)
    assert batch.file_error is None
    told = [
        (line.sheet, line.row, line.status, line.errors, line.after)
        for line in lines_of(batch)
        if line.status != "skip"
    ]
    assert told == []
    assert batch.rows.count() == 7
    assert batch.year == 2024


def test_changed_cells_are_the_only_difference(world, officer, full, team):
    exported = book(survey(officer))
    page = exported["组织信息"]
    heads = {cell.value: cell.column for cell in page[1]}
    [row] = [cells[0].row for cells in page.iter_rows(min_row=2) if cells[heads["组织名称"] - 1].value == "向阳合唱团"]
    page.cell(row, heads["成员人数"], 35)
    page.cell(row, heads["志愿服务系统编号"], "ZYZ-440310-8")
    page.cell(row, heads["活动场所"]).value = None
    page.cell(row, heads["服务领域"]).value = None
    batch = uploaded(saved(exported), world, officer)
    [line] = [line for line in lines_of(batch) if line.status != "skip"]
    assert (line.status, line.match_id) == ("update", team.pk)
    assert line.after == {"details": {"fields": [], "volunteer_system_id": "ZYZ-440310-8"}, "figures": {"members": 35}}
    assert [told["code"] for told in line.warnings] == ["by_case"]


def test_a_record_changed_after_the_export_is_a_conflict(world, officer, full, team):
    exported = book(survey(officer))
    page = exported["组织信息"]
    heads = {cell.value: cell.column for cell in page[1]}
    for cells in page.iter_rows(min_row=2):
        cells[heads["成员人数"] - 1].value = 99
    Organization.objects.filter(pk=team.pk).update(version=2)
    batch = uploaded(saved(exported), world, officer)
    [line] = [line for line in lines_of(batch) if line.status == "reject"]
    assert (line.match_id, line.errors[0]["field"]) == (team.pk, "name")
    assert line.errors[0]["cell"] == f"{letters(heads['组织名称'] - 1)}{line.row}"
    assert ImportBatch.objects.get() == batch


def test_base_figures_changed_after_the_export_are_a_conflict_at_their_code(world, officer, full):
    exported = book(survey(officer))
    page = exported["社区基础数据"]
    heads = {cell.value: cell.column for cell in page[1]}
    page.cell(3, heads["常住人口（人）"]).value = 4000
    DivisionYear.objects.update(version=2)
    [line] = [line for line in lines_of(uploaded(saved(exported), world, officer)) if line.status == "reject"]
    assert line.errors[0]["cell"] == f"{letters(heads['区划代码'] - 1)}3"
    assert "坪山街道六联社区" in line.errors[0]["params"]["name"]


def rows_of(*rows):
    return [HEADERS, *rows]


def line(name="向阳合唱团", founded="2019-03-05", phone=None, members=30):
    return [name, "备案", "文化体育类", "坪山街道六联社区", founded, phone, members]


def marked_of(batch):
    return book(marked.marked_workbook(batch, imports.content_of(batch)))


def test_a_corrected_workbook_is_read_without_its_marks(world, officer):
    data = files.workbook(
        {"组织信息": rows_of(line(), line("坏队", founded="2019-02-30"), line("二队", members="约20人"))}
    )
    first = marked_of(uploaded(data, world, officer))["组织信息"]
    assert [first.cell(row, 8).value is None for row in (2, 3, 4)] == [True, False, False]
    assert (first["E3"].fill.fgColor.rgb[2:], first["G4"].fill.fgColor.rgb[2:]) == ("F8CBAD", "FFF2CC")
    first["E3"].value = "2019-02-31"
    first["G4"].value = 20
    batch = uploaded(saved(first.parent), world, officer)
    assert [notice for notice in batch.notices if notice["code"] == "columns_unread"] == []
    second = marked_of(batch)["组织信息"]
    assert second.max_column == 8
    assert "2019-02-31" in second["H3"].value
    assert (second["H4"].value, second["G4"].comment) == (None, None)
    second["E3"].value = "2019-02-28"
    batch = uploaded(saved(second.parent), world, officer)
    assert {found.status for found in lines_of(batch)} == {"accept"}


def test_a_reason_is_never_a_formula(world, officer):
    data = files.workbook({"组织信息": rows_of(line(members="=1+1|x", founded="@SUM(1)"))})
    page = marked_of(uploaded(data, world, officer))["组织信息"]
    assert page.cell(2, 8).data_type == "s"


def test_a_mark_on_a_merged_cell_stands_on_its_first(world, officer):
    original = book(
        files.workbook({"组织信息": rows_of(line("一队", founded="2019-02-30"), line("二队", founded=None))})
    )
    original["组织信息"].merge_cells("E2:E3")
    page = marked_of(uploaded(saved(original), world, officer))["组织信息"]
    assert page["E2"].comment is not None
    assert page.cell(3, 8).value


def test_a_large_workbook_comes_back_as_a_new_one(world, officer, monkeypatch):
    monkeypatch.setattr(marked, "MOST_LINES", 1)
    data = files.workbook({"组织信息": rows_of(line(), line("坏队", founded="2019-02-30", phone="13800000002"))})
    page = marked_of(uploaded(data, world, officer))["组织信息"]
    heads = {cell.value: cell.column - 1 for cell in page[1]}
    good, bad = list(page.iter_rows(min_row=2))
    assert (bad[heads["成立日期"]].value, bad[heads["联系电话"]].value) == ("2019-02-30", "13800000002")
    assert (bad[heads["原文件行号"]].value, good[heads["错误原因"]].value) == (3, None)
    assert bad[heads["成立日期"]].fill.fgColor.rgb == "FFF8D0CC"
    bad[heads["成立日期"]].value = "2019-02-28"
    batch = uploaded(saved(page.parent), world, officer)
    assert {found.status for found in lines_of(batch)} == {"accept", "accept_warn"}
    assert batch.notices == []


def test_a_workbook_its_child_cannot_bear_comes_back_as_a_new_one(world, officer, monkeypatch):
    monkeypatch.setattr(marked, "SECONDS", 0.01)
    data = files.workbook({"组织信息": rows_of(line("坏队", founded="2019-02-30"))})
    page = marked_of(uploaded(data, world, officer))["组织信息"]
    assert [cell.value for cell in page[1]][-2:] == ["原文件行号", "错误原因"]
