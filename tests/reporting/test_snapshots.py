"""Figures of past dates: stored when a period or a deadline passes, never overwritten, corrected only with a reason."""

import json
from datetime import date

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import DatabaseError, transaction

from accounts.models import Division
from casework.models import AuditEvent
from registry.models import DivisionChange
from registry.services.division_changes import apply_change, check_change, create_change
from reporting.figures import current_date, figures, table, tables
from reporting.models import RollupRun, Snapshot
from reporting.rollups import close_day, rebuild, snapshot
from reporting.tasks import nightly, refresh_rollups
from tests.builders import (
    make_division,
    make_division_year,
    make_organization,
    make_target,
    make_target_set,
    make_user,
    make_world,
)

pytestmark = pytest.mark.django_db
DAY = date(2023, 12, 31)
PERIOD = Snapshot.Reason.PERIOD


@pytest.fixture
def world():
    world = make_world()
    world.culture = world.types["culture"]
    make_organization(world.community, world.culture, founded=date(2020, 1, 1))
    make_organization(world.village, world.culture, founded=date(2023, 1, 1))
    with time_machine.travel(date(2024, 12, 31), tick=False):
        yield world


def test_what_is_frozen_stays_as_it_was(world):
    officer = make_user(division=world.district)
    assert snapshot(world.district, DAY, PERIOD, by=officer) == 7
    make_organization(world.village, world.culture, founded=date(2021, 1, 1))
    world.village.periods.update(kind="urban")
    found = figures(world.district, DAY)
    assert (found.origin, found["orgs"], found["communities_rural"]) == ("snapshot", 2, 1)
    assert [row.kind for row in table(world.other_street, "community", DAY)] == ["urban", "rural"]
    assert snapshot(world.district, DAY, PERIOD, by=officer) == 0
    assert figures(world.district, DAY)["orgs"] == 2
    event = AuditEvent.objects.filter(action="reporting.snapshot").last()
    assert (event.actor, event.division_path) == (officer.username, world.district.path)


def test_a_correction_is_a_new_version_with_a_note(world):
    snapshot(None, DAY, PERIOD, by="system")
    make_organization(world.village, world.culture, founded=date(2021, 1, 1))
    assert snapshot(world.other_street, DAY, Snapshot.Reason.CORRECTION, by="system", note="Filed late") == 3
    found = figures(world.other_street, DAY)
    assert (found["orgs"], found.version, found.note) == (2, 2, "Filed late")
    assert Snapshot.objects.get(division=world.other_street, version=1).orgs == 1
    assert figures(world.district, DAY)["orgs"] == 2


def test_no_road_overwrites_frozen_figures(world):
    snapshot(world.street, DAY, PERIOD, by="system")
    with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
        Snapshot.objects.update(orgs=5)
    assert figures(world.street, DAY)["orgs"] == 1


def test_snapshots_of_high_levels_leave_communities_to_be_computed(world):
    snapshot(None, DAY, PERIOD, by="system", levels=["street", "district"])
    assert figures(world.street, DAY).origin == "snapshot"
    assert figures(world.community, DAY).origin == "computed"
    assert {row.origin for row in table(world.district, "community", DAY)} == {"computed"}
    found = tables(world.district, [None, "street", "community"], DAY)
    origins = {level: (len(rows), {row.origin for row in rows}) for level, rows in found.items()}
    assert origins == {None: (1, {"snapshot"}), "street": (2, {"snapshot"}), "community": (4, {"computed"})}


def test_a_change_of_divisions_told_later_leaves_the_frozen_places_as_they_were(world):
    snapshot(world.district, DAY, PERIOD, by="system")
    late = {"kind": "create", "division": world.street, "effective": date(2023, 6, 1)}
    change = create_change(**late, new_code="440310001777", new_name="新建社区居委会", new_kind="urban", by="system")
    apply_change(change=change, by="system")
    make_organization(world.community, world.culture, founded=date(2021, 1, 1))
    for place in (world.district, world.street):
        rows = table(place, "community", DAY)
        assert {row.origin for row in rows} == {"snapshot"}
        assert sum(row["orgs"] for row in rows) == figures(place, DAY)["orgs"]


def test_a_division_that_was_not_there_has_no_places_on_that_day(world):
    snapshot(None, DAY, PERIOD, by="system")
    place = make_division("district", "新区", world.city)
    place.periods.update(starts=date(2024, 5, 1))
    assert table(place, "street", DAY) == []
    assert figures(place, DAY).origin == "absent"


def test_each_date_has_its_own_figures(world):
    snapshot(world.district, DAY, PERIOD, by="system")
    rebuild(date(2024, 12, 31))
    days = [date(2019, 12, 31), date(2022, 12, 31), DAY, date(2024, 12, 31)]
    rows = [figures(world.district, on) for on in days]
    assert [row["orgs"] for row in rows] == [0, 1, 2, 2]
    assert [row.origin for row in rows] == ["computed", "computed", "snapshot", "current"]


def test_the_night_after_a_year_freezes_everything(world):
    rebuild(DAY)
    with time_machine.travel(date(2024, 1, 1), tick=False):
        nightly()
        nightly()
    assert set(Snapshot.objects.values_list("as_of", "reason")) == {(DAY, "period")}
    assert Snapshot.objects.count() == Division.objects.count()


def test_nights_without_a_worker_are_made_up_for(world):
    make_target(make_target_set(world.district), deadline=date(2024, 3, 15))
    rebuild(date(2024, 2, 20))
    with time_machine.travel(date(2024, 3, 18), tick=False):
        close_day(today=date(2024, 3, 18))
    frozen = set(Snapshot.objects.values_list("as_of", "reason", "level"))
    assert {row[2] for row in frozen if row[0] == date(2024, 2, 29)} == {"province", "city", "district", "street"}
    deadline = Snapshot.objects.filter(as_of=date(2024, 3, 15))
    assert {row.reason for row in deadline} == {"deadline"}
    assert deadline.count() == Division.objects.under(world.district).count()


def test_a_missed_night_is_made_up_for_though_figures_were_computed_in_the_morning(world):
    close_day(today=DAY)
    with time_machine.travel(date(2024, 1, 1), tick=False):
        refresh_rollups()
    assert current_date() == date(2024, 1, 1), "the first tick of the day computes all figures anew"
    with time_machine.travel(date(2024, 1, 2), tick=False):
        refresh_rollups()
        nightly()
    assert set(Snapshot.objects.values_list("as_of", flat=True)) == {DAY}
    assert Snapshot.objects.count() == Division.objects.count()


def test_a_day_is_closed_once(world):
    with time_machine.travel(date(2024, 1, 1), tick=False):
        nightly()
        runs = RollupRun.objects.count()
        nightly()
    assert RollupRun.objects.count() == runs


def test_the_figures_of_one_district_are_not_the_whole_level_of_its_city(world):
    make_organization(world.other_district, world.culture, founded=date(2019, 1, 1))
    snapshot(world.district, DAY, PERIOD, by="system")
    rows = table(world.city, "district", DAY)
    assert {row.division for row in rows} == {world.district, world.other_district}
    assert {row.origin for row in table(world.district, "street", DAY)} == {"snapshot"}


def test_what_was_stored_before_the_day_was_over_is_stored_anew_at_night(world):
    coming = date(2099, 12, 31)
    snapshot(world.district, coming, PERIOD, by="system")
    make_organization(world.village, world.culture, founded=date(2021, 1, 1))
    assert snapshot(world.district, coming, PERIOD, by="system") == 7
    newest = Snapshot.objects.filter(division=world.village).latest("version")
    assert (newest.version, newest.orgs, bool(newest.note)) == (2, 2, True)


def test_deadlines_long_passed_are_not_frozen_on_the_first_night(world):
    make_target(make_target_set(world.district), deadline=date(2020, 12, 31))
    close_day(today=date(2024, 12, 31))
    assert not Snapshot.objects.exists()


def test_the_night_applies_changes_of_divisions_that_are_due(world):
    rebuild(date(2024, 12, 30))
    change = create_change(
        kind=DivisionChange.Kind.MERGE,
        division=world.other_community,
        effective=date(2024, 12, 31),
        lines=[{"division": world.village}],
        by="system",
    )
    check_change(change=change, by="system")
    close_day(today=date(2024, 12, 31))
    assert figures(world.other_community)["orgs"] == 1
    assert figures(world.other_street)["communities"] == 1
    assert RollupRun.objects.first().drift == []


def test_rollup_command_drains_marks_and_freezes_a_past_date(world, capsys):
    call_command("rollup")
    assert "0 marks taken" in capsys.readouterr().out
    call_command("rollup", "--as-of", "2023-12-31")
    assert "12 divisions stored as of 2023-12-31" in capsys.readouterr().out
    assert figures(world.district, DAY).origin == "snapshot"
    with pytest.raises(CommandError, match="future"):
        call_command("rollup", "--as-of", "2031-12-31")


def test_indicators_command(world, capsys):
    make_target(make_target_set(world.district, code="set"), code="T-1", numerator=["orgs"], value=3)
    make_division_year(world.community, population=3000, facility_area="30.5", households=100)
    call_command("indicators", "--division", "440310", "--json")
    found = json.loads(capsys.readouterr().out)
    assert (found["division"], found["as_of"]) == ("440310", "2024-12-31")
    assert (found["measures"]["orgs"], found["measures"]["facility_area"], found["measures"]["staff"]) == (
        2,
        30.5,
        None,
    )
    assert found["indicators"]["facility_area_per_100_households"] == {
        "value": 30.5,
        "numerator": 30.5,
        "denominator": 100,
    }
    assert [(row["id"], row["value"], row["target"], row["state"]) for row in found["targets"]] == [
        ("T-1", 1, 3, "missed")
    ]
    assert sum(row["number"] for row in found["types"]) == 2
    assert set(found["types"][0]) == {"scheme", "code", "name", "number"}
    call_command("indicators", "--division", "440310", "--as-of", "2022-06-30")
    assert json.loads(capsys.readouterr().out)["measures"]["orgs"] == 1
    with pytest.raises(CommandError, match="No division"):
        call_command("indicators", "--division", "999999")
