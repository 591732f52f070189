from datetime import date

import pytest

from casework.models import AuditEvent
from registry.models import DistinctPair, Organization
from registry.services.organizations import create_organization
from registry.services.people import person_for
from tests.builders import make_organization

LIST = "/admin/registry/organization/"


@pytest.fixture
def team(world, officer):
    return create_organization(
        by=officer,
        name="夕阳红舞蹈队",
        tier="team",
        division=world.community,
        type=world.types["culture"],
        founded=date(2020, 1, 1),
        targets=["老年人"],
    )


def form_of(page, organization, **changes):
    """What the browser would send of the change form, with the changes typed in."""
    form = page.get(f"{LIST}{organization.pk}/change/").context["adminform"].form
    data = {name: form.get_initial_for_field(field, name) for name, field in form.fields.items()}
    data = {name: getattr(value, "pk", value) for name, value in data.items() if value is not None}
    for prefix in ("periods", "years", "flags"):
        data |= {f"{prefix}-TOTAL_FORMS": 0, f"{prefix}-INITIAL_FORMS": 0}
    return data | changes


def save(page, organization, **changes):
    return page.post(f"{LIST}{organization.pk}/change/", form_of(page, organization, **changes))


def test_a_correction_goes_through_the_service(page, officer, team):
    assert save(page, team, place="文化站").status_code == 302
    team.refresh_from_db()
    assert (team.place, team.version) == ("文化站", 2)
    event = AuditEvent.objects.about(team).first()
    assert (event.actor, event.action, event.after["place"]) == (officer.username, "edit", "文化站")


def test_a_new_standing_needs_its_day(page, team):
    answer = save(page, team, tier="group")
    assert answer.status_code == 200
    assert "effective" in answer.context["adminform"].form.errors
    assert save(page, team, tier="group", effective="2024-05-01").status_code == 302
    periods = team.periods.values_list("tier", "starts", "ends")
    assert list(periods) == [
        ("team", date(2020, 1, 1), date(2024, 5, 1)),
        ("group", date(2024, 5, 1), None),
    ]


def test_a_stale_page_is_refused(page, team):
    data = form_of(page, team, place="礼堂")
    save(page, team, place="广场")
    answer = page.post(f"{LIST}{team.pk}/change/", data)
    assert answer.status_code == 200
    assert answer.context["adminform"].form.non_field_errors()
    team.refresh_from_db()
    assert team.place == "广场"


def test_a_duplicate_is_refused_beside_the_form(page, world, team):
    make_organization(world.community, world.types["culture"], name="坪山合唱队", name_key="坪山合唱队")
    other = Organization.objects.get(name="坪山合唱队")
    answer = save(page, other, uscc="91350100M000100Y44")
    assert "uscc" in answer.context["adminform"].form.errors


def test_a_near_name_is_named_and_may_be_said_to_be_another_one(page, world, team):
    near = make_organization(world.community, world.types["culture"], name="夕阳红舞蹈二队", name_key="夕阳红歌舞队")
    answer = save(page, team, name="夕阳红歌舞队")
    assert near.name in answer.context["adminform"].form.errors["another"][0]
    assert save(page, team, name="夕阳红歌舞队", another="两支队伍，负责人不同").status_code == 302
    assert DistinctPair.objects.get().reason == "两支队伍，负责人不同"


def test_nothing_moves_out_of_the_scope(page, world, team):
    answer = save(page, team, division=world.far_community.pk, effective="2024-05-01")
    assert "division" in answer.context["adminform"].form.errors
    team.refresh_from_db()
    assert team.division == world.community


def test_an_ended_record_stands_still(page, world):
    ended = make_organization(world.community, world.types["culture"], ended=date(2023, 1, 1))
    assert page.get(f"{LIST}{ended.pk}/change/").status_code == 200
    assert page.post(f"{LIST}{ended.pk}/change/", {"name": "x"}).status_code == 403


def test_registering_has_its_own_page(page):
    assert page.get(f"{LIST}add/")["Location"] == "/organizations/add/"


def test_nothing_is_deleted_here(page, team):
    assert page.post(f"{LIST}{team.pk}/delete/", {"post": "yes"}).status_code == 403
    assert page.post(LIST, {"action": "delete_selected", "_selected_action": [team.pk]}).status_code in {302, 200}
    assert Organization.objects.filter(pk=team.pk).exists()


def test_history_tells_who_and_what(page, officer, team):
    save(page, team, place="文化站")
    text = page.get(f"{LIST}{team.pk}/history/").content.decode()
    assert officer.username in text
    assert "文化站" in text


def test_personal_numbers_are_nowhere(page, team):
    team.leader = person_for(name="王小芳", phone="13800138000", id_number="110101199003070011")
    team.save()
    page.post(f"{LIST}columns/", {"column": ["leader_name"]})
    for address in (LIST, f"{LIST}{team.pk}/change/", f"{LIST}{team.pk}/history/"):
        text = page.get(address).content.decode()
        assert "13800138000" not in text
        assert "110101199003070011" not in text
        assert "王小芳" not in text


def test_what_was_filed_does_not_change_here(page, team):
    Organization.objects.filter(pk=team.pk).update(filing_no="440310001-T-2025-0001", place="文化站")
    form = page.get(f"{LIST}{team.pk}/change/").context["adminform"].form
    assert not {"name", "filing_no", "place", "tier", "division"} & set(form.fields)
    typed = {"name": "别的队", "place": "别处", "tier": "group", "effective": "2024-05-01", "remark": "常年活动"}
    assert save(page, team, **typed).status_code == 302
    team.refresh_from_db()
    assert (team.name, team.place, team.tier, team.remark) == ("夕阳红舞蹈队", "文化站", "team", "常年活动")
