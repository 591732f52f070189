"""Rating by a one-time link: of the leader a clerk filed for, who has no account."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from casework.models import Delivery, OneTimeLink, Rating
from casework.notices import sealed_message
from casework.services import ratings
from casework.workflow import perform
from registry.services.people import person_for
from tests import builders, cases

pytestmark = pytest.mark.django_db


@pytest.fixture
def world():
    world = cases.make_people(builders.make_world())
    world.agent = builders.make_user("clerk", world.community)
    cases.make_policy("filing.confirm_agent", False)
    return world


def sent():
    """[(number, path)] of the links to rate that were sent."""
    messages = [sealed_message(row) for row in Delivery.objects.exclude(sealed="").order_by("id")]
    return [(to, found[0]) for to, text in messages if (found := re.search(r"/rate/[^/]+/", text))]


def filed_for(world, state="filed", **fields):
    return cases.make_filing(world, state, by=world.agent, applicant="林秀英", **fields)


def test_the_leader_rates_once_without_signing_in(client, world):
    case = filed_for(world).case
    [(to, address)] = sent()
    assert to == cases.LEADER["phone"]
    page = client.get(address)
    assert page.status_code == 200
    assert case.number in page.content.decode()
    assert to not in page.content.decode()
    refused = client.post(address, {"tag": "slow", "words": "等了三周"})
    assert refused.status_code == 422
    text = refused.content.decode()
    assert "等了三周</textarea>" in text
    assert 'value="slow" checked' in text
    assert client.post(address, {"grade": "2", "tag": "slow", "words": "等了三周"}).status_code == 200
    rating = Rating.objects.get()
    assert (rating.case, rating.grade, rating.tags, rating.words) == (case, 2, ["slow"], "等了三周")
    assert rating.due is not None
    assert client.get(address).status_code == 410
    assert client.post(address, {"grade": "5"}).status_code == 410
    assert Rating.objects.get().grade == 2


def test_the_answer_to_a_bad_rating_goes_to_the_number_it_came_from(client, world):
    case = filed_for(world).case
    [(to, address)] = sent()
    client.post(address, {"grade": "1", "words": "态度差"})
    rating = ratings.answer_rating(rating=Rating.objects.get(), words="抱歉，已核实。", by=world.bureau)
    told = [sealed_message(row) for row in Delivery.objects.exclude(sealed="").order_by("id")]
    assert told[-1][0] == to
    assert "抱歉，已核实。" in told[-1][1]
    case.filing.refresh_from_db()
    organization = case.filing.organization
    organization.leader = person_for(name="陈国强", phone="13900001111")
    organization.save()
    ratings.remedy_rating(rating=rating, words="已培训", by=world.bureau)
    assert not any("已培训" in sealed_message(row)[1] for row in Delivery.objects.exclude(sealed=""))


def test_the_agent_neither_rates_nor_reads_what_the_leader_said(client, world):
    case = filed_for(world).case
    [(_to, address)] = sent()
    client.force_login(world.agent)
    client.post(reverse("apply:rate", args=[case.uid]), {"grade": "5"})
    assert not Rating.objects.exists()
    client.post(address, {"grade": "1", "words": "态度差"})
    assert Rating.objects.get().words == "态度差"
    assert "态度差" not in client.get(reverse("apply:my_case", args=[case.uid])).content.decode()


@pytest.mark.parametrize(
    ("state", "asked"), [("refused", 1), ("not_accepted", 1), ("withdrawn", 0), ("street_decision", 0)]
)
def test_what_was_decided_is_rated_and_nothing_else(world, state, asked):
    filed_for(world, state)
    assert len(sent()) == asked


def test_who_files_for_herself_rates_by_her_account(world):
    case = cases.make_filing(world, "filed").case
    assert sent() == []
    assert ratings.may_rate(case, world.applicant)


def test_the_leader_who_had_a_change_filed_is_asked_not_the_new_one(world):
    team = cases.filed_organization(world, leader=person_for(name="陈国强", phone="13900001111"))
    filed_for(world, "changed", kind="change", organization=team)
    assert [to for to, _address in sent()] == ["13900001111"]


def test_a_link_ends_by_time_and_opens_nothing_else(client, world):
    filing = filed_for(world, "street_decision")
    confirm = OneTimeLink.objects.get()
    perform(filing.case, "approve", by=world.leader)
    [(_to, address)] = sent()
    token = address.split("/")[-2]
    confirm.refresh_from_db()
    assert confirm.expires_at <= timezone.now()
    assert client.get(reverse("apply:confirm", args=[token])).status_code == 410
    assert token not in str(list(OneTimeLink.objects.values()))
    with time_machine.travel(timezone.now() + timedelta(days=15)):
        assert client.get(address).status_code == 410
        assert client.post(address, {"grade": "5"}).status_code == 410
    assert not Rating.objects.exists()
