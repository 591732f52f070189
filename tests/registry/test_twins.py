"""Whether somebody named is somebody known: told apart by an officer, once, and one person stays one."""

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from casework.models import AuditEvent
from casework.workflow import perform
from registry.models import Membership, Person
from registry.services import filing_checks, filing_people
from registry.services.filings import save_draft
from registry.services.organizations import edit_organization
from registry.services.people import person_for, sealed_fields
from tests import builders, cases, worlds

pytestmark = pytest.mark.django_db
ID = "11010519491231002X"


made_world, world = worlds.shared(worlds.with_people)


@pytest.fixture
def known(world):
    """Somebody of the leader's ID number, written another way, who leads a team."""
    person = Person.objects.create(**sealed_fields(name="林秀瑛", id_number=ID))
    builders.make_organization(world.second_community, world.types["culture"], name="坪环社区秧歌队", leader=person)
    return person


def leader_of(filing):
    return filing.people.get(role="leader")


def test_the_officer_sees_both_side_by_side_and_decides(client, world, known):
    builders.make_organization(world.other_community, world.types["culture"], name="碧岭社区腰鼓队", leader=known)
    filing = cases.make_filing(world, "street_decision")
    entry = leader_of(filing)
    client.force_login(world.leader)
    address = reverse("casework:case", args=[filing.case.uid])
    page = client.get(address).content.decode()
    assert f"person_{entry.uid}" in page
    assert "林秀瑛" in page
    assert "坪环社区秧歌队" in page
    assert "碧岭社区腰鼓队" not in page, "only that there is one in another place"
    assert "110***********002X" in page
    assert ID not in page
    given = {"step": "approve", "version": filing.case.version, "note": "同意"}
    step = reverse("casework:step", args=[filing.case.uid])
    assert client.post(step, given).status_code == 422
    assert client.post(step, given | {f"person_{entry.uid}": "same"}).status_code == 302
    filing.refresh_from_db()
    assert filing.organization.leader == known
    assert filing_people.clear(leader_of(filing), "phone") == "13812345678"
    event = AuditEvent.objects.get(action="match_person")
    assert (event.actor, event.after["verdict"]) == (world.leader.username, "same")


@pytest.mark.parametrize(("most", "ok"), [(3, True), (1, None)])
def test_what_else_the_leader_leads_is_said(world, most, ok):
    cases.make_policy("filing.leads_most", most, world.district)
    filing = cases.make_filing(world, "street_review")
    person = Person.objects.create(**sealed_fields(name=leader_of(filing).name, id_number=ID))
    assert filing_checks.leads(filing.case, world.officer) == []
    builders.make_organization(world.second_community, world.types["culture"], name="坪环社区秧歌队", leader=person)
    [line] = filing_checks.leads(filing.case, world.officer)
    assert (line.ok, line.detail) == (ok, "坪环社区秧歌队")


def test_a_refused_step_keeps_what_was_marked_and_typed(client, world, known):
    """Also over what another office said before; a note that was typed comes back with the mark."""
    filing = cases.make_filing(world, "committee_check")
    entry = leader_of(filing)
    perform(filing.case, "agree", by=world.clerk, data={"people": {str(entry.uid): "new"}})
    filing.case.refresh_from_db()
    client.force_login(world.officer)
    step = reverse("casework:step", args=[filing.case.uid])
    given = {"version": filing.case.version, f"person_{entry.uid}": "same", "note": "已电话核实，系同一人"}
    for wrong, status in (({"step": "return"}, 422), ({"step": "propose", "version": 1}, 409)):
        answer = client.post(step, given | wrong)
        assert answer.status_code == status
        text = answer.content.decode()
        assert f'name="person_{entry.uid}" value="same" checked' in text
        assert f'name="person_{entry.uid}" value="new" checked' not in text
        assert "已电话核实，系同一人</textarea>" in text


def test_two_people_stay_two_when_the_officer_says_so(world, known):
    filing = cases.make_filing(world, "street_decision")
    perform(filing.case, "approve", by=world.leader, data={"people": {str(leader_of(filing).uid): "new"}})
    filing.refresh_from_db()
    assert filing.organization.leader != known
    assert Person.objects.filter(id_hash=known.id_hash).count() == 2


def test_what_one_office_said_holds_for_the_next_and_a_party_says_nothing(client, world, known):
    filing = cases.make_draft(world)
    word = {"people": {str(leader_of(filing).uid): "same"}}
    case = perform(filing.case, "submit", by=world.applicant, data=word)
    assert case.steps.get().data == {}
    case = perform(case, "agree", by=world.clerk, data=word)
    client.force_login(world.officer)
    page = client.get(reverse("casework:case", args=[case.uid])).content.decode()
    assert "checked" in page
    case = perform(perform(case, "propose", by=world.officer), "approve", by=world.leader)
    filing.refresh_from_db()
    assert filing.organization.leader == known


def test_other_systems_decide_as_well_and_the_applicant_is_not_shown_who_is_known(client, world, known):
    filing = cases.make_filing(world, "street_decision")
    address = f"/api/v1/cases/{filing.case.uid}/"
    client.force_login(world.applicant)
    assert "林秀瑛" not in client.get(address).content.decode()
    assert "林秀瑛" not in client.get(reverse("casework:case", args=[filing.case.uid]), follow=True).content.decode()
    client.force_login(world.leader)
    [twin] = [row["twin"] for row in client.get(address).json()["checks"] if row["twin"]]
    assert (twin["uid"], twin["word"]) == (str(leader_of(filing).uid), "")
    assert [row["agree"] for row in twin["rows"]] == [False, None, True, None]
    body = {"step": "approve", "version": filing.case.version, "people": [{"uid": twin["uid"], "said": "same"}]}
    answer = client.post(f"{address}steps/", body, content_type="application/json")
    assert answer.status_code == 200, answer.content
    filing.refresh_from_db()
    assert filing.organization.leader == known


def test_a_change_of_leader_waits_for_the_word_too(world, known):
    filing = cases.make_filing(world, "street_decision", kind="change")
    with pytest.raises(ValidationError) as refused:
        perform(filing.case, "approve", by=world.leader)
    assert refused.value.code == "doubtful"
    perform(filing.case, "approve", by=world.leader, data={"people": {str(leader_of(filing).uid): "same"}})
    filing.organization.refresh_from_db()
    assert filing.organization.leader == known


def test_a_correction_waits_for_the_word_too(world, known):
    filing = cases.make_filing(world, "street_decision", kind="correction", values={"leader": [cases.LEADER]})
    with pytest.raises(ValidationError):
        perform(filing.case, "approve", by=world.leader)


def test_who_leads_two_teams_handed_in_together_is_one_person(world):
    first = cases.make_filing(world, "street_decision")
    second = cases.make_filing(world, "street_decision", values={"name": "六联社区剪纸社"})
    for filing in (first, second):
        perform(filing.case, "approve", by=world.leader)
        filing.refresh_from_db()
    assert first.organization.leader == second.organization.leader
    assert Person.objects.filter(name="林秀英").count() == 1


def test_who_leads_founds_and_joins_is_one_person_and_two_of_one_name_are_two(world):
    roster = [{"name": "林秀英"}, {"name": "林秀英", "phone": "13900000000"}, {"name": "赵芳"}]
    filing = cases.make_filing(world, "filed", values={"roster": roster})
    rows = Membership.objects.filter(organization=filing.organization, person=filing.organization.leader)
    assert set(rows.values_list("role", flat=True)) == {"leader", "founder", "member"}
    assert Person.objects.filter(name="林秀英").count() == 2


def test_a_leaders_new_phone_is_the_same_person(world):
    person = person_for(name="王小明", phone="13812345678", id_number=ID)
    team = cases.filed_organization(world, leader=person)
    for phone, version in (("13900000002", 1), ("13900000003", 2)):
        team = edit_organization(
            organization=team, version=version, by="system", leader={"name": "王小明", "phone": phone}
        )
        assert team.version == version + 1
    assert team.leader == person
    assert Person.objects.count() == 1
    assert person_for(name="王小明", phone="13700000000", id_number=ID) == person


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_two_of_one_name_keep_their_own_numbers(world, order):
    people = [{"name": "王芳", "phone": "13812345678"}, {"name": "王芳", "phone": "13898765432"}]
    filing = cases.make_draft(world, values={"roster": people})
    rows = list(filing.people.filter(role="member").order_by("position"))
    again = [{"name": rows[n].name, "phone": filing_people.shown(rows[n], "phone")} for n in order]
    save_draft(filing=filing, version=filing.case.version, by=world.applicant, values={"roster": again})
    rows = filing.people.filter(role="member").order_by("position")
    assert [filing_people.clear(row, "phone") for row in rows] == [people[n]["phone"] for n in order]


def test_a_blank_second_one_gets_nobody_elses_number(world):
    filing = cases.make_draft(world, values={"roster": [{"name": "王芳", "phone": "13812345678"}]})
    again = [{"name": "王芳", "phone": ""}, {"name": "王芳", "phone": "138****5678"}]
    save_draft(filing=filing, version=filing.case.version, by=world.applicant, values={"roster": again})
    rows = filing.people.filter(role="member").order_by("position")
    assert [filing_people.clear(row, "phone") for row in rows] == ["", "13812345678"]
