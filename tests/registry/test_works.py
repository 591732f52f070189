"""Needs, service projects and base figures entered one at a time: place, right, stale pages, figures marked."""

from datetime import date

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from casework.models import AuditEvent
from registry.models import DivisionYear, Need, Project, RollupMark
from registry.services.works import digest, save_need, save_project
from tests.builders import make_division_year, make_organization, make_user
from tests.worlds import shared, with_people

made_world, world = shared(with_people)
YEAR = timezone.localdate().year


def signed_in(user):
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def clerk(world):
    return world.clerk


def asked(place, **values):
    return {
        "content": "舞蹈场地",
        "division": place.pk,
        "raised": "2024-03-01",
        "state": "open",
        "people": "约30人",
        **values,
    }


def need_at(place, **values):
    return Need.objects.create(division=place, content="舞蹈场地", **values)


def test_a_clerk_enters_a_need_of_her_community(world, clerk):
    page = signed_in(clerk)
    form = page.get(reverse("registry:need_add")).context["form"]
    assert (form["division"].value(), form["raised"].value()) == (world.community.pk, timezone.localdate().isoformat())
    answer = page.post(reverse("registry:need_add"), asked(world.community, people="30", number="X-1"))
    assert answer.status_code == 302
    need = Need.objects.get()
    assert (need.division, need.people, need.raised) == (world.community, 30, date(2024, 3, 1))
    event = AuditEvent.objects.get(action="need.create")
    assert (event.actor, event.before, event.after["content"]) == (clerk.username, None, "舞蹈场地")
    assert RollupMark.objects.filter(division=world.community).exists()
    shown = page.get(reverse("registry:needs")).content.decode()
    assert reverse("registry:need_edit", args=[need.pk]) in shown
    again = page.post(reverse("registry:need_add"), asked(world.community, number="X-1", people="1"))
    assert "number" in again.context["form"].errors


def test_another_community_is_not_offered_and_its_needs_are_not_there(world, clerk):
    other = need_at(world.other_community)
    page = signed_in(clerk)
    refused = page.post(reverse("registry:need_add"), asked(world.other_community, people="1"))
    assert "division" in refused.context["form"].errors
    for pk in (other.pk, 0):
        assert page.get(reverse("registry:need_edit", args=[pk])).status_code == 404
        assert page.post(reverse("registry:need_edit", args=[pk]), asked(world.community)).status_code == 404
    with pytest.raises(PermissionDenied):
        save_need(need=other, by=clerk, content="x")
    with pytest.raises(PermissionDenied):
        save_need(need=need_at(world.community), by=clerk, division=world.other_community)


def test_a_page_opened_before_somebody_else_saved_saves_nothing(world, clerk):
    need = need_at(world.community)
    page, address = signed_in(clerk), reverse("registry:need_edit", args=[need.pk])
    seen = page.get(address).context["form"]["seen"].value()
    Need.objects.update(state="matched")
    stale = page.post(address, asked(world.community, people="1", seen=seen))
    assert stale.context["form"].non_field_errors()
    need.refresh_from_db()
    assert (need.state, need.people) == ("matched", None)
    assert page.post(address, asked(world.community, people="1", seen=digest(need))).status_code == 302
    need.refresh_from_db()
    save_need(need=need, by=clerk, people=1)
    assert AuditEvent.objects.about(need).count() == 1, "nothing changed, nothing to tell"


def test_a_project_finds_its_organization_by_name(world, clerk):
    team = make_organization(world.community, world.types["culture"], name="向阳合唱团")
    values = {"division": world.community, "name": "助老", "organization_name": "向阳合唱团"}
    assert save_project(by=clerk, **values).organization == team
    assert save_project(by=clerk, **values | {"organization_name": "没有的队"}).organization is None
    with pytest.raises(ValidationError) as refused:
        save_project(by=clerk, **values, starts=date(2024, 2, 1), ends=date(2024, 1, 31))
    assert "ends" in refused.value.message_dict
    assert Project.objects.count() == 2
    page = signed_in(clerk)
    assert len(page.get(reverse("registry:projects"), {"q": "助老"}).context["page_obj"]) == 2
    assert len(page.get(reverse("registry:projects"), {"q": "助残"}).context["page_obj"]) == 0


def test_a_street_officer_corrects_one_figure_of_one_community(world):
    make_division_year(world.community, YEAR - 1, population=5000, households=1000)
    page = signed_in(make_user("street_officer", world.street))
    address = reverse("registry:base_figures_edit", args=[world.community.pk, YEAR])
    form = page.get(address).context["form"]
    assert "5000" in form.fields["population"].help_text
    answer = page.post(address, {"population": "5100", "households": "9000", "has_station": "yes"}, follow=True)
    row = world.community.years.get(year=YEAR)
    assert (row.population, row.has_station, row.elderly) == (5100, True, None)
    assert len(answer.context["messages"]) > 1, "more households than people is said"
    line = next(line for line in answer.context["lines"] if line["division"] == world.community)
    assert line["own"]
    stale = page.post(address, {"population": "1", "seen_version": ""})
    assert stale.context["form"].non_field_errors(), "a page opened when there was nothing writes over nothing"
    assert page.post(address, {"population": "5200", "seen_version": row.version}).status_code == 302


def test_who_reported_is_counted_and_older_figures_are_named(world):
    make_division_year(world.community, YEAR, population=5000)
    make_division_year(world.second_community, YEAR - 2, population=4000)
    page = signed_in(make_user("street_officer", world.street)).get(reverse("registry:base_figures"), {"year": YEAR})
    assert page.context["counts"]["reported"] == 1
    lines = {line["division"]: line for line in page.context["lines"]}
    assert lines[world.second_community]["from"] == YEAR - 2
    assert lines[world.street]["figures"] is None
    assert set(lines) == {world.street, world.community, world.second_community}


def test_figures_of_another_street_or_another_time_are_not_there(world):
    page = signed_in(make_user("street_officer", world.street))
    for place, year in ((world.other_community, YEAR), (world.community, YEAR + 1), (world.district, YEAR)):
        address = reverse("registry:base_figures_edit", args=[place.pk, year])
        assert page.get(address).status_code == 404
        assert page.post(address, {"population": "1"}).status_code == 404
    assert not DivisionYear.objects.exists()
    viewer = signed_in(make_user("viewer", world.community))
    assert viewer.get(reverse("registry:base_figures_edit", args=[world.community.pk, YEAR])).status_code == 403


def test_the_lists_ask_the_same_for_one_row_and_for_many(world, clerk):
    def queries(address):
        with CaptureQueriesContext(connection) as asked_for:
            assert page.get(address).status_code == 200
        return len(asked_for)

    page = signed_in(make_user("street_officer", world.street))
    addresses = [reverse(f"registry:{name}") for name in ("needs", "projects", "base_figures")]
    need_at(world.community)
    save_project(by=clerk, division=world.community, name="一")
    for address in addresses:
        page.get(address)
    before = [queries(address) for address in addresses]
    for number in range(5):
        need_at(world.second_community, number=f"X-{number}")
        save_project(by=clerk, division=world.community, name=f"助老{number}")
        make_division_year(world.community, YEAR - number, population=1)
    assert [queries(address) for address in addresses] == before
