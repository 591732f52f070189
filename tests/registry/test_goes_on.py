"""A registered organization that was deregistered goes on as a team: a new filing, the same record."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from casework.models import Case
from casework.workflow import perform
from registry.models import Filing, Organization
from registry.services.filing_checks import checks
from registry.services.filings import read
from registry.services.people import person_for
from registry.services.standing import resume_organization
from tests import builders, cases, worlds

pytestmark = pytest.mark.django_db
made_world, world = worlds.shared(worlds.with_people)
CODE, NAME = "51310104MJ4950010A", "坪山区木兰艺术协会"
ENDED = date(2026, 3, 2)


def association(world, **fields):
    given = {"name": NAME, "tier": "registered", "uscc": CODE, "legal_form": "association", "ended": ENDED}
    return builders.make_organization(world.village, world.types["culture"], **{**given, **fields})


def typed_values(filing):
    return read(Filing.objects.get(pk=filing.pk))


def test_it_keeps_its_record_its_history_and_its_old_numbers(world):
    former = association(world, filing_no="440310001-T-2020-0007")
    filing = cases.make_filing(world, "filed", values={"former": CODE})
    team = Organization.objects.get()
    assert (filing.organization, team.pk) == (former, former.pk)
    assert (team.tier, team.state, team.ended, team.uscc, team.legal_form) == ("team", "active", None, "", "")
    assert (team.name, team.division) == (cases.VALUES["name"], world.community)
    assert [(row.tier, row.starts, row.ends) for row in team.periods.all()] == [
        ("registered", date(2020, 5, 1), ENDED),
        ("team", timezone.localdate(), None),
    ]
    assert set(team.aliases.values_list("text", flat=True)) == {NAME, CODE, "440310001-T-2020-0007"}
    assert team.certificates.filter(kind="filing").exists()
    assert team.accounts.filter(user=world.applicant, ends=None).exists()
    assert typed_values(filing)[0]["former"] == team


@pytest.mark.parametrize("typed", [CODE.lower(), f"  {NAME} ", "５１310104MJ4950010A"])
def test_it_is_found_by_code_or_name(world, typed):
    former = association(world)
    assert typed_values(cases.make_draft(world, values={"former": typed}))[0]["former"] == former


def wrong(world):
    other = {"uscc": "", "name": "另一协会"}
    association(world, **other, ended=None)
    association(world, name="群众舞蹈队", uscc="", tier="team")
    association(world, name="并入他会的协会", uscc="", successor=association(world, **other, ended=None))
    builders.make_organization(
        world.far_community, world.types["culture"], name="外区协会", tier="registered", ended=ENDED
    )
    for _twin in range(2):
        association(world, name="同名协会", uscc="")


@pytest.mark.parametrize(
    "typed",
    ["另一协会", "群众舞蹈队", "并入他会的协会", "外区协会", "同名协会", "没有这样的协会", "52330482MJ95200285"],
)
def test_another_pick_is_refused_in_a_sentence(world, typed):
    wrong(world)
    filing = cases.make_draft(world, values={"former": typed})
    assert len(typed_values(filing)[1]["former"]) == 1
    with pytest.raises(ValidationError) as refused:
        perform(filing.case, "submit", by=world.applicant)
    assert list(refused.value.error_dict) == ["former"]


def line(case, former, user):
    return next(check for check in checks(Case.objects.get(pk=case.pk), user) if former.name in check.label)


def test_the_officer_sees_the_old_record_beside_the_filing(world):
    known, stranger = (
        person_for(name=row["name"], phone=row["phone"], id_number=row["id_number"])
        for row in (cases.LEADER, {"name": "王小明", "phone": "13900001111", "id_number": ""})
    )
    former = association(world, leader=known)
    case = cases.make_filing(world, "street_review", values={"former": NAME}).case
    shown = line(case, former, world.officer)
    assert (shown.ok, shown.look_alike) == (True, None)
    assert shown.url == ""  # another street's
    assert str(former.uid) in line(case, former, world.bureau).url
    assert CODE in shown.detail
    assert cases.LEADER["name"] not in shown.detail
    Organization.objects.update(leader=stranger)
    assert line(case, former, world.officer).ok is None


def test_what_goes_on_already_goes_on_once(world):
    association(world)
    late = cases.make_filing(world, "street_decision", values={"former": CODE, "name": "六联社区木兰二队"})
    cases.make_filing(world, "filed", values={"former": CODE})
    with pytest.raises(ValidationError):
        perform(late.case, "approve", by=world.leader)
    present, today = Organization.objects.get(), timezone.localdate()
    with pytest.raises(ValidationError):
        resume_organization(
            organization=present, version=present.version, effective=today, by="system", cause="filed", case=late.case
        )


def test_one_that_ended_today_goes_on_today(world):
    former = association(world, ended=timezone.localdate())
    cases.make_filing(world, "filed", values={"former": CODE})
    assert [(row.tier, row.ends) for row in former.periods.all()] == [
        ("registered", timezone.localdate()),
        ("team", None),
    ]


def test_what_the_register_knows_is_not_asked_for_another_record(world):
    group = builders.make_organization(world.community, world.types["culture"], tier="group")
    group.accounts.create(user=world.applicant, starts=date(2025, 1, 6))
    filing = cases.make_draft(world, organization=group, values={"name": group.name, "former": CODE})
    assert "former" not in typed_values(filing)[0]
