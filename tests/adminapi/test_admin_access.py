"""Every administration page × method × role × (own district, another one, nothing there).

The addresses come from the pages registered, what each needs from PAGES and SITE: a page or an address missing there
fails the first two tests. That each page can be shown is looked at in test_admin_site.
"""

import logging
import re
from dataclasses import dataclass
from datetime import date, timedelta
from types import SimpleNamespace

import pytest
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.models import Group
from django.db import transaction
from django.template.response import SimpleTemplateResponse
from django.test import Client, override_settings
from django.urls import get_resolver, reverse
from django.utils import timezone

from accounts.roles import ROLES
from casework import audit
from casework.models import AuditEvent, CalendarDay
from casework.workflow import perform
from config import urls
from config.admin import PortalAdminSite
from registry.models import DivisionChange, Need, Project, Term, TierWord, TypeMapping
from reporting.models import Mechanism, Policy
from tests import builders, cases
from tests.test_access import SESSIONS, empty, names_of, session_of, verdict

ADMIN, NOBODY = "accounts.use_admin", "nobody"
EXPORT, TRAIL = "registry.export_organization", "casework.view_auditevent"
APPLY, DRAFT = "registry.apply_divisionchange", "registry.add_divisionchange"


@dataclass(frozen=True)
class Page:
    """The rights a model's pages need beside the one to view it; `verbs` are its own addresses of one record."""

    view: str
    add: str = NOBODY
    change: str = NOBODY
    also: str = ADMIN  # beside `change`, to save a record
    export: str = ""
    verbs: tuple = ()
    placed: bool = True
    lost: str = "404"  # what a save gets where there is nothing to see


def words(name):
    """A list of words holds for the whole portal."""
    return Page(f"registry.view_{name}", f"registry.add_{name}", f"registry.change_{name}", placed=False)


def works(name):
    return Page(f"registry.view_{name}", f"registry.add_{name}", f"registry.change_{name}", export=EXPORT)


CALENDAR = "casework.change_calendarday"
BATCH = "registry.view_importbatch"
DECIDE = "reporting.decide_targetset"
TARGETS = "reporting.view_targetset", "reporting.add_targetset", "reporting.change_targetset"
CHANGES = "registry.change_divisionchange"
PEOPLE = "accounts.change_user"
ACTS = tuple(("act", verb, PEOPLE) for verb in ("password", "unlock", "withdraw-token"))
TURNS = ("check", None, APPLY), ("apply", None, APPLY), ("drop", None, DRAFT)
PAGES = {
    "accounts.assignment": Page("accounts.view_assignment", "accounts.add_assignment", "accounts.change_assignment"),
    "accounts.division": Page("accounts.view_division", change="accounts.change_division", export=EXPORT),
    "accounts.user": Page("accounts.view_user", "accounts.add_user", PEOPLE, export="accounts.view_user", verbs=ACTS),
    "auth.group": Page("auth.view_group", placed=False),
    "casework.auditevent": Page(TRAIL, export=TRAIL),
    "casework.calendarday": Page("casework.view_calendarday", CALENDAR, CALENDAR, placed=False),
    "casework.case": Page("casework.view_case"),
    "casework.policyvalue": Page("casework.view_policyvalue", placed=False),
    # A change of divisions is never edited: a wrong draft is dropped.
    "registry.divisionchange": Page("registry.view_divisionchange", DRAFT, CHANGES, NOBODY, verbs=TURNS),
    "registry.divisionyear": works("divisionyear"),
    # The form goes on to the portal's own page; what is not found is saved by nobody.
    "registry.importbatch": Page(BATCH, change=BATCH, export=EXPORT, lost="403"),
    "registry.need": works("need"),
    # Adding goes on to the portal's own page, which asks for the right.
    "registry.organization": Page("registry.view_organization", ADMIN, "registry.change_organization"),
    "registry.organizationtype": words("organizationtype"),
    "registry.project": works("project"),
    "registry.scheme": words("scheme"),
    "registry.term": words("term"),
    "registry.tierword": words("tierword"),
    "registry.typemapping": words("typemapping"),
    "reporting.mechanism": Page("reporting.view_policy", placed=False),
    "reporting.policy": Page("reporting.view_policy", placed=False, export="reporting.view_policy"),
    "reporting.target": Page(*TARGETS, DECIDE, TARGETS[0]),
    "reporting.targetset": Page(*TARGETS, DECIDE),
}
# Address → what it is asked with, the right it needs, and what whoever lacks that is told.
SITE = {
    "index": ("get", {}, ADMIN, "403"),
    "login": ("get", {}, "", ""),
    "logout": ("post", {}, ADMIN, "403"),
    "password_change": ("get", {}, ADMIN, "403"),
    "password_change_done": ("get", {}, ADMIN, "403"),
    "jsi18n": ("get", {}, ADMIN, "403"),
    "search": ("get", {"s": "组织"}, NOBODY, "404"),
    "view_on_site": ("get", {}, NOBODY, "404"),
    "app_list": ("get", {}, "registry.view_organization", "404"),
    "autocomplete": (
        "get",
        {"app_label": "registry", "model_name": "organization", "field_name": "division"},
        "accounts.view_division",
        "403",
    ),
}
ARGS = {"app_list": ["registry"], "view_on_site": [1, 1]}
TOKENS = re.compile(rb'value="[A-Za-z0-9]{64}"|"X-CSRFToken": "[A-Za-z0-9]+"')
SIGN_IN = re.compile(r"(/sign-in/|/admin/login/)\?next=")
UNNAMED = {"<path:object_id>/", "(?P<url>.*)$"}


@dataclass(frozen=True)
class Row:
    """Who lacks `first` gets 403 before any look-up, who does not see the record 404, who lacks `right` there 403."""

    name: str
    method: str
    first: str
    right: frozenset
    of_record: bool = True
    rest: tuple = ()
    lost: str = "404"


def rows_of(label):
    page, stem = PAGES[label], label.replace(".", "_")
    saves = frozenset({page.change, page.also})
    yield Row(f"{stem}_changelist", "get", page.view, frozenset(), of_record=False)
    yield Row(f"{stem}_columns", "post", ADMIN, frozenset(), of_record=False)
    for method in ("get", "post"):
        yield Row(f"{stem}_add", method, page.add, frozenset(), of_record=False)
    yield Row(f"{stem}_delete", "post", NOBODY, frozenset())
    yield Row(f"{stem}_change", "get", page.view, frozenset())
    yield Row(f"{stem}_change", "post", page.change, saves, lost=page.lost)
    yield Row(f"{stem}_history", "get", page.view, frozenset())
    if page.export:
        yield Row(f"{stem}_export", "post", page.view, frozenset({page.export}), of_record=False)
    for verb, rest, right in page.verbs:
        yield Row(f"{stem}_{verb}", "post", ADMIN, frozenset({right}), rest=(rest,) if rest else ())


def expected(page, row, rights, where):
    if ADMIN not in rights or row.first not in rights:
        return "403"
    if row.of_record and (where != "own" or page.view not in rights):
        return row.lost
    return "in" if row.right <= rights else "403"


def test_every_page_is_in_the_table():
    assert {model._meta.label_lower for model in admin.site._registry} == set(PAGES)


def test_every_address_of_the_administration_is_in_the_table():
    """Without a name: the record's short address, which leads to its form, and the 404 of everything else."""
    names = {name.removeprefix("admin:") for name, _view in names_of(get_resolver()) if name.startswith("admin:")}
    assert names - UNNAMED == {row.name for label in PAGES for row in rows_of(label)} | set(SITE)


@pytest.fixture(scope="module")
def people(django_db_setup, django_db_blocker):
    """One user per role, all at one district, and a record of each page there and in another district."""
    with override_settings(**SESSIONS), django_db_blocker.unblock(), transaction.atomic():
        world = cases.make_people(builders.make_world())
        everywhere = words_of(world)
        world.own = everywhere | records(world, world.district, world.street, world.community)
        world.other = everywhere | records(world, world.other_district, world.far_street, world.far_community)
        world.sessions = {code: session_of(builders.make_user(code, world.district)) for code in ROLES}
        world.rights = {code: set(role.permissions) for code, role in ROLES.items()}
        yield world
        transaction.set_rollback(True)


def words_of(world):
    """{page: key} of what holds for the whole portal."""
    culture, charity = world.types["culture"], world.types["charity"]
    policy = Policy.objects.create(code="A", name="办法")
    rows = {
        "auth.group": Group.objects.first(),
        "casework.calendarday": CalendarDay.objects.filter(date__gt=timezone.localdate() + timedelta(days=3)).first(),
        "casework.policyvalue": cases.make_policy("filing.founders", 3),
        "registry.organizationtype": culture,
        "registry.scheme": world.scheme,
        "registry.term": Term.objects.first(),
        "registry.tierword": TierWord.objects.first(),
        "registry.typemapping": TypeMapping.objects.create(source=culture, target=charity),
        "reporting.mechanism": Mechanism.objects.create(policy=policy, code="C1", kind="C", name="检查"),
        "reporting.policy": policy,
    }
    return {label: row.pk for label, row in rows.items()}


def records(world, district, street, community):
    """{page: key} of one record of each page that knows of places."""
    organization = builders.make_organization(community, world.types["culture"])
    filer = builders.make_user("organization", community)
    here = SimpleNamespace(**{**vars(world), "community": community, "applicant": filer})
    officer = builders.make_user("street_officer", street)
    targets = builders.make_target_set(district)
    audit.record("organization.edit", organization, by=officer)
    rename = {"kind": "rename", "new_name": "新名", "effective": date.today(), "approval_no": "1"}
    rows = {
        "accounts.assignment": officer.assignments.get(),
        "accounts.division": street,
        "accounts.user": officer,
        "casework.auditevent": AuditEvent.objects.about(organization).get(),
        "casework.case": perform(cases.make_draft(here, by=filer).case, "submit", by=filer),
        "registry.divisionchange": DivisionChange.objects.create(division=community, **rename),
        "registry.divisionyear": builders.make_division_year(community),
        "registry.importbatch": builders.make_import_batch(street),
        "registry.need": Need.objects.create(division=community, content="舞蹈场地"),
        "registry.organization": organization,
        "registry.project": Project.objects.create(division=community, name="助老"),
        "reporting.target": builders.make_target(targets),
        "reporting.targetset": targets,
    }
    return {label: row.pk for label, row in rows.items()}


@pytest.fixture
def unseen(monkeypatch):
    """Who gets in is asked here, not what they see: no page is made, no refusal told in the log."""
    monkeypatch.setattr(SimpleTemplateResponse, "rendered_content", "")
    monkeypatch.setattr(PortalAdminSite, "each_context", lambda site, request: {})
    monkeypatch.setattr(logging.root.manager, "disable", logging.CRITICAL)
    for status in (403, 404):
        monkeypatch.setattr(urls, f"handler{status}", empty(status), raising=False)


browser = Client(raise_request_exception=False)


def send(method, address, session=None, data=None):
    browser.cookies.clear()
    if session:
        browser.cookies[settings.SESSION_COOKIE_NAME] = session
    with transaction.atomic():  # What one of them did is undone before the next one asks.
        answer = getattr(browser, method)(address, data or {})
        transaction.set_rollback(True)
    return answer


def address(row, key):
    return reverse(f"admin:{row.name}", args=[key, *row.rest] if row.of_record else [])


def places(label, row, people):
    """{where: key} an address is asked for; what holds everywhere lies in no other district."""
    missing = "1999-01-01" if label == "casework.calendarday" else 987_654_321
    found = {"own": people.own[label], "other": people.other[label], "missing": missing}
    if not row.of_record:
        return {"own": found["own"]}
    return found if PAGES[label].placed else {"own": found["own"], "missing": missing}


def askers(turn):
    """(role, whether it gets in): all that get in, and of those that do not, refused by one guard, one in turn."""
    inside = [(role, True) for role in ROLES if ADMIN in ROLES[role].permissions]
    outside = [(role, False) for role in ROLES if ADMIN not in ROLES[role].permissions]
    return [*inside, outside[turn % len(outside)]]


@pytest.mark.parametrize("label", PAGES)
def test_every_role_gets_what_the_table_says(label, people, db, unseen):
    wrong = []
    for turn, row in enumerate(rows_of(label)):
        asked = places(label, row, people)
        for role, inside in askers(turn):
            for where in asked if inside else ["own"]:
                found = verdict(send(row.method, address(row, asked[where]), people.sessions[role]))
                right = expected(PAGES[label], row, people.rights[role], where)
                if found != right:
                    wrong.append((row.name, row.method, *row.rest, role, where, found, right))
    assert wrong == []


@pytest.mark.parametrize("name", SITE)
def test_every_role_gets_what_the_table_says_of_the_site(name, people, db, unseen):
    method, data, right, refusal = SITE[name]
    wrong = []
    for role, session in people.sessions.items():
        rights = people.rights[role]
        inside = ADMIN in rights and right in rights
        promised = "in" if inside or not right else refusal if ADMIN in rights else "403"
        found = verdict(send(method, reverse(f"admin:{name}", args=ARGS.get(name, [])), session, data))
        if found != promised:
            wrong.append((role, found, promised))
    assert wrong == []


def test_short_and_unknown_addresses_are_guarded_as_well(people, db, unseen):
    for turn, label in enumerate(PAGES):
        short = reverse(f"admin:{label.replace('.', '_')}_changelist") + f"{people.own[label]}/"
        for role, inside in askers(turn):
            assert verdict(send("get", short, people.sessions[role])) == ("in" if inside else "403"), (role, label)
    for role, session in people.sessions.items():
        inside = ADMIN in people.rights[role]
        assert verdict(send("get", "/admin/nothing/", session)) == ("404" if inside else "403"), role


def test_strangers_are_sent_to_the_sign_in_page(people, db):
    asked = [(row.method, address(row, people.own[label])) for label in PAGES for row in rows_of(label)]
    asked += [(SITE[name][0], reverse(f"admin:{name}", args=ARGS.get(name, []))) for name in SITE]
    asked.append(("get", "/admin/nothing/"))
    answers = [(pair, send(*pair)) for pair in asked]
    assert [(pair, answer.url) for pair, answer in answers if not SIGN_IN.search(answer.url)] == []


def test_outside_and_missing_answer_alike(people, db):
    session, different = people.sessions["bureau_officer"], []
    for label in (label for label, page in PAGES.items() if page.placed):
        for row in (row for row in rows_of(label) if row.of_record):
            asked = [address(row, key) for where, key in places(label, row, people).items() if where != "own"]
            answers = [(send(row.method, one, session), one) for one in asked]
            if len({(answer.status_code, plain(answer, one)) for answer, one in answers}) > 1:
                different.append((row.name, row.method))
    assert different == []


def plain(answer, asked):
    """The body without the address asked for and without what differs from one request to the next."""
    return TOKENS.sub(b"", answer.content.replace(asked.encode(), b""))
