from datetime import date

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from registry.models import Sample
from registry.services import samples
from registry.services.credit import propose_credit
from registry.services.dormancy import propose_dormancy
from tests import builders, cases, worlds

pytestmark = pytest.mark.django_db


made_world, world = worlds.shared(worlds.with_people)


@pytest.fixture
def team(world):
    team = cases.filed_organization(world)
    team.founded = date(2020, 1, 1)
    team.save()
    return team


@pytest.fixture
def enter(client):
    def as_(user):
        client.force_login(user)
        client.cookies["django_language"] = "en"
        return client

    return as_


def page(client, name):
    response = client.get(reverse(f"registry:{name}"))
    assert response.status_code == 200
    return response.content.decode()


def test_who_has_not_handed_in(world, team, enter):
    with time_machine.travel("2026-04-10 10:00+08:00"):
        text = page(enter(world.officer), "reports")
        assert team.name in text
        listed = enter(world.officer).get(reverse("registry:reports"), {"kind": "revoke"})
        assert [row for row, _where, _why in listed.context["revoke"]] == [team]
        assert listed.context["page_obj"].paginator.count == 1
        assert team.name not in page(enter(world.outsider), "reports")
        half = enter(world.clerk).get(reverse("registry:reports"), {"kind": "half_year"}).content.decode()
    assert team.name in half
    assert "second half of 2025" in half


def test_silent_ones_with_what_they_rest_on(world, team, enter):
    propose_dormancy(organization=team, signs=[("told", "居民反映已散伙")], by="system")
    text = page(enter(world.officer), "silent")
    assert team.name in text
    assert "居民反映已散伙" in text
    assert team.name not in page(enter(world.outsider), "silent")


def test_the_bureau_draws_and_sees_the_draw(world, team, enter):
    client = enter(world.bureau)
    assert "Draw the sample" in page(client, "samples")
    client.post(reverse("registry:sample_draw"))
    text = page(client, "samples")
    assert team.name in text
    assert "Drawn again: the same." in text
    assert "Case being opened" in text
    assert "hx-trigger" in text
    row = samples.open_next()
    text = page(client, "samples")
    assert reverse("casework:case", args=[row.case.uid]) in text
    assert "hx-trigger" not in text
    assert "Draw the sample" not in text
    client.post(reverse("registry:sample_draw"))
    assert Sample.objects.count() == 1
    assert samples.quarter_of(date(2026, 11, 22)) == "2026Q4"
    assert enter(world.officer).post(reverse("registry:sample_draw")).status_code == 403


def test_draws_take_the_same_queries_for_one_and_two(world, team, enter):
    sample = samples.draw_sample(division=world.district, by=world.bureau)
    samples.open_next()
    client = enter(world.bureau)
    page(client, "samples")
    with CaptureQueriesContext(connection) as one:
        page(client, "samples")
    drawn = list(sample.drawn.all())
    sample.pk, sample.period = None, "2020Q1"
    sample.save()
    for row in drawn:
        row.pk, row.sample = None, sample
        row.save()
    with CaptureQueriesContext(connection) as two:
        assert page(client, "samples").count(team.name) == 2
    assert len(two) <= len(one) + 1


def test_a_street_is_no_place_to_draw_at(world, team, enter):
    user = builders.make_user("bureau_officer", world.street)
    response = enter(user).post(reverse("registry:sample_draw"), follow=True)
    assert "district" in response.content.decode()
    assert not Sample.objects.exists()


def test_an_entry_goes_on_from_the_list(world, team, enter):
    event = propose_credit(organization=team, kind="watch", grounds="未作年度确认", by=world.bureau)
    client = enter(world.bureau)
    assert "Tell the organization" in page(client, "credit")
    client.post(reverse("registry:credit_step", args=[event.uid, "tell"]))
    event.refresh_from_db()
    assert event.state == "told"
    text = page(client, "credit")
    form = text[text.index(reverse("registry:credit_step", args=[event.uid, "list"])) :]
    assert form[form.index("<button") :].startswith('<button type="submit" disabled hidden>')
    response = client.post(reverse("registry:credit_step", args=[event.uid, "list"]), {"text": "9号"}, follow=True)
    assert "may be heard" in response.content.decode()
    client.post(reverse("registry:credit_step", args=[event.uid, "drop"]), {"text": "已补报"})
    event.refresh_from_db()
    assert (event.state, event.reason) == ("dropped", "已补报")
    assert client.post(reverse("registry:credit_step", args=[event.uid, "burn"])).status_code == 404
    assert "Tell the organization" not in page(enter(world.officer), "credit")


def test_contacts_and_proposals_from_the_record(world, team, enter):
    client = enter(world.bureau)
    given = {"on": "2026-01-05", "way": "phone", "reached": "no", "note": "无人接听"}
    client.post(reverse("registry:organization_contact", args=[team.uid]), given)
    assert team.contacts.get().reached is False
    given = {"kind": "watch", "grounds": "未作年度确认"}
    client.post(reverse("registry:organization_credit", args=[team.uid]), given)
    assert team.credit_events.get().state == "proposed"
    refused = client.post(
        reverse("registry:organization_credit", args=[team.uid]), {"kind": "serious", "grounds": "某事"}
    )
    assert refused.status_code == 200
    text = client.get(reverse("registry:organization", args=[team.uid])).content.decode()
    assert "无人接听" in text
    assert "Watch list" in text
    assert "Contact written down" in text


def test_an_order_names_its_items_on_the_page_of_the_case(world, team, enter):
    with time_machine.travel("2026-03-02 10:00+08:00"):
        case = cases.make_filing(world, "street_review", kind="annual", organization=team).case
        client = enter(world.officer)
        text = client.get(reverse("casework:case", args=[case.uid])).content.decode()
        assert text.count("data-return>") == 2
        given = {"step": "order", "note": "人数不符", "version": case.version, "item_members": "on"}
        given["reason_members"] = "与名册不符"
        client.post(reverse("casework:step", args=[case.uid]), given)
    case.refresh_from_db()
    assert case.state == "correcting"
    assert case.items.get().anchor == "members"
