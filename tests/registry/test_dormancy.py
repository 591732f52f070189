from datetime import date, timedelta

import pytest
import time_machine
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse
from django.utils import timezone

from casework.models import AuditEvent, Case, Delivery, Notice
from casework.notices import sealed_message
from casework.services import publicity
from casework.workflow import NotNowError, available, perform
from registry.models import Organization
from registry.services import dormancy, revocations
from registry.services.people import person_for
from tests import builders, cases, worlds

pytestmark = pytest.mark.django_db
NOW = "2026-06-02 10:00+08:00"
TODAY = date(2026, 6, 2)


made_world, world = worlds.shared(worlds.with_people)


@pytest.fixture
def team(world):
    team = cases.filed_organization(world)
    team.founded = date(2024, 12, 1)  # too young to be asked for two confirmations
    team.save()
    return team


def signs(team, on=TODAY, division=None):
    found = dormancy.hits(Organization.objects.filter(pk=team.pk), on, division)
    return [code for code, _sentence in found.get(team, [])]


def contact(team, world, *days, reached=False):
    for day in days:
        dormancy.record_contact(organization=team, on=day, way="phone", reached=reached, by=world.officer)


def test_no_activity_in_the_year_reported(team):
    assert signs(team) == []
    figures = builders.make_organization_year(team, 2025, activities=0)
    assert signs(team) == ["no_activity"]
    cases.make_policy("dormancy.inactive_months", 24)
    assert signs(team) == []
    figures.activities = 3
    figures.save()
    assert signs(team) == []


def test_a_team_founded_in_the_year_was_not_silent_all_of_it(team):
    team.founded = date(2025, 11, 3)
    team.save()
    builders.make_organization_year(team, 2025, activities=0)
    assert signs(team) == []


def test_the_link_leads_to_the_portals_public_address(settings):
    settings.PUBLIC_ADDRESS = "https://portal.example.gov.cn/"
    settings.CSRF_TRUSTED_ORIGINS = ["https://*.intranet"]
    assert dormancy.link(Case()).startswith("https://portal.example.gov.cn/")


def test_confirmation_missed(team):
    team.founded = date(2020, 1, 1)
    team.save()
    assert signs(team) == ["missed_confirmations"]
    cases.make_policy("dormancy.missed_years", 3)
    team.reports.create(kind="annual", period="2023", result="confirmed", on=date(2024, 3, 1))
    assert signs(team) == []


def test_the_last_tries_to_reach_it_failed(team, world):
    with time_machine.travel(NOW):
        contact(team, world, date(2026, 5, 1))
        assert signs(team) == []
        contact(team, world, date(2026, 5, 8))
        assert signs(team) == ["contact_failed"]
        contact(team, world, date(2026, 5, 20), reached=True)
        assert signs(team) == []
        contact(team, world, date(2026, 5, 21), date(2026, 5, 22))
        assert signs(team) == ["contact_failed"]
        assert signs(team, on=date(2026, 5, 21)) == []
        with pytest.raises(ValidationError):
            contact(team, world, TODAY + timedelta(days=1))
        with pytest.raises(PermissionDenied):
            dormancy.record_contact(organization=team, on=TODAY, way="visit", reached=True, by=world.outsider)


def test_fewer_members_than_its_tier_needs(team, world):
    builders.make_organization_year(team, 2025, members=7)
    assert signs(team) == ["too_few_members"]
    cases.make_policy("filing.members_min", 7, world.district)
    assert signs(team, division=world.district) == []
    team.tier = "group"
    team.save()
    assert signs(team) == []


def test_a_leader_who_died_or_left_and_nobody_in_the_place(team, world):
    gone = {"organization": team, "way": "visit", "reached": True, "leader_gone": True, "by": world.officer}
    with time_machine.travel(NOW):
        with pytest.raises(ValidationError):
            dormancy.record_contact(on=date(2026, 4, 1), **gone)  # none is on record
        team.leader = person_for(name="王小明", phone="13812345678")
        team.save()
        dormancy.record_contact(on=date(2026, 5, 10), **gone)
        assert signs(team) == []
        cases.make_policy("dormancy.leaderless_days", 20)
        assert signs(team) == ["leader_gone"]
        assert dormancy.run(team.district) == 1
        filing = team.filings.get()
        assert filing.data["signs"] == ["leader_gone"]
        assert "2026-05-10" in filing.data["figures"]
        perform(filing.case, "remind", by=world.officer)
        assert not Delivery.objects.filter(notice=None).exists()  # nobody writes to the dead
        team.leader = person_for(name="李大明", phone="13812345679")
        team.save()
        assert signs(team) == []


def test_the_nightly_round_proposes_once_and_says_why(team):
    builders.make_organization_year(team, 2025, activities=0, members=3)
    with time_machine.travel(NOW):
        assert dormancy.run(team.district) == 1
        assert dormancy.run(team.district) == 0
    case = team.filings.get().case
    assert (case.state, case.office, case.parties.count()) == ("proposed", "registry.review_filing", 0)
    assert team.filings.get().data["signs"] == ["no_activity", "too_few_members"]
    assert "3" in team.filings.get().data["figures"]
    team.refresh_from_db()
    assert team.state == "active"


def test_whoever_was_found_active_is_left_alone_for_some_months(team, world):
    builders.make_organization_year(team, 2025, activities=0)
    with time_machine.travel(NOW):
        dormancy.run(team.district)
        perform(team.filings.get().case, "found_active", by=world.officer, note="上周刚演出")
        assert dormancy.run(team.district) == 0
    with time_machine.travel("2026-12-20 10:00+08:00"):
        assert dormancy.run(team.district) == 1


def test_an_officer_proposes_and_may_go_on(team, world):
    filing = dormancy.propose_dormancy(organization=team, signs=[("told", "居民反映已散伙")], by=world.officer)
    assert "remind" in [row.name for row in available(filing.case, world.officer)]
    assert filing.case.steps.get().actor == world.officer
    assert dormancy.propose_dormancy(organization=team, signs=[("told", "再次")], by=world.officer) is None
    with pytest.raises(PermissionDenied):
        dormancy.propose_dormancy(organization=team, signs=[("told", "再次")], by=world.outsider)


def test_an_unfinished_draft_is_not_proposed_by_the_portal(team, world):
    filing = cases.make_draft(world, "dormancy", organization=team)
    with pytest.raises(ValidationError):
        perform(filing.case, "propose", by="system")


def reminded(world, team):
    filing = cases.make_filing(world, "reminded", kind="dormancy", organization=team)
    return filing.case


def test_the_account_holder_says_still_active(team, world):
    case = reminded(world, team)
    assert Notice.objects.filter(user=world.applicant, code="still_active").count() == 1
    assert [row.name for row in available(case, world.applicant)] == ["still_active"]
    assert perform(case, "still_active", by=world.applicant).state == "still_active"


def test_one_tap_on_the_link_is_enough_and_looking_is_not(team, world, client):
    team.accounts.all().delete()
    team.leader = person_for(name="王小明", phone="13812345678")
    team.save()
    case = reminded(world, team)
    phone, text = sealed_message(Delivery.objects.get(notice=None))
    assert phone == "13812345678"
    address = "/still-active/" + text.split("/still-active/")[1].split("/")[0] + "/"
    assert team.name in client.get(address).content.decode()
    case.refresh_from_db()
    assert case.state == "reminded"
    client.post(address)
    case.refresh_from_db()
    assert case.state == "still_active"
    assert client.post(address, follow=True).status_code == 200
    assert case.steps.last().actor_name


def test_a_forged_or_old_link_finds_nothing(team, world, client):
    case = reminded(world, team)
    address = reverse("public:still_active", args=[dormancy.link(case).split("/")[-2]])
    assert client.get(address).status_code == 200
    assert client.get(reverse("public:still_active", args=["forged"])).status_code == 404
    with time_machine.travel(timezone.now() + timedelta(days=150)):
        assert client.get(address).status_code == 404


def test_the_clock_cannot_take_the_links_step(team, world):
    case = reminded(world, team)
    with pytest.raises(ValidationError):
        perform(case, "still_active", by="system")


@pytest.mark.parametrize(("state", "standing"), [("dormant", "dormant"), ("suspended", "suspended")])
def test_only_a_decision_changes_the_standing(world, team, state, standing):
    cases.make_filing(world, state, kind="dormancy", organization=team)
    team.refresh_from_db()
    assert team.state == standing
    assert AuditEvent.objects.about(team).filter(action="change_standing").count() == 1
    assert team.periods.order_by("-starts").first().cause == "dormancy"


@pytest.mark.parametrize("state", ["announced", "street_decision", "dropped", "to_revoke"])
def test_nothing_else_changes_it(world, team, state):
    cases.make_filing(world, state, kind="dormancy", organization=team)
    team.refresh_from_db()
    assert team.state == "active"


def test_a_proposed_revocation_is_told_and_listed_until_it_is_opened(world, team):
    case = cases.make_filing(world, "to_revoke", kind="dormancy", organization=team).case
    assert Notice.objects.filter(user=world.officer, case=case, code="to_revoke").exists()
    assert list(revocations.to_be_revoked()) == [team]
    assert case.number in revocations.reasons([team])[team.pk]
    perform(cases.make_filing(world, kind="revoke", organization=team).case, "withdraw", by=world.officer)
    assert list(revocations.to_be_revoked()) == [team]
    cases.make_filing(world, "hearing", kind="revoke", organization=team)
    assert list(revocations.to_be_revoked()) == []


def test_it_is_told_at_each_stage_and_may_answer(world, team):
    case = cases.make_filing(world, "ordered", kind="dormancy", organization=team).case
    codes = set(Notice.objects.filter(user=world.applicant, case=case).values_list("code", flat=True))
    assert {"still_active", "show_activity"} <= codes
    assert perform(case, "answer", by=world.applicant, note="九月恢复活动").state == "after_order"


@pytest.mark.parametrize("state", ["reminded", "verification", "assessment"])
def test_one_tap_ends_it_before_the_street_orders_anything(world, team, client, state):
    case = cases.make_filing(world, state, kind="dormancy", organization=team).case
    tap(client, case)
    case.refresh_from_db()
    assert (case.state, case.is_open) == ("still_active", False)


@pytest.mark.parametrize("state", ["ordered", "after_order", "announced", "street_decision"])
def test_one_tap_later_makes_an_officer_look_again(world, team, client, state):
    case = cases.make_filing(world, state, kind="dormancy", organization=team).case
    assert tap(client, case).context["heard"]
    case.refresh_from_db()
    assert (case.state, case.office) == ("after_order", "registry.review_filing")
    steps = case.steps.count()
    assert tap(client, case).context["heard"]
    assert case.steps.count() == steps
    with pytest.raises(NotNowError):
        dormancy.answer_by_link(case=case)
    assert not case.publicities.filter(state="open").exists()
    assert perform(case, "found_active", by=world.officer, note="现场看到排练").state == "still_active"
    assert case.issued.get(code="letter").data["items"] == ["现场看到排练"]
    assert Notice.objects.filter(user=world.applicant, case=case, code="stays").count() == 1
    assert tap(client, case).context["answered"]


def tap(client, case):
    """The answer to the page of the link after its one button was pressed."""
    address = reverse("public:still_active", args=[dormancy.link(case).split("/")[-2]])
    assert client.get(address).status_code == 200
    return client.post(address, follow=True)


def test_the_announcement_is_a_notice_with_its_window_and_objections(world, team):
    case = cases.make_filing(world, "after_order", kind="dormancy", organization=team).case
    draft = publicity.draft_of(Case.objects.get(pk=case.pk))
    assert team.name in draft.title
    assert "2025年未报告任何活动" in draft.body
    case = perform(case, "announce", by=world.officer, note="限期届满仍无活动")
    row = publicity.current(case)
    assert (row.state, row.days, row.ends) == ("open", 10, case.due)
    objection = publicity.raise_objection(publicity=row, name="赵志刚", contact="六联路3号", text="我们每周都在排练")
    with time_machine.travel(timezone.now() + timedelta(days=60)), pytest.raises(ValidationError):
        perform(case, "end_notice", by="system")
    publicity.answer_objection(objection=objection, upheld=True, text="经查确有排练", by=world.officer)
    with time_machine.travel(timezone.now() + timedelta(days=60)):
        case = perform(case, "end_notice", by="system")
    assert case.state == "street_decision"
    assert "经查确有排练" in [line.detail for line in dormancy.checks(case, world.officer)]


def test_what_must_not_be_published_holds_the_announcement(world, team):
    case = cases.make_filing(world, "after_order", kind="dormancy", organization=team).case
    row = publicity.draft_of(case)
    given = {"title": row.title, "body": "联系 13812345678", "contact": "", "papers": [], "looked": []}
    publicity.edit_draft(case=case, version=row.version, by=world.officer, **given)
    with pytest.raises(ValidationError):
        perform(case, "announce", by=world.officer, note="限期届满仍无活动")


def test_those_concerned_are_told_of_the_announcement_with_the_link(world, team):
    case = cases.make_filing(world, "announced", kind="dormancy", organization=team).case
    notice = Notice.objects.get(user=world.applicant, case=case, code="measure_announced")
    assert notice.params["due"] == case.due.isoformat()
    assert "/still-active/" in notice.params["link"]


def test_what_officers_see(team, world):
    builders.make_organization_year(team, 2025, activities=0)
    with time_machine.travel(NOW):
        contact(team, world, date(2026, 5, 1))
        case = cases.make_draft(world, "dormancy", organization=team).case
        assert [line.ok for line in dormancy.checks(case, world.officer)] == [False, False]
        team.years.all().delete()
        team.contacts.all().delete()
        assert [line.ok for line in dormancy.checks(case, world.officer)] == [True]
