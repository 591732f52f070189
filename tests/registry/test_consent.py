import re
from datetime import timedelta

import pytest
import time_machine
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from casework.models import Case, Delivery, Notice, OneTimeLink
from casework.notices import sealed_message
from casework.services import corrections, links
from casework.services.reach import choose
from casework.workflow import perform
from registry.services import consent, typos
from registry.services.filings import save_draft
from registry.services.organizations import edit_organization
from registry.services.people import person_for
from tests import builders, cases

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    world = cases.make_people(builders.make_world())
    world.agent = builders.make_user("clerk", world.community)
    return world


@pytest.fixture
def filing(world):
    """Filed by a clerk for a leader without an account, at the street's decision."""
    return cases.make_filing(world, "street_decision", by=world.agent, applicant="林秀英")


def sent():
    texts = [sealed_message(row) for row in Delivery.objects.exclude(sealed="")]
    return [re.search(r"/confirm/([^/]+)/", text)[1] for to, text in texts if "/confirm/" in text]


def decide(filing, world):
    return perform(filing.case, "approve", by=world.leader)


def test_nothing_is_decided_before_the_leader_confirmed(client, world, filing):
    with pytest.raises(ValidationError) as refusal:
        decide(filing, world)
    assert refusal.value.code == "unconfirmed"
    [token] = sent()
    page = client.get(reverse("apply:confirm", args=[token]))
    form = page.content.decode().partition('<form class="card card-body stack"')[2]
    assert form[form.index("<button") :].startswith('<button type="submit" disabled hidden>')
    assert "六联社区晨光合唱队" in page.content.decode()
    assert "13812345678" not in page.content.decode()
    assert not filing.case.parties.exclude(confirmed_at=None).exists()
    assert client.post(reverse("apply:confirm", args=[token]), {"answer": "yes"}).status_code == 200
    assert decide(filing, world).state == "filed"
    assert client.get(reverse("apply:confirm", args=[token])).status_code == 410
    assert client.post(reverse("apply:confirm", args=[token]), {"answer": "no"}).status_code == 410


def test_a_link_leads_to_the_portal_wherever_it_is(settings):
    settings.PUBLIC_ADDRESS = "https://portal.example.gov.cn/"
    assert links.address("apply:confirm", "t") == "https://portal.example.gov.cn/confirm/t/"
    settings.PUBLIC_ADDRESS, settings.PORT = "", 8123
    assert links.address("apply:confirm", "t") == "http://localhost:8123/confirm/t/"


def test_the_link_of_a_case_that_ended_is_gone(client, world, filing):
    [token] = sent()
    link = links.find(token)
    perform(filing.case, "withdraw", by=world.agent)
    assert client.get(reverse("apply:confirm", args=[token])).status_code == 410
    with pytest.raises(ValidationError):
        links.answer(link=link, yes=True)


def test_an_objection_stops_the_decision_and_tells_the_clerk(client, world, filing):
    [token] = sent()
    address = reverse("apply:confirm", args=[token])
    assert client.post(address, {"answer": "no"}).status_code == 422
    assert client.post(address, {"answer": "no", "words": "我没有同意"}).status_code == 200
    with pytest.raises(ValidationError, match="我没有同意"):
        decide(filing, world)
    assert Notice.objects.filter(user=world.agent, code="not_confirmed").count() == 1


def test_a_signed_paper_stands_for_the_link(client, world):
    filing = cases.make_draft(world, by=world.agent, applicant="林秀英")
    client.force_login(world.agent)
    address = reverse("apply:paper", args=[filing.case.uid, "consent"])
    client.post(address, {"file": SimpleUploadedFile("同意书.pdf", b"%PDF-1.4\n%%EOF\n")})
    assert filing.case.attachments.get(slot="consent").personal
    for row in cases.road(filing.case, "filed"):
        cases.walk(filing, row, world)
    assert filing.case.state == "filed"


def test_the_signed_paper_may_follow_while_an_office_has_the_case(client, world, filing):
    client.force_login(world.agent)
    address = reverse("apply:paper", args=[filing.case.uid, "consent"])
    assert address in client.get(reverse("apply:my_case", args=[filing.case.uid])).content.decode()
    client.post(address, {"file": SimpleUploadedFile("同意书.pdf", b"%PDF-1.4\n%%EOF\n")})
    assert [line.ok for line in consent.checks(filing.case)] == [True]
    other = reverse("apply:paper", args=[filing.case.uid, "charter"])
    assert client.post(other, {"file": SimpleUploadedFile("章程.pdf", b"%PDF-1.4\n%%EOF\n")}).status_code == 404
    assert decide(filing, world).state == "filed"
    client.post(address, {"file": SimpleUploadedFile("又一份.pdf", b"%PDF-1.4 2\n%%EOF\n")})
    assert filing.case.attachments.filter(slot="consent").count() == 1


def test_an_objection_outweighs_an_older_paper(world):
    filing = cases.make_draft(world, by=world.agent, applicant="林秀英")
    cases.hand_in(filing.case, "consent", by=world.agent)
    for row in cases.road(filing.case, "street_decision"):
        cases.walk(filing, row, world)
    [token] = sent()
    links.answer(link=links.find(token), yes=False, words="不是我签的")
    with pytest.raises(ValidationError):
        consent.require_confirmed(filing.case)
    signed = SimpleUploadedFile("新同意书.pdf", b"%PDF-1.4 later\n%%EOF\n")
    consent.hand_in(case=Case.objects.get(), upload=signed, by=world.agent)
    consent.require_confirmed(Case.objects.get())


def test_whoever_has_no_mobile_number_signs_on_paper(world):
    values = {"leader": [{**cases.LEADER, "phone": "0755-84622222"}]}
    filing = cases.make_filing(world, "committee_check", by=world.agent, applicant="林秀英", values=values)
    case = filing.case
    assert sent() == []
    assert [(line.ok, line.button) for line in consent.checks(case)] == [(None, None)]
    with pytest.raises(ValidationError):
        consent.ask_again(case=case, by=world.agent)
    with pytest.raises(PermissionDenied):
        consent.ask_again(case=case, by=world.outsider)


def test_the_link_is_sent_again_by_officers_and_the_agent(client, world, filing):
    [first] = sent()
    address = reverse("apply:ask_again", args=[filing.case.uid])
    [line] = consent.checks(filing.case)
    assert (line.ok, line.button[1]) == (None, address)
    assert "138****5678" in line.detail
    for user in (world.leader, world.agent):
        client.force_login(user)
        assert client.post(address).status_code == 302
    client.post(address)
    client.force_login(world.outsider)
    assert client.post(address).status_code == 404
    assert links.find(first) is None
    *_old, last = sent()
    assert OneTimeLink.objects.count() == 3
    links.answer(link=links.find(last), yes=True)
    with pytest.raises(ValidationError):
        consent.ask_again(case=Case.objects.get(), by=world.agent)
    [line] = consent.checks(Case.objects.get())
    assert line.ok
    assert "138****5678" in line.label


def test_a_number_that_may_not_be_the_leaders_is_pointed_out(world, filing):
    choose(user=world.agent, email=True, sms=True, daily=False, phone="13812345678", by=world.agent)
    assert [line.ok for line in consent.checks(Case.objects.get())] == [None, None]
    team = cases.filed_organization(world, leader=person_for(name="陈国强", phone="13900001111"))
    named = {"by": world.agent, "applicant": "陈国强", "organization": team}
    filing = cases.make_filing(world, "committee_check", kind="cancel", **named)
    assert len(consent.checks(filing.case)) == 1
    given = {"name": "陈国强", "phone": "13900002222"}
    edit_organization(organization=team, version=team.version, by=world.agent, leader=given, note="换号")
    assert [line.ok for line in consent.checks(Case.objects.get(pk=filing.case.pk))] == [None, None]


def test_who_has_no_account_hears_of_a_typo_put_right_and_of_the_decision_with_the_link_to_rate(world, filing):
    [token] = sent()
    links.answer(link=links.find(token), yes=True)
    right = {"key": "purpose", "text": "组织居民排练合唱。", "reason": "笔误"}
    typos.put_right(case=filing.case, version=filing.case.version, by=world.leader, **right)
    told = texts("13812345678")
    assert "→ 组织居民排练合唱。" in told[-1]
    decide(filing, world)
    [text] = [text for text in texts("13812345678") if text not in told]
    assert "/rate/" in text


def texts(phone):
    return [text for to, text in map(sealed_message, Delivery.objects.exclude(sealed="").order_by("id")) if to == phone]


def test_a_bureau_may_do_without(world, filing):
    cases.make_policy("filing.confirm_agent", False)
    assert consent.checks(Case.objects.get()) == []
    assert decide(filing, world).state == "filed"


def test_links_end_by_time_and_by_a_newer_one(world, filing):
    party = consent.applicant_of(filing.case)
    [first] = sent()
    second = links.send(purpose="confirm", party=party, phone="13812345678", page="apply:confirm")
    assert links.find(first) is None
    link = links.find(second)
    with time_machine.travel(timezone.now() + timedelta(days=15)):
        assert links.find(second) is None
        with pytest.raises(ValidationError):
            links.answer(link=link, yes=True)
    assert OneTimeLink.objects.count() == 2
    assert first not in str(list(OneTimeLink.objects.values()))


def test_who_files_for_herself_confirms_nothing(world):
    filing = cases.make_filing(world, "filed")
    assert consent.applicant_of(filing.case) is None
    assert sent() == []


def test_guessing_links_is_slowed_down(client, world, filing):
    for number in range(25):
        assert client.get(reverse("apply:confirm", args=[f"guess-{number}"])).status_code == 410
    [token] = sent()
    assert client.get(reverse("apply:confirm", args=[token])).status_code == 410


@pytest.mark.parametrize("kind", ["cancel", "transfer", "annual"])
def test_what_a_clerk_files_about_a_team_its_leader_confirms(world, kind):
    leader = person_for(name="陈国强", phone="13900001111")
    team = cases.filed_organization(world, leader=leader)
    filing = cases.make_draft(world, kind, by=world.agent, applicant="陈国强", organization=team)
    state = {"transfer": "street_decision", "cancel": "street_decision", "annual": "street_review"}[kind]
    for row in cases.road(filing.case, state):
        cases.walk(filing, row, world)
    by = world.officer if kind == "annual" else world.leader
    with pytest.raises(ValidationError) as refusal:
        perform(filing.case, "approve", by=by)
    assert refusal.value.code == "unconfirmed"
    [token] = sent()
    links.answer(link=links.find(token), yes=True)
    assert perform(filing.case, "approve", by=by).outcome == "approved"


def test_the_present_leader_is_asked_about_a_new_one(world):
    team = cases.filed_organization(world, leader=person_for(name="陈国强", phone="13900001111"))
    cases.make_filing(world, "committee_check", kind="change", by=world.agent, applicant="陈国强", organization=team)
    [to] = [to for to, text in map(sealed_message, Delivery.objects.exclude(sealed="")) if "/confirm/" in text]
    assert to == "13900001111"


def test_a_yes_is_about_what_was_handed_in_then(world):
    filing = cases.make_filing(world, "committee_check", by=world.agent, applicant="林秀英")
    [token] = sent()
    links.answer(link=links.find(token), yes=True)
    items = [{"anchor": "place", "reason": "地址不详"}]
    case = perform(filing.case, "return", by=world.clerk, data={"items": items})
    case = save_draft(filing=filing, version=case.version, by=world.agent, values={"place": "别处"})
    corrections.answer_item(item=case.items.get(), by=world.agent, answer="已改")
    perform(case, "submit", by=world.agent)
    assert consent.applicant_of(filing.case).confirmed_at is None
    assert len(sent()) == 2
