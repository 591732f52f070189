"""What a granted matter does to the register, and what it refuses."""

from datetime import date

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse
from django.utils import timezone

from casework.models import AuditEvent, Case
from casework.workflow import perform
from registry.matters import MATTERS
from registry.models import Organization, Person
from registry.services import filings
from registry.services.filings import open_filing
from registry.services.fitting import fits
from registry.services.standing import change_standing, end_organization
from tests import builders, cases, worlds

pytestmark = pytest.mark.django_db


made_world, world = worlds.shared(worlds.with_people)


def granted(world, kind, state, **fields):
    filing = cases.make_filing(world, state, kind=kind, **fields)
    return filing, Organization.objects.get(pk=filing.organization_id)


def test_a_change_replaces_what_was_ticked_and_keeps_the_former_name(world):
    filing, organization = granted(world, "change", "changed")
    assert (organization.name, organization.place) == ("六联社区木兰艺术团", "六联社区文化活动室")
    assert organization.leader.name == "林秀英"
    [former] = organization.aliases.all()
    assert (former.text, former.kind) == ("六联社区木兰拳队", "name")
    assert [row.person.name for row in organization.memberships.filter(role="leader", ends=None)] == ["林秀英"]
    event = AuditEvent.objects.about(organization).filter(action="edit").first()
    assert (event.actor, event.note) == (world.leader.username, filing.case.number)


def test_a_change_of_the_venue_alone_leaves_the_rest(world):
    values = {"what": ["place"], "place": "六联社区党群服务中心"}
    _filing, organization = granted(world, "change", "changed", values=values)
    assert (organization.name, organization.place) == ("六联社区木兰拳队", "六联社区党群服务中心")
    assert organization.leader is None


def test_a_cancelled_organization_ends_today_and_its_certificate_is_handed_back(world):
    filing = cases.make_filing(world, "filed")
    before = filing.organization
    before.periods.update(starts=date(2025, 1, 6))
    _filing, organization = granted(world, "cancel", "cancelled", organization=before)
    assert (organization.state, organization.ended) == ("cancelled", timezone.localdate())
    assert [row.state for row in organization.certificates.all()] == ["returned"]
    assert not organization.accounts.filter(ends=None).exists()


def test_a_transfer_moves_the_home_and_keeps_yesterday_where_it_was(world):
    _filing, organization = granted(world, "transfer", "transferred")
    assert organization.division == world.second_community
    places = list(organization.periods.order_by("starts").values_list("division", "ends"))
    assert places == [(world.community.pk, timezone.localdate()), (world.second_community.pk, None)]


def test_a_transfer_to_the_same_community_is_refused(world):
    filing = cases.make_draft(world, "transfer", values={"to": str(world.community.pk)})
    with pytest.raises(ValidationError) as refused:
        perform(filing.case, "submit", by=world.applicant)
    assert "to" in refused.value.error_dict


def test_who_released_a_case_still_sees_it(world):
    filing = cases.make_filing(world, "acceptance", kind="transfer")
    visible = type(filing.case).objects.visible_to
    assert visible(world.clerk).filter(pk=filing.case.pk).exists()
    assert visible(world.second_clerk).filter(pk=filing.case.pk).exists()
    assert not visible(world.outsider).filter(pk=filing.case.pk).exists()


def test_merging_brings_the_members_over_and_the_other_leads_here(world):
    other = cases.filed_organization(world, "六联社区太极队")
    person = Person.objects.create(name="吴桂芳")
    other.memberships.create(person=person, role="leader", starts=date(2025, 1, 6))
    values = {"other": str(other.uid), "name": "六联社区健身联合队"}
    _filing, organization = granted(world, "merge", "merged", values=values)
    other.refresh_from_db()
    assert organization.name == "六联社区健身联合队"
    assert (other.state, other.successor) == ("merged", organization)
    assert list(organization.memberships.values_list("person", "role")) == [(person.pk, "member")]


def test_an_upgrade_keeps_one_identity(world):
    before = cases.filed_organization(world)
    _filing, organization = granted(world, "upgrade", "registered", organization=before)
    assert (organization.pk, organization.uid, organization.tier) == (before.pk, before.uid, "registered")
    assert (organization.uscc, organization.filing_no) == ("51310104MJ4950010A", before.filing_no)
    tiers = list(organization.periods.order_by("starts").values_list("tier", "starts"))
    assert tiers == [("team", date(2025, 1, 6)), ("registered", date(2026, 3, 2))]
    assert [row.text for row in organization.aliases.all()] == ["六联社区木兰拳队"]


def test_a_registration_before_the_present_standing_began_holds_from_its_own_day(world):
    before = cases.filed_organization(world)
    change_standing(organization=before, version=None, effective=date(2026, 3, 10), by="system", state="dormant")
    _filing, organization = granted(world, "upgrade", "registered", organization=before)
    assert list(organization.periods.order_by("starts").values_list("tier", "state", "starts", "ends")) == [
        ("team", "active", date(2025, 1, 6), date(2026, 3, 2)),
        ("registered", "active", date(2026, 3, 2), date(2026, 3, 10)),
        ("registered", "dormant", date(2026, 3, 10), None),
    ]


def test_a_registration_from_the_first_day_on_leaves_no_team_behind(world):
    before = cases.filed_organization(world)
    change_standing(organization=before, version=None, effective=date(2026, 3, 10), by="system", state="dormant")
    values = {"registered": "2025-01-06"}
    _filing, organization = granted(world, "upgrade", "registered", organization=before, values=values)
    tiers = list(organization.periods.order_by("starts").values_list("tier", "starts"))
    assert tiers == [("registered", date(2025, 1, 6)), ("registered", date(2026, 3, 10))]


def test_a_number_somebody_typed_in_the_portals_own_form_is_passed_over(world):
    series = f"440310001-T-{timezone.localdate():%Y}-"
    cases.filed_organization(world, filing_no=f"{series}0001")
    other = cases.filed_organization(world, "六联社区太极队", filing_no="备〔2024〕3号")
    other.aliases.create(kind="number", text=f"{series}0002", until=date(2026, 1, 1))
    _filing, organization = granted(world, "filing", "filed")
    assert organization.filing_no == f"{series}0003"


def test_a_group_that_is_filed_stays_one_record_with_both_numbers(world):
    group = cases.filed_organization(world, "六联社区晨光合唱组", tier="group", filing_no="440310001-G-2025-0001")
    filing = cases.make_filing(world, "filed", organization=group)
    filing.organization.refresh_from_db()
    assert (filing.organization.pk, filing.organization.tier) == (group.pk, "team")
    assert set(group.aliases.values_list("text", flat=True)) == {"440310001-G-2025-0001", "六联社区晨光合唱组"}
    assert [row.kind for row in group.certificates.valid()] == ["filing"]


def test_a_revocation_is_decided_by_another_than_who_opened_it(world):
    filing = cases.make_filing(world, "hearing", kind="revoke")
    assert filing.case.parties.filter(user=world.applicant, role="other").exists()
    perform(filing.case, "answer", by=world.applicant, note="上月已恢复活动，附照片")
    perform(filing.case, "approve", by=world.leader)
    organization = Organization.objects.get(pk=filing.organization_id)
    assert organization.state == "revoked"


def test_whom_a_case_is_about_cannot_withdraw_it(world):
    filing = cases.make_filing(world, "hearing", kind="revoke")
    with pytest.raises(PermissionDenied):
        perform(filing.case, "withdraw", by=world.applicant)
    assert not filing.case.is_filed_by(world.applicant)
    filing.case.refresh_from_db()
    assert filing.case.state == "hearing"


def test_a_correction_must_correct_something(world):
    filing = cases.make_draft(world, "correction", values={"place": ""})
    with pytest.raises(ValidationError):
        perform(filing.case, "submit", by=world.officer)
    _filing, organization = granted(
        world, "correction", "corrected", organization=cases.filed_organization(world, "书画社")
    )
    assert organization.place == "六联社区文化活动室"


def test_new_papers_for_a_whole_community(world):
    filing = cases.make_filing(world, "filed")
    cases.make_filing(world, "renewed", kind="division_batch")
    states = list(filing.organization.certificates.order_by("id").values_list("state", flat=True))
    assert states == ["replaced", "valid"]
    assert AuditEvent.objects.about(filing.organization).filter(action="authority_change").exists()


@pytest.mark.parametrize("kind", ["change", "cancel", "merge"])
def test_nothing_is_granted_to_an_organization_that_has_ended_meanwhile(kind, world):
    filing = cases.make_filing(world, "street_decision", kind=kind)
    organization = Organization.objects.get(pk=filing.organization_id)
    end_organization(
        organization=organization,
        version=organization.version,
        state="revoked",
        on=timezone.localdate(),
        reason="查处",
        by="system",
        case=filing.case,
    )
    with pytest.raises(ValidationError):
        perform(filing.case, "approve", by=world.leader)


def test_one_open_case_of_a_kind_about_one_organization(world):
    filing = cases.make_filing(world, "committee_check", kind="change")
    with pytest.raises(ValidationError):
        open_filing(kind="change", by=world.applicant, division=world.community, organization=filing.organization)


def test_strangers_cannot_open_a_matter_of_an_organization(world):
    organization = cases.filed_organization(world)
    stranger = builders.make_user("organization", world.community)
    with pytest.raises(PermissionDenied):
        open_filing(kind="cancel", by=stranger, division=world.community, organization=organization)
    with pytest.raises(PermissionDenied):
        open_filing(kind="revoke", by=world.clerk, division=world.community, organization=organization)


def test_former_numbers_still_find_the_record_and_the_old_paper_says_where_it_went(client, world):
    other = cases.filed_organization(world, "六联社区太极队", filing_no="440310001-T-2025-7777")
    paper = builders.make_certificate(other)
    organization = granted(world, "merge", "merged", values={"other": str(other.uid), "name": ""})[1]
    answer = client.get(reverse("public:scan", args=[paper.code])).content.decode()
    assert organization.name in answer
    group = cases.filed_organization(world, "六联社区晨光合唱组", tier="group", filing_no="440310001-G-2025-0001")
    cases.make_filing(world, "filed", organization=group)
    client.force_login(world.officer)
    found = client.get(reverse("registry:organizations"), {"uscc": "440310001-G-2025-0001"}).content.decode()
    assert "六联社区晨光合唱队" in found


def test_the_officer_reads_old_and_new_before_and_after_the_decision(world):
    case = cases.make_filing(world, "street_decision", kind="change").case
    shown = filings.facts(Case.objects.get(pk=case.pk))
    assert shown["name"][1:] == ("六联社区木兰艺术团", "六联社区木兰拳队")
    assert shown["leader"][2] == ""
    assert len(shown["reason"]) == 2
    perform(case, "approve", by=world.leader)
    assert filings.facts(Case.objects.get(pk=case.pk))["name"][1:] == ("六联社区木兰艺术团", "六联社区木兰拳队")


def test_an_empty_fact_of_a_correction_replaces_nothing(world):
    case = cases.make_filing(world, "street_decision", kind="correction").case
    shown = filings.facts(Case.objects.get(pk=case.pk))
    assert len(shown["name"]) == 2
    assert shown["place"][1:] == ("六联社区文化活动室", "")


def test_a_team_goes_on_as_a_group_with_one_identity_and_both_numbers(world):
    filed = cases.make_filing(world, "filed").organization
    filed.periods.update(starts=date(2025, 1, 6))
    filing, group = granted(world, "downgrade", "downgraded", organization=filed)
    assert (group.pk, group.tier, group.state) == (filed.pk, "group", "active")
    assert "-G-" in group.filing_no
    assert [row.text for row in group.aliases.all()] == [filed.filing_no]
    tiers = list(group.periods.order_by("starts").values_list("tier", "ends"))
    assert tiers == [("team", timezone.localdate()), ("group", None)]
    assert [(row.kind, row.number) for row in group.certificates.valid()] == [("listing", group.filing_no)]
    assert {row.state for row in group.certificates.filter(kind="filing")} == {"returned"}
    assert group.accounts.filter(ends=None).exists()
    letter = filing.case.issued.get(code="upgrade").data
    assert (letter["old_number"], letter["new_number"]) == (filed.filing_no, group.filing_no)
    assert letter["tier_before"] != letter["tier_after"]


def test_only_a_filed_team_goes_on_as_a_group(world):
    group = cases.filed_organization(world, "六联社区读书小组", tier="group")
    assert not fits(MATTERS["downgrade"], group)
    assert fits(MATTERS["downgrade"], cases.filed_organization(world, "六联社区书法队"))
