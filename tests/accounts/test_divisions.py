import csv
from datetime import date
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction

from accounts.models import Division, DivisionAlias, DivisionPeriod
from accounts.services.division_file import COLUMNS, DivisionFileError, sort_key
from accounts.services.divisions import load_divisions
from casework.models import AuditEvent
from registry.models import Organization, RollupMark
from registry.services.divisions import load_tree
from tests.builders import make_division, make_organization, make_scheme

pytestmark = pytest.mark.django_db

SHIPPED = Path(__file__).resolve().parents[2] / "registry" / "data" / "divisions"
HEADER = ",".join(COLUMNS)
AREA = [
    "31,上海市,province,,,上海市,上海市,,0",
    "3101,市辖区,city,31,,市辖区,上海市,,1",
    "310104,徐汇区,county,3101,,徐汇区,上海市徐汇区,,0",
    "310104010,长桥街道,street,310104,,长桥街道,上海市徐汇区长桥街道,街道,0",
    "310104103,华泾镇,street,310104,,华泾镇,上海市徐汇区华泾镇,镇,0",
    "310104010011,长桥五村居委会,village,310104010,urban,长桥五村居委会,上海市徐汇区长桥街道长桥五村居委会,,0",
    "310104103006,华阳居委会,village,310104103,urban,华阳居委会,上海市徐汇区华泾镇华阳居委会,,0",
    "310104103498,虚拟社区,village,310104103,urban,虚拟社区,上海市徐汇区华泾镇虚拟社区,,1",
]


@pytest.fixture
def write(tmp_path):
    def write(*lines, name="area.csv", header=HEADER):
        path = tmp_path / name
        path.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
        return path

    return write


@pytest.fixture
def area(write):
    return load_divisions([write(*AREA)])


def get(code):
    return Division.objects.in_force().get(code=code)


def replaced(old, new):
    return [line.replace(old, new) for line in AREA]


def test_the_tree_hangs_together_without_placeholder_cities(area):
    assert (area.read, area.spliced, area.created) == (8, 1, 7)
    place = get("310104010011")
    chain = [get(code) for code in ("31", "310104", "310104010", "310104010011")]
    assert place.path == "".join(f"{row.pk}." for row in chain)
    assert (chain[1].parent, chain[1].level, place.level) == (chain[0], "district", "community")
    assert not Division.objects.filter(code="3101").exists()


def test_placeholder_communities_are_kept_but_not_counted(area):
    assert get("310104103498").virtual
    assert {row.code for row in Division.objects.communities()} == {"310104010011", "310104103006"}


def test_every_division_opens_a_period(area):
    periods = DivisionPeriod.objects.all()
    assert {(row.starts, row.ends) for row in periods} == {(date(1900, 1, 1), None)}
    assert {(row.division.code, row.division.path) for row in periods} == {(row.code, row.path) for row in periods}
    assert periods.count() == 7


def test_loading_again_changes_nothing(area, write):
    before = list(Division.objects.order_by("id").values())
    again = load_divisions([write(*AREA)])
    assert (again.created, again.changed, again.touched) == (0, 0, [])
    assert list(Division.objects.order_by("id").values()) == before
    assert DivisionPeriod.objects.count() == 7


def test_a_first_load_puts_every_index_and_key_back(write):
    make_division("province", "广东省", code="44")
    before = indexes()
    assert load_divisions([SHIPPED / "440310_pingshan.csv"]).created == 34
    assert indexes() == before
    with pytest.raises(IntegrityError), transaction.atomic():
        make_division("street", "坪山街道", get("440310"), code="440310001")


def indexes():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_get_constraintdef(oid) FROM pg_constraint"
            " WHERE conrelid IN (%(one)s::regclass, %(two)s::regclass)"
            " UNION ALL SELECT indexdef FROM pg_indexes WHERE tablename IN (%(one)s, %(two)s)",
            {"one": "accounts_division", "two": "accounts_divisionperiod"},
        )
        return sorted(row[0] for row in cursor.fetchall())


def test_a_shared_province_in_two_files_counts_once(write):
    report = load_divisions([write(*AREA), write(*AREA[:3], name="second.csv")])
    assert report.created == 7


def test_a_new_name_without_a_day_is_a_correction(area, write):
    report = load_divisions([write(*replaced("长桥五村", "长桥第五"))])
    place = get("310104010011")
    assert (report.changed, place.name, place.full_name) == (
        1,
        "长桥第五居委会",
        "上海市徐汇区长桥街道长桥第五居委会",
    )
    assert [(row.name, row.ends) for row in place.periods.all()] == [("长桥第五居委会", None)]
    assert DivisionAlias.objects.get(division=place).name == "长桥五村居委会"
    assert report.changes == ["310104010011 长桥五村居委会 → 310104010011 长桥第五居委会"]


def test_a_new_name_from_a_day_on_keeps_the_old_period(area, write):
    day = date(2024, 1, 1)
    load_divisions([write(*replaced("长桥五村", "长桥第五"))], effective=day)
    periods = list(get("310104010011").periods.order_by("starts").values_list("name", "starts", "ends"))
    assert periods == [("长桥五村居委会", date(1900, 1, 1), day), ("长桥第五居委会", day, None)]
    assert get("310104103006").periods.count() == 1


def test_a_day_before_an_open_period_is_refused(area, write):
    load_divisions([write(*replaced("长桥五村", "长桥第五"))], effective=date(2024, 1, 1))
    with pytest.raises(DivisionFileError):
        load_divisions([write(*replaced("长桥五村", "长桥五"))], effective=date(2023, 1, 1))
    assert get("310104010011").name == "长桥第五居委会"


def test_the_same_village_under_a_new_code_is_not_a_second_one(area, write):
    place = get("310104103006")
    report = load_divisions([write(*replaced("310104103006", "310104103500"))])
    place.refresh_from_db()
    assert (report.created, report.changed, place.code) == (0, 1, "310104103500")
    assert DivisionAlias.objects.get(division=place).code == "310104103006"


def test_a_street_moved_to_another_parent_takes_everything_below_along(area, write):
    other = "310105,长宁区,county,3101,,长宁区,上海市长宁区,,0"
    moved = [line.replace("310104010,长桥街道,street,310104,", "310104010,长桥街道,street,310105,") for line in AREA]
    kind = make_scheme().types.first()
    choir = make_organization(get("310104010011"), kind)
    load_tree([write(*AREA[:5], other, name="part.csv")], by="system")
    load_tree([write(*[line for line in moved if "310104010011" not in line], other)], by="system")
    place = get("310104010011")
    assert place.path == f"{get('310105').path}{get('310104010').pk}.{place.pk}."
    assert place.periods.get(ends=None).path == place.path
    choir = Organization.objects.get(pk=choir.pk)
    assert (choir.division_path, choir.district) == (place.path, get("310105"))


def test_a_street_that_would_bring_a_filing_number_twice_into_a_district_is_not_moved(area, write):
    other = [
        "310105,长宁区,county,3101,,长宁区,上海市长宁区,,0",
        "310105010,新华路街道,street,310105,,新华路街道,上海市长宁区新华路街道,街道,0",
    ]
    load_divisions([write(*AREA, *other)])
    kind = make_scheme().types.first()
    for code in ("310104010011", "310105010"):
        make_organization(get(code), kind, filing_no="社备001")
    moved = [line.replace("310104010,长桥街道,street,310104,", "310104010,长桥街道,street,310105,") for line in AREA]
    with pytest.raises(CommandError, match="社备001"):
        call_command("load_divisions", str(write(*moved, *other)))
    assert get("310104010").parent == get("310104")


def test_the_bureaus_own_kind_wins_over_the_file(area, write):
    Division.objects.filter(code="310104103006").update(kind="rural")
    report = load_divisions([write(*AREA)])
    assert get("310104103006").kind == "rural"
    assert report.kinds_kept == ["310104103006 华阳居委会"]
    load_divisions([write(*AREA)], take_kinds=True)
    assert get("310104103006").kind == "urban"


def test_a_kind_nobody_set_is_taken_from_the_file(write):
    load_divisions([write(*replaced("village,310104103,urban,华阳", "village,310104103,,华阳"))])
    assert get("310104103006").kind == ""
    load_divisions([write(*AREA)])
    assert get("310104103006").kind == "urban"


def test_what_the_file_leaves_out_stays_and_is_said(area, write):
    report = load_divisions([write(*AREA[:-2])])
    assert report.left_out == ["310104103006 华阳居委会", "310104103498 虚拟社区"]
    assert get("310104103006")


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        (replaced("village,310104010", "hamlet,310104010"), "area.csv:7"),
        (replaced("310104010011,长桥五村", "31010401001,长桥五村"), "area.csv:7"),
        (replaced("310104010011,长桥五村", "31010401001A,长桥五村"), "area.csv:7"),
        (replaced("310104010011,长桥五村居委会", "310104010011,"), "area.csv:7"),
        (replaced("310104010011,长桥五村", "310104010011,长桥\\\\五村"), "area.csv:7"),
        (replaced("310104010011,长桥五村", "310104010011,长桥\x00五村"), "area.csv:7"),
        (replaced("310104010011,长桥五村居委会", f"310104010011,{'长' * 101}"), "area.csv:7"),
        (replaced("village,310104010,urban", "village,310104010,other"), "area.csv:7"),
        (replaced("street,310104,,长桥", "street,310104,urban,长桥"), "area.csv:5"),
        (replaced("village,310104010,", "village,310104099,"), "area.csv:7"),
        (replaced("village,310104010,", "village,310104103006,"), "area.csv:7"),
        ([*AREA, AREA[-1]], "310104103498"),
        ([*AREA, "310104103499,甲"], "area.csv:10"),
    ],
)
def test_a_bad_line_is_named_and_nothing_is_stored(write, lines, says):
    with pytest.raises(DivisionFileError) as caught:
        load_divisions([write(*lines)])
    assert says in str(caught.value)
    assert not Division.objects.exists()


@pytest.mark.parametrize("header", ["a,b", "", ",".join(reversed(COLUMNS))])
def test_another_shape_of_file_is_refused(write, header):
    with pytest.raises(DivisionFileError):
        load_divisions([write(*AREA, header=header)])


def test_a_file_in_another_encoding_is_refused(tmp_path):
    path = tmp_path / "gbk.csv"
    path.write_bytes("\n".join([",".join(COLUMNS), *AREA]).encode("gbk"))
    with pytest.raises(DivisionFileError):
        load_divisions([path])


def test_a_very_bad_file_is_given_up_early(write):
    with pytest.raises(DivisionFileError) as caught:
        load_divisions([write(*["x"] * 1000)])
    assert len(caught.value.errors) == 50


def test_names_sort_as_in_a_dictionary():
    assert sort_key("重庆市") == "chong qing shi"
    assert sort_key("六联社区", careful=False) == "liu lian she qu"
    assert sort_key("B区12村", careful=False) == "b qu 1 2 cun"
    assert sort_key("龘" * 100) == sort_key("龘" * 100)[:200]


def test_the_command_loads_the_areas_that_come_with_the_portal(capsys):
    call_command("load_divisions")
    communities = Division.objects.communities()
    counts = {
        code: communities.filter(path__startswith=get(code).path).count()
        for code in ("440310", "330482", "340104", "31")
    }
    assert counts == {"440310": 24, "330482": 136, "340104": 85, "31": 6496}
    assert communities.filter(path__startswith=get("330482").path, kind="rural").count() == 81
    assert "7043 created" in capsys.readouterr().out
    event = AuditEvent.objects.get(action="divisions.load")
    assert (event.actor, event.after["created"]) == ("system", 7043)


def test_the_command_says_what_is_wrong(write, tmp_path):
    with pytest.raises(CommandError, match="Nothing was stored"):
        call_command("load_divisions", str(write("x")))
    with pytest.raises(CommandError, match="nowhere"):
        call_command("load_divisions", str(tmp_path / "nowhere.csv"))


def test_the_shipped_files_have_one_shape():
    for path in SHIPPED.glob("*.csv"):
        with path.open(encoding="utf-8") as file:
            assert next(csv.reader(file)) == COLUMNS


def test_a_load_of_very_many_places_is_left_to_the_full_rollup(write, monkeypatch):
    monkeypatch.setattr("registry.services.divisions.MOST_MARKED", 1)
    load_tree([write(*AREA)], by="system")
    assert not RollupMark.objects.exists()
