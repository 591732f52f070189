import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.urls import reverse

from casework.models import Rating
from casework.services import ratings
from tests import builders, cases

pytestmark = pytest.mark.django_db


@pytest.fixture
def world():
    return cases.make_people(builders.make_world())


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


def test_officers_see_counts_and_nothing_else(client, world):
    case = cases.make_filing(world, "filed").case
    ratings.rate(case=case, grade=2, tags=[], words="等了三周", by=world.applicant)
    client.force_login(world.officer)
    assert "等了三周" not in client.get(reverse("casework:case", args=[case.uid])).content.decode()
    assert rate(client, case, grade="5").status_code == 404
    assert ratings.counts([world.district.path]) == {5: 0, 4: 0, 3: 0, 2: 1, 1: 0}
    assert sum(ratings.counts([world.other_street.path]).values()) == 0
    assert sum(ratings.counts([]).values()) == 0


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
