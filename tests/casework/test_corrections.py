from datetime import date, datetime

import pytest
import time_machine
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from accounts.roles import ROLES
from casework import attachments, deadlines, workdays
from casework.flows import FLOWS
from casework.models import CalendarDay
from casework.services import calendar, corrections
from casework.services.clock import left
from casework.workflow import available, perform
from registry.services.filings import save_draft
from tests import cases, uploads, worlds

pytestmark = pytest.mark.django_db

PLACE = {"anchor": "place", "reason": "请写明门牌号", "basis": "办法第六条"}


made_world, world = worlds.shared(worlds.with_people)


def returned(world, *items, by=None):
    filing = cases.make_filing(world, "street_review")
    filing.case = perform(filing.case, "return", by=by or world.officer, data={"items": list(items) or [PLACE]})
    return filing


def answer_all(filing, world):
    for item in filing.case.items.filter(round=filing.case.rounds):
        corrections.answer_item(item=item, by=world.applicant, answer="已改")


def correct(filing, world, **values):
    filing.case = save_draft(filing=filing, version=filing.case.version, by=world.applicant, values=values)
    answer_all(filing, world)
    filing.case = perform(filing.case, "submit", by=world.applicant)


def test_only_what_the_notice_names_can_change(world):
    filing = returned(world)
    with pytest.raises(ValidationError):
        save_draft(filing=filing, version=filing.case.version, by=world.applicant, values={"name": "换个名字"})
    save_draft(filing=filing, version=filing.case.version, by=world.applicant, values={"place": "六联路 8 号 201 室"})
    with pytest.raises(ValidationError):
        attachments.store(case=filing.case, slot="charter", upload=uploads.pdf(), by=world.applicant)


def test_a_paper_named_in_the_notice_can_be_handed_in_again(world):
    filing = returned(world, {"anchor": "charter", "reason": "缺少签名"})
    new = attachments.store(case=filing.case, slot="charter", upload=uploads.pdf(), by=world.applicant)
    assert new.name.endswith(".pdf")


def test_the_case_comes_back_only_when_every_item_is_answered(world):
    filing = returned(world, PLACE, {"anchor": "members", "reason": "与名册不符"})
    with pytest.raises(ValidationError) as refused:
        perform(filing.case, "submit", by=world.applicant)
    assert set(refused.value.error_dict) == {"place", "members"}
    answer_all(filing, world)
    case = perform(filing.case, "submit", by=world.applicant)
    assert case.state == "street_review"


def test_an_answer_says_something_and_comes_from_a_party(world):
    item = returned(world).case.items.get()
    with pytest.raises(PermissionDenied):
        corrections.answer_item(item=item, by=world.officer, answer="代答")
    with pytest.raises(ValidationError):
        corrections.answer_item(item=item, by=world.applicant, answer="  ")
    corrections.answer_item(item=item, by=world.applicant, answer="已补门牌号")
    perform(item.case, "submit", by=world.applicant)
    with pytest.raises(ValidationError):
        corrections.answer_item(item=item, by=world.applicant, answer="再答")


@pytest.mark.parametrize(
    "items",
    [[], [{"anchor": "nonsense", "reason": "不存在"}], [{"anchor": "place", "reason": " "}], [{"reason": "无处"}]],
)
def test_a_return_names_what_is_wrong_and_where(world, items):
    case = cases.make_filing(world, "street_review").case
    with pytest.raises(ValidationError):
        perform(case, "return", by=world.officer, data={"items": items})
    case.refresh_from_db()
    assert (case.state, case.rounds) == ("street_review", 0)


def test_the_clock_stands_still_while_the_applicant_corrects(world):
    """Due on 16 March; returned on the 4th with eight days left; back on the 20th, so the 1st of April."""
    days = [datetime(2026, 3, 2, 9), datetime(2026, 3, 4, 9), datetime(2026, 3, 20, 9)]
    first, second, third = (timezone.make_aware(day) for day in days)
    with time_machine.travel(first):
        filing = cases.make_filing(world, "street_review")
        assert filing.case.due == date(2026, 3, 16)
    with time_machine.travel(second):
        filing.case = perform(filing.case, "return", by=world.officer, data={"items": [PLACE]})
        assert (filing.case.days_left, left(filing.case)) == (8, 15)
    with time_machine.travel(third):
        correct(filing, world, place="六联路 8 号")
        assert filing.case.due == date(2026, 4, 1)
        assert filing.case.days_left is None


@pytest.fixture
def calendar_to_2026():
    CalendarDay.objects.all().delete()
    calendar.load_years([2026], by="test")
    workdays.forget()


def at(year, month, day):
    return time_machine.travel(timezone.make_aware(datetime(year, month, day, 9)), tick=False)


def test_who_corrects_keeps_the_time_promised_while_the_next_calendar_is_awaited(world, calendar_to_2026):
    """Returned over New Year with days left, or overdue: the applicant's fifteen days never become the office's."""
    for entered in ((2026, 12, 16), (2026, 12, 1)):
        with at(*entered):
            filing = cases.make_filing(world, "street_review", values={"name": f"六联社区{entered[2]}日队"})
        with at(2026, 12, 28):
            case = perform(filing.case, "return", by=world.officer, data={"items": [PLACE]})
            assert (case.due, case.due_provisional) == (date(2027, 1, 18), True)
            assert deadlines.recompute() == 0
    assert case.days_left < 0
    announce_2027(date(2027, 1, 1))
    assert deadlines.recompute() == 2
    case.refresh_from_db()
    assert (case.due, case.due_provisional) == (date(2027, 1, 19), False)


def test_an_office_goes_on_with_what_it_had_left_when_the_next_calendar_comes(world, calendar_to_2026):
    with at(2026, 12, 16):
        filing = cases.make_filing(world, "street_review")
    with at(2026, 12, 28):
        filing.case = perform(filing.case, "return", by=world.officer, data={"items": [PLACE]})
        assert filing.case.days_left == 2
    with at(2026, 12, 31):
        correct(filing, world, place="六联路 8 号")
    announce_2027(date(2027, 1, 1))
    deadlines.recompute()
    filing.case.refresh_from_db()
    assert (filing.case.due, filing.case.due_provisional) == (date(2027, 1, 5), False)


def announce_2027(holiday):
    CalendarDay.objects.bulk_create(
        CalendarDay(date=day, working=day.weekday() < 5 and day != holiday) for day in calendar.days_of(2027)
    )
    workdays.forget()


def test_the_limit_skips_holidays_and_counts_make_up_days(world):
    for day, working in ((date(2026, 9, 20), True), (date(2026, 9, 25), False)):
        CalendarDay.objects.update_or_create(date=day, defaults={"working": working})
    with time_machine.travel(timezone.make_aware(datetime(2026, 9, 17, 9))):
        filing = cases.make_filing(world, "committee_check")
    assert filing.case.due == date(2026, 9, 23)


def test_what_was_overlooked_before_needs_a_supervisor(world):
    filing = returned(world)
    correct(filing, world, place="六联路 8 号")
    late = [{"anchor": "purpose", "reason": "宗旨不清"}]
    with pytest.raises(ValidationError) as refused:
        perform(filing.case, "return", by=world.officer, data={"items": late})
    assert refused.value.code == "late"
    assert str(world.leader) in str(refused.value)
    again = [{"anchor": "place", "reason": "仍缺房号"}]
    case = perform(filing.case, "return", by=world.officer, data={"items": again})
    assert case.rounds == 2


@pytest.mark.parametrize("decided", [False, True])
def test_a_supervisor_returns_what_was_overlooked(world, decided):
    filing = returned(world)
    correct(filing, world, place="六联路 8 号")
    if decided:
        filing.case = perform(filing.case, "propose", by=world.officer)
    items = [{"anchor": "purpose", "reason": "宗旨不清"}]
    filing.case = perform(filing.case, "return", by=world.leader, data={"items": items})
    assert (filing.case.state, filing.case.rounds) == ("returned", 2)
    state = filing.case.returned_from
    correct(filing, world, purpose="组织居民排练合唱。")
    assert filing.case.state == state == ("street_decision" if decided else "street_review")


def test_before_a_first_return_a_supervisor_leaves_it_to_the_office(world):
    case = cases.make_filing(world, "street_review").case
    assert "return" not in {row.name for row in available(case, world.leader)}


def test_in_every_matter_with_a_return_somebody_may_return_what_was_overlooked():
    roles = [role.permissions for role in ROLES.values()]
    for flow in FLOWS.values():
        returns = [row for row in flow.transitions if row.target == "returned"]
        for state in {source for row in returns for source in row.sources}:
            rights = {row.permission for row in returns if state in row.sources}
            assert any("casework.supervise_case" in held and rights & held for held in roles), (flow.kind, state)


def test_three_rounds_and_then_a_decision(world):
    filing = returned(world)
    for number in range(2, 4):
        correct(filing, world, place=f"六联路 {number} 号")
        filing.case = perform(filing.case, "return", by=world.officer, data={"items": [PLACE]})
    correct(filing, world, place="六联路 9 号")
    with pytest.raises(ValidationError):
        perform(filing.case, "return", by=world.officer, data={"items": [PLACE]})
    assert filing.case.rounds == 3
    perform(filing.case, "propose", by=world.officer)


def test_the_officer_sees_what_changed(world):
    filing = returned(world)
    correct(filing, world, place="六联路 8 号")
    assert corrections.changed_since(filing.case) == [("place", "活动场所", "六联社区文化活动室", "六联路 8 号")]
    assert corrections.changed_since(filing.case, round_=7) == []


def test_a_version_never_holds_a_number_in_clear(world):
    case = cases.make_filing(world, "committee_check").case
    text = str(case.versions.get().content)
    assert "13812345678" not in text
    assert "11010519491231002X" not in text
    assert "138****5678" in text
