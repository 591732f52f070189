"""The form of a matter: opened, saved by itself, checked, submitted; one's own cases."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from casework.models import Case
from registry.services.filings import open_filing
from tests import builders, cases, worlds

pytestmark = pytest.mark.django_db
JSON = {"headers": {"accept": "application/json"}}
PDF = b"%PDF-1.4\n%%EOF\n"
PAGES = [
    {
        "ask": ["name", "community", "type", "body_type", "purpose"],
        "name": "六联社区晨光合唱队",
        "type": "culture",
        "body_type": "member",
        "purpose": "排练合唱，参加社区演出。",
    },
    {
        "ask": ["leader", "founders", "roster"],
        "leader-name": "林秀英",
        "leader-phone": "13812345678",
        "leader-id_number": "11010519491231002X",
        "founders-name": ["林秀英", "陈国强", "黄美玲", ""],
        "roster": "陈国强 13912345678\n黄美玲",
    },
    {
        "ask": ["members", "place", "activities", "targets"],
        "members": "18",
        "place": "社区文化活动室",
        "activities": "12",
        "targets": ["老年人"],
    },
]


made_world, world = worlds.shared(worlds.with_people)


@pytest.fixture(autouse=True)
def _own_files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def leader(client, world):
    """Somebody without any role, signed in."""
    user = User.objects.create(username="lin", name="林秀英", must_change_password=False)
    client.force_login(user)
    return user


def start(client, world, kind="filing", **more):
    data = {"division": world.community.pk, **more}
    response = client.post(f"{reverse('apply:new')}?kind={kind}", data)
    assert response.status_code == 302, response.content.decode()
    return Case.objects.latest("pk")


def url(name, case, *args):
    return reverse(f"apply:{name}", args=[case.uid, *args])


def fill(client, case, page, **more):
    case.refresh_from_db()
    data = {"version": case.version, **PAGES[page - 1], **more}
    if page == 1:
        data["community"] = case.division_id
    return client.post(url("page", case, page), data)


def hand_in(client, case, slot="charter", name="章程.pdf", content=PDF, **more):
    return client.post(url("paper", case, slot), {"file": SimpleUploadedFile(name, content)}, **more)


def test_a_leader_files_a_team_page_by_page_without_scripts(client, leader, world):
    case = start(client, world)
    assert fill(client, case, 1).url == url("page", case, 2)
    assert fill(client, case, 2).url == url("page", case, 3)
    assert fill(client, case, 3).url == url("check", case)
    text = client.get(url("check", case)).content.decode()
    assert f"{url('page', case, 3)}?missing=1#field-charter" in text
    assert hand_in(client, case).url == f"{url('page', case, 3)}#field-charter"
    text = client.get(url("check", case)).content.decode()
    assert "陈国强" in text
    assert "?missing=1" not in text
    assert "13812345678" not in text
    case.refresh_from_db()
    response = client.post(url("check", case), {"version": case.version})
    assert response.url == url("my_case", case)
    case.refresh_from_db()
    assert (case.state, case.title) == ("committee_check", "六联社区晨光合唱队")
    assert [row.name for row in case.filing.people.filter(role="member")] == ["陈国强", "黄美玲"]
    assert client.get(url("my_case", case)).status_code == 200
    assert case.number in client.get(reverse("apply:my")).content.decode()


def test_a_second_click_on_submit_is_harmless(client, leader, world):
    case = start(client, world)
    for page in (1, 2, 3):
        fill(client, case, page)
    hand_in(client, case)
    case.refresh_from_db()
    answers = [client.post(url("check", case), {"version": case.version}).url for _time in range(3)]
    assert set(answers) == {url("my_case", case)}
    assert case.steps.filter(transition="submit").count() == 1


def test_what_is_typed_is_saved_by_itself_and_judged_at_once(client, leader, world):
    case = start(client, world)
    answer = client.post(
        url("page", case, 3), {"version": case.version, "ask": ["members"], "members": "4"}, **JSON
    ).json()
    assert answer["errors"] == {"members": []}
    assert "circle" in answer["conditions"]["members"]
    answer = client.post(
        url("page", case, 3), {"version": answer["version"], "ask": ["members"], "members": "很多"}, **JSON
    ).json()
    assert answer["errors"]["members"]
    case.refresh_from_db()
    assert case.filing.data["members"] == "很多"
    assert answer["version"] == case.version
    assert answer["saved"].count(":") == 1


def test_nothing_is_called_missing_before_it_was_asked_for(client, leader, world):
    case = start(client, world)
    assert b"field-error" not in client.get(url("page", case, 1)).content
    assert b"field-error" in client.get(f"{url('page', case, 1)}?missing=1").content


def test_a_similar_organization_is_named_with_its_public_facts(client, leader, world):
    organization = builders.make_organization(
        world.community, world.types["culture"], name="六联社区晨光合唱队", name_key="晨光合唱队"
    )
    case = start(client, world)
    data = {"version": case.version, "ask": ["name"], "name": "六联社区晨光合唱队"}
    answer = client.post(url("page", case, 1), data, **JSON).json()
    assert organization.name in answer["alike"]
    assert reverse("registry:organization", args=[organization.uid]) not in answer["alike"]


def test_people_are_compared_by_name_for_their_numbers_are_masked(client, leader, world):
    case = start(client, world)
    old = case.version
    fill(client, case, 2)
    data = {"version": old, **PAGES[1], "leader-phone": "13912345678"}
    told = client.post(url("page", case, 2), data).context["notice"]
    assert "林*" not in told
    told = client.post(url("page", case, 2), {**data, "leader-name": "陈国强"}).context["notice"]
    assert "林*" in told


def test_a_paper_no_longer_asked_for_is_refused_and_comes_out(client, world):
    filing = cases.make_draft(world, "change", values={"what": ["charter"]})
    case, script = filing.case, {"headers": {"x-slot": "1"}}
    client.force_login(world.applicant)
    assert hand_in(client, case, **script).status_code == 200
    filing.data["what"] = ["place"]
    filing.save()
    assert hand_in(client, case, **script).status_code == 404
    paper = case.attachments.filter(removed_at=None).latest("pk")
    assert client.post(url("paper_remove", case, paper.uid), **script).status_code == 200
    paper.refresh_from_db()
    assert paper.removed_at


def test_an_older_window_is_told_and_keeps_what_was_typed(client, leader, world):
    case = start(client, world)
    old = case.version
    fill(client, case, 1)
    data = {"version": old, "ask": ["name"], "name": "旧窗口里的名称"}
    answer = client.post(url("page", case, 1), data, **JSON)
    assert (answer.status_code, answer.json()["stale"]) == (409, True)
    page = client.post(url("page", case, 1), data)
    assert page.status_code == 409
    assert "旧窗口里的名称" in page.content.decode()
    for told in (answer.json()["message"], page.context["notice"]):
        assert "六联社区晨光合唱队" in told
        assert PAGES[0]["purpose"] not in told
    case.refresh_from_db()
    assert case.filing.data["name"] == "六联社区晨光合唱队"


def test_a_window_left_open_after_submission_saves_nothing(client, world):
    case = cases.make_filing(world, "committee_check").case
    client.force_login(world.applicant)
    data = {"version": case.version, "ask": ["name"], "name": "晚了"}
    assert client.post(url("page", case, 1), data, **JSON).status_code == 410
    assert client.post(url("page", case, 1), data).url == url("my_case", case)
    assert client.get(url("page", case, 1)).url == url("case", case)
    assert client.get(url("case", case)).url == url("my_case", case)


def test_numbers_are_shown_masked_and_stay_when_the_mask_comes_back(client, leader, world):
    case = start(client, world)
    fill(client, case, 2)
    text = client.get(url("page", case, 2)).content.decode()
    assert "138****5678" in text
    assert "13812345678" not in text
    fill(client, case, 2, **{"leader-phone": "138****5678", "leader-id_number": ""})
    fill(client, case, 1)
    fill(client, case, 3)
    assert "?missing=1#field-leader" not in client.get(url("check", case)).content.decode()


def test_papers_go_up_one_by_one_and_come_out_again(client, leader, world):
    case = start(client, world)
    script = {"headers": {"x-slot": "1"}}
    answer = hand_in(client, case, **script)
    assert (answer.status_code, "章程.pdf" in answer.content.decode()) == (200, True)
    assert reverse("casework:file", args=[case.uid, case.attachments.get().uid]) in answer.content.decode()
    assert "<iframe" in answer.content.decode()
    wrong = hand_in(client, case, name="a.exe", content=b"MZ", **script)
    assert wrong.status_code == 422
    assert "field-error" in wrong.content.decode()
    assert client.post(url("paper", case, "charter")).status_code == 302
    assert hand_in(client, case, slot="no_such").status_code == 404
    paper = case.attachments.get()
    client.post(url("paper_remove", case, paper.uid))
    assert not case.attachments.filter(removed_at=None).exists()
    assert client.post(url("paper_remove", case, paper.uid)).status_code == 404


def test_another_applicants_case_does_not_exist(client, leader, world):
    case = cases.make_draft(world).case
    for name, args in (("case", []), ("page", [1]), ("check", []), ("correct", []), ("my_case", [])):
        assert client.get(url(name, case, *args)).status_code == 404
    for name in ("withdraw", "copy"):
        assert client.post(url(name, case)).status_code == 404


def test_only_named_items_are_asked_and_each_needs_its_answer(client, world):
    case = cases.make_filing(world, "street_review").case
    items = [
        {"anchor": "place", "reason": "请写明门牌号", "basis": "第六条"},
        {"anchor": "charter", "reason": "缺签名"},
    ]
    client.force_login(world.officer)
    data = {"version": case.version, "step": "return"}
    for item in items:
        data |= {f"item_{item['anchor']}": "on", f"reason_{item['anchor']}": item["reason"]}
    client.post(reverse("casework:step", args=[case.uid]), data)
    client.force_login(world.applicant)
    assert client.get(url("case", case)).url == url("correct", case)
    assert client.get(url("page", case, 1)).url == url("case", case)
    text = client.get(url("correct", case)).content.decode()
    assert "请写明门牌号" in text
    assert 'name="place"' in text
    assert 'name="name"' not in text
    assert "六联社区晨光合唱队" in text
    case.refresh_from_db()
    data = {"version": case.version, "ask": ["place", "name"], "place": "六联社区12号", "name": "偷换的名称"}
    first, second = case.items.order_by("id")
    client.post(url("correct", case), {**data, f"answer_{first.pk}": "已补门牌号"})
    assert client.post(url("check", case), {"version": case.version + 1}).status_code == 422
    assert hand_in(client, case, name="新章程.pdf").url == f"{url('correct', case)}#field-charter"
    case.refresh_from_db()
    data = {"version": case.version, "ask": ["place"], "place": "六联社区12号", f"answer_{second.pk}": "已签名"}
    assert client.post(url("correct", case), data).url == url("check", case)
    case.refresh_from_db()
    client.post(url("check", case), {"version": case.version})
    case.refresh_from_db()
    assert case.state == "street_review"
    assert case.filing.data["name"] == "六联社区晨光合唱队"
    assert case.filing.data["place"] == "六联社区12号"


def test_a_clerk_files_for_a_leader_and_both_stand_on_record(client, world):
    client.force_login(world.clerk)
    address = f"{reverse('apply:new')}?kind=filing&for=1"
    assert 'name="applicant"' in client.get(address).content.decode()
    client.post(address, {"division": world.community.pk, "applicant": "王桂兰"})
    case = Case.objects.latest("pk")
    assert {(party.name, party.role) for party in case.parties.all()} == {
        (str(world.clerk), "agent"),
        ("王桂兰", "applicant"),
    }
    text = client.get(url("page", case, 1)).content.decode()
    assert 'name="community"' not in text
    assert world.community.full_name in text
    outside = client.post(address, {"division": world.other_community.pk, "applicant": "王桂兰"})
    assert outside.status_code == 422


def test_matters_about_ones_organization(client, world):
    organization = cases.filed_organization(world)
    client.force_login(world.applicant)
    text = client.get(reverse("apply:start")).content.decode()
    assert f"kind=change&amp;organization={organization.uid}" in text
    address = f"{reverse('apply:new')}?kind=change&organization={organization.uid}"
    assert client.post(address).status_code == 302
    case = Case.objects.latest("pk")
    assert case.title == organization.name
    assert client.post(address).status_code == 422
    assert str(case.uid) in client.get(reverse("apply:start")).content.decode()
    for wrong in ("kind=revoke", "kind=change", "kind=change&organization=x", "kind=none"):
        assert client.get(f"{reverse('apply:new')}?{wrong}").status_code == 404


@pytest.mark.parametrize(
    "kind", ["listing", "change", "cancel", "transfer", "merge", "upgrade", "downgrade", "revoke", "correction"]
)
def test_every_matter_has_its_pages(client, world, kind):
    case = cases.make_draft(world, kind).case
    client.force_login(case.parties.exclude(user=None).first().user)
    for page in range(1, len(case_pages(kind)) + 1):
        assert client.get(url("page", case, page)).status_code == 200
    assert client.get(url("page", case, 9)).status_code == 404
    assert client.get(url("check", case)).status_code == 200


def case_pages(kind):
    return cases.MATTERS[kind].pages


@pytest.mark.parametrize("scan", ["clean", "none"])
def test_an_ended_case_is_copied_with_its_papers_and_numbers(client, world, scan):
    case = cases.make_filing(world, "committee_check").case
    case.attachments.update(scan=scan)
    paper = case.attachments.get()
    client.force_login(world.applicant)
    client.post(url("copy", case))
    assert Case.objects.count() == 1
    client.post(url("withdraw", case), {"version": case.version, "note": "写错了"})
    case.refresh_from_db()
    assert case.outcome == "withdrawn"
    paper.file.save("章程.pdf", SimpleUploadedFile("章程.pdf", PDF))
    response = client.post(url("copy", case))
    new = Case.objects.latest("pk")
    assert response.url == url("case", new)
    assert new.filing.data == case.filing.data
    assert new.attachments.get().name == paper.name
    assert new.filing.people.count() == case.filing.people.count()
    text = client.get(url("page", new, 2)).content.decode()
    assert "138****5678" in text
    client.post(url("check", new), {"version": new.version})
    new.refresh_from_db()
    assert new.state == "committee_check"


def test_my_cases_stand_where_they_are(client, world):
    cases.make_draft(world)
    returned = cases.make_filing(world, "returned").case
    done = cases.make_filing(world, "refused").case
    client.force_login(world.applicant)
    text = client.get(reverse("apply:my")).content.decode()
    assert text.count("cases-list") == 2
    assert client.get(url("my_case", returned)).status_code == 200
    page = client.get(url("my_case", done)).content.decode()
    assert reverse("apply:copy", args=[done.uid]) in page
    assert str(world.leader) not in page


def test_the_list_takes_the_same_queries_for_one_and_three(client, world, django_assert_num_queries):
    client.force_login(world.applicant)
    cases.make_draft(world)
    client.get(reverse("apply:my"))  # calendar and session are read once
    with CaptureQueriesContext(connection) as one:
        client.get(reverse("apply:my"))
    for kind in ("listing", "filing"):
        cases.make_draft(world, kind)
    with django_assert_num_queries(len(one)):
        client.get(reverse("apply:my"))


def test_an_empty_list_says_how_to_begin(client, leader, world):
    assert reverse("apply:start") in client.get(reverse("apply:my")).content.decode()


def test_a_place_must_be_a_community(client, leader, world):
    response = client.post(f"{reverse('apply:new')}?kind=filing", {"division": world.district.pk})
    assert response.status_code == 422


def test_a_draft_opened_elsewhere_goes_on_in_its_form(client, leader, world):
    filing = open_filing(kind="listing", by=leader, division=world.community)
    assert client.get(url("case", filing.case)).url == url("page", filing.case, 1)


def test_a_change_shows_what_the_record_says_beside_each_input(client, world):
    case = cases.make_draft(world, "change").case
    client.force_login(world.applicant)
    text = client.get(url("page", case, 2)).content.decode()
    assert "六联社区木兰拳队" in text[text.index('id="name_present"') : text.index('id="name"')]
    assert 'aria-describedby="name_present ' in text
    assert 'id="place_present"' in text
    draft = cases.make_draft(world).case
    assert "_present" not in client.get(url("page", draft, 1)).content.decode()
