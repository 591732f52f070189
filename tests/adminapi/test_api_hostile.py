"""Every operation of the API against a table of hostile values: never a 5xx, and at least one 2xx each."""

from datetime import date, timedelta
from functools import cache
from itertools import product

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from drf_spectacular.generators import SchemaGenerator
from rest_framework.test import APIClient

from casework import attachments
from casework.views.public_notices import OBJECTIONS
from registry.models import Organization, Term
from registry.services.filings import open_filing
from tests import builders, cases, worlds
from tests.builders import make_organization
from tests.casework import papers

HOSTILE = [
    "",
    " ",
    "\x00",
    "a\x00b",
    "\ud800".encode("utf-8", "surrogatepass").decode("latin-1"),
    "\u202e",
    "\ufeff",
    "０１２",
    "4403１0",
    "-1",
    "0",
    "1e2",
    "1e400",
    "NaN",
    "Infinity",
    "9" * 30,
    "9" * 1900,
    "2024-02-30",
    "99999-01-01",
    "0000-00-00",
    "２０２４-01-01",
    "true",
    "null",
    "[]",
    "{}",
    "' OR 1=1 --",
    "%",
    "_",
    "\\",
    "%25%00",
    "(",
    "../../etc/passwd",
    "𬱖",
    "豈",
    "a" * 1999,
]


def make():
    """A bureau officer who works at a street too: a case lies there, with a notice about it, and one is decided."""
    world = worlds.with_people()
    for role in ("street_officer", "street_leader"):
        builders.make_assignment(world.bureau, role, world.street)
    world.reviewed = cases.make_filing(world, "street_review").case
    days = {"starts": date.today(), "ends": date.today() + timedelta(days=7)}
    world.posted = world.reviewed.publicities.create(
        division_path=world.reviewed.division_path, state="open", title="公示", body="公示", **days
    )
    world.rated = cases.make_filing(world, "filed", values={"name": "六联社区乒乓球队"}).case
    world.rated.parties.update(user=world.bureau)
    builders.make_scheme("SH", types={"elsewhere": "别处类"}, tier_words={})
    Term.objects.get_or_create(list=Term.List.FLAG, code="hub", defaults={"name": "枢纽型组织"})
    return world


made_world, world = worlds.shared(make)


@pytest.fixture
def officer(world):
    return world.bureau


@pytest.fixture(autouse=True)
def _endless_objections(monkeypatch):
    monkeypatch.setattr(OBJECTIONS, "limit", 10**6)


@pytest.fixture
def good(world, officer):
    """Values every operation answers with success, seeded so that the calls get as far as they can."""
    organization = make_organization(world.community, world.types["culture"], name="坪山舞蹈队")
    return {
        "code": world.community.code,
        "uid": str(organization.uid),
        **{name: str(getattr(world, name).uid) for name in ("reviewed", "rated", "posted")},
        "to": world.officer.pk,
        **draft(officer),
        "division": world.district.code,
        "name": {"code": world.district.code},
    }


@pytest.fixture
def caller(officer):
    """Without the way to the user (test_api walks it): some thousand calls would each look up session and person."""
    client = APIClient(raise_request_exception=False)
    client.force_authenticate(officer)
    return client


@cache
def operations():
    """[(path, method, names of query parameters)] of everything the schema declares."""
    paths = SchemaGenerator().get_schema(request=None, public=True)["paths"]
    return [
        (path, method, [p["name"] for p in operation.get("parameters", []) if p["in"] == "query"])
        for path, methods in paths.items()
        for method, operation in methods.items()
    ]


# Whose uid a path means; the first part that is in it.
WHOSE = {
    **dict.fromkeys(("/claim/", "/release/", "/reassign/", "/remark/", "/urge/"), "reviewed"),
    "/rating/": "rated",
    "/publicity/": "posted",
    "/cases/": "case",
    "/filings/": "case",
    "": "uid",
}


def fill(path, good):
    uid = good[next(whose for part, whose in WHOSE.items() if part in path)]
    values = {"code": good["code"], "uid": uid, "file": good["file"], "paper": good["paper"]}
    return path.format(**values)


def draft(by):
    """A draft the caller keeps for somebody else, in the place of the first organization, and its papers."""
    first = Organization.objects.select_related("division").first()
    filing = open_filing(kind="filing", by=by, division=first.division, applicant="林秀英")
    case = filing.case
    file = attachments.store(case=case, slot="venue", upload=pdf(), by=by)
    step = case.steps.create(actor=by, division=case.division, transition="remind", source="draft", target="draft")
    paper = case.issued.create(
        step=step, code="receipt", title="受理", number=f"{case.uid}", data=papers.sample("receipt")
    )
    return {"case": str(case.uid), "file": str(file.uid), "paper": str(paper.uid)}


def required(path, good):
    return {"division": good["division"]} if path.endswith(("/indicators/", "/targets/")) else {}


BODIES = {
    ("/api/v1/organizations/", "post"): {
        "name": "新队伍",
        "tier": "team",
        "division": "440310001001",
        "type": "culture",
        "legal_form": "",
        "uscc": "",
        "filing_no": "备1",
        "founded": "2020-01-01",
        "place": "广场",
        "place_area": "12.5",
        "targets": ["elderly"],
        "fields": [],
        "fund_sources": [],
        "rating": "",
        "volunteer_system_id": "",
        "remark": "",
        "leader": {"name": "王芳", "phone": "13800138000", "id_number": ""},
        "distinct": [],
    },
    ("/api/v1/organizations/{uid}/", "patch"): {
        "version": 1,
        "place": "礼堂",
        "tier": "group",
        "state": "dormant",
        "effective": "2024-01-01",
        "note": "更正",
        "name": "坪山歌舞队",
        "division": "440310001002",
        "type": "charity",
        "flag_periods": [{"flag": "hub", "starts": "2024-01-01", "ends": "2024-06-01"}],
        "classifications": [{"scheme": "SH", "type": "elsewhere"}],
    },
    ("/api/v1/organizations/{uid}/end/", "post"): {
        "version": 1,
        "state": "cancelled",
        "on": "2024-01-01",
        "reason": "解散",
    },
    ("/api/v1/cases/{uid}/steps/", "post"): {
        "step": "withdraw",
        "version": 1,
        "note": "不再办理",
        "items": [{"anchor": "name", "reason": "重名", "basis": ""}],
        "distinct": [{"id": 1, "reason": "不是同一支队伍"}],
    },
    ("/api/v1/cases/{uid}/reassign/", "post"): {"to": 1, "note": "休假"},
    ("/api/v1/cases/{uid}/remark/", "post"): {"note": "已电话核实"},
    ("/api/v1/cases/{uid}/urge/", "post"): {"note": "请尽快办理"},
    ("/api/v1/cases/{uid}/rating/", "post"): {"grade": 5, "tags": ["quick"], "words": "办得快"},
    ("/api/v1/cases/{uid}/rating/", "patch"): {"words": "又打电话回访了"},
    ("/api/v1/notices/read/", "post"): {"ids": [1]},
    ("/api/v1/publicity/{uid}/objections/", "post"): {
        "name": "王芳",
        "contact": "13800138000",
        "text": "该队伍长期不在本社区活动",
    },
    ("/api/v1/filings/", "post"): {
        "kind": "filing",
        "division": "440310001001",
        "applicant": "林秀英",
        "values": cases.VALUES,
    },
    ("/api/v1/filings/{uid}/", "patch"): {"version": 1, "values": cases.VALUES},
}
PAPER = ("/api/v1/cases/{uid}/files/", "post")
WRONG = [
    None,
    True,
    0,
    -1,
    1.5,
    10**30,
    "",
    " ",
    "０",
    "\u202e",
    "𬱖",
    "x" * 6000,
    [],
    [[]],
    {},
    {"a": 1},
    [None],
    "%",
    "a\x00b",
    "9" * 30,
    "2024-02-30",
    "NaN",
]


def test_every_operation_succeeds_once(caller, good, officer):
    for path, method, _names in operations():
        answer = ask(caller, path, method, good)
        assert answer.status_code in {200, 201}, (path, method, answer.content)
        if method != "get":
            good |= {"uid": str(make_organization(*again()).uid), **draft(officer)}


def ask(caller, path, method, good):
    call, address = getattr(caller, method), fill(path, good)
    if (path, method) == PAPER:
        return call(address, {"slot": "charter", "file": pdf()}, format="multipart")
    if method == "get":
        return call(address, required(path, good))
    return call(address, body_of(path, method, good), format="json")


def body_of(path, method, good):
    body = BODIES.get((path, method), {})
    return body | {"to": good["to"]} if "to" in body else body


def pdf():
    return SimpleUploadedFile("章程.pdf", b"%PDF-1.4")


def again():
    first = Organization.objects.select_related("division", "type").first()
    return first.division, first.type


def test_every_query_parameter_is_declared(caller, good):
    for path, method, _names in operations():
        if method == "get" and not path.endswith("/schema/"):
            answer = caller.get(fill(path, good), {**required(path, good), "undeclared": "1"})
            assert answer.status_code == 400, path
            assert "undeclared" in answer.json()


def test_hostile_query_values(caller, good):
    for path, method, names in operations():
        if method != "get":
            continue
        for name, value in product(names, HOSTILE):
            answer = caller.get(fill(path, good), {**required(path, good), name: value})
            assert answer.status_code < 500, (path, name, value)


@pytest.mark.parametrize("key", sorted(BODIES), ids=lambda key: f"{key[1]} {key[0]}")
def test_hostile_body_values(caller, good, key):
    path, method = key
    whole = body_of(path, method, good)
    for name, value in product(whole, WRONG):
        body = {**whole, name: value}
        answer = getattr(caller, method)(fill(path, good), body, format="json")
        assert answer.status_code < 500, (path, name, value, answer.content)


@pytest.mark.parametrize("key", sorted(cases.VALUES))
def test_hostile_facts_of_a_filing(caller, good, key):
    for value in WRONG:
        answer = caller.post(
            "/api/v1/filings/",
            {"kind": "filing", "division": "440310001001", "applicant": "林秀英", "values": {key: value}},
            format="json",
        )
        assert answer.status_code < 500, (key, value, answer.content)


@pytest.mark.parametrize("slot", WRONG)
def test_hostile_slots_of_a_paper(caller, good, slot):
    text = "" if slot is None else str(slot)
    answer = caller.post(fill(PAPER[0], good), {"slot": text, "file": pdf()}, format="multipart")
    assert answer.status_code in {400, 404}


@pytest.mark.parametrize("value", ["%00", "%ff", "..", "９９", "9" * 40, "a" * 300, "%F0%AC%B1%96", "'"])
def test_hostile_paths(caller, good, value):
    for path, method, _names in operations():
        if "{" in path:
            address = path.format(code=value, uid=value, file=value, paper=value)
            assert getattr(caller, method)(address).status_code in {400, 404}, address


def test_outside_an_operation_is_404(caller):
    assert caller.get(reverse("api:divisions") + "nonsense/").status_code == 404
