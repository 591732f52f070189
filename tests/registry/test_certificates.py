from datetime import date
from random import Random

import pytest
import time_machine
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction

from casework.models import AuditEvent, Notice, PolicyValue
from casework.short_codes import ALPHABET, new_code, read_code, spelled
from registry.models import Certificate
from registry.services.certificates import (
    issue_certificate,
    months_later,
    remind,
    replace_certificate,
    report_lost_certificate,
    return_certificate,
)
from registry.services.standing import end_organization
from tests import builders

NUMBER = "440310001-T-2026-0001"
TODAY = date(2026, 11, 22)
State = Certificate.State


@pytest.fixture(autouse=True)
def _today(in_english):
    with time_machine.travel("2026-11-22 10:00:00+08:00"):
        yield


@pytest.fixture
def leader(world):
    return builders.make_user("street_leader", world.street)


@pytest.fixture
def team(stored):
    return stored("六联舞蹈队", filing_no=NUMBER)


@pytest.fixture
def issued(team, leader):
    return issue_certificate(organization=team, by=leader)


# --- codes ------------------------------------------------------------------------------------------------------------

CODES = [new_code(choice=Random(seed).choice) for seed in range(100)]


def test_codes_are_ten_signs_nobody_mistakes():
    assert {len(code) for code in CODES} == {10}
    assert not set("".join(CODES)) & set("01OILZSB")
    assert new_code() != new_code()


def test_a_code_is_read_as_it_was_made_however_it_is_typed():
    for code in CODES:
        wide = "".join(chr(ord(sign) + 0xFEE0) for sign in code)
        dashed = spelled(code).replace("-", "－")
        typed = [code, spelled(code), code.lower(), f" {code[:5]} - {code[5:]}\n", wide, dashed]
        assert {read_code(text) for text in typed} == {code}


def test_what_looks_alike_is_read_as_its_twin():
    assert [read_code(code.translate(str.maketrans("258", "ZSB"))) for code in CODES] == CODES


def test_one_wrong_sign_and_two_swapped_ones_are_noticed():
    for code in CODES[:10]:
        wrong = {code[:at] + sign + code[at + 1 :] for at in range(10) for sign in ALPHABET if sign != code[at]}
        assert [text for text in wrong if read_code(text)] == []
    swapped = [code[1] + code[0] + code[2:] for code in CODES if code[0] != code[1]]
    assert len([text for text in swapped if read_code(text)]) <= len(swapped) // 10


@pytest.mark.parametrize("text", ["", "ABC", "A" * 11, "六联舞蹈队六联舞蹈队", "' OR 1=1 --", "0OIL10OIL1", "😀" * 10])
def test_what_is_no_code_is_read_as_nothing(text):
    assert read_code(text) == ""


# --- issuing ----------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_filed_team_gets_a_certificate_for_three_years_from_its_street(issued, world, team):
    assert (issued.number, issued.issued_on, issued.valid_to) == (NUMBER, TODAY, date(2029, 11, 21))
    assert (issued.issued_by, issued.state, issued.copy_no) == (world.street, State.VALID, 0)
    event = AuditEvent.objects.about(team).get(action="issue_certificate")
    assert event.division_path == team.division_path
    assert issued.code not in str(event.after)


@pytest.mark.django_db
def test_how_long_it_holds_is_the_policys_value(team, leader, world):
    PolicyValue.objects.create(key="filing.valid_months", value=60, division=world.district, starts=date(2020, 1, 1))
    assert issue_certificate(organization=team, by=leader).valid_to == date(2031, 11, 21)


@pytest.mark.django_db
def test_a_plaque_holds_without_end_and_a_street_wide_body_gets_it_from_the_street(stored, world, leader):
    body = stored("坪山街道联合会", world.street)
    plaque = issue_certificate(organization=body, kind=Certificate.Kind.PLAQUE, by=leader)
    assert (plaque.valid_to, plaque.issued_by, plaque.number) == (None, world.street, "")


@pytest.mark.django_db
def test_a_body_of_the_district_gets_it_from_the_district(stored, world):
    officer = builders.make_user("bureau_officer", world.district)
    body = stored("坪山区联合会", world.district, filing_no="区备1")
    assert issue_certificate(organization=body, by=officer).issued_by == world.district


@pytest.mark.parametrize(
    ("day", "months", "later"),
    [
        (date(2024, 2, 29), 36, date(2027, 3, 1)),
        (date(2026, 12, 31), 36, date(2029, 12, 31)),
        (date(2026, 12, 31), 1, date(2027, 1, 31)),
        (date(2026, 11, 30), 3, date(2027, 3, 2)),
    ],
)
def test_months_later_always_gives_a_day(day, months, later):
    assert months_later(day, months) == later


@pytest.mark.django_db
def test_issuing_is_refused_without_a_number_after_the_end_in_the_future_and_twice(stored, team, leader, world):
    with pytest.raises(ValidationError, match="number"):
        issue_certificate(organization=stored("太极拳社"), by=leader)
    ended = stored("合唱团", filing_no="N2", ended=date(2024, 1, 1))
    with pytest.raises(ValidationError, match="ended"):
        issue_certificate(organization=ended, by=leader)
    with pytest.raises(ValidationError, match="future"):
        issue_certificate(organization=team, by=leader, on=date(2026, 11, 23))
    issue_certificate(organization=team, by=leader)
    with pytest.raises(ValidationError, match="out already"):
        issue_certificate(organization=team, by=leader)


@pytest.mark.django_db
def test_the_database_keeps_one_valid_paper_of_a_kind(issued):
    with pytest.raises(IntegrityError), transaction.atomic():
        Certificate.objects.create(
            organization=issued.organization, code=new_code(), issued_on=TODAY, issued_by=issued.issued_by
        )


@pytest.mark.django_db
@pytest.mark.parametrize("role", ["clerk", "viewer", "auditor", "bureau_finance"])
def test_only_street_and_bureau_issue(team, world, role):
    with pytest.raises(PermissionDenied):
        issue_certificate(organization=team, by=builders.make_user(role, world.district))
    assert not Certificate.objects.exists()


@pytest.mark.django_db
def test_another_street_issues_nothing_here(team, world):
    with pytest.raises(PermissionDenied):
        issue_certificate(organization=team, by=builders.make_user("street_leader", world.other_street))


@pytest.mark.django_db
def test_one_that_ran_out_gives_way_to_a_new_one(team, leader):
    old = issue_certificate(organization=team, by=leader, on=date(2020, 3, 1))
    assert old.valid_to == date(2023, 2, 28)
    with pytest.raises(ValidationError, match="ran out"):
        replace_certificate(certificate=old, reason="换新", by=leader)
    new = issue_certificate(organization=team, by=leader)
    old.refresh_from_db()
    assert (old.state, old.ended_on, new.state, new.copy_no) == (State.REPLACED, TODAY, State.VALID, 0)


# --- replacing, losing, returning -------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize(("lost", "state", "copies"), [(True, State.LOST, 1), (False, State.REPLACED, 0)])
def test_a_new_paper_keeps_number_and_last_day_under_a_new_code(issued, leader, lost, state, copies):
    new = replace_certificate(certificate=issued, reason="搬家时遗失", lost=lost, by=leader)
    issued.refresh_from_db()
    assert (issued.state, issued.ended_on, issued.reason) == (state, TODAY, "搬家时遗失")
    assert (new.number, new.valid_to, new.copy_no) == (NUMBER, issued.valid_to, copies)
    assert new.code != issued.code
    assert AuditEvent.objects.get(action="replace_certificate").note == "搬家时遗失"


@pytest.mark.django_db
def test_copies_for_lost_ones_are_counted(issued, leader):
    second = replace_certificate(certificate=issued, reason="遗失", lost=True, by=leader)
    third = replace_certificate(certificate=second, reason="换证", by=leader)
    assert replace_certificate(certificate=third, reason="又遗失", lost=True, by=leader).copy_no == 2


@pytest.mark.django_db
def test_a_lost_one_is_replaced_later_and_once_only(issued, leader):
    lost = report_lost_certificate(certificate=issued, reason="遗失", by=leader)
    assert lost.state == State.LOST
    assert replace_certificate(certificate=lost, reason="补发", by=leader).copy_no == 1
    with pytest.raises(ValidationError, match="out already"):
        replace_certificate(certificate=lost, reason="补发", by=leader)
    with pytest.raises(ValidationError, match="no longer out"):
        report_lost_certificate(certificate=lost, reason="遗失", by=leader)


@pytest.mark.django_db
def test_an_ended_organization_hands_its_certificate_back(team, issued, leader):
    ended = {"state": "cancelled", "on": TODAY, "reason": "自愿注销"}
    end_organization(organization=team, version=1, **ended, by="clerk", case="J20260001")
    with pytest.raises(ValidationError, match="ended"):
        replace_certificate(certificate=issued, reason="遗失", lost=True, by=leader)
    assert return_certificate(certificate=issued, reason="随注销交回", by=leader).state == State.RETURNED
    with pytest.raises(ValidationError, match="no longer out"):
        return_certificate(certificate=issued, reason="随注销交回", by=leader)


@pytest.mark.django_db
@pytest.mark.parametrize("service", [replace_certificate, report_lost_certificate, return_certificate])
def test_every_end_needs_the_right_a_reason_and_a_sensible_day(issued, leader, world, service):
    with pytest.raises(PermissionDenied):
        service(certificate=issued, reason="遗失", by=builders.make_user("clerk", world.community))
    with pytest.raises(ValidationError, match="reason"):
        service(certificate=issued, reason=" ", by=leader)
    with pytest.raises(ValidationError, match="issued on"):
        service(certificate=issued, reason="遗失", by=leader, on=date(2026, 11, 21))
    issued.refresh_from_db()
    assert issued.state == State.VALID


@pytest.mark.django_db
def test_certificates_are_seen_with_their_organizations(issued, world, leader):
    stranger = builders.make_user("street_leader", world.other_street)
    assert list(Certificate.objects.visible_to(leader)) == [issued]
    assert list(Certificate.objects.visible_to(stranger)) == []
    assert str(issued).endswith(NUMBER)


@pytest.mark.django_db
def test_one_that_soon_runs_out_is_renewed_and_its_years_follow_on(team, issued, leader):
    with time_machine.travel("2029-09-01 10:00+08:00"), pytest.raises(ValidationError, match="out already"):
        issue_certificate(organization=team, by=leader)
    with time_machine.travel("2029-10-01 10:00+08:00"):
        new = issue_certificate(organization=team, by=leader)
    issued.refresh_from_db()
    assert (issued.state, issued.ended_on) == (State.REPLACED, date(2029, 10, 1))
    assert (new.issued_on, new.valid_to) == (date(2029, 10, 1), date(2032, 11, 21))


@pytest.mark.django_db
def test_whoever_acts_for_it_hears_once_that_it_runs_out_and_once_that_it_has(team, issued, world):
    user, former = (builders.make_user("organization", world.community) for _ in range(2))
    team.accounts.create(user=user, starts=TODAY)
    team.accounts.create(user=former, starts=TODAY, ends=TODAY)
    counts = []
    for day in (date(2029, 9, 1), date(2029, 10, 1), date(2029, 11, 21), date(2029, 11, 22), date(2030, 1, 1)):
        remind(world.district, day)
        counts.append(Notice.objects.filter(user=user, code__startswith="certificate_").count())
    assert counts == [0, 1, 1, 2, 2]
    assert not former.notices.exists()
