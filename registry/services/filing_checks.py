"""What an officer looks at before deciding a filing: conditions, papers, people, look-alikes."""

from django.urls import reverse
from django.utils.translation import gettext as _

from casework.flows import Check
from casework.services import publicity
from registry.models import FilingPerson, Organization
from registry.services.filed import alike
from registry.services.filings import conditions, matter_of, missing_papers, read

FILED = ("filing", "listing")


def checks(case):
    """The lines of the case, what is wrong first said in words."""
    filing = case.filing
    filing.case = case
    values, errors = read(filing)
    lines = [
        Check(row["label"], row["met"] or (None if not row["needed"] else False)) for row in conditions(filing, values)
    ]
    lines += [Check(str(matter_of(case).ask(key).label), False, " ".join(found)) for key, found in errors.items()]
    lines += papers(filing)
    lines += people(filing)
    lines += publicity.checks(case)
    return lines + (look_alikes(filing) if case.kind in FILED and case.is_open else [])


def papers(filing):
    missing = missing_papers(filing)
    if missing:
        return [Check(_("Missing: %(paper)s") % {"paper": paper.label}, False) for paper in missing]
    return [Check(_("All required papers are there"), True)] if matter_of(filing.case).papers else []


def people(filing):
    """Whom the filing names and whether they are known already."""
    found = filing.people.exclude(verdict="").select_related("person")
    doubtful = [row for row in found if row.verdict == FilingPerson.Verdict.DOUBTFUL]
    return [
        Check(_("%(name)s may be a person already known; please decide") % {"name": row.name}, None) for row in doubtful
    ]


def look_alikes(filing):
    """Organizations that are or may be the one filed, each to be told apart."""
    matches = alike(filing)
    if not matches:
        return [Check(_("No organization like this in the register"), True)]
    rows = Organization.objects.in_bulk([match.id for match in matches])
    return [
        Check(
            _("Looks like %(name)s") % {"name": rows[match.id].name},
            False if match.sure else None,
            str(rows[match.id].division),
            reverse("registry:organization", args=[match.uid]),
            look_alike=None if match.sure else match.id,
        )
        for match in matches
    ]
