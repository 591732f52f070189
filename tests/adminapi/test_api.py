import json
from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator
from rest_framework.test import APIClient

from casework.models import AuditEvent
from casework.tokens import issue_token, withdraw_token
from registry.models import Organization, Term
from registry.services.people import person_for
from tests.builders import make_division_year, make_organization, make_scheme, make_user

PHONE = "13800138000"


@pytest.fixture
def caller(officer):
    """A client in which the bureau officer is signed in."""
    client = APIClient()
    client.force_login(officer)
    return client


@pytest.fixture
def body(world):
    return {"name": "六联夕阳红舞蹈队", "tier": "team", "division": world.community.code, "type": "culture"}


def names(answer):
    return [row["name"] for row in answer.json()["results"]]


def test_a_token_opens_what_its_user_may_see(officer, organizations):
    token = issue_token(by=officer)
    client = APIClient(headers={"Authorization": f"Token {token}"})
    assert names(client.get("/api/v1/organizations/")) == ["坪山舞蹈队", "坪环合唱队"]
    assert withdraw_token(user=officer, by="operator")
    assert client.get("/api/v1/organizations/").status_code == 401


def test_the_database_holds_no_token_in_clear(officer):
    token = issue_token(by=officer)
    assert officer.auth_token.key != token
    assert (
        APIClient(headers={"Authorization": f"Token {officer.auth_token.key}"}).get("/api/v1/divisions/").status_code
        == 401
    )


@pytest.mark.parametrize("token", ["", "x", "a" * 40, "\x00" * 40, "A" * 5000, "a b"])
def test_foreign_tokens_are_401(db, token):
    client = APIClient(headers={"Authorization": f"Token {token}"})
    assert client.get("/api/v1/divisions/").status_code == 401


def test_without_signing_in_everything_is_401(db):
    for name in ("divisions", "organizations", "indicators", "targets", "schema"):
        assert APIClient().get(reverse(f"api:{name}")).status_code == 401


def test_an_initial_password_must_be_changed_first(world):
    client = APIClient()
    client.force_login(make_user("bureau_officer", world.district, must_change_password=True))
    assert client.get("/api/v1/divisions/").status_code == 403


def test_a_role_without_the_right_is_403(world):
    client = APIClient()
    client.force_login(make_user("viewer", world.district))
    assert client.get("/api/v1/divisions/").status_code == 200
    assert client.get("/api/v1/organizations/").status_code == 403


def test_divisions_inside_the_scope(caller, world):
    found = {row["code"] for row in caller.get("/api/v1/divisions/").json()["results"]}
    assert world.community.code in found
    assert world.far_community.code not in found
    streets = caller.get("/api/v1/divisions/", {"parent": world.district.code}).json()["results"]
    assert {row["name"] for row in streets} == {"坪山街道", "马峦街道"}
    inside = caller.get("/api/v1/divisions/", {"under": world.street.code, "level": "community"}).json()["results"]
    assert {row["name"] for row in inside} == {"六联社区居委会", "坪环社区居委会"}


def test_outside_and_missing_are_the_same_404(caller, world, organizations):
    outside = caller.get(f"/api/v1/divisions/{world.far_community.code}/")
    missing = caller.get("/api/v1/divisions/999999999999/")
    assert (outside.status_code, outside.content) == (missing.status_code, missing.content)
    assert outside.status_code == 404
    uid = organizations[2].uid
    hidden = caller.get(f"/api/v1/organizations/{uid}/")
    unknown = caller.get("/api/v1/organizations/00000000-0000-4000-8000-000000000000/")
    assert (hidden.status_code, hidden.content) == (unknown.status_code, unknown.content)
    assert caller.get("/api/v1/indicators/", {"division": world.far_community.code}).status_code == 404


def test_figures_of_a_division(caller, world):
    make_division_year(world.community, 2023, population=5000)
    make_division_year(world.community, 2024, population=5100, households=None)
    rows = caller.get(f"/api/v1/divisions/{world.community.code}/figures/").json()["results"]
    assert [(row["year"], row["population"], row["households"]) for row in rows] == [
        (2024, 5100, None),
        (2023, 5000, None),
    ]


def test_organizations_by_page(caller, world):
    kind = world.types["culture"]
    for number in range(7):
        make_organization(world.community, kind, name=f"{number}队")
    first = caller.get("/api/v1/organizations/", {"limit": 3})
    second = caller.get(first.json()["next"])
    third = caller.get(second.json()["next"])
    assert names(first) + names(second) + names(third) == [f"{number}队" for number in range(7)]
    assert third.json()["next"] is None


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"tier": "group"}, ["坪环合唱队"]),
        ({"q": "舞蹈"}, ["坪山舞蹈队"]),
        ({"q": "书画"}, []),
        ({"type": "charity"}, []),
        ({"scheme": "PS", "type": "culture"}, ["坪山舞蹈队", "坪环合唱队"]),
        ({"flag": "hub"}, []),
        ({"state": "dormant"}, []),
        ({"division": "440310001002"}, ["坪环合唱队"]),
    ],
)
def test_filters(caller, organizations, query, expected):
    assert names(caller.get("/api/v1/organizations/", query)) == expected


def test_the_leader_is_masked(caller, organizations):
    organizations[0].leader = person_for(name="王小芳", phone=PHONE, id_number="110101199003070011")
    organizations[0].save()
    answer = caller.get(f"/api/v1/organizations/{organizations[0].uid}/")
    assert answer.json()["leader"] == "王*"
    assert answer.json()["leader_phone"] == "138****8000"
    assert "王小芳" not in answer.content.decode()


@pytest.mark.parametrize("count", [1, 3])
def test_number_of_queries_does_not_grow(caller, world, count):
    for number in range(count):
        organization = make_organization(world.community, world.types["culture"], name=f"{number}队")
        organization.leader = person_for(name="王芳", phone=f"1380013800{number}")
        organization.save()
    caller.get("/api/v1/organizations/")
    with CaptureQueriesContext(connection) as queries:
        caller.get("/api/v1/organizations/")
    assert len(queries) == 15


def test_registering(caller, officer, body):
    answer = caller.post("/api/v1/organizations/", body, format="json")
    assert answer.status_code == 201
    stored = Organization.objects.get(uid=answer.json()["uid"])
    assert (stored.source, stored.periods.count(), stored.version) == ("api", 1, 1)
    assert AuditEvent.objects.about(stored).get().actor == officer.username


def test_a_leader_is_stored_sealed_and_answered_masked(caller, body):
    leader = {"name": "王小芳", "phone": PHONE}
    answer = caller.post("/api/v1/organizations/", {**body, "leader": leader}, format="json")
    assert answer.json()["leader_phone"] == "138****8000"
    stored = Organization.objects.get(uid=answer.json()["uid"]).leader
    assert PHONE not in stored.phone_sealed


def test_functions_and_yearly_figures_come_and_go(caller, body):
    Term.objects.get_or_create(list=Term.List.FLAG, code="hub", defaults={"name": "枢纽型组织"})
    sent = {**body, "flags": ["hub"], "figures": {"year": 2023, "members": 30, "income": "500.5"}}
    answer = caller.post("/api/v1/organizations/", sent, format="json")
    assert (answer.status_code, answer.json()["flags"]) == (201, ["hub"])
    told = answer.json()["figures"]
    assert (told["year"], told["members"], told["income"], told["volunteers"]) == (2023, 30, "500.50", None)
    address = f"/api/v1/organizations/{answer.json()['uid']}/"
    change = {"version": 1, "figures": {"year": 2024, "members": 31}, "place": "文化站"}
    changed = caller.patch(address, change, format="json").json()
    assert (changed["figures"]["year"], changed["figures"]["members"], changed["place"]) == (2024, 31, "文化站")
    assert caller.get(address).json() == changed
    assert caller.patch(address, {"version": changed["version"], "flags": []}, format="json").status_code == 400


def test_functions_begin_and_end_and_types_are_stated_elsewhere(caller, body):
    """By the services of the record's page, all or none, against the version that was read."""
    for code in ("hub", "support"):
        Term.objects.get_or_create(list=Term.List.FLAG, code=code, defaults={"name": code})
    make_scheme("SH", types={"elsewhere": "别处类"}, tier_words={})
    sent = {**body, "flags": ["hub"], "founded": "2020-01-01"}
    uid = caller.post("/api/v1/organizations/", sent, format="json").json()["uid"]
    address = f"/api/v1/organizations/{uid}/"
    change = {
        "version": 1,
        "place": "文化站",
        "note": "街道来函",
        "flag_periods": [
            {"flag": "hub", "ends": "2024-05-01"},
            {"flag": "support", "starts": "2022-01-01", "evidence": "街道文件"},
        ],
        "classifications": [{"scheme": "SH", "type": "elsewhere"}],
    }
    answer = caller.patch(address, change, format="json")
    assert answer.status_code == 200, answer.content
    told = answer.json()
    assert told["flags"] == ["support"]
    said = AuditEvent.objects.filter(note="街道来函").values_list("action", flat=True)
    assert set(said) == {"edit", "set_flag", "end_flag", "classify"}
    assert [(row["flag"], row["starts"], row["ends"]) for row in told["flag_periods"]] == [
        ("hub", "2020-01-01", "2024-05-01"),
        ("support", "2022-01-01", None),
    ]
    assert [(row["scheme"], row["type"]) for row in told["classifications"]] == [("SH", "elsewhere")]
    over = {"flag": "hub", "starts": "2024-06-01", "ends": "2024-07-01"}
    late = caller.patch(address, {"version": 1, "flag_periods": [over]}, format="json")
    assert late.status_code == 409
    now = told["version"]
    for wrong in (
        {"flag_periods": [over, {"flag": "support", "starts": "2024-01-01"}]},  # has it already
        {"flag_periods": [{"flag": "hub", "ends": "2024-08-01"}]},  # has it no more
        {"flag_periods": [{"flag": "hub"}]},
        {"flag_periods": [{"flag": "support", "ends": "2024-08-01", "evidence": "街道文件"}]},  # would be lost
        {"flag_periods": [{"flag": "nothing", "starts": "2024-01-01"}]},
        {"flag_periods": [{"flag": "hub", "starts": "2999-01-01"}]},
        {"classifications": [{"scheme": "SH", "type": "culture"}]},
        {"classifications": [{"scheme": "PS", "type": "culture"}]},  # changes with the standing
    ):
        assert caller.patch(address, {"version": now, **wrong}, format="json").status_code == 400, wrong
    assert caller.get(address).json() == told
    stored = caller.patch(address, {"version": now, "flag_periods": [over]}, format="json").json()
    assert [row["ends"] for row in stored["flag_periods"]] == ["2024-05-01", None, "2024-07-01"]


def test_the_schema_is_written_without_a_warning():
    with GENERATOR_STATS.silence():
        GENERATOR_STATS.reset()
        SchemaGenerator().get_schema(request=None, public=True)
        assert not GENERATOR_STATS


def test_registering_twice_is_409_with_the_one_that_is_there(caller, body):
    first = caller.post("/api/v1/organizations/", body, format="json")
    again = caller.post("/api/v1/organizations/", body, format="json")
    assert again.status_code == 409
    assert again.json()["matches"] == [{"uid": first.json()["uid"], "how": "name"}]
    told = {**body, "distinct": [{"uid": first.json()["uid"], "reason": "两支队伍"}]}
    assert caller.post("/api/v1/organizations/", told, format="json").status_code == 201


REFUSED = [
    {"division": "440311001001"},
    {"division": "999999999999"},
    {"division": "４４０３"},
    {"type": "nonsense"},
    {"tier": "nonsense"},
    {"founded": "2999-01-01"},
    {"founded": "2023-02-29"},
    {"uscc": "91350100M000100Y44"},
    {"targets": ["火星人"]},
    {"targets": "老年人"},
    {"place_area": "NaN"},
    {"place_area": "1e400"},
    {"place_area": -1},
    {"leader": {"phone": PHONE}},
    {"name": "x" * 101},
    {"name": ""},
    {"unknown": 1},
    {"version": 1},
    {"tier": "registered"},  # without its credit code
    {"flags": ["nonsense"]},
    {"figures": {"members": 3}},
    {"figures": {"year": 2024, "members": 3, "party_members": 4}},
]


def test_what_registering_refuses(caller, body):
    for change in REFUSED:
        answer = caller.post("/api/v1/organizations/", {**body, **change}, format="json")
        assert answer.status_code == 400, change
    assert not Organization.objects.exists()


def test_terms_by_code_or_name(caller, body):
    answer = caller.post("/api/v1/organizations/", {**body, "targets": ["老年人", "children"]}, format="json")
    assert answer.json()["targets"] == ["老年人", "儿童青少年"]


def test_a_correction_needs_the_version_that_was_read(caller, body):
    uid = caller.post("/api/v1/organizations/", body, format="json").json()["uid"]
    address = f"/api/v1/organizations/{uid}/"
    first = caller.patch(address, {"version": 1, "place": "文化站"}, format="json")
    assert (first.status_code, first.json()["version"]) == (200, 2)
    stale = caller.patch(address, {"version": 1, "place": "广场"}, format="json")
    assert stale.status_code == 409
    assert stale.json()["changed"] == ["place"]
    assert caller.patch(address, {"place": "广场"}, format="json").status_code == 400


def test_a_new_standing_needs_a_date(caller, world, body):
    uid = caller.post("/api/v1/organizations/", {**body, "founded": "2020-01-01"}, format="json").json()["uid"]
    address = f"/api/v1/organizations/{uid}/"
    assert caller.patch(address, {"version": 1, "tier": "group"}, format="json").status_code == 400
    moved = {"version": 1, "division": world.village.code, "effective": "2024-05-01", "place": "祠堂"}
    answer = caller.patch(address, moved, format="json")
    assert (answer.status_code, answer.json()["division"], answer.json()["place"]) == (200, world.village.code, "祠堂")
    periods = Organization.objects.get(uid=uid).periods.values_list("division", "starts", "ends")
    assert list(periods) == [
        (world.community.pk, date(2020, 1, 1), date(2024, 5, 1)),
        (world.village.pk, date(2024, 5, 1), None),
    ]


def test_nothing_moves_out_of_the_scope(caller, world, organizations):
    moved = {"version": 1, "division": world.far_community.code, "effective": "2024-05-01"}
    answer = caller.patch(f"/api/v1/organizations/{organizations[0].uid}/", moved, format="json")
    assert answer.status_code == 400
    organizations[0].refresh_from_db()
    assert organizations[0].division == world.community
    hidden = caller.patch(f"/api/v1/organizations/{organizations[2].uid}/", {"version": 1, "place": "x"}, format="json")
    assert hidden.status_code == 404


def test_ending(caller, organizations):
    end = {"version": 1, "state": "cancelled", "on": "2024-05-01", "reason": "成员解散"}
    answer = caller.post(f"/api/v1/organizations/{organizations[0].uid}/end/", end, format="json")
    assert (answer.status_code, answer.json()["state"], answer.json()["ended"]) == (200, "cancelled", "2024-05-01")


def test_indicators_and_targets(caller, world, organizations):
    answer = caller.get("/api/v1/indicators/", {"division": world.district.code})
    assert answer.status_code == 200
    assert answer.json()["division"] == world.district.code
    assert "orgs_per_10000_people" in answer.json()["indicators"]
    assert sum(row["number"] for row in answer.json()["types"]) == answer.json()["measures"]["orgs"] > 0
    past = timezone.localdate() - timedelta(days=400)
    earlier = caller.get("/api/v1/indicators/", {"division": world.district.code, "as_of": past.isoformat()})
    assert earlier.json()["as_of"] == past.isoformat()
    assert caller.get("/api/v1/targets/", {"division": world.district.code}).json()["targets"] == []


def test_the_schema_is_for_staff(caller, world):
    assert caller.get("/api/v1/schema/").status_code == 200
    street = APIClient()
    street.force_login(make_user("street_officer", world.street))
    assert street.get("/api/v1/schema/").status_code == 403


def test_too_many_requests_are_429(caller, monkeypatch, world):
    monkeypatch.setattr("casework.api.CallerThrottle.rate", "2/min")
    monkeypatch.setattr("casework.api.CallerThrottle.scope", str(uuid4()))
    codes = [caller.get("/api/v1/divisions/").status_code for _ in range(3)]
    assert codes == [200, 200, 429]


def post_raw(client, data, content_type="application/json"):
    return client.generic("POST", "/api/v1/organizations/", data, content_type=content_type)


DISHONEST = [
    b"",
    b"null",
    b"[]",
    b"1",
    b'"text"',
    b"{",
    b"\xff\xfe",
    b"NaN",
    b'{"name": NaN}',
    b'{"place_area": 1e999}',
    b'{"name": "a", "name": "b"}',
    b'{"name": "\\u0000"}',
    b'{"\\u0000": 1}',
    b'{"name": "\\ud800"}',
    b'{"targets": ["\\ud800"]}',
    b'{"name": "\\u202e"}',
    b'{"name": {"a": [1, 2]}}',
    b'{"name": ' + b"9" * 5000 + b"}",
    b'{"version": ' + b"9" * 400 + b"}",
    b"[" * 200_000,
    b'{"a":' * 200_000,
    b'{"name": "' + b"[" * 100_000,
    b'"' + b'\\"' * 200_000,
]


def test_bodies_no_honest_client_sends_are_400(caller):
    for data in DISHONEST:
        assert post_raw(caller, data).status_code == 400, data[:40]


def test_large_and_foreign_bodies(caller):
    assert post_raw(caller, b" " * (1024 * 1024 + 1)).status_code == 413
    assert post_raw(caller, b"<a/>", "application/xml").status_code == 415
    assert post_raw(caller, json.dumps({"name": "[" * 40}).encode()).status_code == 400


def test_same_type_code_in_another_scheme_is_not_taken(caller, world, body):
    make_scheme("SH", types={"only_here": "别处类"}, tier_words={})
    assert caller.post("/api/v1/organizations/", {**body, "type": "only_here"}, format="json").status_code == 400


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"name": "别的队"}, "name"),
        ({"place": "别处"}, "place"),
        ({"filing_no": "X1"}, "filing_no"),
        ({"leader": {"name": "李芳"}}, "leader"),
        ({"tier": "group", "effective": "2024-05-01"}, "tier"),
        ({"division": "440310002002", "effective": "2024-05-01"}, "division"),
    ],
)
def test_what_was_filed_changes_only_through_a_case(caller, world, sent, field):
    leader = person_for(name="王小明", phone=PHONE)
    filed = make_organization(
        world.community, world.types["culture"], filing_no="440310001-T-2025-0001", place="文化站", leader=leader
    )
    address = f"/api/v1/organizations/{filed.uid}/"
    refused = caller.patch(address, {"version": 1, "remark": "试", **sent}, format="json")
    assert refused.status_code == 400
    assert field in refused.json()
    end = {"version": 1, "state": "cancelled", "on": "2024-05-01", "reason": "成员解散"}
    assert caller.post(f"{address}end/", end, format="json").status_code == 400
    filed.refresh_from_db()
    assert (filed.version, filed.state, filed.remark) == (1, "active", "")
    kept = {"version": 1, "remark": "常年活动", "leader": {"name": "王小明", "phone": "13900139000"}}
    assert caller.patch(address, kept, format="json").status_code == 200
