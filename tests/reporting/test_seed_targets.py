"""The five documents against figures: which rows are computed, which say what is missing."""

from datetime import date

import pytest
from django.conf import settings
from django.utils import timezone

from registry.models import ImportBatch, OrganizationType
from reporting.asking import Asked
from reporting.models import Baseline, Target
from reporting.opened import OpenedTarget
from reporting.policies import load
from reporting.services import copy_target_set, edit_target, freeze_due, open_target_set
from reporting.targets import evaluate, summary
from tests import worlds
from tests.builders import make_division, make_division_year, make_organization, make_organization_year, make_user

NOT_HELD = {
    "pinghu-2018": {"PH-07", "PH-08", "PH-09", "PH-10"},
    "shushan-2019": {
        *(
            "SS-09",
            "SS-11",
            "SS-12",
            "SS-13",
            "SS-14",
            "SS-17",
            "SS-18",
            "SS-23",
            "SS-24",
            "SS-37",
            "SS-37b",
            "SS-38",
            "SS-47",
        ),
    },
    "shanghai-2021": {"SH-20", "SH-25", "SH-26", "SH-32b"},
    "shanghai-swc": {"SW-02", *(f"SW-02{a}" for a in "abc"), "SW-03a"},
    "pingshan-2017": {"PS-02", "PS-08", "PS-11", "PS-13", "PS-15", "PS-16"},
}
EVERYTHING = {
    "population": 1000,
    "households": 400,
    "facility_area": 130,
    "reg_volunteers": 220,
    "active_volunteers": 60,
    "key_volunteers": 2,
    "staff": 10,
    "certified_staff": 4,
    "social_workers": 1,
    "fund_count": 1,
    "has_station": True,
}


def with_policies():
    """Each document's place with a street, an urban and a rural community; all policies loaded."""
    found = {}
    for code, level, name in (
        ("31", "province", "上海市"),
        ("330482", "district", "平湖市"),
        ("340104", "district", "蜀山区"),
        ("440310", "district", "坪山区"),
    ):
        top = make_division(level, name, code=code)
        district = make_division("district", "徐汇区", top, code="310104") if level == "province" else top
        street = make_division("street", "当湖街道", district, code=f"{district.code}001")
        urban = make_division("community", "甲社区", street, code=f"{street.code}001", kind="urban")
        rural = make_division("community", "乙村", street, code=f"{street.code}201", kind="rural")
        found[code] = (top, district, street, urban, rural)
    load([settings.BASE_DIR / "policies" / f"{name}.toml" for name in ("common", *NOT_HELD)])
    return found


made_world, places = worlds.shared(with_policies)


def report(division, on=None):
    return {result.target.code: result for result in evaluate(division, on)}


def fill(places, scheme):
    """Organizations with hub, volunteer and party figures, and base figures since 2010, at every community."""
    kind = OrganizationType.objects.filter(scheme__code=scheme).first()
    old = {"founded": date(2010, 1, 1)}
    _top, _district, street, *communities = places
    make_organization(street, kind, flags=["hub"], **old)
    make_division_year(street, 2010, has_station=True)
    for number, community in enumerate(communities):
        make_division_year(community, 2010, **EVERYTHING)
        hub = make_organization(
            community, kind, flags=["hub", "volunteer"], tier="registered", volunteer_system_id=f"V{number}", **old
        )
        make_organization_year(hub, 2010, party_members=3, party_org=True)
        team = make_organization(community, kind, **old)
        make_organization_year(team, 2010, party_members=2, party_org=True)


def test_without_figures_nothing_is_met_by_accident(places):
    for top, *_rest in places.values():
        for result in evaluate(top):
            assert result.state in {"missed", "behind", "no_data"}, result.target
            assert result.sentence
        assert summary(top)


@pytest.mark.parametrize(
    ("code", "scheme", "policies"),
    [
        ("31", "SH-4", ["shanghai-2021", "shanghai-swc"]),
        ("330482", "PH", ["pinghu-2018"]),
        ("340104", "SS", ["shushan-2019"]),
        ("440310", "PS-3+3", ["pingshan-2017"]),
    ],
)
def test_every_row_whose_data_is_held_is_computed_at_every_level(places, code, scheme, policies):
    fill(places[code], scheme)
    top, *below = places[code]
    results = report(top)
    assert set(results) == set(Target.objects.filter(set__code__in=policies).values_list("code", flat=True))
    empty = {row for row, result in results.items() if result.value is None}
    assert empty == set().union(*(NOT_HELD[policy] for policy in policies))
    assert all(results[row].missing for row in empty)
    for place in below:
        for result in evaluate(place):
            assert result.sentence, (place, result.target)
            assert result.value is not None or result.missing, (place, result.target)


def test_the_figures_of_pinghu(places):
    fill(places["330482"], "PH")
    top, _district, street, urban, rural = places["330482"]
    shown = {row: (result.value, str(result.state)) for row, result in report(top).items() if result.value is not None}
    assert {row: (float(value), state) for row, (value, state) in shown.items()} == {
        "PH-02": (5, "missed"),
        "PH-03": (2, "missed"),
        "PH-04": (2, "missed"),
        "PH-05": (100, "met"),
        "PH-06": (100, "met"),
        "PH-11": (0.1, "missed"),
        "PH-12": (22, "met"),
        "PH-22": (5, "missed"),
        "PH-23": (2, "missed"),
        "PH-24": (2, "missed"),
        "PH-31": (100, "met"),
    }
    assert report(top)["PH-31"].line == 90
    assert report(top, date(2018, 6, 30))["PH-02"].state == "behind"
    assert "PH-04" not in report(urban)
    assert "PH-03" not in report(rural)
    assert report(street)["PH-02"].state == "share"


def test_the_figures_of_shushan(places):
    fill(places["340104"], "SS")
    results = report(places["340104"][0])
    shown = {
        row: (float(result.value), str(result.state)) for row, result in results.items() if result.value is not None
    }
    assert shown == {
        "SS-08": (100, "met"),
        "SS-10": (100, "met"),
        "SS-16": (40, "met"),
        "SS-19": (100, "met"),
        "SS-20": (22, "met"),
        "SS-21": (2 * 60 * 100 / 440, "missed"),
        "SS-22": (4 * 100 / 440, "missed"),
        "SS-34": (32.5, "met"),
    }
    assert results["SS-34"].final is False
    assert results["SS-21"].short == 12


def test_the_figures_of_shanghai(places):
    fill(places["31"], "SH-4")
    results = report(places["31"][0])
    shown = {
        row: (float(result.value), str(result.state)) for row, result in results.items() if result.value is not None
    }
    assert shown == {
        "SH-32": (100, "met"),
        "SH-34": (1, "missed"),
        "SW-03": (2, "behind"),
        "SW-03b": (0, "behind"),
        "SW-03c": (100, "met"),
        "SW-03d": (0, "behind"),
        "SW-03e": (0, "behind"),
        "SW-04": (3, "behind"),
        "SW-09": (100, "met"),
        "SW-10": (100, "met"),
        "SW-14": (80, "behind"),
    }


def test_the_organizations_of_a_type_behind_a_share_are_listed(places, client):
    fill(places["31"], "SH-4")
    top = places["31"][0]
    above, below = OpenedTarget(Asked(top, timezone.localdate()), Target.objects.get(code="SW-03c")).parts
    assert (above["value"], below["value"]) == (2, 2)
    assert "公益慈善类" in above["label"]
    client.force_login(make_user("bureau_officer", top))
    shown = client.get(above["url"]).context
    assert (shown["figure"].value, shown["rows"].total) == (2, 2)


def test_a_rural_village_that_turns_urban_does_not_move_the_baseline(places):
    """SH-34 counts villages as they were classed at the end of 2020."""
    fill(places["31"], "SH-4")
    top, district, _street, _urban, village = places["31"]
    today = timezone.localdate()
    batch = {"owner": make_user(), "year": 2024, "filename": "摸底表.xlsx", "sha256": "0", "size": 1, "content": b""}
    survey = ImportBatch.objects.create(**batch, division=district, state="stored", stored_at=timezone.now())
    assert freeze_due(today=today) == 0, "a survey is under way"
    survey.delete()
    frozen = [target.code for target in Target.objects.filter(set__code="shanghai-2021").exclude(baseline_on=None)]
    assert freeze_due(today=today) > 0
    assert set(Baseline.objects.values_list("target__code", flat=True)) == set(frozen) == {"SH-34"}
    assert freeze_due(today=today) == 0
    village.kind = "urban"
    village.save(update_fields=["kind"])
    village.periods.update(kind="urban")
    result = report(top)["SH-34"]
    assert (result.denominator, result.numerator) == (2, 0)


def test_a_bureau_goes_on_with_a_copy_of_a_lapsed_set(places):
    fill(places["440310"], "PS-3+3")
    district = places["440310"][0]
    source = Target.objects.get(code="PS-02").set
    copy = copy_target_set(source=source, by="system", name="坪山区2027年目标")
    target = copy.targets.get(code="PS-02")
    edit_target(
        target=target,
        by="system",
        name="组织达到100个",
        kind="total",
        numerator=["orgs"],
        value=100,
        deadline=date(2027, 12, 31),
        baseline_on=None,
        baseline_value=None,
    )
    open_target_set(target_set=copy, by="system")
    results = [result for result in evaluate(district) if result.target.set == copy]
    assert results[0].value == 5
    assert results[0].state == "on_track"
    assert len(results) == 6
