"""What the checks decide, what storing writes, and how it is taken back."""

import contextlib
import json
import os
import signal
import subprocess
import sys
from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.utils import timezone

from casework.models import AuditEvent
from registry.imports import store
from registry.imports.report import report
from registry.imports.staging import lines_of
from registry.imports.touched import touched
from registry.models import (
    DivisionYear,
    ImportBatch,
    Need,
    Organization,
    OrganizationPeriod,
    OrganizationYear,
    Person,
    Project,
    RollupMark,
)
from registry.naming import name_key
from registry.services import imports
from registry.services.division_changes import apply_change, create_change
from registry.services.people import clear, person_for
from registry.survey import columns
from reporting import rollups
from tests.builders import make_division_year, make_organization, make_user, make_world
from tests.registry.survey import files

HEADERS = [
    "序号", "组织名称", "组织层级", "业务类别", "所属社区（村）", "区划代码", "统一社会信用代码", "备案号", "成立日期", "负责人", "联系电话", "成员人数",
    "党员人数", "是否建立党组织", "是否志愿服务组织", "运行状态", "服务对象",
]  # fmt: skip
KEYS = (
    "seq", "name", "tier", "type", "region", "code", "uscc", "filing", "founded", "leader", "phone", "members", "party", "body", "volunteer",
    "status", "targets",
)  # fmt: skip
IDS = ("11010519491231002X", "110105194912310038", "44030119800101123X")
GOOD = {
    "seq": 1, "name": "向阳合唱团", "tier": "备案", "type": "文化体育类", "region": "坪山街道六联社区", "code": "", "uscc": "", "filing": "坪备1号",
    "founded": "2019-03-05", "leader": "王小明", "phone": "13800000001", "members": 30, "party": 3, "body": "是", "volunteer": "是",
    "status": "正常", "targets": "老年人、儿童",
}  # fmt: skip


def row(**cells):
    assert set(cells) <= set(KEYS)
    return [(GOOD | cells)[key] for key in KEYS]


@pytest.fixture
def world(db):
    tree = make_world()
    tree.officer = make_user("bureau_officer", tree.district)
    return tree


def checked(world, *rows, sheets=None, year=2024, by=None, division=None, **options):
    content = files.workbook(sheets or {"组织信息": [HEADERS, *rows]})
    batch = imports.create_batch(
        content=content,
        filename="a.xlsx",
        division=division or world.district,
        year=year,
        by=by or world.officer,
        **options,
    )
    imports.work_next()
    batch.refresh_from_db()
    return batch


def stored(world, *rows, mode="all", **options):
    batch = checked(world, *rows, **options)
    imports.confirm_batch(batch=batch, mode=mode, by=world.officer)
    imports.work_next()
    batch.refresh_from_db()
    return batch


def verdicts(batch):
    return [line.status for line in batch.rows.order_by("id")]


def codes(batch, index=0):
    line = batch.rows.order_by("id")[index]
    return [found["code"] for found in (*line.errors, *line.warnings)]


def test_an_organization_is_stored_with_everything_it_says(world):
    batch = stored(world, row())
    organization = Organization.objects.get()
    assert (organization.name, organization.tier, organization.type.name, organization.division) == (
        "向阳合唱团", "team", "文化体育类", world.community,
    )  # fmt: skip
    assert (organization.founded, organization.filing_no, organization.targets) == (
        date(2019, 3, 5),
        "坪备1号",
        ["老年人", "儿童"],
    )
    assert (organization.division_path, organization.district, organization.source) == (
        world.community.path,
        world.district,
        "import",
    )
    assert organization.name_key == name_key("向阳合唱团", division=world.community)
    assert clear(organization.leader, "phone") == "13800000001"
    figures = OrganizationYear.objects.get()
    assert (figures.year, figures.members, figures.party_members, figures.party_org, figures.party_form) == (
        2024,
        30,
        3,
        True,
        "independent",
    )
    period = OrganizationPeriod.objects.get()
    assert (period.starts, period.ends, period.state, period.division_now) == (
        date(2019, 3, 5),
        None,
        "active",
        world.community,
    )
    assert [(flag.flag, flag.starts) for flag in organization.flags.all()] == [("volunteer", date(2019, 3, 5))]
    assert batch.state == "stored"
    assert RollupMark.objects.filter(division=world.community).exists()
    assert AuditEvent.objects.filter(action="import.store").count() == 1


def test_personal_numbers_wait_sealed_and_are_told_only_to_the_operator(world):
    batch = checked(world, row(), row(name="乙队", filing="2号", phone="1380000"))
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(r::text, '') FROM registry_importrow r")
        assert "13800000001" not in cursor.fetchone()[0]
        cursor.execute("SELECT encode(content, 'escape') FROM registry_importbatch")
        assert "PK" not in cursor.fetchone()[0][:40]
    told = report(batch)
    assert told["rows"][0]["values"]["phone"] == "13800000001"
    assert "1380000" not in json.dumps(batch.rows.last().errors)


def test_a_dormant_organization_was_active_until_the_end_of_the_survey_year(world):
    stored(world, row(status="活动较少"))
    assert list(OrganizationPeriod.objects.values_list("state", "starts", "ends")) == [
        ("active", date(2019, 3, 5), date(2024, 12, 31)), ("dormant", date(2024, 12, 31), None),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        ({"type": "不存在类"}, "type_unknown"), ({"tier": "某级"}, "tier_unknown"), ({"status": "未知状态"}, "state_unknown"),
        ({"region": "大鹏区葵丰社区"}, "place"), ({"region": "无此社区"}, "place"), ({"region": ""}, "place_missing"), ({"party": 31}, "part_larger"),
        ({"founded": "2019-02-30"}, "date_impossible"), ({"name": ""}, "required"), ({"code": "440311001001", "region": ""}, "place"),
    ],
)  # fmt: skip
def test_what_is_refused(world, cells, code):
    batch = checked(world, row(**cells))
    assert verdicts(batch) == ["reject"]
    assert code in codes(batch)


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        ({"tier": "登记", "filing": ""}, "uscc_missing"), ({"region": "坪山区"}, "place_district"),
        ({"founded": "2019年"}, "date_year_only"), ({"members": "约30余人"}, "number_about"),
    ],
)  # fmt: skip
def test_what_is_doubtful_is_a_warning(world, cells, code):
    batch = checked(world, row(**cells))
    assert verdicts(batch) == ["accept_warn"]
    assert code in codes(batch)


@pytest.mark.parametrize(
    "place",
    ["六联社区", "坪山街道六联", "坪山区坪山街道六联社区居委会", "440310001001", "广东省深圳市坪山区坪山街道六联社区"],
)
def test_places_in_every_spelling(world, place):
    batch = checked(world, row(region=place))
    assert batch.rows.get().values["region_code"] == world.community.code


def test_tiers_types_and_states_in_other_words(world):
    batch = checked(world, row(tier="备案管理", type="文化体育", status="正常运行"))
    values = batch.rows.get().values
    assert (values["tier"], values["type"], values["status"]) == ("备案", "文化体育类", "正常")


@pytest.mark.parametrize(
    ("tier", "kind", "meant"),
    [("备案类", "1.文化体育类（舞蹈）", ("备案", "文化体育类")), ("已备案（街道）", "体育", ("备案", "文化体育类")),
     ("登记/备案", "文化体育类", None), ("备案", "其他", None)],
)  # fmt: skip
def test_words_with_something_added_and_parts_of_one_type_are_guesses(world, tier, kind, meant):
    batch = checked(world, row(tier=tier, type=kind))
    line = batch.rows.get()
    assert (line.status == "reject") == (meant is None)
    if meant:
        assert (line.values["tier"], line.values["type"]) == meant
        assert [told["code"] for told in line.warnings] == ["choice_guessed", "choice_guessed"]


def test_a_sheet_per_street_gives_the_street(world):
    headers = [header for header in HEADERS if header != "区划代码"]
    cells = [cell for key, cell in zip(KEYS, row(region="六联社区"), strict=True) if key != "code"]
    batch = checked(world, sheets={"坪山街道": [headers, cells]})
    assert verdicts(batch) == ["accept"]


def test_a_sheet_per_community_gives_the_community(world):
    places = ("区划代码", "所属社区（村）")
    columns = [index for index, header in enumerate(HEADERS) if header not in places]
    lines = [[cells[index] for index in columns] for cells in (HEADERS, row())]
    batch = checked(world, sheets={"六联社区": lines})
    assert batch.rows.get().values["region_code"] == world.community.code
    assert [notice["code"] for notice in batch.notices] == ["community_from_sheet"]


def test_doubles_in_the_file_keep_the_first(world):
    batch = checked(world, row(), row(), row(name="别名队"), row(name="向阳 合唱团", filing=""))
    assert verdicts(batch) == ["accept", "duplicate", "duplicate", "duplicate"]
    with pytest.raises(imports.NotStorableError):
        imports.confirm_batch(batch=batch, mode="all", by=world.officer)


def test_zeros_that_fill_a_filing_number_make_no_other_one(world):
    stored(world, row(filing="坪社备〔2020〕第00077号"))
    again = row(filing="坪社备〔2020〕第77号", members=40)
    batch = checked(world, again, row(filing="坪社备〔2020〕第077号", name="同号队"))
    assert verdicts(batch) == ["update", "duplicate"]
    assert checked(world, row(filing="坪社备〔2020〕第770号")).rows.get().match_how == "new"


REGISTERED = {"tier": "登记", "uscc": "51310104MJ4950010A", "filing": ""}


def test_the_corrected_file_updates_instead_of_doubling(world):
    stored(world, row(filing=""))
    changed = {"filing": "", "leader": "李四", "phone": "13900000002", "status": "停止活动"}
    batch = stored(world, row(**changed, members=45, volunteer="否"))
    organization = Organization.objects.get()
    assert verdicts(batch) == ["update"]
    assert (organization.state, organization.version) == ("suspended", 2)
    assert organization.years.get().members == 45
    assert (organization.leader.name, clear(organization.leader, "phone")) == ("李四", "13900000002")
    assert organization.flags.filter(ends=None).count() == 0
    assert [period.state for period in organization.periods.order_by("starts")] == ["active", "suspended"]


def test_the_same_file_again_changes_nothing(world):
    stored(world, row(), row(name="乙队", filing="2号"))
    batch = checked(world, row(), row(name="乙队", filing="2号"))
    assert verdicts(batch) == ["skip", "skip"]
    with pytest.raises(imports.NotStorableError):
        imports.confirm_batch(batch=batch, mode="all", by=world.officer)


def test_an_empty_cell_erases_nothing(world):
    stored(world, row())
    assert verdicts(checked(world, row(members="", leader="", targets="—"))) == ["skip"]


@pytest.mark.parametrize(("known", "tier"), [({}, "team"), (REGISTERED, "registered")])
def test_what_was_filed_or_registered_stays_and_says_so_while_the_rest_is_stored(world, known, tier):
    stored(world, row(**known))
    changed = {"name": "向阳老年合唱团", "leader": "李四", "region": "马峦社区", "tier": "社区活动小组"}
    batch = stored(world, row(**{**known, **changed}, members=45, status="停止活动"))
    [line] = lines_of(batch)
    kept = {told["field"] for told in line.warnings if told["code"] == "by_case"}
    assert (line.status, kept) == ("update", {"name", "leader", "region", "tier"})
    organization = Organization.objects.get()
    assert (organization.name, organization.leader.name, organization.tier) == ("向阳合唱团", "王小明", tier)
    assert (organization.division, organization.state) == (world.community, "suspended")
    assert organization.years.get().members == 45


def test_a_line_that_only_changes_what_was_filed_changes_nothing(world):
    stored(world, row())
    batch = checked(world, row(leader="李四"))
    [line] = lines_of(batch)
    assert (line.status, [told["field"] for told in line.warnings]) == ("skip", ["leader"])


def test_the_leader_of_a_filed_team_may_have_a_new_phone(world):
    stored(world, row())
    stored(world, row(phone="13900000002"))
    assert clear(Organization.objects.get().leader, "phone") == "13900000002"


def test_what_a_filed_team_had_left_open_is_filled_in(world):
    stored(world, row(leader="", phone=""))
    stored(world, row())
    assert Organization.objects.get().leader.name == "王小明"


def test_the_id_number_says_who_leads(world):
    known = person_for(name="王小明", phone="13800000001", id_number=IDS[0])
    heads = [*HEADERS, "负责人身份证号"]
    rows = [
        ("一队", "王小明", "13900000009", IDS[0]),  # another phone: known by the ID number
        ("二队", "王晓明", None, IDS[0]),  # another spelling
        ("三队", "王小明", "13800000001", IDS[1]),  # name and phone are known, the ID number is another
        ("四队", "李芳", "13700000001", None),
        ("五队", "李芳", "13700000001", IDS[2]),  # the same as above: one of them has the ID number
        ("六队", "李芳", "13700000002", IDS[2]),
    ]
    lines = [[*row(name=n, filing=n, leader=who, phone=phone), number] for n, who, phone, number in rows]
    batch = stored(world, sheets={"组织信息": [heads, *lines]})
    assert [codes(batch, at) for at in range(6)] == [[], ["leader_other_name"], ["leader_other_id"], [], [], []]
    led = dict(Organization.objects.values_list("name", "leader"))
    assert led["一队"] == led["二队"] == known.pk != led["三队"]
    assert led["四队"] == led["五队"] == led["六队"]
    assert clear(Person.objects.get(pk=led["四队"]), "id") == IDS[2]


def test_a_former_number_finds_the_record_and_stays_a_former_number(world):
    stored(world, row(founded="2025-03-05"), year=2025)
    team = Organization.objects.get()
    team.aliases.create(kind="number", text=team.filing_no, until=date(2025, 6, 1))
    Organization.objects.update(filing_no="坪社备〔2025〕1号")
    stored(world, row(name="向阳歌舞团", members=31))
    team = Organization.objects.get()
    assert (team.filing_no, team.name, team.years.get(year=2024).members) == ("坪社备〔2025〕1号", "向阳合唱团", 31)


def test_an_organization_moves_to_another_community(world):
    stored(world, row(filing=""))
    moved = [*row(filing="", region="马峦社区"), str(Organization.objects.get().uid)]
    stored(world, sheets={"组织信息": [[*HEADERS, "记录标识"], moved]})
    organization = Organization.objects.get()
    assert (organization.division, organization.division_path) == (world.other_community, world.other_community.path)
    assert {mark.division for mark in RollupMark.objects.all()} >= {world.community, world.other_community}


def test_a_credit_code_held_outside_the_area_is_refused(world):
    kind = world.types["culture"]
    make_organization(world.far_community, kind, uscc="52340104MJ7488335W")
    batch = checked(world, row(tier="登记", uscc="52340104MJ7488335W", filing=""))
    assert verdicts(batch) == ["reject"]
    assert codes(batch)[0] == "taken_elsewhere"


def test_near_names_are_shown_side_by_side(world):
    make_organization(
        world.community,
        world.types["culture"],
        name="六联社区夕阳红舞蹈团",
        name_key=name_key("六联社区夕阳红舞蹈团", division=world.community),
    )
    batch = checked(world, row(name="六联社区夕阳虹舞蹈团", filing=""))
    assert verdicts(batch) == ["accept_warn"]
    assert batch.rows.get().warnings[0]["params"]["name"] == "六联社区夕阳红舞蹈团"


def test_a_corrected_founding_date_moves_the_first_period_and_undo_moves_it_back(world):
    stored(world, row(founded="2019-03-05"))
    periods = Organization.objects.get().periods
    batch = stored(world, row(founded="2018-03-05"))
    assert periods.get().starts == Organization.objects.get().founded == date(2018, 3, 5)
    imports.undo_batch(batch=batch, by=world.officer)
    assert periods.get().starts == Organization.objects.get().founded == date(2019, 3, 5)


def test_a_founding_date_after_the_first_period_corrects_the_record_only(world):
    stored(world, row(founded="2018-03-05"))
    team = Organization.objects.get()
    team.periods.update(ends=date(2019, 1, 1))
    team.periods.create(
        tier="team", division=team.division, division_now=team.division, type=team.type, starts=date(2019, 1, 1)
    )
    stored(world, row(founded="2020-03-05"))
    team.refresh_from_db()
    assert (team.founded, team.periods.earliest("starts").starts) == (date(2020, 3, 5), date(2018, 3, 5))


def test_undo_restores_what_an_update_changed(world):
    stored(world, row())
    before = snapshot()
    batch = stored(
        world,
        row(
            name="新名",
            members=99,
            volunteer="否",
            leader="李四",
            phone="13900000002",
            status="停止活动",
            type="公益慈善类",
        ),
    )
    assert snapshot() != before
    imports.undo_batch(batch=batch, by=world.officer)
    assert snapshot() == before


def snapshot():
    organization = Organization.objects.get()
    return (
        organization.name, organization.name_key, organization.state, organization.type_id, organization.leader_id,
        list(organization.years.values_list("year", "members", "party_form")),
        list(organization.periods.order_by("starts").values_list("state", "starts", "ends", "type_id")),
        list(organization.flags.values_list("flag", "starts", "ends")),
    )  # fmt: skip


def test_undo_removes_what_was_new_people_too(world):
    batch = stored(world, row(), row(name="乙队", filing="2号"))
    assert Person.objects.count() == 1
    imports.undo_batch(batch=batch, by=world.officer)
    assert not Organization.objects.exists()
    assert not Person.objects.exists()
    assert AuditEvent.objects.filter(action="import.undo").exists()


def test_undo_is_refused_once_somebody_edited(world):
    batch = stored(world, row(), row(name="乙队", filing="2号"))
    assert touched(batch) == []
    Organization.objects.filter(name="乙队").update(version=2)
    Organization.objects.get(name="向阳合唱团").aliases.create(kind="name", text="旧名", until=date(2025, 1, 1))
    with pytest.raises(imports.ValidationError):
        imports.undo_batch(batch=batch, by=world.officer)
    assert touched(batch) == ["乙队", "向阳合唱团"]
    assert Organization.objects.count() == 2


def test_base_figures_needs_and_projects(world):
    sheets = {
        "组织信息": [HEADERS, row()],
        "社区基础数据": [
            ["社区（村）", "常住人口（人）", "户数（户）", "专项基金规模（万元）", "是否建立社会服务站", "城乡类型"],
            ["六联社区", 5000, 1800, 12.5, "是", "农村社区"],
        ],
        "需求清单": [
            ["需求编号", "所属社区（村）", "需求描述", "涉及人数", "联系人", "联系电话", "对接状态"],
            ["XQ1", "六联社区", "需要助老", "约30人", "张三", "13700000003", "已对接"],
        ],
        "服务项目清单": [
            ["项目编号", "项目名称", "承接组织", "服务区域", "项目资金（元）", "满意度", "对应需求编号"],
            ["XM1", "助老", "向阳合唱团", "六联社区", "2万", "95%", "XQ1"],
        ],
    }
    batch = stored(world, sheets=sheets)
    base = DivisionYear.objects.get()
    assert (base.population, float(base.fund_amount), base.has_station, base.year) == (5000, 12.5, True, 2024)
    assert [found["code"] for found in batch.rows.get(kind="base").warnings] == ["kind_differs"]
    project = Organization.objects.get().projects.get()
    assert (float(project.amount), float(project.satisfaction), project.need.number) == (20000, 0.95, "XQ1")
    assert clear(project.need.contact, "phone") == "13700000003"
    again = checked(world, sheets=sheets)
    assert set(verdicts(again)) == {"skip"}
    imports.undo_batch(batch=batch, by=world.officer)
    assert not DivisionYear.objects.exists()


def test_base_figures_for_the_year_of_a_merger_stand_for_both_until_they_are_undone(world):
    head = make_user("bureau_head", world.district)
    for place, people in ((world.community, 1000), (world.second_community, 500)):
        make_division_year(place, 2023, population=people)
    lines = [{"division": world.second_community}]
    draft = create_change(kind="merge", division=world.community, effective=date(2024, 6, 1), by=head, lines=lines)
    apply_change(change=draft, by=head)
    batch = stored(world, sheets={"社区基础数据": [["社区（村）", "常住人口（人）"], ["六联社区", 1510]]})
    years = world.community.years.order_by("year")
    assert list(years.values_list("year", "population", "next_year")) == [(2023, 1000, 2024), (2024, 1510, None)]
    assert world.second_community.years.get().next_year == 2024
    imports.undo_batch(batch=batch, by=world.officer)
    assert list(years.values_list("year", "population", "next_year")) == [(2023, 1000, 2025), (2025, 1500, None)]
    assert world.second_community.years.get().next_year == 2025


FULL = {
    "seq": 1, "tier": "备案", "type": "文化体育类", "region": "坪山街道六联社区", "region_code": "", "kind": "城市社区", "uscc": "", "status": "正常",
    "state": "", "phone": "13800000001", "id_number": IDS[0], "percent": "100%", "date": "2019-03-05", "yesno": "是", "year": 2024,
    "street": "",
}  # fmt: skip
OWN_KEYS = {"record_key", "record_version", "record_year"}


def fullest(spec):
    """A sheet of one row whose cells hold the most their columns take."""
    fields = [field for field in spec.fields if field.key not in OWN_KEYS]
    cells = [
        FULL[found]
        if (found := next((word for word in (field.key, field.type) if word in FULL), None))
        else field.maximum or "字" * field.length
        for field in fields
    ]
    return [[field.header for field in fields], cells]


def test_whatever_a_column_takes_can_be_stored(world):
    batch = stored(world, sheets={spec.name: fullest(spec) for spec in columns.SHEETS})
    assert (batch.state, batch.rows.filter(errors=[]).count()) == (ImportBatch.State.STORED, 4)
    organization, project = Organization.objects.get(), Project.objects.get()
    assert (len(organization.name), len(organization.rating)) == (100, 20)
    assert organization.years.get().served == 10**9
    assert (len(project.fund_source), project.amount) == (100, 10**11)
    assert len(Need.objects.get().content) == 2000
    assert float(DivisionYear.objects.get().fund_amount) == 1e7


NEED_HEADS = ["需求编号", "所属社区（村）", "需求描述", "联系人", "联系电话", "对接状态"]
PROJECT_HEADS = ["项目编号", "项目名称", "承接组织", "服务区域", "对应需求编号"]


def test_a_project_is_linked_to_the_one_organization_and_the_one_need_it_names(world, monkeypatch):
    monkeypatch.setattr(store, "SLICE", 2)
    for home in (world.community, world.other_community):
        make_organization(home, world.types["culture"], name="六联舞蹈队")
    make_organization(world.far_community, world.types["culture"], name="外区合唱团")
    Need.objects.create(division=world.far_community, number="XQ8", content="外区的")
    needs = [["XQ1", "六联社区", "助老"], ["XQ2", "六联社区", "助残"], ["XQ2", "马峦社区", "助残"]]
    stored(world, sheets={"需求清单": [NEED_HEADS[:3], *needs]})
    projects = [
        ["XM1", "一", "向阳合唱团", "六联社区", "XQ1"],  # the need of an earlier file
        ["XM2", "二", "六联舞蹈队", "六联社区", "XQ2"],  # two of one name, two of one number
        ["XM3", "三", "外区合唱团", "六联社区", "XQ8"],  # of another district
        ["XM4", "四", "无此队", "六联社区", "XQ9"],
        ["XM5", "五", "向阳合唱团", "马峦社区", None],
    ]
    stored(world, sheets={"组织信息": [HEADERS, row()], "服务项目清单": [PROJECT_HEADS, *projects]})
    links = Project.objects.order_by("number").values_list("organization__name", "organization_name", "need__number")
    assert list(links) == [
        ("向阳合唱团", "向阳合唱团", "XQ1"), (None, "六联舞蹈队", None), (None, "外区合唱团", None), (None, "无此队", None),
        ("向阳合唱团", "向阳合唱团", None),
    ]  # fmt: skip
    assert Project.objects.get(number="XM5").division == world.other_community
    assert RollupMark.objects.filter(division=world.other_community).exists()


def test_who_asks_for_a_need_is_the_person_known(world):
    known = person_for(name="张三", phone="13700000003")
    rows = [
        ["XQ1", "六联社区", "助老", "张三", "13700000003", "已对接"],
        ["XQ2", "马峦社区", "助残", "王小明", "13800000001", "未对接"],  # the leader of a team in the same file
        ["XQ3", "六联社区", "助学", "张三", None, "已完成"],  # without a number nobody is known
        ["XQ4", "六联社区", "助医", None, None, "不清"],
    ]
    stored(world, sheets={"组织信息": [HEADERS, row()], "需求清单": [NEED_HEADS, *rows]})
    asks = dict(Need.objects.values_list("number", "contact"))
    assert (asks["XQ1"], asks["XQ2"], asks["XQ4"]) == (known.pk, Organization.objects.get().leader_id, None)
    assert Person.objects.get(pk=asks["XQ3"]).name == "张三"
    assert asks["XQ3"] != known.pk
    assert list(Need.objects.order_by("number").values_list("state", flat=True)) == ["matched", "open", "done", "open"]


def test_a_need_and_a_project_that_say_little(world):
    sheets = {
        "需求清单": [["所属社区（村）", "需求描述"], ["六联社区", "助老"]],
        "服务项目清单": [["项目名称", "服务区域"], ["助老", "六联社区"]],
    }
    stored(world, sheets=sheets)
    need, project = Need.objects.get(), Project.objects.get()
    assert (need.number, need.category, need.content, need.urgency, need.channel) == ("", "", "助老", "", "")
    assert (need.targets, need.people, need.raised, need.state, need.contact) == ([], None, None, "open", None)
    assert (project.number, project.name, project.organization_name, project.category) == ("", "助老", "", "")
    assert (project.targets, project.starts, project.ends, project.fund_source) == ([], None, None, "")
    assert (project.amount, project.served, project.satisfaction, project.state) == (None, None, None, "running")
    assert (project.organization, project.need) == (None, None)


def test_a_street_s_own_figures_stand_beside_those_of_its_communities(world):
    heads = ["社区（村）", "社区工作人员（人）", "持社会工作职业资格证书（人）", "是否建立社会服务站", "常住人口（人）"]
    rows = [["坪山街道", 20, 7, "是", None], ["六联社区", 10, 2, "否", 5000], ["坪山区", 90, 9, "否", None]]
    batch = stored(world, sheets={"社区基础数据": [heads, *rows]}, mode="good")
    assert codes(batch, 2) == ["place_not_community"]
    rollups.rebuild(timezone.localdate())
    figures = world.street.rollup
    assert (figures.stations_street, figures.staff, figures.certified_staff) == (1, 30, 9)
    assert codes(checked(world, sheets={"社区基础数据": [heads, ["坪山街道", 20, 7, "是", 90_000]]})) == [
        "street_total"
    ]


def test_years_of_figures_follow_each_other(world):
    stored(world, row(), year=2024)
    stored(world, row(members=20), year=2022)
    assert list(OrganizationYear.objects.order_by("year").values_list("year", "next_year")) == [
        (2022, 2024),
        (2024, None),
    ]


def test_the_workbook_says_its_year(world):
    batch = checked(world, sheets={"组织信息": [["坪山区2023年摸底调查"], HEADERS, row()]}, year=0)
    assert batch.year == 2023


def test_only_the_own_area(world):
    stranger = make_user("bureau_officer", world.other_district)
    with pytest.raises(PermissionDenied):
        checked(world, row(), by=stranger)
    batch = checked(world, row())
    for act in (imports.cancel_batch, imports.undo_batch):
        with pytest.raises(PermissionDenied):
            act(batch=batch, by=stranger)
    with pytest.raises(PermissionDenied):
        imports.confirm_batch(batch=batch, mode="all", by=stranger)


def test_a_street_officer_reaches_only_the_street(world):
    officer = make_user(division=world.street, perms=["registry.import_survey"])
    batch = checked(world, row(), row(name="乙队", filing="2号", region="马峦社区"), by=officer, division=world.street)
    assert verdicts(batch) == ["accept", "reject"]


def test_an_owner_who_lost_the_right_stores_nothing(world):
    batch = checked(world, row())
    imports.confirm_batch(batch=batch, mode="all", by=world.officer)
    world.officer.assignments.update(ends=timezone.localdate() - timedelta(days=1))
    imports.work_next()
    batch.refresh_from_db()
    assert (batch.state, batch.last_error) == ("checked", "PermissionDenied")
    assert not Organization.objects.exists()


def test_the_register_moved_between_check_and_store(world):
    batch = checked(world, row())
    make_organization(
        world.community,
        world.types["culture"],
        name="向阳合唱团",
        filing_no="坪备1号",
        name_key=name_key("向阳合唱团", division=world.community),
    )
    imports.confirm_batch(batch=batch, mode="all", by=world.officer)
    imports.work_next()
    batch.refresh_from_db()
    assert (batch.state, batch.last_error) == ("checked", "changed")
    assert Organization.objects.count() == 1
    assert verdicts(batch) == ["update"]


def test_storing_goes_on_when_the_register_moved_elsewhere(world):
    batch = checked(world, row())
    make_organization(world.village, world.types["culture"], name="江岭腰鼓队")
    imports.confirm_batch(batch=batch, mode="all", by=world.officer)
    imports.work_next()
    batch.refresh_from_db()
    assert batch.state == "stored"
    assert Organization.objects.filter(name="向阳合唱团").exists()


def test_a_workbook_that_cannot_be_read_again_stores_nothing(world):
    batch = checked(world, row())
    make_organization(world.village, world.types["culture"], name="江岭腰鼓队")
    imports.confirm_batch(batch=batch, mode="all", by=world.officer)
    ImportBatch.objects.update(content=imports.sealed_content(batch, b"%PDF-1.7"))
    imports.work_next()
    batch.refresh_from_db()
    assert (batch.state, batch.rows.count()) == ("refused", 0)
    assert Organization.objects.count() == 1


def test_a_batch_another_worker_still_holds_is_left_alone(world):
    batch = imports.create_batch(
        content=files.workbook({"组织信息": [HEADERS, row()]}),
        filename="a.xlsx",
        division=world.district,
        year=2024,
        by=world.officer,
    )
    other = connection.copy()
    with contextlib.closing(other), other.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s, %s)", [imports.LOCK_WORK, batch.pk])
        assert imports.work_next() is None
    assert not batch.rows.exists()


def test_only_what_waits_is_decided_and_only_what_is_stored_is_undone(world):
    over, waiting = stored(world, row(name="甲乐队")), checked(world, row(name="乙乐队", phone=""))
    for refused in (
        lambda: imports.undo_batch(batch=waiting, by=world.officer),
        lambda: imports.decide_line(batch=over, row=1, word="new", by=world.officer),
        lambda: imports.remap_batch(batch=over, mapping={}, by=world.officer),
    ):
        with pytest.raises(imports.NotStorableError):
            refused()


def test_a_stored_batch_is_not_stored_again(world):
    batch = stored(world, row())
    imports.store_batch(batch)
    assert Organization.objects.count() == 1
    assert AuditEvent.objects.filter(action="import.store").count() == 1


def test_a_batch_nobody_stored_is_cancelled_with_its_lines(world):
    batch = imports.cancel_batch(batch=checked(world, row()), by=world.officer)
    assert (batch.state, batch.rows.count(), bytes(batch.content)) == ("cancelled", 0, b"")
    assert AuditEvent.objects.get(action="import.cancel").before == {"file": "a.xlsx"}
    with pytest.raises(imports.NotStorableError):
        imports.cancel_batch(batch=batch, by=world.officer)


def test_a_batch_whose_worker_died_is_taken_again_three_times_at_most(world):
    content = files.workbook({"组织信息": [HEADERS, row()]})
    batch = imports.create_batch(
        content=content, filename="a.xlsx", division=world.district, year=2024, by=world.officer
    )
    imports.take()
    assert imports.take() is None
    ImportBatch.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert imports.work_next() == batch
    ImportBatch.objects.update(state="checking", attempts=3, lease_until=timezone.now() - timedelta(seconds=1))
    assert imports.work_next() is None
    batch.refresh_from_db()
    assert batch.state == "refused"


def test_storing_goes_on_where_nobody_can_be_told_how_far_it_is(world, settings):
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": "unix:///nowhere/valkey.sock"}}
    stored(world, row())
    assert Organization.objects.count() == 1
    assert imports.storing_progress(ImportBatch.objects.get()) == 0


KILLED = """
import os, signal, django
django.setup()
from registry.imports import organizations
from registry.services import imports
def die(cursor, year, today):
    cursor.execute("SELECT count(*) FROM registry_organization")
    if cursor.fetchone()[0] == 6:
        os.kill(os.getpid(), signal.SIGKILL)
organizations.read_periods = die
imports.work_next()
"""


@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_while_storing_leaves_nothing_half_saved():
    world = make_world()
    world.officer = make_user("bureau_officer", world.district)
    batch = checked(world, *(row(name=f"{sign}乐队", filing=f"{sign}号", phone="") for sign in "甲乙丙丁戊己"))
    imports.confirm_batch(batch=batch, mode="all", by=world.officer)
    settings = connection.settings_dict
    url = f"postgresql://{settings['USER']}:{settings['PASSWORD'] or ''}@/{settings['NAME']}?host={settings['HOST']}&port={settings['PORT']}"
    done = subprocess.run(
        [sys.executable, "-c", KILLED],
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings", "DATABASE_URL": url},
        check=False,
    )
    assert done.returncode == -signal.SIGKILL
    assert not Organization.objects.exists()
    assert not Person.objects.exists()
    batch.refresh_from_db()
    assert batch.state == "storing"
    ImportBatch.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    imports.work_next()
    batch.refresh_from_db()
    assert batch.state == "stored"
    assert Organization.objects.count() == 6
