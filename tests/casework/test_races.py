"""Several hands on one case at the same moment: one success, words for the others, no half state, no server error."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from copy import copy
from threading import Barrier, Event

import pytest
from django.core.exceptions import ValidationError
from django.db import OperationalError, connection, transaction
from django.test import Client
from django.urls import reverse

from casework.idempotency import StillRunningError, take
from casework.models import Case, CaseStep, Counter, IdempotencyKey, Notice
from casework.numbers import is_case_number
from casework.services import inbox
from casework.services.handling import claim
from casework.services.holding import HeldError
from casework.workflow import perform
from registry.models import Filing, Organization
from registry.services.filings import open_filing, save_draft
from registry.services.organizations import edit_organization
from registry.services.phone_sign_in import send_code
from tests import builders, cases

pytestmark = pytest.mark.django_db(transaction=True)
PATIENCE = 60


@pytest.fixture
def world():
    return cases.make_people(builders.make_world())


def together(*calls):
    """What each call returned or refused (ValidationError), all started at the same moment."""
    gate = Barrier(len(calls))

    def run(call):
        try:
            gate.wait(PATIENCE)
            return call()
        except ValidationError as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as hands:
        return list(hands.map(run, calls))


def refused(results):
    """The refusals; each says something."""
    found = [one for one in results if isinstance(one, ValidationError)]
    assert all(error.messages and all(error.messages) for error in found)
    return found


def signed_in(user):
    client = Client(raise_request_exception=False)
    client.force_login(user)
    return client


def clicks(user, case, step, times=10):
    """Answers to the same button of the same page pressed so many times at once."""
    clients = [signed_in(user) for _time in range(times)]
    address, body = reverse("casework:step", args=[case.uid]), {"step": step, "version": case.version}
    return [
        answer.status_code
        for answer in together(*(lambda client=client: client.post(address, body) for client in clients))
    ]


def test_two_officers_on_one_case(world):
    case = cases.make_filing(world, "street_review").case
    colleague = builders.make_user("street_officer", world.street)
    results = together(
        lambda: perform(case, "propose", by=world.officer, version=case.version),
        lambda: perform(case, "not_accept", by=colleague, version=case.version, note="不属于备案范围"),
    )
    assert len(refused(results)) == 1
    stored = Case.objects.get()
    assert stored.version == case.version + 1
    last = stored.steps.last()
    assert (last.transition, stored.state) in {("propose", "street_decision"), ("not_accept", "not_accepted")}
    assert stored.steps.count() == 3


def test_ten_clicks_submit_once(world):
    case = cases.make_draft(world).case
    statuses = clicks(world.applicant, case, "submit")
    # The nine that came late lead to the applicant's own page, which says where the case is.
    assert set(statuses) == {302}
    stored = Case.objects.get()
    assert stored.steps.filter(transition="submit").count() == 1
    assert is_case_number(stored.number)
    assert list(Counter.objects.values_list("last", flat=True)) == [1]


def test_ten_clicks_approve_once(world):
    case = cases.make_filing(world, "street_decision").case
    statuses = clicks(world.leader, case, "approve")
    assert statuses.count(302) == 1
    # Whoever looks after the decision finds a case that is closed.
    assert set(statuses) <= {302, 403, 409, 422}
    organization = Organization.objects.get()
    assert organization.filing_no.endswith("-0001")
    assert organization.certificates.count() == 1
    assert Case.objects.get().steps.filter(transition="approve").count() == 1
    assert Notice.objects.filter(user=world.applicant, code="approved").count() == 1


def lock_row(row):
    return type(row).objects.select_for_update().get(pk=row.pk)


@contextmanager
def in_another_hand(row, take=lock_row, patience="lock_timeout"):
    """Somebody else has taken the row; this connection waits for it a moment only."""
    locked, over = Event(), Event()

    def hold():
        with transaction.atomic():
            take(row)
            locked.set()
            over.wait(PATIENCE)
        connection.close()

    with ThreadPoolExecutor(1) as hand, connection.cursor() as cursor:
        hand.submit(hold)
        assert locked.wait(PATIENCE)
        cursor.execute(f"SET {patience} = '300ms'")
        try:
            yield
        finally:
            over.set()
            cursor.execute(f"RESET {patience}")


def test_a_case_somebody_holds_is_told_in_its_own_line_and_keeps_the_note(world):
    for name in ("六联社区舞蹈一队", "六联社区舞蹈二队", "六联社区舞蹈三队"):
        cases.make_filing(world, "street_decision", values={"name": name})
    first, held, last = inbox.queue(world.leader, inbox.TODO).order_by("id")
    chosen = [f"{case.uid}:{case.version}" for case in (first, held, last)]
    client = signed_in(world.leader)
    with in_another_hand(held):
        batch = client.post(reverse("casework:batch"), {"step": "approve", "case": chosen})
        data = {"step": "approve", "version": held.version, "note": "情况属实"}
        step = client.post(reverse("casework:step", args=[held.uid]), data)
    assert [bool(row["errors"]) for row in sorted(batch.context["results"], key=lambda row: row["case"].pk)] == [
        False,
        True,
        False,
    ]
    assert (step.status_code, step.context["note"], len(step.context["errors"])) == (422, "情况属实", 1)
    assert set(Case.objects.filter(state="filed")) == {first, last}
    perform(held, "approve", by=world.leader, version=held.version)


@pytest.mark.parametrize(("patience", "told"), [("lock_timeout", HeldError), ("statement_timeout", OperationalError)])
def test_only_a_lock_is_told_as_somebody_elses_hand(world, patience, told):
    case = cases.make_filing(world, "street_decision").case
    with in_another_hand(case, patience=patience), pytest.raises(told):
        perform(case, "approve", by=world.leader, version=case.version)


@pytest.mark.parametrize(
    ("patience", "told"), [("lock_timeout", StillRunningError), ("statement_timeout", OperationalError)]
)
def test_the_twin_of_a_request_that_runs_too_long_is_told_so(world, patience, told):
    def begin(user):
        return take(user, "open-1", "digest")

    with in_another_hand(world.applicant, begin, patience), pytest.raises(told):
        begin(world.applicant)


def test_another_system_is_asked_to_send_again_what_waited_in_vain(world):
    team, client = cases.filed_organization(world), signed_in(world.bureau)
    body = {"version": team.version, "remark": "活动室已搬迁"}
    with in_another_hand(team):
        answer = client.patch(f"/api/v1/organizations/{team.uid}/", body, content_type="application/json")
    assert (answer.status_code, bool(answer["Retry-After"])) == (503, True)


def test_saving_against_submitting(world):
    filing = cases.make_draft(world)
    case = filing.case
    results = together(
        lambda: save_draft(filing=filing, version=case.version, by=world.applicant, values={"members": "99"}),
        lambda: perform(case, "submit", by=world.applicant, version=case.version),
    )
    assert len(refused(results)) == 1
    stored, said = Case.objects.get(), Filing.objects.get().data["members"]
    assert (stored.state, said) in {("draft", "99"), ("committee_check", "18")}
    if stored.state == "committee_check":
        assert stored.versions.get().content["members"] == "18"


def test_withdrawing_against_deciding(world):
    case = cases.make_filing(world, "street_decision").case
    results = together(
        lambda: perform(case, "withdraw", by=world.applicant, version=case.version),
        lambda: perform(case, "approve", by=world.leader, version=case.version),
    )
    assert len(refused(results)) == 1
    stored = Case.objects.get()
    assert Organization.objects.count() == (1 if stored.outcome == "approved" else 0)
    assert stored.outcome in {"approved", "withdrawn"}


def test_two_claim_one_case(world):
    case = cases.make_filing(world, "street_review").case
    colleague = builders.make_user("street_officer", world.street)
    results = together(lambda: claim(case=case, by=world.officer), lambda: claim(case=case, by=colleague))
    assert len(refused(results)) == 1
    assert Case.objects.get().handler in {world.officer, colleague}


def test_one_name_is_given_once(world):
    """Two teams of one name in one community, approved at the same moment."""
    first, twin = (cases.make_filing(world, "street_decision").case for _case in range(2))
    results = together(*(lambda case=case: perform(case, "approve", by=world.leader) for case in (first, twin)))
    assert len(refused(results)) == 1
    assert Organization.objects.count() == 1
    assert sorted(Case.objects.values_list("state", flat=True)) == ["filed", "street_decision"]
    assert Organization.objects.get().filing_no.endswith("-0001")
    assert list(Counter.objects.filter(series__contains="-T-").values_list("last", flat=True)) == [1]


@pytest.mark.parametrize("place", ["second_community", "other_community"])
def test_a_name_is_given_once_in_a_district(world, place):
    """One name as written, in two communities of one street, or of two streets, approved at the same moment."""
    there = at(world, place)
    results = approved_at_once(world, there, "夕阳红合唱队", "夕阳红合唱队")
    assert len(refused(results)) == 1
    assert Organization.objects.get().filing_no.endswith("-0001")
    assert sorted(Case.objects.values_list("state", flat=True)) == ["filed", "street_decision"]


@pytest.mark.parametrize("place", ["second_community", "other_community"])
def test_names_with_their_places_are_distinct(world, place):
    there = at(world, place)
    names = [f"{one.community.name}夕阳红合唱队" for one in (world, there)]
    assert refused(approved_at_once(world, there, *names)) == []
    assert set(Organization.objects.values_list("name", flat=True)) == set(names)


def at(world, place):
    """The same world seen from another community, with the officers of its street."""
    there = copy(world)
    there.community = getattr(world, place)
    there.clerk = builders.make_user("clerk", there.community)
    there.officer = builders.make_user("street_officer", there.community.parent)
    there.leader = builders.make_user("street_leader", there.community.parent)
    return there


def approved_at_once(world, there, name, other_name):
    other = {"name": "孙桂兰", "phone": "13987654321", "id_number": "110105194912310038"}
    first = cases.make_filing(world, "street_decision", values={"name": name}).case
    twin = cases.make_filing(there, "street_decision", values={"name": other_name, "leader": [other]}).case
    return together(
        lambda: perform(first, "approve", by=world.leader), lambda: perform(twin, "approve", by=there.leader)
    )


def test_a_series_has_no_gap_after_a_rush(world):
    """Twelve drafts submitted at once, every third one incomplete: the numbers run 1 to 8."""
    drafts = [
        cases.make_draft(
            world, values={"name": f"六联社区{sign}字合唱队", "purpose": "排练合唱" if at % 3 else ""}
        ).case
        for at, sign in enumerate("甲乙丙丁戊己庚辛壬癸子丑")
    ]
    results = together(*(lambda case=case: perform(case, "submit", by=world.applicant) for case in drafts))
    assert len(refused(results)) == 4
    numbers = sorted(Case.objects.exclude(number="").values_list("number", flat=True))
    assert len(numbers) == 8
    assert [int(number[-5:-1]) for number in numbers] == list(range(1, 9))
    assert Case.objects.filter(number="", state="draft", submitted_at=None).count() == 4
    assert CaseStep.objects.count() == 8


def test_ten_times_the_same_key(world):
    """A client that repeats itself while the first request still runs: one draft, ten times the same answer."""
    body = {"kind": "filing", "division": world.community.code, "values": {"name": "六联社区晨光合唱队"}}
    clients = [signed_in(world.applicant) for _time in range(10)]

    def send(client):
        headers = {"Idempotency-Key": "open-1"}
        return client.post("/api/v1/filings/", body, content_type="application/json", headers=headers)

    answers = together(*(lambda client=client: send(client) for client in clients))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["uid"] for answer in answers}) == 1
    assert Case.objects.count() == IdempotencyKey.objects.count() == 1


def test_two_open_a_case_about_one_organization(world):
    organization = cases.filed_organization(world)
    fields = {"kind": "cancel", "by": world.applicant, "division": world.community, "organization": organization}
    results = together(*(lambda: open_filing(**fields) for _time in range(2)))
    assert len(refused(results)) == 1
    assert Case.objects.count() == 1


def test_codes_asked_for_at_once_are_one_message(world):
    sent = together(*[lambda: send_code(phone="13812345678")] * 5)
    assert sorted(sent) == [False] * 4 + [True]


def test_two_mergers_that_cross_end_one_organization(world):
    one, other = (cases.filed_organization(world, name) for name in ("六联社区太极队", "六联社区书画社"))
    crossing = [
        cases.make_filing(
            world, "street_decision", kind="merge", organization=mine, values={"other": str(theirs.uid), "name": name}
        ).case
        for mine, theirs, name in ((one, other, "六联社区康乐艺术团"), (other, one, "六联社区金秋读书会"))
    ]
    results = together(*[lambda case=case: perform(case, "approve", by=world.leader) for case in crossing])
    assert len(refused(results)) == 1
    pair = Organization.objects.filter(pk__in=(one.pk, other.pk))
    assert sorted(pair.values_list("state", flat=True)) == ["active", "merged"]


def test_editing_against_deciding(world):
    """A record is edited while a change of it is granted: each as a whole or not at all."""
    filing = cases.make_filing(world, "street_decision", kind="change")
    team = filing.organization
    results = together(
        lambda: perform(filing.case, "approve", by=world.leader),
        lambda: edit_organization(organization=team, version=team.version, by=world.clerk, remark="活动室已搬迁"),
    )
    stored = Organization.objects.get(pk=team.pk)
    assert (Case.objects.get(pk=filing.case.pk).outcome == "approved") == (stored.name == "六联社区木兰艺术团")
    assert len(refused(results)) == 2 - (stored.name != team.name) - (stored.remark != "")


def test_changing_against_merging(world):
    filing = cases.make_filing(world, "street_decision", kind="change")
    team, other = filing.organization, cases.filed_organization(world, "六联社区太极队")
    values = {"other": str(team.uid), "name": ""}
    merger = cases.make_filing(world, "street_decision", kind="merge", organization=other, values=values).case
    results = together(*[lambda case=case: perform(case, "approve", by=world.leader) for case in (filing.case, merger)])
    stored = Organization.objects.get(pk=team.pk)
    granted = {case.kind for case in Case.objects.filter(outcome="approved")}
    assert len(refused(results)) == 2 - len(granted)
    assert (stored.state == "merged") == ("merge" in granted)
    assert (stored.name != team.name) == ("change" in granted)
