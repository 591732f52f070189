"""What the forms of the register's matters say: the one to print and sign, the member list, a reviewed report."""

from django.utils import timezone

from casework.flows import flow_of
from registry.matters import MATTERS
from registry.models import PeriodicReport
from registry.offices import LEVELS, Level, office_at, office_name
from registry.services import filing_people
from registry.services.filings import facts, words

# The forms that report instead of applying.
FORMS = {"annual": "群众活动团队年度确认表", "half_year": "社区社会组织半年报告表"}
SEXES = ("女", "男")


def form(case):
    """The form to print: a report bears its own title, members stand on a sheet of their own with room to sign."""
    shown, members = facts(case), roster_of(case.filing)
    if members:
        shown["roster"] = (shown["roster"][0], f"共{len(members)}人，名册附后。")
    title = {"title": FORMS[case.kind]} if case.kind in FORMS else {}
    return {"facts": [{"label": row[0], "text": row[1]} for row in shown.values()], "members": members, **title}


def said(filing, key):
    """A fact of the filing as pages show it."""
    ask = MATTERS[filing.case.kind].ask(key)
    return words(ask, filing.values.get(key), filing) if ask else ""


def roster_of(filing):
    return [person(row) for row in filing.people.filter(role="member")]


def roster(filing, step):
    """The members the filing named; none where it named none."""
    rows = roster_of(filing)
    return {"members": rows, "community": filing.organization.division.full_name} if rows else None


def report(filing, step):
    """A report as it was filled in, with the words of the offices and the result."""
    row = PeriodicReport.objects.filter(case=filing.case).first()
    asks = MATTERS[filing.case.kind].asked(filing)
    return {
        "community": filing.organization.division.full_name,
        "facts": [{"label": str(ask.label), "text": said(filing, ask.key)} for ask in asks],
        "result": row.get_result_display() if row else "",
        **opinions(filing.case),
    }


def founder(row):
    return {"name": row.name, "kind": "单位" if row.is_unit else "自然人", "phone": filing_people.shown(row, "phone")}


def person(row):
    """A leader on a form: name, sex, numbers masked."""
    if row is None:
        return {}
    number = filing_people.clear(row, "id_number")
    sex = SEXES[int(number[16]) % 2] if len(number) == 18 and number[16].isdigit() else ""
    return {"name": row.name, "sex": sex, **{key: filing_people.shown(row, key) for key in ("id_number", "phone")}}


def opinions(case):
    """{committee, street, district}: what each office said last, by whom and when; only offices that acted."""
    rows, found = {(row.name, source): row for row in flow_of(case).transitions for source in row.sources}, {}
    names = {Level.COMMUNITY: "committee", Level.STREET: "street", Level.DISTRICT: "district"}
    for step in case.steps.all():
        row = rows.get((step.transition, step.source))
        if row and (level := LEVELS.get(row.permission)) and step.source != step.target:
            text = f"{row.label}。{step.note}".strip("。") + "。"
            found[names[level]] = {
                "text": text,
                "office": office_name(office_at(case.division, level)),
                "officer": step.for_name or step.actor_name,
                "date": timezone.localdate(step.at),
            }
    return found


PAPERS = {"roster": roster, "annual_form": report, "half_year_review": report}
