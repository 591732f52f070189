from datetime import date

import pytest
import time_machine
from django.core.exceptions import PermissionDenied, ValidationError

from casework.models import AuditEvent, Notice
from registry.services.credit import drop_credit, list_credit, propose_credit, remove_credit, tell_credit
from tests import cases, worlds

pytestmark = pytest.mark.django_db


made_world, world = worlds.shared(worlds.with_people)


@pytest.fixture
def team(world):
    return cases.filed_organization(world)


def proposed(team, world, **given):
    given = {"kind": "watch", "grounds": "2025年度未作年度确认", "by": world.bureau, **given}
    return propose_credit(organization=team, **given)


def test_an_entry_goes_its_way(team, world):
    with time_machine.travel("2026-05-06 10:00+08:00"):
        event = tell_credit(event=proposed(team, world), by=world.bureau)
        assert event.hear_until == date(2026, 5, 13)
        assert Notice.objects.filter(user=world.applicant, code="credit_told").count() == 1
        with pytest.raises(ValidationError, match="2026"):
            list_credit(event=event, by=world.bureau)
    with time_machine.travel("2026-05-14 10:00+08:00"):
        event = list_credit(event=event, by=world.head, document="坪民〔2026〕9号")
        assert (event.state, event.starts) == ("listed", date(2026, 5, 14))
        assert team.credit_events.in_force(date(2026, 5, 14)).exists()
    with time_machine.travel("2026-06-01 10:00+08:00"):
        event = remove_credit(event=event, by=world.bureau, reason="已补报")
        assert not team.credit_events.in_force(date(2026, 6, 1)).exists()
        assert team.credit_events.in_force(date(2026, 5, 31)).exists()
        with pytest.raises(ValidationError):
            remove_credit(event=event, by=world.bureau, reason="再次")
    actions = AuditEvent.objects.about(team).order_by("id").values_list("action", flat=True)
    assert list(actions) == ["propose_credit", "tell_credit", "list_credit", "remove_credit"]


def test_a_cause_proposes_once(team, world):
    assert proposed(team, world, cause="annual:2025")
    assert proposed(team, world, cause="annual:2025") is None
    assert team.credit_events.count() == 1


def test_what_is_refused(team, world):
    with pytest.raises(ValidationError):
        proposed(team, world, kind="abnormal")
    with pytest.raises(ValidationError):
        proposed(team, world, grounds=" ")
    with pytest.raises(PermissionDenied):
        proposed(team, world, by=world.officer)
    event = proposed(team, world)
    with pytest.raises(PermissionDenied):
        tell_credit(event=event, by=world.clerk)
    with pytest.raises(ValidationError):
        list_credit(event=event, by=world.bureau)
    assert drop_credit(event=event, by=world.bureau, reason="已说明").state == "dropped"


def test_no_day_before_the_list_or_after_today_ends_an_entry(team, world):
    with time_machine.travel("2026-05-06 10:00+08:00"):
        event = tell_credit(event=proposed(team, world), by=world.bureau)
    with time_machine.travel("2026-06-14 10:00+08:00"):
        event = list_credit(event=event, by=world.bureau)
        for day in (date(2026, 6, 13), date(2026, 6, 15)):
            with pytest.raises(ValidationError):
                remove_credit(event=event, by=world.bureau, reason="已补报", on=day)
