import pytest
from django.urls import reverse

from casework.numbers import check_digit
from casework.services.road import road
from registry.services.people import person_for
from tests import cases, worlds

pytestmark = pytest.mark.django_db


made_world, world = worlds.shared(worlds.with_people)


def ask(client, number, tail):
    return client.post(reverse("public:progress"), {"number": number, "tail": tail})


def test_number_and_phone_tail_show_where_a_case_is(client, world):
    case = cases.make_filing(world, "street_review").case
    wide = "".join(chr(ord(sign) + 0xFEE0) for sign in case.number)
    assert ask(client, f" {case.number[:6].lower()} {case.number[6:]}", "5678").context["case"] == case
    response = ask(client, wide, "５６７８ ")
    assert response.context["case"] == case
    assert [stop.code for stop in response.context["stops"]] == [
        *("draft", "committee_check", "street_review", "street_decision", "filed")
    ]
    text = response.content.decode()
    assert case.title not in text
    assert "林秀英" not in text


def test_a_case_about_a_team_is_found_by_the_phone_of_its_leader(client, world):
    team = cases.filed_organization(world, leader=person_for(name="陈国强", phone="13900001111"))
    case = cases.make_filing(world, "street_review", kind="cancel", organization=team).case
    assert ask(client, case.number, "1111").context["case"] == case
    assert ask(client, case.number, "5678").context["unknown"]


def test_unknown_and_not_fitting_get_one_answer(client, world):
    case = cases.make_filing(world, "street_review").case
    other = case.number[:-5] + "9999"
    missing = other + check_digit(other)
    answers = [ask(client, case.number, "0000"), ask(client, missing, "5678"), ask(client, "", "5678")]
    assert [response.status_code for response in answers] == [200, 200, 422]
    assert answers[0].context["unknown"]
    assert answers[1].context["unknown"]
    assert ask(client, case.number, "56").status_code == 422


def test_a_slip_in_the_number_is_no_guess(client, world):
    case = cases.make_filing(world, "street_review").case
    slip = case.number[:-1] + str((int(case.number[-1]) + 1) % 10)
    assert {ask(client, slip, "5678").status_code for _time in range(12)} == {422}
    assert ask(client, case.number, "5678").context["case"] == case


def test_guessing_is_slowed_down(client, world):
    case = cases.make_filing(world, "street_review").case
    codes = [ask(client, case.number, f"{number:04}").status_code for number in range(12)]
    assert codes == [200] * 10 + [429] * 2
    assert ask(client, case.number, "5678").status_code == 429


def test_a_matter_about_an_organization_is_found_by_its_leaders_phone(client, world):
    case = cases.make_filing(world, "committee_check", kind="cancel").case
    leader = case.filing.organization.leader
    assert leader is None
    assert ask(client, case.number, "5678").context["unknown"]


@pytest.mark.parametrize(
    ("state", "codes"),
    [
        ("draft", ["draft", "committee_check", "street_review", "street_decision", "filed"]),
        ("returned", ["draft", "committee_check", "street_review", "street_decision", "filed"]),
        ("filed", ["draft", "committee_check", "street_review", "street_decision", "filed"]),
        ("withdrawn", ["draft", "withdrawn"]),
    ],
)
def test_the_way_of_a_case(world, state, codes):
    stops = road(cases.make_filing(world, state).case)
    assert [stop.code for stop in stops] == codes
    assert sum(stop.here for stop in stops) == 1
