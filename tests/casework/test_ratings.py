import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse
from django.utils import timezone

from casework import workdays
from casework.models import AuditEvent, Rating
from casework.services import ratings
from tests import builders, cases, worlds

pytestmark = pytest.mark.django_db


made_world, world = worlds.shared(worlds.with_people)


def rate(client, case, **data):
    return client.post(reverse("apply:rate", args=[case.uid]), data)


def test_one_grade_and_one_more_word(client, world):
    case = cases.make_filing(world, "filed").case
    client.force_login(world.applicant)
    rate(client, case)
    assert not Rating.objects.exists()
    rate(client, case, grade="2", tag=["slow", "nonsense"], words="等了三周")
    rate(client, case, grade="5")
    rating = Rating.objects.get()
    assert (rating.grade, rating.tags, rating.words) == (2, ["slow"], "等了三周")
    rate(client, case, words="现在好了")
    rate(client, case, words="再说一句")
    rating.refresh_from_db()
    assert rating.follow_up == "现在好了"
    assert "等了三周" in client.get(reverse("apply:my_case", args=[case.uid])).content.decode()


def test_who_acted_for_somebody_rates_nothing_in_their_name(client, world):
    """The committee's clerk who filed for a leader, the street's officer who opened a revocation."""
    clerk = builders.make_user("clerk", world.community)
    cases.make_policy("filing.confirm_agent", False)
    for case in (
        cases.make_filing(world, "filed", by=clerk, applicant="林秀英").case,
        cases.make_filing(world, "revoked", kind="revoke").case,
    ):
        agent = case.parties.get(role="agent").user
        assert not ratings.may_rate(case, agent)
        with pytest.raises(PermissionDenied):
            ratings.rate(case=case, grade=5, tags=[], words="", by=agent)
    assert ratings.may_rate(case, world.applicant)


def test_officers_of_the_case_read_nothing_of_its_rating(client, world):
    case = cases.make_filing(world, "filed").case
    ratings.rate(case=case, grade=2, tags=[], words="等了三周", by=world.applicant)
    client.force_login(world.officer)
    assert "等了三周" not in client.get(reverse("casework:case", args=[case.uid])).content.decode()
    assert rate(client, case, grade="5").status_code == 404


def test_a_bad_rating_is_answered_then_put_right_and_its_giver_reads_both(client, world):
    good = ratings.rate(case=cases.make_filing(world, "refused").case, grade=4, tags=[], words="", by=world.applicant)
    case = cases.make_filing(world, "filed").case
    rating = ratings.rate(case=case, grade=1, tags=[], words="态度差", by=world.applicant)
    today = timezone.localdate()
    assert (good.due, rating.due) == (None, workdays.add(today, 1).date)
    assert ratings.waiting(world.bureau) == 1
    with pytest.raises(ValidationError):
        ratings.remedy_rating(rating=rating, words="已培训", by=world.bureau)
    for wrong in (good, rating):
        with pytest.raises(ValidationError):
            ratings.answer_rating(rating=wrong, words=" ", by=world.bureau)
    for other in (world.leader, world.applicant, world.outsider):
        with pytest.raises(PermissionDenied):
            ratings.answer_rating(rating=rating, words="抱歉", by=other)
    rating = ratings.answer_rating(rating=rating, words="抱歉，已核实。", by=world.bureau)
    assert rating.due == workdays.add(today, 15).date
    with pytest.raises(ValidationError):
        ratings.answer_rating(rating=rating, words="再答", by=world.bureau)
    rating = ratings.remedy_rating(rating=rating, words="窗口已增派人员。", by=world.bureau)
    assert (rating.due, ratings.waiting(world.bureau)) == (None, 0)
    with pytest.raises(ValidationError):
        ratings.remedy_rating(rating=rating, words="又改了", by=world.bureau)
    assert world.applicant.notices.filter(code="rating_answered").count() == 2
    assert AuditEvent.objects.filter(action="remedy_rating", actor=world.bureau.username).exists()
    client.force_login(world.applicant)
    page = client.get(reverse("apply:my_case", args=[case.uid])).content.decode()
    assert "抱歉，已核实。" in page
    assert "窗口已增派人员。" in page


def test_only_a_party_rates_and_only_after_the_decision(world):
    open_case, done = cases.make_filing(world, "committee_check").case, cases.make_filing(world, "refused").case
    with pytest.raises(PermissionDenied):
        ratings.rate(case=done, grade=5, tags=[], words="", by=world.officer)
    with pytest.raises(ValidationError):
        ratings.rate(case=open_case, grade=5, tags=[], words="", by=world.applicant)
    with pytest.raises(ValidationError):
        ratings.rate(case=done, grade=6, tags=[], words="", by=world.applicant)
    ratings.rate(case=done, grade=5, tags=[], words="", by=world.applicant)
    with pytest.raises(PermissionDenied):
        ratings.follow_up(case=done, words="很好", by=world.officer)
    with pytest.raises(ValidationError):
        ratings.follow_up(case=done, words=" ", by=world.applicant)
