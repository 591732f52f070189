from datetime import date

import pytest
import time_machine
from django.core.exceptions import ValidationError

from casework.models import Notice
from casework.services.corrections import answer_item
from casework.workflow import perform
from registry import periods
from registry.models import OrganizationYear, PeriodicReport
from registry.services import confirmations, revocations
from registry.services.filings import open_filing
from registry.services.standing import end_organization
from tests import builders, cases, worlds

pytestmark = pytest.mark.django_db
MARCH = "2026-03-02 10:00+08:00"


made_world, world = worlds.shared(worlds.with_people)


@pytest.fixture
def team(world):
    return cases.filed_organization(world)


def year_of(team):
    return OrganizationYear.objects.filter(organization=team, year=2025).values("members", "activities", "party_form")


def test_what_the_register_knows_is_filled_in(world, team):
    builders.make_organization_year(team, 2024, members=21, activities=9, party_form="joint")
    with time_machine.travel(MARCH):
        filing = open_filing(kind="annual", by=world.applicant, division=team.division, organization=team)
    assert filing.data == {"year": "2025", "members": "21", "activities": "9", "party_form": "joint"}


@pytest.mark.parametrize(("state", "result"), [("confirmed", "confirmed"), ("remarks", "remarks")])
def test_a_confirmed_year_gives_its_figures(world, team, state, result):
    with time_machine.travel(MARCH):
        cases.make_filing(world, state, kind="annual", organization=team)
    assert year_of(team).get() == {"members": 18, "activities": 12, "party_form": "joint"}
    report = team.reports.get()
    assert (report.kind, report.period, report.result, report.on) == ("annual", "2025", result, date(2026, 3, 2))
    assert report.note == "情况已核实"


def test_a_year_not_confirmed_gives_none(world, team):
    with time_machine.travel(MARCH):
        cases.make_filing(world, "not_confirmed", kind="annual", organization=team)
    assert not year_of(team).exists()
    assert team.reports.get().result == "not_confirmed"
    assert list(revocations.to_be_revoked(date(2026, 3, 3))) == [team]
    assert Notice.objects.filter(user=world.officer, code="to_revoke").exists()


def test_an_order_opens_what_it_names_and_comes_back(world, team):
    with time_machine.travel(MARCH):
        filing = cases.make_filing(world, "correcting", kind="annual", organization=team)
        assert team.reports.get().result == "correcting"
        with pytest.raises(ValidationError):
            perform(filing.case, "submit", by=world.applicant)
        answer_item(item=filing.case.items.get(), by=world.applicant, answer="已改正")
        case = perform(filing.case, "submit", by=world.applicant)
        assert case.state == "street_review"
        perform(case, "approve", by=world.officer)
    assert team.reports.get().result == "confirmed"


def test_silence_after_an_order_goes_to_the_leader(world, team):
    with time_machine.travel(MARCH):
        filing = cases.make_filing(world, "correcting", kind="annual", organization=team)
    with time_machine.travel("2026-09-01 10:00+08:00"):
        assert perform(filing.case, "end_correction", by="system").state == "street_decision"


def test_no_period_twice_and_no_more_party_members_than_members(world, team):
    with time_machine.travel(MARCH):
        cases.make_filing(world, "confirmed", kind="annual", organization=team)
        again = cases.make_draft(world, "annual", organization=team)
        with pytest.raises(ValidationError) as refused:
            perform(again.case, "submit", by=world.applicant)
        assert set(refused.value.error_dict) == {"year"}
        again = cases.make_draft(
            world, "annual", organization=cases.filed_organization(world, "太极队"), values={"party_members": "40"}
        )
        with pytest.raises(ValidationError) as refused:
            perform(again.case, "submit", by=world.applicant)
        assert set(refused.value.error_dict) == {"party_members"}


def test_who_is_asked_and_who_is_missing(world, team):
    young = cases.filed_organization(world, "新队")
    young.founded = date(2025, 7, 1)
    young.save()
    cases.filed_organization(world, "小组", tier="group")
    assert list(confirmations.missing("annual", "2025")) == [team]
    with time_machine.travel(MARCH):
        filing = cases.make_draft(world, "annual", organization=team)
        assert list(confirmations.missing("annual", "2025")) == [team]
        perform(filing.case, "submit", by=world.applicant)
    assert list(confirmations.missing("annual", "2025")) == []
    row = confirmations.with_state(confirmations.asked("annual", "2025"), "annual", "2025").get()
    assert (row.result, row.handed_in) == (None, True)


def test_time_reminds_once_a_stage_and_proposes_the_watch_list_once(world, team):
    told = Notice.objects.filter(user=world.applicant, code="report_due", params__period=periods.label("2025"))
    former = builders.make_user("organization", world.community)
    team.accounts.create(user=former, starts=date(2025, 1, 6), ends=date(2025, 6, 1))
    counts = []
    for day in (date(2026, 1, 2), date(2026, 1, 3), date(2026, 3, 20), date(2026, 4, 1), date(2026, 4, 30)):
        confirmations.run(world.district, day)
        counts.append(told.count())
    assert counts == [1, 1, 2, 3, 3]
    assert not former.notices.exists()
    assert not team.credit_events.exists()
    with time_machine.travel("2026-05-01 10:00+08:00"):
        assert confirmations.run(world.district)["proposed"] == 1
        assert confirmations.run(world.district)["proposed"] == 0
    event = team.credit_events.get()
    assert (event.kind, event.state, event.cause) == ("watch", "proposed", "annual:2025")


def test_a_district_that_gives_more_time_proposes_later(world, team):
    team.founded = date(2020, 1, 1)
    team.save()
    cases.make_policy("confirmation.until", "02-30", division=world.district)
    assert list(confirmations.to_revoke(date(2026, 2, 28))) == [team], "2023 and 2024"
    PeriodicReport.objects.create(organization=team, kind="annual", period="2024", result="good", on="2025-02-01")
    assert list(confirmations.to_revoke(date(2026, 3, 1))) == []
    cases.make_policy("confirmation.until", "06-30", division=world.other_district)
    far = builders.make_organization(world.far_community, world.types["culture"], founded=date(2020, 1, 1))
    PeriodicReport.objects.create(organization=far, kind="annual", period="2023", result="good", on="2024-02-01")
    assert list(confirmations.to_revoke(date(2026, 6, 30))) == []
    assert list(confirmations.to_revoke(date(2026, 7, 1))) == [far]


def test_a_team_once_revoked_and_taken_back_is_proposed_while_another_matter_is_open(world, team):
    team.founded = date(2020, 1, 1)
    team.save()
    with time_machine.travel(MARCH):
        cases.make_filing(world, "dropped", kind="revoke", organization=team)
        cases.make_filing(world, "committee_check", kind="change", organization=team)
    assert list(confirmations.to_revoke(date(2026, 4, 1))) == [team]


def test_an_order_whose_case_lapsed_does_not_shut_the_year(world, team):
    with time_machine.travel(MARCH):
        filing = cases.make_filing(world, "correcting", kind="annual", organization=team)
        assert team.reports.get().result == "correcting"
        for item in filing.case.items.all():
            answer_item(item=item, by=world.applicant, answer="已改正")
        case = perform(filing.case, "submit", by=world.applicant)
        perform(case, "withdraw", by=world.applicant)
        assert team in confirmations.missing("annual", "2025")
        cases.make_filing(world, "confirmed", kind="annual", organization=team)
    assert team.reports.get().result == "confirmed"


def test_two_years_missed_is_a_case_for_revocation(world, team):
    team.founded = date(2020, 1, 1)
    team.save()
    day = date(2026, 4, 1)
    assert list(confirmations.to_revoke(day)) == [team]
    report = PeriodicReport.objects.create(
        organization=team, kind="annual", period="2024", result="confirmed", on=date(2025, 3, 1)
    )
    assert list(confirmations.to_revoke(day)) == []
    report.result = "not_confirmed"
    report.save()
    assert list(confirmations.to_revoke(day)) == [team]
    with time_machine.travel(MARCH):
        cases.make_filing(world, "hearing", kind="revoke", organization=team)
    assert list(confirmations.to_revoke(day)) == []


@pytest.mark.parametrize(("state", "source"), [("good", "community"), ("poor", "community"), ("fair", "street")])
def test_the_community_reviews_a_half_year(world, team, state, source):
    with time_machine.travel("2026-07-10 10:00+08:00"):
        filing = cases.make_draft(world, "half_year", organization=team)
        assert filing.data["period"] == "2026H1"
        case = perform(filing.case, "submit", by=world.applicant)
        by = world.clerk
        if source == "street":
            world.clerk.assignments.all().delete()
            case, by = perform(case, "take_over", by=world.officer, note="居委会暂缺人手"), world.officer
        case = perform(case, f"rate_{state}", by=by, note="活动丰富，账目清楚")
    report = team.reports.get()
    assert (report.kind, report.period, report.result, report.note) == (
        "half_year",
        "2026H1",
        state,
        "活动丰富，账目清楚",
    )
    assert case.outcome == "approved"


def test_half_years_have_their_own_window(world):
    window = confirmations.window("half_year", "2026H1", world.district)
    assert window == (date(2026, 7, 1), date(2026, 7, 30), None)
    cases.make_policy("report.half_year_days", 15, world.district)
    assert confirmations.window("half_year", "2025H2", world.community)[1] == date(2026, 1, 15)
    assert confirmations.window("annual", "2025", world.district) == (
        date(2026, 1, 1),
        date(2026, 3, 31),
        date(2026, 4, 30),
    )
    assert confirmations.stage_of(date(2025, 12, 31), date(2026, 1, 1), date(2026, 3, 31)) == ""


@pytest.mark.parametrize(
    ("kind", "on", "period"),
    [
        ("annual", date(2026, 1, 1), "2025"),
        ("half_year", date(2026, 6, 30), "2025H2"),
        ("half_year", date(2026, 7, 1), "2026H1"),
    ],
)
def test_the_newest_period_that_is_over(kind, on, period):
    assert periods.last_period(kind, on) == period
    assert periods.ends(period) < on


def test_a_confirmed_year_renews_the_certificate_that_ends_before_the_next_one(world, team):
    builders.make_certificate(team, on=date(2025, 1, 10), valid_to=date(2027, 1, 9))
    with time_machine.travel(MARCH):
        case = cases.make_filing(world, "confirmed", kind="annual", organization=team).case
    assert team.certificates.valid().get().valid_to == date(2030, 1, 9)
    assert {"annual_result", "annual_form", "certificate"} <= set(case.issued.values_list("code", flat=True))
    with time_machine.travel("2027-03-01 10:00+08:00"):
        case = cases.make_filing(world, "confirmed", kind="annual", organization=team).case
    assert not case.issued.filter(code="certificate").exists()


def test_the_report_of_a_team_that_ended_meanwhile_is_confirmed_and_nothing_renewed(world, team):
    builders.make_certificate(team, on=date(2025, 1, 10), valid_to=date(2027, 1, 9))
    with time_machine.travel(MARCH):
        case = cases.make_filing(world, "street_review", kind="annual", organization=team).case
        ended = {"state": "cancelled", "on": date(2026, 3, 1), "reason": "自愿注销"}
        end_organization(organization=team, version=team.version, **ended, by="clerk", case="J20260001")
        assert perform(case, "approve", by=world.officer).state == "confirmed"
    assert team.reports.get().result == "confirmed"
    assert team.certificates.count() == 1
