"""Every address × method × role × (own place, other place, nothing there): who gets in, who gets 403, who gets 404.

An address missing from TABLE fails `test_every_address_is_in_the_table`: whoever adds one says here who may use it.
A row holds for every method of its view unless it names one. Who filed a case has a test of their own: their case,
another organization's, nothing there.
"""

import logging
import re
import time
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from types import SimpleNamespace
from uuid import UUID

import pytest
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.http import HttpResponse
from django.test import Client, override_settings
from django.urls import get_resolver, reverse
from django.utils import timezone

from accounts.models import Assignment
from accounts.roles import ROLES
from casework import attachments
from casework.models import Package, Rating
from casework.services import saved
from casework.services.publicity import raise_objection
from casework.workflow import perform
from config import urls
from registry.models import DivisionChange, Need, Project
from registry.services.credit import propose_credit
from registry.services.dormancy import link, propose_dormancy
from registry.services.filings import open_filing
from tests import builders, cases

PUBLIC, SIGNED_IN = "everybody", "everybody signed in"
VIEW, CHANGE = "registry.view_organization", "registry.change_organization"
CERTIFY = "registry.issue_certificate"
ANSWER = "casework.answer_objection"
RATINGS = "casework.view_rating"
CASES, REVIEW = "casework.view_case", "registry.review_filing"
FIGURES, SURVEY, EXPORT = "reporting.view_rollup", "registry.import_survey", "registry.export_organization"
BASE, PROJECT = "registry.change_divisionyear", "registry.change_project"
DIVISIONS, DRAFT = "registry.view_divisionchange", "registry.add_divisionchange"
THIS_YEAR = str(timezone.localdate().year)
MISSING = 987_654_321


@dataclass(frozen=True)
class Row:
    """Who may open an address: `right`, at the place of `thing` if it has one.

    Outside their places people get the 404 of a thing that does not exist. Inside, without `right`, they get 403 when
    `sees` lets them know the thing is there, else the same 404. Whoever holds the right `first` nowhere gets 403
    before anything is looked up. What is `owned` exists for its owner only. Everybody may open what is PUBLIC at any
    place, and who is signed in what is open `anywhere`; a `neutral` address has a page of its own for what does not
    exist. `rest` is what the address needs beside the thing; `party` is what who filed the case gets.
    """

    right: str
    thing: str = ""
    sees: str = ""
    method: str = ""
    data: dict = field(default_factory=dict)
    first: str = ""
    api: bool = False
    owned: bool = False
    neutral: bool = False
    anywhere: bool = False
    rest: tuple = ()
    party: str = "in"


def record(right=CHANGE, method="", thing="organization"):
    return Row(right, thing, VIEW, method)


def batch(method=""):
    return Row(SURVEY, "batch", method=method, first=SURVEY)


def api(right, thing="", **more):
    return Row(right, thing, right, api=True, **{"first": right, **more})


def export(method=""):
    return Row(EXPORT, "export", method=method, first=EXPORT, owned=True)


def own_case(method="", thing="own_case"):
    """A case only its parties know of."""
    return Row(SIGNED_IN, thing, method=method, owned=True)


def submitted(right=CASES, method="", thing="case", **more):
    """A case in a street's review, seen by who may see cases there."""
    return Row(right, thing, CASES, method, **more)


def handled(verb, right, party):
    return submitted(right, rest=(verb,), party=party)


# Things that belong to a case, and the team of who filed it: that person reaches them wherever they lie.
OF_CASES = {"case", "file", "objection", "own_case", "case_page", "case_paper", "case_file", "notice", "own_team"}
METHODS = ("get", "post", "patch", "delete")
# Looking up ten thousand sessions would take a tenth of the time; what is in one is the same in a cookie.
SESSIONS = {"SESSION_ENGINE": "django.contrib.sessions.backends.signed_cookies"}
STEP = {"step": "propose", "version": 1}
TABLE = {
    "healthz": Row(PUBLIC),
    "readyz": Row(PUBLIC),
    "set_language": Row(SIGNED_IN, method="post"),
    "accounts:sign_in": Row(PUBLIC),
    "accounts:sign_out": Row(PUBLIC, method="post"),
    "accounts:account": Row(SIGNED_IN),
    "accounts:password_change": Row(SIGNED_IN),
    "accounts:language": Row(PUBLIC, method="post"),
    "accounts:elder": Row(PUBLIC, method="post"),
    "accounts:place": Row(SIGNED_IN, "choice", method="post"),
    "accounts:division_children": Row(SIGNED_IN, data={"parent": "1"}),
    "casework:phrases": Row(SIGNED_IN),
    "casework:phrase_remove": own_case("post", "phrase"),
    "casework:filter_save": Row(SIGNED_IN, method="post", data={"queue": "todo"}),
    "casework:filter_remove": own_case("post", "filter"),
    "casework:absence": Row(SIGNED_IN),
    "casework:absence_end": own_case("post", "absence"),
    "casework:handover": Row(SIGNED_IN),
    "casework:api_key": Row(SIGNED_IN),
    "casework:papers": Row(CASES, "held", CASES),
    "casework:paper": Row(CASES, "issued", CASES),
    "casework:paper_print": Row(CASES, "issued", CASES),
    "casework:package": Row(CASES, "held", CASES),
    "public:front": Row(PUBLIC),
    "public:organizations": Row(PUBLIC),
    "public:organization": Row(PUBLIC, "organization"),
    "public:division_children": Row(PUBLIC, "parent"),
    "public:check": Row(PUBLIC),
    "public:still_active": Row(PUBLIC, "silent"),
    "public:scan": Row(PUBLIC, "scan", neutral=True),
    "public:messages": Row(PUBLIC),
    "public:guides": Row(PUBLIC),
    "public:guide": Row(PUBLIC, "guide"),
    "public:sample": Row(PUBLIC, "sample"),
    "public:progress": Row(PUBLIC),
    "apply:ask_again": submitted(method="post"),
    "apply:put_right": submitted(REVIEW, method="post", party="403"),
    "apply:confirm": Row(PUBLIC, "token", neutral=True),
    "apply:rate_by_link": Row(PUBLIC, "token", neutral=True),
    "apply:sign_in": Row(PUBLIC),
    "apply:sign_in_code": Row(PUBLIC),
    "apply:start": Row(SIGNED_IN),
    "apply:new": Row(SIGNED_IN),
    "apply:case": own_case(),
    "apply:page": own_case(thing="case_page"),
    "apply:check": own_case(),
    "apply:correct": own_case(),
    "apply:paper": own_case("post", "case_paper"),
    "apply:paper_remove": own_case("post", "case_file"),
    "apply:my": Row(SIGNED_IN),
    "apply:my_case": own_case(),
    "apply:team": own_case(thing="own_team"),
    "apply:team_certificate": own_case(thing="own_team"),
    "apply:step": Row(SIGNED_IN, "own_case", method="post", data={"step": "withdraw"}, owned=True),
    "apply:withdraw": own_case("post"),
    "apply:copy": own_case("post"),
    "apply:rate": own_case("post"),
    "casework:cases": Row(SIGNED_IN),
    "casework:queue": Row(SIGNED_IN, rest=("done",)),
    "registry:ledger": Row(SIGNED_IN, rest=("done",)),
    "casework:batch": Row(SIGNED_IN),
    "casework:case": submitted(),
    "casework:form": submitted(),
    "casework:file": submitted(thing="file"),
    "casework:step": submitted(REVIEW, data=STEP, party="403"),
    "casework:handle": (
        handled("claim", REVIEW, party="403"),
        handled("release", CASES, party="in"),
        handled("urge", "casework.supervise_case", party="in"),
        handled("remark", CASES, party="403"),
        handled("reassign", "casework.reassign_case", party="403"),
    ),
    "casework:publicity": (
        submitted(method="get", party="404"),
        # Nobody publishes at this step: whoever may, may at the committee's.
        submitted("", method="post", party="404"),
    ),
    "casework:objection_answer": submitted(ANSWER, thing="objection", party="404"),
    "casework:objection_contact": submitted(ANSWER, thing="objection", party="404"),
    "casework:public_notices": Row(PUBLIC),
    "casework:public_notice": Row(PUBLIC, "posted"),
    "casework:public_notice_file": Row(PUBLIC, "posted_file"),
    "casework:public_objection": Row(PUBLIC),
    "casework:notices": Row(SIGNED_IN),
    "casework:notices_read": Row(SIGNED_IN),
    "casework:notice_settings": Row(SIGNED_IN),
    "casework:notice": own_case(thing="notice"),
    "registry:organizations": Row(VIEW),
    "registry:organization_columns": Row(VIEW, method="post"),
    "registry:organizations_ready": Row(VIEW),
    "registry:organization_add": Row("registry.add_organization"),
    "registry:organization": record(VIEW),
    "registry:organization_edit": record(),
    "registry:organization_standing": record(),
    "registry:organization_end": record(),
    "registry:organization_reopen": record(),
    "registry:organization_figures": record("registry.change_organizationyear"),
    "registry:organization_flag_add": record(),
    "registry:organization_flag_end": record(thing="flag"),
    "registry:organization_classify": record(),
    "registry:account_grant": record("registry.order_filing"),
    "registry:account_end": record("registry.order_filing", thing="account"),
    "registry:organization_reveal": record("registry.reveal_person", "post"),
    "registry:certificate_issue": record(CERTIFY),
    "registry:certificate_replace": record(CERTIFY, thing="paper"),
    "registry:certificate_lost": record(CERTIFY, thing="paper"),
    "registry:certificate_return": record(CERTIFY, thing="paper"),
    "registry:certificate_print": record(CERTIFY, thing="paper"),
    "registry:organization_contact": record("registry.order_filing"),
    "registry:organization_credit": record("registry.list_credit"),
    "registry:reports": Row("casework.view_case"),
    "registry:silent": Row("casework.view_case"),
    "registry:samples": Row("casework.view_case"),
    "registry:sample_draw": Row("registry.sample_filing", method="post"),
    "registry:certificates": Row("casework.view_case"),
    "registry:credit": Row("casework.view_case"),
    "registry:credit_step": record("registry.list_credit", "post", "entry"),
    "registry:ratings": Row(RATINGS),
    "registry:rating_answer": Row("casework.answer_rating", "rating", RATINGS, "post"),
    "registry:base_figures": Row("registry.view_divisionyear"),
    "registry:base_figures_edit": Row(BASE, "division", sees="registry.view_divisionyear", rest=(THIS_YEAR,)),
    "registry:needs": Row("registry.view_need"),
    "registry:need_add": Row("registry.add_need"),
    "registry:need_edit": Row("registry.change_need", "need", "registry.view_need", first="registry.change_need"),
    "registry:projects": Row("registry.view_project"),
    "registry:project_add": Row("registry.add_project"),
    "registry:project_edit": Row(PROJECT, "project", "registry.view_project", first=PROJECT),
    "registry:division_changes": Row(DIVISIONS),
    "registry:division_change_start": Row(DRAFT),
    "registry:division_change_add": Row(DRAFT, "division", first=DRAFT, rest=("rename",)),
    "registry:division_change": Row(DIVISIONS, "change", DIVISIONS),
    "registry:division_change_parts": Row(DRAFT, "split", DIVISIONS),
    "registry:division_change_step": Row(DRAFT, "change", DIVISIONS, method="post", rest=("drop",)),
    "registry:to_place": Row(CHANGE),
    "registry:imports": Row(SURVEY, first=SURVEY),
    "registry:survey_round": Row(SURVEY, first=SURVEY),
    "registry:import_template": Row(SURVEY, first=SURVEY),
    "registry:import": batch(),
    "registry:import_progress": batch(),
    "registry:import_store": batch("post"),
    "registry:import_line": batch("post"),
    "registry:import_columns": batch("post"),
    "registry:import_cancel": batch("post"),
    "registry:import_undo": batch("post"),
    "registry:import_marked": batch(),
    "registry:organization_export": Row(EXPORT, method="post"),
    "registry:exports": Row(EXPORT),
    "registry:export": export(),
    "registry:export_progress": export(),
    "registry:export_download": export(),
    "registry:export_cancel": export("post"),
    "reporting:home": Row(SIGNED_IN),
    "reporting:dashboard": Row(FIGURES, "division", FIGURES),
    "reporting:screen": Row(FIGURES, "division", FIGURES),
    "reporting:export": Row(FIGURES, "division", FIGURES),
    "reporting:measure": Row(FIGURES, "measure", FIGURES),
    "reporting:indicator": Row(FIGURES, "indicator", FIGURES),
    "reporting:target": Row(FIGURES, "target", FIGURES),
    "api:divisions": api("accounts.view_division"),
    "api:division": api("accounts.view_division", "code"),
    "api:figures": api("registry.view_divisionyear", "code"),
    "api:organizations": api(VIEW),
    "api:organization": (
        api(VIEW, "organization", method="get"),
        api(CHANGE, "organization", method="patch", first=VIEW),
    ),
    "api:organization_end": api(CHANGE, "organization", method="post", first=VIEW),
    "api:cases": Row(SIGNED_IN, api=True),
    "api:case": submitted(api=True),
    "api:case_steps": submitted(REVIEW, data=STEP, api=True, party="403"),
    "api:case_claim": submitted(REVIEW, api=True, party="403"),
    "api:case_release": submitted(api=True),
    "api:case_urge": submitted("casework.supervise_case", api=True),
    "api:case_remark": submitted(data={"note": "已电话核实"}, api=True, party="403"),
    "api:case_reassign": submitted("casework.reassign_case", api=True, party="403"),
    # Those it served: no role is among them.
    "api:case_rating": submitted("", api=True),
    "api:case_files": Row(SIGNED_IN, "own_case", owned=True, api=True),
    "api:case_file": (
        submitted(method="get", thing="file", api=True),
        Row(SIGNED_IN, "case_file", owned=True, method="delete", api=True),
    ),
    "api:case_paper": Row(CASES, "issued", CASES, api=True),
    "api:matters": Row(SIGNED_IN, api=True),
    "api:filings": Row(SIGNED_IN, api=True),
    "api:filing": Row(SIGNED_IN, "own_case", owned=True, api=True),
    "api:notices": Row(SIGNED_IN, api=True),
    "api:notices_read": Row(SIGNED_IN, api=True),
    "api:publicity_objections": Row(SIGNED_IN, "posted", api=True, anywhere=True),
    "api:public_organizations": Row(PUBLIC, api=True),
    "api:public_organization": Row(PUBLIC, "organization", api=True),
    "api:public_publicity": Row(PUBLIC, api=True),
    "api:public_publicity_one": Row(PUBLIC, "posted", api=True),
    "api:indicators": api(FIGURES, "asked"),
    "api:targets": api(FIGURES, "asked"),
    "api:schema": api("accounts.use_admin"),
}


def names_of(resolver, spaces=()):
    for pattern in resolver.url_patterns:
        if hasattr(pattern, "url_patterns"):
            yield from names_of(pattern, (*spaces, pattern.namespace) if pattern.namespace else spaces)
        else:
            yield ":".join([*spaces, pattern.name or str(pattern.pattern)]), pattern.callback


def addresses():
    """{name: methods} outside the administration pages, which guard themselves (tests/adminapi) and are tested below.

    Of a view that is a function nobody can tell the methods: GET, unless its row says another.
    """
    views = {name: view for name, view in names_of(get_resolver()) if not name.startswith("admin:")}
    shapes = {name: getattr(view, "view_class", getattr(view, "cls", None)) for name, view in views.items()}
    return {name: [verb for verb in METHODS if answers(shape, verb)] for name, shape in shapes.items()}


def answers(shape, verb):
    return hasattr(shape, verb) and verb in shape.http_method_names


def rows():
    """(name, row) of the table for each method: the one the row names, else every method of the view."""
    for name, methods in addresses().items():
        found = TABLE.get(name, ())
        for row in found if isinstance(found, tuple) else (found,):
            for method in [row.method] if row.method else methods or ["get"]:
                yield name, replace(row, method=method)


ROWS = sorted(rows(), key=lambda pair: (pair[0], pair[1].rest, pair[1].method))


def each(pairs):
    names = [" ".join([name, row.method, *row.rest]) for name, row in pairs]
    return pytest.mark.parametrize(("name", "row"), pairs, ids=names)


def test_every_address_is_in_the_table():
    assert set(addresses()) == set(TABLE)


def test_every_method_is_in_the_table():
    tested = {(name, row.method) for name, row in ROWS}
    assert {(name, verb) for name, verbs in addresses().items() for verb in verbs} - tested == set()


@pytest.fixture(scope="module")
def people(django_db_setup, django_db_blocker):
    """One user per role, all at one street, and what lies in it and beside it; rolled back after this file."""
    with override_settings(**SESSIONS), django_db_blocker.unblock(), transaction.atomic():
        world = cases.make_people(builders.make_world())
        world.own = place(world, world.street, world.community)
        world.other = place(world, world.other_street, world.other_community)
        world.neighbour = place(world, world.street, world.community)
        world.sessions = {code: session_of(builders.make_user(code, world.street)) for code in ROLES}
        world.rights = {code: set(role.permissions) for code, role in ROLES.items()}
        yield world
        transaction.set_rollback(True)


def session_of(user):
    """The key of a session that has no need to write down, for the next hour, when it was used."""
    client = Client()
    client.force_login(user)
    session = client.session
    session.update({"signed_in_at": time.time(), "seen_at": time.time() + 3600})
    session.save()
    return session.session_key


def link_about(organization):
    """The end of the link the leader of a silent organization gets."""
    filing = propose_dormancy(organization=organization, signs=[("told", "已散伙")], by="system")
    return link(filing.case).split("/")[-2]


def lent_role(absent, division):
    """A role the absent person's substitute holds until tomorrow."""
    row = builders.make_assignment(builders.make_user(), "clerk", division, ends=date.today() + timedelta(days=1))
    Assignment.objects.filter(pk=row.pk).update(absent=absent)
    return row


def withdrawn_case(filer, community):
    """A case that was handed in and withdrawn, with its papers and its package."""
    case = cases.make_draft(SimpleNamespace(community=community), by=filer).case
    for step in ("submit", "withdraw"):
        case = perform(case, step, by=filer)
    case.package.file.save("package", ContentFile(b"PK"))
    Package.objects.filter(case=case).update(state=Package.State.READY, file=case.package.file.name)
    return case


def place(world, street, community):
    """The arguments of every kind of thing at one place."""
    organization = builders.make_organization(community, world.types["culture"], flags=["hub"])
    target = builders.make_target(builders.make_target_set(world.district))
    certificate = builders.make_certificate(organization)
    filer = builders.make_user("organization", community)
    draft = open_filing(kind="filing", by=filer, division=community).case
    case, file = case_at(world, street, community, filer)
    posted, objection = posted_about(case, file)
    held = withdrawn_case(filer, community)
    return {
        "": [],
        "filer": session_of(filer),
        "case": [case.uid],
        "file": [case.uid, file.uid],
        "posted": [posted.uid],
        "posted_file": [posted.uid, file.uid],
        "objection": [case.uid, objection.uid],
        "notice": [filer.notices.create(code="submitted").pk],
        "held": [held.uid],
        "issued": [held.uid, held.issued.first().uid],
        "guide": ["filing"],
        "sample": ["charter"],
        "token": ["no-such-token"],
        "phrase": [saved.add_phrase(text="同意", by=filer).pk],
        "filter": [saved.save_filter(name="急件", queue="todo", query="light=red", by=filer).pk],
        "absence": [lent_role(filer, community).pk],
        "own_case": [draft.uid],
        "case_page": [draft.uid, 1],
        "case_paper": [draft.uid, "charter"],
        "case_file": [draft.uid, cases.hand_in(draft, "charter", by=filer).uid],
        "own_team": [organization.accounts.create(user=filer, starts=date.today()).organization.uid],
        "organization": [organization.uid],
        "need": [Need.objects.create(division=community, content="舞蹈场地").pk],
        "project": [Project.objects.create(division=community, name="助老").pk],
        "change": [drafted(community, "rename", new_name="六和社区居委会")],
        "split": [drafted(community, "split")],
        "batch": [builders.make_import_batch(street).uid],
        "export": [builders.make_export(builders.make_user()).uid],
        "flag": [organization.uid, organization.flags.get().pk],
        "account": [organization.uid, organization.accounts.create(user=builders.make_user(), starts=date.today()).pk],
        "paper": [organization.uid, certificate.uid],
        "scan": [certificate.code],
        "silent": [link_about(organization)],
        "entry": [propose_credit(organization=organization, kind="watch", grounds="未确认", by="system").uid, "tell"],
        "rating": [Rating.objects.create(case=held, division_path=held.division_path, grade=1).pk, "answer"],
        "parent": {"parent": street.pk},
        "division": [street.pk],
        "measure": [street.pk, "orgs"],
        "indicator": [street.pk, "orgs_per_community"],
        "target": [street.pk, target.pk],
        "code": [street.code],
        "asked": {"division": street.code},
        "choice": {"place": street.pk},
    }


def drafted(community, kind, **fields):
    return DivisionChange.objects.create(kind=kind, division=community, effective=date(2024, 1, 1), **fields).pk


def posted_about(case, file):
    """A notice to everybody about the case, with a paper, and an objection to it."""
    days = {"starts": date.today(), "ends": date.today() + timedelta(days=7)}
    row = case.publicities.create(division_path=case.division_path, state="open", title="公示", body="公示", **days)
    row.papers.add(file)
    return row, raise_objection(publicity=row, name="王芳", contact="13800138000", text="该队伍长期不在本社区活动")


def case_at(world, street, community, filer):
    """A case in the review of that street with a paper of it, filed by that user."""
    names = {"applicant": filer, "clerk": builders.make_user("clerk", community)}
    here = SimpleNamespace(**{**vars(world), "street": street, "community": community, **names})
    filing = cases.make_draft(here)
    upload = SimpleUploadedFile("场地.pdf", b"%PDF-1.4")
    file = attachments.store(case=filing.case, slot="venue", upload=upload, by=filer)
    for row in cases.road(filing.case, "street_review"):
        cases.walk(filing, row, here)
    return filing.case, file


NOWHERE = {
    "case": [UUID(int=1)],
    "file": [UUID(int=1), UUID(int=2)],
    "posted": [UUID(int=1)],
    "posted_file": [UUID(int=1), UUID(int=2)],
    "objection": [UUID(int=1), UUID(int=2)],
    "notice": [MISSING],
    "held": [UUID(int=1)],
    "issued": [UUID(int=1), UUID(int=2)],
    "phrase": [MISSING],
    "filter": [MISSING],
    "absence": [MISSING],
    "guide": ["no_such"],
    "sample": ["no_such"],
    "token": ["none"],
    "own_case": [UUID(int=1)],
    "case_page": [UUID(int=1), 1],
    "case_paper": [UUID(int=1), "charter"],
    "case_file": [UUID(int=1), UUID(int=2)],
    "own_team": [UUID(int=1)],
    "organization": [UUID(int=1)],
    "need": [MISSING],
    "project": [MISSING],
    "change": [MISSING],
    "split": [MISSING],
    "batch": [UUID(int=1)],
    "export": [UUID(int=1)],
    "flag": [UUID(int=1), MISSING],
    "account": [UUID(int=1), MISSING],
    "paper": [UUID(int=1), UUID(int=2)],
    "scan": ["NOSUCHCODE"],
    "silent": ["FORGED"],
    "entry": [UUID(int=1), "tell"],
    "rating": [MISSING, "answer"],
    "parent": {"parent": MISSING},
    "division": [MISSING],
    "measure": [MISSING, "orgs"],
    "indicator": [MISSING, "orgs_per_community"],
    "target": [MISSING, MISSING],
    "code": ["999999999"],
    "asked": {"division": "999999999"},
    "choice": {"place": MISSING},
}


browser = Client(raise_request_exception=False)


def ask(name, row, things, session=None):
    browser.cookies.clear()
    if session:
        browser.cookies[settings.SESSION_COOKIE_NAME] = session
    named = things[row.thing]
    args, data = (named, row.data) if isinstance(named, list) else ([], named)
    kind = {"content_type": "application/json"} if row.api and row.method != "get" else {}
    with transaction.atomic():  # What one of them did is undone before the next one asks.
        answer = getattr(browser, row.method)(reverse(name, args=[*args, *row.rest]), data, **kind)
        transaction.set_rollback(True)
    return answer


def verdict(response):
    """in, sign_in, 401, 403 or 404; a server error is no verdict."""
    if response.status_code in (401, 403, 404):
        return str(response.status_code)
    assert response.status_code < 500
    if response.status_code == 302 and "sign-in/?next=" in response.url:
        return "sign_in"
    return "in"


def expected(row, rights, where):
    """What the table promises somebody with these rights at their own place."""
    if row.right == SIGNED_IN and row.owned:
        return "404"
    if row.right in (PUBLIC, SIGNED_IN):
        everywhere = (row.right == PUBLIC or row.anywhere) and (where != "missing" or row.neutral)
        return "in" if everywhere or where == "own" else "404"
    if row.first and row.first not in rights:
        return "403"
    if row.thing and (row.owned or where != "own" or (row.sees and row.sees not in rights)):
        return "404"
    return "in" if row.right in rights else "403"


@each(ROWS)
def test_strangers_are_sent_to_the_sign_in_page(name, row, people, db):
    found = verdict(ask(name, row, people.own))
    assert found == ("in" if row.right == PUBLIC else "401" if row.api else "sign_in")


@pytest.fixture
def bare(monkeypatch):
    """Refusals without their page, untold in the log: most answers are such; each role's page is looked at once."""
    monkeypatch.setattr(logging.root.manager, "disable", logging.CRITICAL)
    for status in (403, 404):
        monkeypatch.setattr(urls, f"handler{status}", empty(status), raising=False)
    return monkeypatch


def empty(status):
    return lambda request, exception: HttpResponse(status=status)


@each(ROWS)
def test_every_role_gets_what_the_table_says(name, row, people, db, bare):
    wheres = {"own": people.own} | ({"other": people.other, "missing": NOWHERE} if row.thing else {})
    wrong = []
    for role, session in people.sessions.items():
        for where, things in wheres.items():
            answer = ask(name, row, things, session)
            found, right = verdict(answer), expected(row, people.rights[role], where)
            if found != right:
                wrong.append((role, where, found, right))
    assert wrong == []


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("status", ["403", "404"])
def test_every_role_sees_the_page_of_a_refusal(role, status, people, db):
    name, row = next(
        pair for pair in ROWS if not pair[1].api and expected(pair[1], people.rights[role], "own") == status
    )
    answer = ask(name, row, people.own, people.sessions[role])
    assert verdict(answer) == status
    assert "</html>" in answer.content.decode()


@each([(name, row) for name, row in ROWS if row.thing and row.right != PUBLIC and not row.anywhere])
def test_outside_and_missing_answer_alike(name, row, people, db):
    session = people.sessions["bureau_officer"]
    outside, missing = ask(name, row, people.other, session), ask(name, row, NOWHERE, session)
    assert outside.status_code == missing.status_code
    assert plain(outside, people.other) == plain(missing, NOWHERE)


@each([(name, row) for name, row in ROWS if row.thing in OF_CASES])
def test_who_filed_a_case_reaches_no_other_organization_s(name, row, people, db):
    """Two organizations of one community: each reaches its own case, and the other's is the 404 of nothing there."""
    session = people.own["filer"]
    own, other, missing = (ask(name, row, things, session) for things in (people.own, people.neighbour, NOWHERE))
    assert verdict(own) == row.party
    assert (other.status_code, missing.status_code) == (404, 404)
    assert plain(other, people.neighbour) == plain(missing, NOWHERE)


def plain(response, things):
    """The body without what differs from one request to the next, and without the address asked for."""
    body = response.content
    for args in (named for thing, named in things.items() if thing != "filer"):
        for part in args if isinstance(args, list) else args.values():
            body = body.replace(str(part).encode(), b"") if len(str(part)) > 2 else body
    return re.sub(rb'value="[A-Za-z0-9]{64}"|"X-CSRFToken": "[A-Za-z0-9]+"', b"", body)


def test_the_administration_opens_for_its_roles_only(people, db):
    for role, session in people.sessions.items():
        client = Client()
        client.cookies[settings.SESSION_COOKIE_NAME] = session
        opens = client.get(reverse("admin:index")).status_code == 200
        assert opens == ("accounts.use_admin" in people.rights[role]), role
