"""The stored figures: everything at once, a few after a change, and never two different answers."""

from datetime import date, timedelta
from random import Random
from threading import Thread

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection, connections, transaction

from registry.models import OrganizationFlag, OrganizationPeriod, RollupMark
from registry.services.base_figures import save_figures
from registry.services.division_changes import apply_change, create_change
from registry.services.marks import mark
from registry.services.organizations import edit_organization
from registry.services.standing import change_standing
from reporting.figures import current_date, figures, table
from reporting.models import Rollup, RollupRun
from reporting.rollups import drain_marks, rebuild, refresh, verify
from reporting.tasks import refresh_rollups
from tests.builders import (
    make_busy_world,
    make_division,
    make_division_year,
    make_drawn_organization,
    make_organization,
    make_organization_year,
    make_world,
)

pytestmark = pytest.mark.django_db
TODAY = date(2024, 12, 31)


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel(TODAY, tick=False):
        yield


@pytest.fixture
def world():
    world = make_world()
    make_organization(world.community, world.types["culture"], flags=["hub", "volunteer"])
    team = make_organization(world.village, world.types["charity"], flags=["volunteer"])
    make_organization_year(team, members=30, party_members=3, party_org=True)
    make_organization(world.street, world.types["charity"], tier="registered", flags=["hub", "support"])
    make_division_year(world.community, population=1000, reg_volunteers=120, households=400, facility_area=130)
    return world


def test_everything_adds_up(world):
    rebuild(TODAY)
    district = figures(world.district)
    expected = {
        "orgs": 3,
        "orgs_urban": 1,
        "orgs_rural_team": 1,
        "orgs_wide_registered": 1,
        "hub_or_support_orgs": 2,
        "communities_with_hub": 1,
        "communities_without_hub": 3,
        "streets_with_hub": 1,
        "communities_volunteer_rate_ge_10pct": 1,
        "party_ok_independent": 1,
        "population": 1000,
        "population_reported": 1,
        "staff": None,
    }
    assert {name: district[name] for name in expected} == expected
    assert district.by_type() == {world.types["culture"].pk: 1, world.types["charity"].pk: 2}
    assert [row["orgs"] for row in table(world.district, "street")] == [2, 1]
    assert figures(world.district, date(2024, 12, 30)).values == district.values


def test_a_second_full_run_changes_nothing(world):
    first, second = rebuild(TODAY), rebuild(TODAY)
    assert (first.divisions, first.changed) == (12, 12)
    assert (second.divisions, second.changed, second.drift) == (12, 0, [])


def test_a_few_divisions_equal_a_full_run_after_any_change():
    world, draw = make_busy_world(seed=3, organizations=40), Random(5)
    rebuild(TODAY)
    for _round in range(12):
        mark(drawn_change(world, draw))
        assert drain_marks() > 0
        assert verify() == []


def drawn_change(world, draw):
    """One change as the services make them; returns the divisions it touched."""
    place = draw.choice([*world.communities, world.street, world.far_community, world.district, world.placeholder])
    organization = draw.choice(list(OrganizationPeriod.objects.filter(ends=None))).organization
    changes = [
        lambda: make_drawn_organization(draw, place, draw.choice(list(world.types.values()))).division_id,
        lambda: move(organization, place),
        lambda: end(organization),
        lambda: flag(organization, draw.choice(["hub", "volunteer"])),
        lambda: make_division_year(place, 2018 + draw.randrange(4), population=draw.randrange(99)).division_id,
        lambda: count_members(organization, draw.randrange(99)),
    ]
    touched = draw.choice(changes)()
    return touched if isinstance(touched, list) else [touched]


def move(organization, place):
    period = organization.periods.get(ends=None)
    before, period.division, period.division_now = period.division_id, place, place
    period.save()
    return [before, place.pk]


def end(organization):
    period = organization.periods.get(ends=None)
    organization.ended = period.ends = period.starts + timedelta(days=30)
    period.save()
    organization.save()
    return period.division_id


def flag(organization, name):
    if not organization.flags.filter(flag=name).delete()[0]:
        OrganizationFlag.objects.create(organization=organization, flag=name, starts=date(2020, 1, 1))
    return organization.periods.get(ends=None).division_id


def count_members(organization, number):
    organization.years.all().delete()
    make_organization_year(organization, 2021, members=number)
    return organization.periods.get(ends=None).division_id


def test_a_new_division_and_one_that_ended(world):
    rebuild(TODAY)
    OrganizationPeriod.objects.filter(division=world.village).update(division=world.other_community)
    world.village.periods.update(ends=TODAY)
    world.village.valid_to = TODAY
    world.village.save()
    refresh([world.village.pk, world.other_community.pk], TODAY)
    assert verify() == []
    assert not Rollup.objects.filter(division=world.village).exists()
    assert figures(world.other_street)["communities"] == 1


def test_many_divisions_at_once_equal_a_full_run(world, monkeypatch):
    rebuild(TODAY)
    for place in (world.community, world.second_community, world.far_community):
        make_organization(place, world.types["service"], flags=["hub"])
    monkeypatch.setattr("reporting.rollups.FEW", 1)
    refresh([world.community.pk, world.second_community.pk, world.far_community.pk], TODAY)
    assert verify() == []


def test_divisions_loaded_without_marks_are_counted_by_a_full_run(world):
    rebuild(TODAY)
    place = make_division("community", "新社区", world.street, kind="urban")
    assert drain_marks() == 0
    assert figures(place).origin == "current"
    assert figures(world.street)["communities"] == 3
    assert verify() == []


def test_no_figures_are_stored_of_the_first_year_of_all(world):
    with pytest.raises(CommandError, match="1949"):
        call_command("rollup", as_of=date(1, 1, 1))


def test_drift_is_found_told_and_put_right(world, capsys):
    rebuild(TODAY)
    Rollup.objects.filter(division=world.street).update(orgs=99)
    assert verify() == [
        {"division": world.street.pk, "code": "440310001", "name": "坪山街道", "measures": {"orgs": [99, 2]}}
    ]
    with pytest.raises(CommandError, match="1 divisions differ"):
        call_command("verify_rollups")
    assert "440310001" in capsys.readouterr().out
    call_command("rollup", "--full")
    assert RollupRun.objects.first().drift[0]["measures"] == {"orgs": [99, 2]}
    call_command("verify_rollups")
    assert "equal a full computation" in capsys.readouterr().out


def test_marks_are_drained_with_their_ancestors(world):
    rebuild(TODAY)
    make_organization(world.village, world.types["service"])
    mark([world.village.pk, world.village.pk, world.community.pk])
    assert drain_marks() == 2
    assert drain_marks() == 0
    assert [figures(place)["orgs"] for place in (world.village, world.other_street, world.province)] == [2, 2, 4]


def test_a_new_day_is_computed_anew_before_any_mark(world):
    rebuild(TODAY)
    OrganizationPeriod.objects.filter(division=world.village).update(ends=date(2025, 1, 1))
    with time_machine.travel(date(2025, 1, 1), tick=False):
        assert figures(world.village).as_of == TODAY
        refresh_rollups()
        assert current_date() == date(2025, 1, 1)
        assert figures(world.village)["orgs"] == 0
        assert figures(world.village, TODAY)["orgs"] == 1


def test_today_by_shanghai_not_by_greenwich(world):
    with time_machine.travel("2024-12-31T16:30:00+00:00", tick=False):
        drain_marks()
        assert current_date() == date(2025, 1, 1)


@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_in_between_loses_nothing(world):
    rebuild(TODAY)
    make_organization(world.village, world.types["service"])
    mark([world.village.pk])
    with pytest.raises(OperationalError):
        drain_and_die()
    connection.close()
    assert RollupMark.objects.count() == 1
    assert figures(world.village)["orgs"] == 1
    assert drain_marks() == 1
    assert figures(world.village)["orgs"] == 2
    assert verify() == []


@transaction.atomic
def drain_and_die():
    assert drain_marks() == 1
    kill(connection.connection.get_backend_pid())
    Rollup.objects.count()


def kill(pid):
    """End a database session from another one, as a crash would."""
    other = connections["default"].copy()
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [pid])
    other.close()


@pytest.mark.django_db(transaction=True)
def test_one_worker_at_a_time(world):
    rebuild(TODAY)
    mark([world.village.pk])
    taken = []

    def other_worker():
        taken.append(drain_marks())
        connection.close()

    with transaction.atomic():
        refresh([world.community.pk], TODAY)
        thread = Thread(target=other_worker)
        thread.start()
        thread.join()
    assert taken == [0]
    assert drain_marks() == 1


def test_one_change_takes_few_queries_however_many_organizations(world, django_assert_max_num_queries):
    rebuild(TODAY)
    refresh([world.village.pk], TODAY)
    with django_assert_max_num_queries(5):
        refresh([world.village.pk], TODAY)
    for _number in range(5):
        make_organization(world.village, world.types["service"])
    with django_assert_max_num_queries(5):
        refresh([world.village.pk], TODAY)


def test_a_corrected_founding_date_is_counted_where_the_first_period_lies(world):
    team = make_organization(world.community, world.types["charity"], founded=date(2023, 3, 1))
    team = change_standing(
        organization=team, version=team.version, effective=date(2024, 9, 1), by="system", division=world.village
    )
    drain_marks()
    edit_organization(organization=team, version=team.version, founded=date(2024, 2, 1), by="system")
    drain_marks()
    assert (figures(world.community)["founded_year"], verify()) == (1, [])


def test_figures_of_a_place_merged_away_refresh_its_heir(world):
    make_division_year(world.second_community, population=500)
    merger = create_change(
        kind="merge",
        division=world.community,
        effective=date(2024, 6, 1),
        lines=[{"division": world.second_community}],
        by="system",
    )
    apply_change(change=merger, by="system")
    drain_marks()
    save_figures(division=world.second_community, year=2024, figures={"population": 700}, by="system")
    drain_marks()
    assert (figures(world.community)["population"], verify()) == (1700, [])
