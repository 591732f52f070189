"""Drafts of filings: kept as typed, read with their errors, people matched with those known."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from casework.workflow import StaleCaseError, perform
from registry.models import FilingPerson, Person
from registry.services import filing_people, phone_sign_in
from registry.services.filing_checks import papers
from registry.services.filings import conditions, missing_papers, open_filing, read, save_draft, write
from registry.services.people import sealed_fields
from tests import cases, worlds

pytestmark = pytest.mark.django_db


UNITS = [{"name": "六联物业公司", "unit": True}, {"name": "坪环幼儿园", "unit": True}]
CHILD = cases.LEADER | {"id_number": "110105201512310023"}
WHOLE = {"leader": [cases.LEADER], "founders": cases.FOUNDERS, "place": "六联社区文化活动室"}


made_world, world = worlds.shared(worlds.with_people)


def draft(world, **values):
    filing = open_filing(kind="filing", by=world.applicant, division=world.community)
    filing.case = save_draft(filing=filing, version=filing.case.version, by=world.applicant, values=values)
    filing.refresh_from_db(fields=["data"])
    return filing


def known(name="林秀英", **numbers):
    return Person.objects.create(**sealed_fields(name=name, **numbers))


def test_nothing_typed_is_lost_however_wrong(world):
    filing = draft(world, name="x" * 300, members="很多", type="nonsense", community="99999999999999999999")
    values, errors = read(filing)
    assert filing.data["members"] == "很多"
    assert {"name", "members", "type", "community", "purpose", "leader", "founders"} <= set(errors)
    assert "members" not in values


@pytest.mark.parametrize(
    ("key", "raw", "value"),
    [
        ("members", "约３０人", 30),
        ("name", "  六联社区 合唱队 ", "六联社区 合唱队"),
        ("activities", "12次", 12),
        ("place", "", None),
        ("targets", ["残疾人", "老年人"], ["老年人", "残疾人"]),
    ],
)
def test_what_people_type_is_read(world, key, raw, value):
    assert read(draft(world, **{key: raw}))[0][key] == value


@pytest.mark.parametrize("place", ["far_community", "district"])
def test_a_community_of_another_district_is_refused(world, place):
    filing = draft(world, community=str(getattr(world, place).pk))
    assert "community" in read(filing)[1]
    assert filing.case.division == world.community


def test_the_case_follows_the_name_and_the_community(world):
    filing = draft(world, name="坪环社区舞蹈队", community=str(world.second_community.pk))
    assert (filing.case.title, filing.case.division) == ("坪环社区舞蹈队", world.second_community)
    assert filing.case.division_path == world.second_community.path


def test_a_stale_tab_is_told_and_stores_nothing(world):
    filing = draft(world, name="一")
    save_draft(filing=filing, version=filing.case.version, by=world.applicant, values={"name": "二"})
    with pytest.raises(StaleCaseError):
        save_draft(filing=filing, version=filing.case.version, by=world.applicant, values={"name": "三"})
    filing.refresh_from_db()
    assert filing.data["name"] == "二"


def test_only_a_party_edits_and_only_while_it_has_the_case(world):
    filing = draft(world, name="一")
    with pytest.raises(PermissionDenied):
        save_draft(filing=filing, version=filing.case.version, by=world.officer, values={"name": "二"})
    submitted = cases.make_filing(world, "committee_check")
    with pytest.raises(ValidationError):
        save_draft(filing=submitted, version=submitted.case.version, by=world.applicant, values={"name": "二"})


def test_an_unknown_field_is_refused(world):
    with pytest.raises(ValidationError):
        draft(world, is_superuser="1")


@pytest.mark.parametrize(
    ("values", "unmet"),
    [
        ({}, {"age", "founders", "members", "venue", "activities"}),
        ({**WHOLE, "members": "10", "activities": "4"}, set()),
        ({**WHOLE, "members": "10", "activities": "4", "name": "六联社区棋类协会"}, {"name"}),
        ({**WHOLE, "members": "9", "founders": cases.FOUNDERS[:2]}, {"founders", "members", "activities"}),
        ({**WHOLE, "members": "10", "founders": UNITS}, {"activities"}),
        ({**WHOLE, "members": "10", "founders": [*cases.FOUNDERS[:2], UNITS[0]]}, {"founders", "activities"}),
        ({**WHOLE, "members": "10", "leader": [CHILD], "place": ""}, {"age", "venue", "activities"}),
        ({**WHOLE, "body_type": "service", "members": "2", "founders": cases.FOUNDERS[:2]}, {"activities"}),
        ({**WHOLE, "body_type": "service", "members": "2", "founders": UNITS}, {"founders", "activities"}),
    ],
)
def test_conditions_are_checked_while_typing(world, values, unmet):
    filing = draft(world, **values)
    found = {row["code"] for row in conditions(filing) if not row["met"]}
    assert found == unmet


def test_no_registered_words_mark_no_name(world):
    cases.make_policy("filing.registered_words", "", world.district)
    [name] = [row for row in conditions(draft(world, **WHOLE)) if row["code"] == "name"]
    assert name["met"]


def test_a_condition_is_the_policys_number_of_the_day_the_case_was_opened(world):
    cases.make_policy("filing.members_min", 20, world.district)
    filing = cases.make_draft(world)
    with pytest.raises(ValidationError) as refused:
        perform(filing.case, "submit", by=world.applicant)
    assert "20" in str(refused.value.message_dict["members"])


def test_everything_missing_is_said_at_once(world):
    filing = open_filing(kind="filing", by=world.applicant, division=world.community)
    with pytest.raises(ValidationError) as refused:
        perform(filing.case, "submit", by=world.applicant)
    assert {"name", "community", "type", "leader", "founders", "charter", "members"} <= set(refused.value.message_dict)


@pytest.mark.parametrize(
    ("row", "wrong"),
    [
        ({"name": "", "phone": "13812345678", "id_number": "11010519491231002X"}, 1),
        ({"name": "林秀英", "phone": "", "id_number": ""}, 2),
        ({"name": "林秀英", "phone": "123", "id_number": "110105194912310021"}, 2),
        ({"name": "𬱖秀英", "phone": "１３８１２３４５６７８", "id_number": "11010519491231002x"}, 0),
    ],
)
def test_a_leader_needs_name_phone_and_id_number(world, row, wrong):
    filing = draft(world, leader=[row])
    assert len(read(filing)[1].get("leader", [])) == wrong


def test_people_stand_sealed_and_a_mask_keeps_the_number(world):
    filing = draft(world, leader=[cases.LEADER])
    entry = filing.people.get(role="leader")
    assert "13812345678" not in entry.phone_sealed
    shown = {"name": "林秀英", "phone": filing_people.shown(entry, "phone"), "id_number": ""}
    save_draft(filing=filing, version=filing.case.version, by=world.applicant, values={"leader": [shown]})
    again = filing.people.get(role="leader")
    assert filing_people.clear(again, "phone") == "13812345678"
    assert filing_people.clear(again, "id_number") == "11010519491231002X"


def test_founders_are_named_once_and_not_in_hundreds(world):
    twice = draft(world, founders=[{"name": "陈国强"}, {"name": "陈国强"}, {"name": " "}])
    assert "founders" in read(twice)[1]
    with pytest.raises(ValidationError):
        draft(world, founders=[{"name": f"人{n}"} for n in range(21)])


@pytest.mark.parametrize(
    ("stored", "verdict"),
    [
        ({"name": "林秀英", "id_number": "11010519491231002X"}, "same"),
        ({"name": "林秀瑛", "id_number": "11010519491231002X"}, "doubtful"),
        ({"name": "林秀英", "phone": "13812345678"}, "same"),
        ({"name": "林秀英", "phone": "13812345678", "id_number": "440307196501011234"}, "doubtful"),
        ({"name": "林秀英", "phone": "13900000000"}, "new"),
        ({"name": "陈国强", "phone": "13812345678"}, "new"),
    ],
)
def test_whom_a_filing_names_is_looked_up(world, stored, verdict):
    person = known(**stored)
    filing = cases.make_filing(world, "committee_check")
    entry = filing.people.get(role="leader")
    assert entry.verdict == verdict
    assert entry.person == (None if verdict == "new" else person)


def test_a_person_in_two_teams_is_one(world):
    first = cases.make_filing(world, "filed")
    second = cases.make_filing(world, "filed", values={"name": "六联社区剪纸社"})
    assert first.organization.leader == second.organization.leader
    assert second.people.get(role="leader").verdict == FilingPerson.Verdict.SAME


def test_twelve_facts_at_most_are_asked_and_none_the_portal_knows(world):
    user = phone_sign_in.user_by_phone(phone="13812345678", name="林秀英")
    filing = open_filing(
        kind="filing", by=user, division=world.community, values={"community": str(world.community.pk)}
    )
    values, errors = read(filing)
    unmet = {row["anchor"] for row in conditions(filing, values) if row["needed"] and not row["met"]}
    asked = errors.keys() | unmet | {paper.code for paper in missing_papers(filing)}
    assert "community" not in asked
    assert len(errors["leader"]) == 1  # the ID number alone
    assert [row.name for row in filing.people.filter(role="founder")] == ["林秀英"]
    assert len(asked) <= 12


def test_members_are_those_listed_until_another_number_is_typed(world):
    roster = [{"name": name} for name in ("陈国强", "黄美玲")]
    filing = draft(world, roster=roster[:1])
    assert filing.data["members"] == "1"
    write(filing, {"roster": roster})
    assert filing.data["members"] == "2"
    write(filing, {"members": "18"})
    write(filing, {"roster": roster[:1]})
    assert filing.data["members"] == "18"


def test_an_agent_needs_the_right_at_the_place(world):
    with pytest.raises(PermissionDenied):
        open_filing(kind="filing", by=world.clerk, division=world.other_community, applicant="林秀英")
    filing = open_filing(kind="filing", by=world.clerk, division=world.community, applicant="林秀英")
    roles = {party.role: party.user for party in filing.case.parties.all()}
    assert roles == {"agent": world.clerk, "applicant": None}


def test_a_unit_that_founds_never_becomes_a_person(world):
    filing = cases.make_filing(world, "filed", values={"founders": UNITS})
    assert not Person.objects.filter(name__in=[row["name"] for row in UNITS]).exists()
    assert filing.organization.memberships.filter(role="founder").count() == 0
    assert "六联物业公司" in filing.case.versions.get().content["founders"]


def test_a_district_may_ask_for_no_venue(world):
    cases.make_policy("filing.venue_needed", False, world.district)
    filing = cases.make_draft(world, values={"place": ""})
    assert "venue" not in {row["code"] for row in conditions(filing)}
    assert perform(filing.case, "submit", by=world.applicant).state == "committee_check"


def test_a_paper_that_is_missing_is_said_in_a_line_of_its_own(world):
    filing = cases.make_draft(world)
    assert [line.ok for line in papers(filing)] == [True]
    filing.case.attachments.all().delete()
    assert {line.ok for line in papers(filing)} == {False}
