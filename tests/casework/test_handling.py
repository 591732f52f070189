from datetime import date, timedelta

import pytest
import time_machine
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from casework import checking, deadlines, tasks
from casework.models import Case, Notice
from casework.services import handling, inbox
from casework.services.accounts import disable_user, end_assignment
from casework.services.handover import hand_over
from casework.services.road import read_by_parties
from casework.workflow import StaleCaseError, perform
from registry.services.filings import save_draft
from tests import builders, cases, worlds

pytestmark = pytest.mark.django_db


made_world, world = worlds.shared(worlds.with_people)


def queue(user, name=inbox.TODO):
    return list(inbox.queue(User.objects.get(pk=user.pk), name))


def test_each_list_holds_the_case_for_whom_it_is_meant(world):
    case = cases.make_filing(world, "committee_check").case
    assert queue(world.clerk) == [case]
    assert queue(world.officer) == []
    assert queue(world.officer, inbox.PLACES) == [case]
    assert queue(world.applicant, inbox.MINE) == [case]
    assert queue(world.outsider, inbox.PLACES) == []
    perform(case, "agree", by=world.clerk)
    assert queue(world.clerk) == []
    assert queue(world.clerk, inbox.DONE) == [case]
    assert queue(world.officer) == [case]


def test_who_works_there_no_more_sees_nothing_of_what_they_did(world, client):
    case = cases.make_filing(world, "street_review").case
    assert queue(world.clerk, inbox.DONE) == [case]
    world.clerk.assignments.update(ends=timezone.localdate())
    clerk = User.objects.get(pk=world.clerk.pk)
    assert queue(clerk, inbox.DONE) == []
    client.force_login(clerk)
    assert client.get(f"/cases/{case.uid}/").status_code == 404


def test_drafts_show_to_their_parties_only(world):
    case = cases.make_filing(world).case
    assert queue(world.applicant, inbox.DRAFTS) == [case]
    assert not Case.objects.visible_to(world.clerk).exists()
    assert not Case.objects.visible_to(world.head).exists()


def test_nobody_decides_their_own_case(world):
    filing = cases.make_filing(world, by=world.clerk, applicant="林秀英")
    case = perform(filing.case, "submit", by=world.clerk)
    assert queue(world.clerk) == []
    with pytest.raises(PermissionDenied):
        perform(case, "agree", by=world.clerk)
    perform(case, "take_over", by=world.officer, note="社区只有一名工作人员")


def test_a_claimed_case_is_out_of_the_others_way_until_the_claim_runs_out(world):
    case = cases.make_filing(world, "street_review").case
    colleague = builders.make_user("street_officer", world.street)
    handling.claim(case=case, by=world.officer)
    assert queue(colleague) == []
    with pytest.raises(ValidationError, match=str(world.officer)):
        perform(case, "propose", by=colleague)
    with pytest.raises(ValidationError, match=str(world.officer)):
        handling.claim(case=case, by=colleague)
    with time_machine.travel(timezone.now() + timedelta(minutes=31)):
        assert queue(colleague) == [case]
        perform(case, "propose", by=colleague)


def test_a_released_case_is_free_again(world):
    case = cases.make_filing(world, "street_review").case
    colleague = builders.make_user("street_officer", world.street)
    handling.claim(case=case, by=world.officer)
    handling.release(case=case, by=colleague)
    assert queue(colleague) == []
    handling.release(case=case, by=world.officer)
    assert queue(colleague) == [case]


def test_a_supervisor_reassigns_within_the_office(world):
    case = cases.make_filing(world, "street_review").case
    colleague = builders.make_user("street_officer", world.street)
    with pytest.raises(PermissionDenied):
        handling.reassign(case=case, to=colleague, by=world.officer, note="休假")
    with pytest.raises(PermissionDenied):
        handling.reassign(case=case, to=world.outsider, by=world.leader, note="休假")
    with pytest.raises(ValidationError):
        handling.reassign(case=case, to=colleague, by=world.leader, note="")
    stale = case.version
    handling.reassign(case=case, to=colleague, by=world.leader, note="休假")
    assert queue(world.officer) == []
    assert queue(colleague) == [case]
    assert Notice.objects.filter(user=colleague, code="assigned").exists()
    with pytest.raises(StaleCaseError):
        perform(case, "propose", by=colleague, version=stale)


def test_urging_is_recorded_once_a_day(world):
    case = cases.make_filing(world, "committee_check").case
    handling.urge(case=case, by=world.applicant)
    with pytest.raises(ValidationError):
        handling.urge(case=case, by=world.applicant)
    with pytest.raises(PermissionDenied):
        handling.urge(case=case, by=world.officer)
    handling.urge(case=case, by=world.leader)
    assert case.steps.filter(transition="urge").count() == 2
    assert set(Notice.objects.filter(code="urged").values_list("user", flat=True)) == {world.clerk.pk}
    with time_machine.travel(timezone.now() + timedelta(days=1)):
        handling.urge(case=case, by=world.applicant)


def test_a_remark_is_for_the_offices_alone(world):
    case = handling.claim(case=cases.make_filing(world, "street_review").case, by=world.officer)
    handling.remark(case=case, by=world.clerk, note="已电话核实：场地每周三晚可用")
    notice = Notice.objects.get(code="remarked")
    assert (notice.user, notice.params["note"]) == (world.officer, "已电话核实：场地每周三晚可用")
    assert "已电话核实" not in str(read_by_parties(case, case.steps.all()))
    assert queue(world.officer) == [case]
    perform(case, "propose", by=world.officer, version=case.version)
    for nobody in (world.applicant, world.outsider):
        with pytest.raises(PermissionDenied):
            handling.remark(case=case, by=nobody, note="说明")
    with pytest.raises(ValidationError):
        handling.remark(case=case, by=world.clerk, note=" ")


def test_a_party_reads_what_changed_and_by_which_office_not_who_remarked_since(world):
    filing = cases.make_filing(world, "returned")
    handling.remark(case=filing.case, by=world.officer, note="已到场核实")
    with pytest.raises(StaleCaseError) as stale:
        save_draft(filing=filing, version=1, by=world.applicant, values={})
    [(step, who)] = stale.value.steps
    assert (step.transition, who in stale.value.messages[0]) == ("return", True)
    assert str(world.officer) not in who


def test_a_draft_cannot_be_urged(world):
    case = cases.make_filing(world).case
    with pytest.raises(ValidationError):
        handling.urge(case=case, by=world.applicant)


def test_a_substitute_acts_in_the_name_of_the_absent(client, world):
    case = cases.make_filing(world, "street_decision").case
    today = timezone.localdate()
    dates = {"starts": today, "ends": today + timedelta(days=5)}
    handling.stand_in(absent=world.leader, substitute=world.officer, by=world.leader, **dates)
    officer = User.objects.get(pk=world.officer.pk)
    assert queue(officer) == [case]
    perform(case, "approve", by=officer)
    step = case.steps.last()
    assert (step.actor, step.for_name) == (officer, str(world.leader))
    client.force_login(world.head)
    told = client.get(reverse("casework:case", args=[case.uid])).context["events"][0]["actor"]
    assert f"{officer}（代{world.leader}）" == told
    with time_machine.travel(timezone.now() + timedelta(days=6)):
        assert not User.objects.get(pk=officer.pk).has_perm("registry.decide_filing", case)


def test_a_colleague_with_the_same_roles_is_lent_nothing(world):
    colleague, today = builders.make_user("street_officer", world.street), timezone.localdate()
    week = {"starts": today, "ends": today + timedelta(days=7)}
    assert handling.stand_in(absent=world.officer, substitute=colleague, by=world.officer, **week) == []
    assert not Notice.objects.filter(code="standing_in").exists()
    assert handling.end_stand_in(absent=world.officer, substitute=colleague, by=world.officer) == 0


def test_standing_in_needs_a_colleague_and_an_end(world):
    today = timezone.localdate()
    with pytest.raises(ValidationError):
        handling.stand_in(
            absent=world.leader,
            substitute=world.outsider,
            by=world.leader,
            starts=today,
            ends=today + timedelta(days=1),
        )
    with pytest.raises(ValidationError):
        handling.stand_in(absent=world.leader, substitute=world.officer, by=world.leader, starts=today, ends=today)
    with pytest.raises(PermissionDenied):
        handling.stand_in(
            absent=world.leader, substitute=world.officer, by=world.clerk, starts=today, ends=today + timedelta(days=1)
        )


def test_everything_open_is_handed_over(world):
    first = cases.make_filing(world, "street_review").case
    second = cases.make_filing(world, "street_review", values={"name": "六联社区书画社"}).case
    colleague = builders.make_user("street_officer", world.street)
    for case in (first, second):
        handling.reassign(case=case, to=world.officer, by=world.leader, note="专人负责")
    assert hand_over(leaving=world.officer, to=colleague, by=world.leader, note="调离") == 2
    assert {case.handler for case in Case.objects.all()} == {colleague}
    assert hand_over(leaving=colleague, to=None, by=colleague, note="离职") == 2
    assert {case.handler for case in Case.objects.all()} == {None}


def test_who_goes_on_filing_a_case_does_not_decide_on_it(world):
    agent, colleague = (builders.make_user("clerk", world.community) for _one in range(2))
    case = cases.make_filing(world, "committee_check", by=agent, applicant="林秀英").case
    handling.claim(case=case, by=colleague)
    assert hand_over(leaving=agent, to=colleague, by=world.leader, note="调离") == 1
    case.refresh_from_db()
    assert (case.handler, case.parties.get(role="agent").user) == (None, colleague)


def test_a_case_given_until_further_notice_is_not_claimed_for_a_while(world):
    case = cases.make_filing(world, "street_review").case
    handling.reassign(case=case, to=world.officer, by=world.leader, note="熟悉情况")
    assert handling.claim(case=case, by=world.officer).handler_until is None


def test_who_sends_a_case_back_to_the_own_desk_is_not_told(world):
    case = cases.make_filing(world, "street_review").case
    builders.make_assignment(world.officer, "clerk", world.community)
    perform(case, "send_back", by=User.objects.get(pk=world.officer.pk), note="请再核实")
    assert [notice.user for notice in Notice.objects.filter(code="sent_back")] == [world.clerk]


def test_nothing_is_handed_over_to_whoever_filed_it(world):
    case = cases.make_filing(world, "committee_check", by=world.clerk, applicant="林秀英").case
    colleague = builders.make_user("clerk", world.community)
    handling.claim(case=case, by=colleague)
    assert hand_over(leaving=colleague, to=world.clerk, by=colleague, note="离职") == 1
    case.refresh_from_db()
    assert case.handler is None
    Case.objects.update(handler=world.clerk)
    assert [sentence for _case, sentence in checking.problems()]


def test_what_was_filed_for_others_needs_somebody_to_go_on_with_it(world):
    """The clerk who acts for a leader without account cannot leave before a colleague acts for her."""
    agent = builders.make_user("clerk", world.community)
    filing = cases.make_filing(world, "returned", by=agent, applicant="林秀英")
    with pytest.raises(ValidationError):
        disable_user(user=agent, by=world.head, reason="离职")
    for nobody in (None, world.leader, world.second_clerk):
        with pytest.raises(ValidationError) as refused:
            hand_over(leaving=agent, to=nobody, by=world.leader, note="调离")
        assert set(refused.value.error_dict) == {"to"}
    colleague = builders.make_user("clerk", world.community)
    assert hand_over(leaving=agent, to=colleague, by=world.leader, note="调离") == 1
    assert filing.case.parties.get(role="agent").user == colleague
    assert Case.objects.held_by(agent).count() == 0
    assert Notice.objects.filter(user=colleague, code="handed_over").exists()
    disable_user(user=agent, by=world.head, reason="离职")
    assert list(checking.problems()) == []
    case = Case.objects.get()
    save_draft(filing=filing, version=case.version, by=colleague, values={})
    colleague.assignments.update(ends=timezone.localdate())
    assert [found for found, _sentence in checking.problems()] == [case]


def test_the_only_one_to_decide_a_case_does_not_become_its_agent(world):
    agent, colleague = (builders.make_user("clerk", world.community) for _one in range(2))
    cases.make_filing(world, "street_review", by=agent, applicant="林秀英")
    with pytest.raises(ValidationError):
        hand_over(leaving=agent, to=world.officer, by=world.leader, note="调离")
    assert hand_over(leaving=agent, to=colleague, by=world.leader, note="调离") == 1


def end_role(officer, by):
    end_assignment(assignment=officer.assignments.get(), by=by)


def shut(officer, by):
    disable_user(user=officer, by=by, reason="离职")


def role_runs_out(officer, by):
    officer.assignments.update(ends=timezone.localdate())
    deadlines.run()


@pytest.mark.parametrize("leave", [end_role, shut, role_runs_out])
def test_who_leaves_takes_no_case_along(world, leave):
    case = cases.make_filing(world, "street_review").case
    colleague = builders.make_user("street_officer", world.street)
    handling.reassign(case=case, to=world.officer, by=world.leader, note="专人负责")
    assert deadlines.free() == 0
    leave(world.officer, by=world.head)
    assert queue(colleague) == [case]
    assert case.steps.filter(transition="hand_over").count() == 1


def test_who_supervises_a_place_gives_its_cases_to_others(world, client):
    """In every office there; not as a party."""
    for state in ("committee_check", "street_review"):
        case = cases.make_filing(world, state, values={"name": f"六联社区{state}队"}).case
        client.force_login(world.leader)
        assert client.get(f"/cases/{case.uid}/").context["colleagues"]
    case.parties.create(user=world.leader, name="负责人", role="other")
    with pytest.raises(PermissionDenied):
        handling.reassign(case=case, to=world.officer, by=world.leader, note="休假")


@pytest.mark.parametrize(
    ("day", "light"), [(date(2026, 3, 2), "green"), (date(2026, 3, 12), "yellow"), (date(2026, 3, 17), "red")]
)
def test_lights(world, day, light):
    with time_machine.travel(timezone.make_aware(timezone.datetime(2026, 3, 2, 9))):
        case = cases.make_filing(world, "street_review").case
    assert case.due == date(2026, 3, 16)
    assert inbox.light(case, day) == light


def test_the_filter_shows_what_the_badge_says(world):
    """Of a long limit a fifth is near, of a short one two days."""
    with time_machine.travel(timezone.make_aware(timezone.datetime(2026, 3, 2, 9))):
        case = cases.make_filing(world, "street_review").case
    for limit in (3, 10, 15, 60):
        Case.objects.update(limit_days=limit)
        case.refresh_from_db()
        for day in (date(2026, 2, 25) + timedelta(days=n) for n in range(22)):
            shown = [found for name in ("red", "yellow") for found in inbox.lit(Case.objects.all(), name, day)]
            assert shown == [case] * (inbox.light(case, day) in ("red", "yellow")), (limit, day)


def test_counts_for_the_menu(world, django_assert_num_queries):
    for name in ("一队", "二队", "三队"):
        cases.make_filing(world, "committee_check", values={"name": f"六联社区舞蹈{name}"})
    clerk = User.objects.get(pk=world.clerk.pk)
    clerk.paths()
    with django_assert_num_queries(2):
        assert inbox.counts(clerk) == {"todo": 3, "overdue": 0, "drafts": 0}
    later = timezone.localdate() + timedelta(days=30)
    assert inbox.counts(clerk, later)["overdue"] == 3
    clerk.has_perm("casework.view_case")
    with django_assert_num_queries(6):
        numbers = inbox.lengths(clerk)
    assert numbers == {"todo": 3, "done": 0, "mine": 0, "copies": 0, "drafts": 0, "places": 0}


def test_reminders_come_once_and_daily_when_overdue(world):
    with time_machine.travel(timezone.make_aware(timezone.datetime(2026, 3, 2, 9))):
        case = cases.make_filing(world, "street_review").case
    rounds = [
        date(2026, 3, 9),
        date(2026, 3, 9),
        date(2026, 3, 12),
        date(2026, 3, 16),
        date(2026, 3, 17),
        date(2026, 3, 18),
    ]
    for day in rounds:
        deadlines.run(day)
    told = list(Notice.objects.filter(user=world.officer).order_by("id").values_list("code", flat=True))
    assert told == ["reminder_50", "reminder_80", "reminder_100", "overdue", "overdue"]
    assert Notice.objects.filter(user=world.leader, code="overdue").count() == 2
    assert case.due == date(2026, 3, 16)
    assert deadlines.remind(date(2026, 3, 21)) == 0


def test_nobody_is_asked_for_again_who_was_told(world, django_assert_num_queries):
    with time_machine.travel(timezone.make_aware(timezone.datetime(2026, 3, 2, 9))):
        cases.make_filing(world, "street_review")
    for day in (date(2026, 3, 12), date(2026, 3, 17)):
        assert deadlines.remind(day) == 1
        with django_assert_num_queries(3):
            assert deadlines.remind(day) == 0


def test_a_case_without_a_limit_shows_no_light(world):
    case = cases.make_filing(world, "street_review").case
    case.due = None
    assert (inbox.left(case), inbox.light(case)) == (None, "")


def test_what_the_applicant_leaves_unanswered_lapses(world):
    filing = cases.make_filing(world, "returned")
    assert deadlines.run()["moved"] == 0
    with time_machine.travel(timezone.now() + timedelta(days=60)):
        assert deadlines.run()["moved"] == 1
        assert deadlines.run()["moved"] == 0
    filing.case.refresh_from_db()
    assert (filing.case.state, filing.case.outcome) == ("lapsed", "lapsed")


def test_every_open_case_lies_in_one_queue(world):
    made = [
        cases.make_filing(world, state, values={"name": f"第{n}支舞蹈队"})
        for n, state in enumerate(("draft", "committee_check", "returned", "filed"))
    ]
    assert list(checking.problems()) == []
    User.objects.filter(pk__in=(world.clerk.pk, world.officer.pk)).update(is_active=False)
    [(case, sentence)] = checking.problems()
    assert case == made[1].case
    assert "registry.check_filing" in sentence
    Case.objects.filter(pk=made[3].case.pk).update(state="street_review")
    assert made[3].case in [case for case, _sentence in checking.problems()]


def test_the_command_and_the_night_name_a_case_that_lies_in_no_queue(world, capsys, caplog):
    case = cases.make_filing(world, "committee_check").case
    with pytest.raises(SystemExit) as ended:
        call_command("verify_cases")
    assert ended.value.code == 0
    Case.objects.filter(pk=case.pk).update(kind="unknown")
    with pytest.raises(SystemExit) as ended:
        call_command("verify_cases")
    assert ended.value.code == 1
    tasks.verify_cases()
    for told in (capsys.readouterr().out, caplog.text):
        assert f"{case.number}" in told
        assert "no flow unknown" in told
