import re
from datetime import date

import pytest
from django.urls import reverse

from casework.models import AuditEvent
from registry.models import DistinctPair, Organization, OrganizationYear
from registry.services.people import person_for
from tests import builders, cases

pytestmark = pytest.mark.django_db
PHONE, ID, USCC = "13812345678", "11010519491231002X", "51310104MJ4950010A"
RIGHTS = {
    "registry.view_organization",
    "registry.add_organization",
    "registry.change_organization",
    "registry.change_organizationyear",
    "registry.reveal_person",
    "registry.export_organization",
}


@pytest.fixture
def officer(world, sign_in):
    return sign_in(world.district, RIGHTS)


def page(client, name, *args, **query):
    return client.get(reverse(f"registry:{name}", args=args), query)


def text_of(response):
    return re.sub(r"\s+", " ", response.content.decode())


def names_in(response):
    return [row["organization"].name for row in response.context["rows"]]


def new(world, **fields):
    return {
        "name": "太极拳协会",
        "tier": "team",
        "type": world.types["culture"].pk,
        "division": world.community.pk,
        "founded": "2020年5月",
        "year": 2024,
        **fields,
    }


def test_the_record_shows_facts_history_and_masks(client, world, stored, officer):
    organization = stored(targets=["老年人"], flags=["hub"])
    OrganizationYear.objects.create(organization=organization, year=2024, members=30, party_org=True)
    given = {"version": 1, "year": 2024, "members": "约35人"}
    client.post(reverse("registry:organization_figures", args=[organization.uid]), given)
    response = page(client, "organization", organization.uid)
    shown = text_of(response)
    for words in (
        "老年人",
        "枢纽型组织",
        "138****5678",
        "110***********002X",
        "王小明",
        "30 → 35",
        "坪山街道 六联社区",
    ):
        assert words in shown
    assert PHONE not in shown
    assert ID not in shown
    assert response["Cache-Control"] == "no-store"


def test_a_reader_without_the_right_sees_the_leader_masked(client, world, stored, sign_in):
    organization = stored()
    sign_in(world.street, {"registry.view_organization"})
    shown = text_of(page(client, "organization", organization.uid))
    assert "王*" in shown
    assert "王小明" not in shown
    assert "organization_edit" not in shown


def test_the_record_takes_the_same_queries_for_one_period_and_for_three(
    client, world, stored, officer, django_assert_max_num_queries
):
    organization = stored(flags=["hub"])
    page(client, "organization", organization.uid)
    with django_assert_max_num_queries(27) as asked:
        page(client, "organization", organization.uid)
    one = len(asked)
    for year in (2021, 2022):
        change = {"effective": f"{year}-01-01", "tier": "team", "type": world.types["culture"].pk, "note": "变动"}
        change |= {"state": "dormant" if year == 2021 else "active", "division": world.community.pk}
        change["version"] = Organization.objects.get().version
        client.post(reverse("registry:organization_standing", args=[organization.uid]), change)
    assert organization.periods.count() == 3
    page(client, "organization", organization.uid)
    with django_assert_max_num_queries(27) as asked:
        page(client, "organization", organization.uid)
    assert len(asked) == one


def test_a_number_is_shown_once_with_its_purpose_on_record(client, stored, officer):
    organization = stored()
    address = reverse("registry:organization_reveal", args=[organization.uid])
    refused = client.post(address, {"field": "phone", "purpose": "看"})
    assert refused.status_code == 422
    assert PHONE not in text_of(refused)
    shown = client.post(address, {"field": "phone", "purpose": "核实活动报名"})
    assert PHONE in text_of(shown)
    assert shown["Cache-Control"] == "no-store"
    assert PHONE not in text_of(page(client, "organization", organization.uid))
    assert AuditEvent.objects.get(action="reveal").note == "核实活动报名"
    assert ID in text_of(client.post(address, {"field": "id", "purpose": "核实活动报名"}))
    assert client.get(address).status_code == 405


def test_a_number_that_is_not_stored_is_said(client, stored, officer):
    organization = stored(leader=person_for(name="李芳", phone="13912345678"))
    address = reverse("registry:organization_reveal", args=[organization.uid])
    assert client.post(address, {"field": "id", "purpose": "核实活动报名"}).status_code == 422


def test_an_organization_is_added(client, world, officer):
    fields = {"uscc": "", "members": "３０人", "party_org": "True", "flags": ["hub"], "targets": ["老年人"]}
    fields |= {"leader_name": "王小明", "phone": "138 1234 5678", "id_number": ID.lower(), "income": "1.5万"}
    response = client.post(reverse("registry:organization_add"), new(world, **fields))
    organization = Organization.objects.get()
    assert response.url == reverse("registry:organization", args=[organization.uid])
    assert (organization.founded, organization.targets, organization.source) == (date(2020, 5, 1), ["老年人"], "web")
    figures = organization.years.get()
    assert (figures.members, figures.party_org, figures.income) == (30, True, 15000)
    assert organization.flags.get().flag == "hub"
    assert AuditEvent.objects.get(action="create").actor == officer.username


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"name": "舞"}, "name"),
        ({"name": "无无"}, None),
        ({"name": "  "}, "name"),
        ({"tier": ""}, "tier"),
        ({"tier": "registered"}, "uscc"),
        ({"uscc": "5131O104MJ4950010A"}, "uscc"),
        ({"uscc": "51310104MJ4950010B"}, "uscc"),
        ({"uscc": "123"}, "uscc"),
        ({"uscc": "123456789012345"}, "uscc"),
        ({"founded": "明年"}, "founded"),
        ({"founded": "2222-01-01"}, "founded"),
        ({"phone": "12345", "leader_name": "王芳"}, "phone"),
        ({"phone": "138****5678", "leader_name": "王芳"}, "phone"),
        ({"phone": PHONE}, "leader_name"),
        ({"id_number": "110105194912310021", "leader_name": "王芳"}, "id_number"),
        ({"members": "许多"}, "members"),
        ({"members": "-1"}, "members"),
        ({"members": "3", "party_members": "4"}, "party_members"),
        ({"year": "2222"}, "year"),
        ({"targets": ["没有这类"]}, "targets"),
        ({"division": ""}, "division"),
        ({"type": "999999"}, "type"),
    ],
)
def test_what_is_not_well_formed_is_said_beside_its_field(client, world, officer, fields, wrong):
    response = client.post(reverse("registry:organization_add"), new(world, **fields))
    if wrong is None:
        assert Organization.objects.exists()
        return
    assert response.status_code == 200
    assert wrong in response.context["form"].errors
    assert not Organization.objects.exists()


def test_a_type_of_another_scheme_is_refused(client, world, officer):
    builders.make_scheme("LOCAL", world.other_street, types={"a": "本街类别"})
    response = client.post(reverse("registry:organization_add"), new(world, division=world.other_community.pk))
    assert "type" in response.context["form"].errors


@pytest.mark.parametrize("place", ["other_community", "far_community", "city"])
def test_nothing_is_added_outside_ones_places(client, world, sign_in, place):
    sign_in(world.street, RIGHTS)
    response = client.post(reverse("registry:organization_add"), new(world, division=getattr(world, place).pk))
    assert "division" in response.context["form"].errors
    assert not Organization.objects.exists()


def test_a_look_alike_is_shown_side_by_side_and_explained(client, world, stored, officer):
    old = stored("夕阳红舞蹈队")
    fields = new(world, name="六联社区夕阳红舞队", phone="138 1234 5678", leader_name="王芳")
    shown = client.post(reverse("registry:organization_add"), fields)
    assert "夕阳红舞蹈队" in text_of(shown)
    assert "138****5678" in text_of(shown)
    assert [one.same_phone for one in shown.context["alike"]] == [True]
    too_short = client.post(reverse("registry:organization_add"), {**fields, f"distinct_{old.uid}": " "})
    assert too_short.status_code == 200
    reasons = {f"distinct_{old.uid}": "一支在东区，一支在西区", "distinct_" + "0-" * 18: "坏键"}
    client.post(reverse("registry:organization_add"), {**fields, **reasons})
    assert Organization.objects.count() == 2
    assert DistinctPair.objects.get().reason == "一支在东区，一支在西区"


def test_a_number_taken_elsewhere_is_said_without_naming_whose(client, world, stored, sign_in):
    old = stored("马峦书画协会", world.other_community, uscc=USCC, tier="registered")
    sign_in(world.street, RIGHTS)
    fields = new(world, uscc=USCC, tier="registered", **{f"distinct_{old.uid}": "不是同一个"})
    shown = text_of(client.post(reverse("registry:organization_add"), fields))
    assert "in another place" in shown
    assert "马峦书画协会" not in shown
    assert Organization.objects.count() == 1


def edit_fields(organization, **fields):
    given = {"name": organization.name, "version": organization.version, "leader_name": organization.leader.name}
    return {**given, "founded": "2020-05-01", **fields}


def test_a_record_is_corrected(client, stored, officer):
    organization = stored()
    form = page(client, "organization_edit", organization.uid)
    assert "138****5678" in text_of(form)
    assert PHONE not in text_of(form)
    address = reverse("registry:organization_edit", args=[organization.uid])
    client.post(address, edit_fields(organization, place="坪环文化站", note="搬家"))
    organization.refresh_from_db()
    assert (organization.place, organization.version) == ("坪环文化站", 2)
    assert organization.leader.phone_hash
    assert AuditEvent.objects.get(action="edit").note == "搬家"


def test_words_no_longer_in_the_list_stay_on_the_record(client, stored, officer):
    organization = stored(targets=["旧说法"])
    address = reverse("registry:organization_edit", args=[organization.uid])
    client.post(address, edit_fields(organization, targets=["旧说法"], place="新址"))
    organization.refresh_from_db()
    assert (organization.targets, organization.place) == (["旧说法"], "新址")


def test_the_second_save_is_refused_and_shows_what_changed(client, stored, officer):
    organization = stored()
    address = reverse("registry:organization_edit", args=[organization.uid])
    client.post(address, edit_fields(organization, place="甲地"))
    shown = client.post(address, edit_fields(organization, place="乙地"))
    assert "甲地" in text_of(shown)
    assert officer.username in text_of(shown)
    again = {**edit_fields(organization, place="乙地"), "version": shown.context["form"]["version"].value()}
    assert client.post(address, again).status_code == 302
    assert Organization.objects.get().place == "乙地"


def test_wrong_and_alike_edits_are_refused(client, stored, officer):
    stored("太极拳协会")
    organization = stored("夕阳红舞蹈队", leader=person_for(name="李芳", phone="13912345678"))
    address = reverse("registry:organization_edit", args=[organization.uid])
    assert "name" in client.post(address, edit_fields(organization, name="")).context["form"].errors
    assert client.post(address, edit_fields(organization, name="六联社区太极拳协会")).context["alike"]
    late = client.post(address, edit_fields(organization, founded="2222-01-01"))
    assert "founded" in late.context["form"].errors
    assert Organization.objects.get(pk=organization.pk).version == 1


def test_an_organization_moves_on_a_day(client, world, stored, officer):
    organization = stored()
    address = reverse("registry:organization_standing", args=[organization.uid])
    assert client.get(address).status_code == 200
    change = {"version": 1, "effective": "2023.7.1", "tier": "team", "state": "active", "note": "搬迁"}
    change |= {"type": world.types["charity"].pk, "division": world.village.pk}
    assert client.post(address, change).status_code == 302
    organization.refresh_from_db()
    assert (organization.division, organization.type) == (world.village, world.types["charity"])
    assert organization.periods.count() == 2
    stale = client.post(address, change)
    assert stale.context["stale"]
    again = {**stale.context["form"].data.dict(), "effective": "2023.8.1", "division": world.community.pk}
    assert client.post(address, again).status_code == 302
    early = client.post(address, {**change, "version": 3, "effective": "2019-01-01", "tier": "registered"})
    assert "effective" in early.context["form"].errors


def test_an_end_needs_the_typed_name_and_can_be_taken_back(client, stored, officer):
    organization = stored()
    address = reverse("registry:organization_end", args=[organization.uid])
    end = {"version": 1, "state": "cancelled", "on": "2024-01-01", "reason": "自愿注销"}
    assert "typed_name" in client.post(address, {**end, "typed_name": "别的"}).context["form"].errors
    assert client.post(address, {**end, "typed_name": organization.name}).status_code == 302
    organization.refresh_from_db()
    assert organization.state == "cancelled"
    shown = text_of(page(client, "organization", organization.uid))
    assert "Take back the end" in shown
    assert "Correct details" not in shown
    back = reverse("registry:organization_reopen", args=[organization.uid])
    assert client.get(back).status_code == 200
    assert client.post(back, {"version": 2, "reason": "误操作"}).status_code == 302
    assert "not ended" in text_of(client.post(back, {"version": 3, "reason": "误操作"}))


def test_functions_and_types_are_kept_from_the_record(client, stored, officer):
    organization = stored()
    add = reverse("registry:organization_flag_add", args=[organization.uid])
    assert client.get(add).status_code == 200
    client.post(add, {"flag": "hub", "starts": "2021-01-01", "evidence": "文件"})
    row = organization.flags.get()
    assert "flag" in client.post(add, {"flag": "hub", "starts": "2021-01-01"}).context["form"].errors
    end = reverse("registry:organization_flag_end", args=[organization.uid, row.pk])
    assert "ends" in client.post(end, {"ends": "2020-01-01"}).context["form"].errors
    assert client.post(end, {"ends": "2022-01-01"}).status_code == 302
    assert client.get(reverse("registry:organization_flag_end", args=[organization.uid, 10**17])).status_code == 404
    scheme = builders.make_scheme("SW", types={"a": "文艺类"})
    classify = reverse("registry:organization_classify", args=[organization.uid])
    assert client.get(classify).status_code == 200
    client.post(classify, {"type": scheme.types.get().pk})
    assert "文艺类" in text_of(page(client, "organization", organization.uid))


def test_figures_of_a_year_are_filled_in_and_replaced(client, stored, officer):
    organization = stored()
    address = reverse("registry:organization_figures", args=[organization.uid])
    client.post(address, {"version": 1, "year": 2023, "members": "30", "party_form": "joint"})
    assert 'value="30"' in text_of(client.get(address, {"year": "2023"}))
    for year in ("2022", "abc", "99999"):
        assert client.get(address, {"year": year}).status_code == 200
    wrong = client.post(address, {"version": 2, "year": 2023, "members": "3", "party_members": "4"})
    assert "party_members" in wrong.context["form"].errors


def test_the_second_save_of_a_year_is_told_what_the_first_one_saved(client, stored, officer):
    organization = stored()
    address = reverse("registry:organization_figures", args=[organization.uid])
    opened = client.get(address).context["form"]["version"].value()
    client.post(address, {"version": opened, "year": 2024, "members": "30", "volunteers": "12"})
    late = client.post(address, {"version": opened, "year": 2024, "members": "32"})
    assert ("registered volunteers", "12") in [(str(label), value) for label, value in late.context["stale"]]
    assert organization.years.get().volunteers == 12
    again = late.context["form"].data
    assert client.post(address, again).status_code == 302
    assert organization.years.get().volunteers is None


FILED = {"filing_no": "440310001-T-2025-0001", "place": "坪环文化站"}
REGISTERED = {"tier": "registered", "uscc": USCC, "place": "坪环文化站"}
DECIDED = pytest.mark.parametrize("known", [FILED, REGISTERED], ids=["filed", "registered"])


@DECIDED
def test_what_was_decided_is_shown_locked_and_the_rest_is_corrected(client, stored, officer, known):
    organization = stored(**known)
    shown = page(client, "organization_edit", organization.uid)
    assert {"name", "place", "leader_name", "id_number", *known} & set(shown.context["form"].fields) == set()
    assert all(value in text_of(shown) for name, value in known.items() if name != "tier")
    typed = {
        **edit_fields(organization),
        "name": "别的队",
        "place": "别处",
        "leader_name": "李芳",
        "remark": "常年活动",
    }
    address = reverse("registry:organization_edit", args=[organization.uid])
    assert client.post(address, {**typed, "phone": "13900000002"}).status_code == 302
    organization.refresh_from_db()
    assert (organization.name, organization.place, organization.remark) == ("夕阳红舞蹈队", "坪环文化站", "常年活动")
    assert organization.leader.name == "王小明"
    assert organization.leader.phone_hash == person_for(name="王小明", phone="13900000002").phone_hash


@DECIDED
def test_home_and_tier_stay(client, world, stored, officer, known):
    organization = stored(**known)
    address = reverse("registry:organization_standing", args=[organization.uid])
    assert {"tier", "division"} & set(client.get(address).context["form"].fields) == set()
    change = {"version": 1, "effective": "2023-07-01", "state": "dormant", "note": "活动少", "tier": "registered"}
    change |= {"type": world.types["charity"].pk, "division": world.village.pk}
    assert client.post(address, change).status_code == 302
    organization.refresh_from_db()
    assert organization.tier == known.get("tier", "team")
    assert (organization.state, organization.division) == ("dormant", world.community)


@DECIDED
def test_nothing_decided_ends_by_hand(client, stored, officer, known):
    organization = stored(**known)
    address = reverse("registry:organization_end", args=[organization.uid])
    assert "typed_name" not in text_of(client.get(address))
    end = {"version": 1, "state": "cancelled", "on": "2024-01-01", "reason": "自愿注销", "typed_name": "夕阳红舞蹈队"}
    assert client.post(address, end).status_code == 200
    organization.refresh_from_db()
    assert organization.state == "active"


def test_a_decided_end_is_taken_back_by_a_supervisor_only(client, world, stored, sign_in):
    organization = stored(**FILED, ended=date(2024, 1, 1))
    back = reverse("registry:organization_reopen", args=[organization.uid])
    sign_in(world.district, RIGHTS)
    assert "Take back the end" not in text_of(page(client, "organization", organization.uid))
    assert client.post(back, {"version": 1, "reason": "复议撤销"}).status_code == 403
    sign_in(world.district, {*RIGHTS, "casework.supervise_case"})
    assert "Take back the end" in text_of(page(client, "organization", organization.uid))
    assert client.post(back, {"version": 1, "reason": "复议撤销"}).status_code == 302
    organization.refresh_from_db()
    assert organization.state == "active"


def kinds(response):
    return {one["kind"] for one in response.context["matters"]}


def test_the_record_offers_the_matters_one_may_open(client, world, stored, sign_in):
    filed, unfiled = stored(**FILED), stored("太极拳队")
    group = stored("读书小组", tier="group", filing_no="440310001-G-2025-0001")
    sign_in(world.street, {"registry.view_organization", "registry.apply_for_others"})
    shown = page(client, "organization", filed.uid)
    assert {"change", "cancel", "transfer", "merge", "upgrade"} <= kinds(shown)
    assert not {"revoke", "correction", "filing"} & kinds(shown)
    assert all("for=1" in one["url"] for one in shown.context["matters"])
    assert kinds(page(client, "organization", unfiled.uid)) == {"filing"}
    assert {"filing", "change"} <= kinds(page(client, "organization", group.uid))
    sign_in(world.street, {"registry.view_organization", "registry.order_filing"})
    assert {"revoke", "correction"} <= kinds(page(client, "organization", filed.uid))
    holder = sign_in(world.street, {"accounts.view_division"})
    assert client.get(reverse("registry:organization", args=[filed.uid])).status_code == 404
    filed.accounts.create(user=holder, starts=date(2025, 1, 6))
    offered = page(client, "organization", filed.uid)
    assert "change" in kinds(offered)
    assert not any("for=" in one["url"] for one in offered.context["matters"])
    filed.state = "cancelled"
    filed.save()
    assert kinds(page(client, "organization", filed.uid)) == set()


def test_a_pending_change_stands_on_the_record_for_who_may_see_it(client, world, django_assert_max_num_queries):
    cases.make_people(world)
    team = cases.filed_organization(world)
    done = cases.make_filing(world, "changed", kind="change", organization=team)
    pending = cases.make_filing(world, "street_review", kind="cancel", organization=team)
    client.force_login(world.officer)
    client.cookies["django_language"] = "en"
    page(client, "organization", team.uid)
    with django_assert_max_num_queries(30):
        shown = page(client, "organization", team.uid)
    assert [row["case"] for row in shown.context["cases"]] == [pending.case, done.case]
    text = text_of(shown)
    assert "A case about this organization is under way." in text
    assert pending.case.number in text
    assert "六联社区木兰拳队 <span" in text
    reader = builders.make_user(division=world.street, perms={"registry.view_organization"})
    client.force_login(reader)
    shown = page(client, "organization", team.uid)
    assert shown.context["cases"] == []
    text = text_of(shown)
    assert "A case about this organization is under way." in text
    assert pending.case.number not in text
    admin = builders.make_user(None, world.district, perms=["accounts.use_admin", "registry.view_organization"])
    client.force_login(admin)
    told = client.get(reverse("admin:registry_organization_change", args=[team.pk]))
    assert [str(row) for row in told.context["messages"]] == ["A case about this organization is under way."]
    assert client.get(reverse("api:organization", args=[team.uid])).json()["pending_change"] is True
    other = cases.filed_organization(world)
    assert client.get(reverse("api:organization", args=[other.uid])).json()["pending_change"] is False
