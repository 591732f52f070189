"""What an officer looks at before deciding a filing: conditions, papers, people, look-alikes."""

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from casework import policy
from casework.flows import Check, Twin, TwinRow
from casework.services import publicity
from registry.models import FilingPerson, Organization
from registry.services import consent, filing_people
from registry.services.filed import alike
from registry.services.filings import conditions, matter_of, missing_papers, read
from registry.services.people import masked, masked_number

# How many organizations of somebody known are named.
PLACES = 5
# From so many organizations on, a leader of all of them is a question.
LEADS_MOST = 3
# What a committee says of a case, or the street for it.
COMMITTEE = ("agree", "disagree", "take_over")


def checks(case, user):
    """The lines of the case, what is wrong first said in words; organizations out of the user's sight go unnamed."""
    filing = case.filing
    filing.case = case
    values, errors = read(filing)
    lines = [
        Check(row["label"], row["met"] or (None if not row["needed"] else False)) for row in conditions(filing, values)
    ]
    lines += [Check(str(matter_of(case).ask(key).label), False, " ".join(found)) for key, found in errors.items()]
    lines += papers(filing)
    lines += going_on(filing, values, user)
    lines += consent.checks(case)
    lines += people(case, user)
    lines += leads(case, user)
    lines += opinions(case)
    lines += publicity.checks(case)
    return lines + (look_alikes(filing, user) if values.get("name") and case.is_open else [])


def papers(filing):
    missing = missing_papers(filing)
    if missing:
        return [Check(_("Missing: %(paper)s") % {"paper": paper.label}, False) for paper in missing]
    return [Check(_("All required papers are there"), True)] if matter_of(filing.case).papers else []


def opinions(case):
    against = objection_of(case)
    return [Check(_("The committee disagreed"), False, against.note)] if against else []


def objection_of(case):
    """The step in which the committee disagreed, as long as it said nothing else since; None without one."""
    said = [step for step in case.steps.all() if step.transition in COMMITTEE]
    return said[-1] if said and said[-1].transition == "disagree" else None


def going_on(filing, values, user):
    """The ended record a team says it goes on from, beside what is filed: the officer judges whether it is the same."""
    former = values.get("former") if filing.case.is_open else None
    if former is None:
        return []
    words = {"name": former.name, "day": former.ended.isoformat() if former.ended else "—"}
    leader = filing.people.filter(role="leader").first()
    same = former.leader is not None and leader is not None and is_same(leader, former.leader)
    told = [former.uscc, former.division.full_name, masked(former.leader)["name"], _("the same leader") if same else ""]
    label, detail = _("Goes on from %(name)s, registered until %(day)s") % words, "，".join(filter(None, told))
    there = user.has_perm("registry.view_organization", former)
    return [Check(label, same or None, detail, reverse("registry:organization", args=[former.uid]) if there else "")]


def is_same(entry, person):
    """Whether a person of a filing has the ID number, or name and phone, of one on record."""
    known = entry.name == person.name and entry.phone_hash == person.phone_hash and bool(entry.phone_hash)
    return known or (entry.id_hash == person.id_hash and bool(entry.id_hash))


def people(case, user):
    """Whom the filing names and who may be somebody known, to be told apart."""
    return [
        Check(
            _("%(name)s may be a person already known; please decide") % {"name": row.name},
            True if word else None,
            twin=Twin(str(row.uid), side_by_side(row, person, user), word),
        )
        for row, person, word in (filing_people.doubtful(case) if case.is_open else ())
    ]


def leads(case, user):
    """Where else the leader leads already, for the officer to weigh; from the policy's number on as a question."""
    people = filing_people.verdicts(case.filing.people.filter(role="leader")) if case.is_open else ()
    known = [person for _row, kind, person in people if kind == FilingPerson.Verdict.SAME]
    others = Organization.objects.in_force().filter(leader__in=known).exclude(pk=case.filing.organization_id)
    if not known or not (count := others.count()):
        return []
    most = policy.value("filing.leads_most", default=LEADS_MOST, division=case.division)
    names = "、".join(others.visible_to(user).order_by("id").values_list("name", flat=True)[:PLACES])
    label = _("The leader leads other organizations already: %(count)s") % {"count": count}
    return [Check(label, count < most or None, names)]


def side_by_side(row, person, user):
    """The rows of a `Twin`: name, numbers masked, and where the known one has a place."""
    rows = [TwinRow(_("Full name"), row.name, person.name, row.name == person.name)]
    for key, label in (("phone", _("Phone")), ("id_number", _("ID number"))):
        field = filing_people.FIELDS[key]
        hashes = (getattr(row, f"{field}_hash"), getattr(person, f"{field}_hash"))
        agree = hashes[0] == hashes[1] if all(hashes) else None
        rows.append(TwinRow(label, filing_people.shown(row, key), masked_number(person, field), agree))
    of = Q(leader=person) | Q(memberships__person=person, memberships__ends=None)
    places = Organization.objects.filter(of).distinct().order_by("id")
    seen = places.visible_to(user).select_related("division")
    known = [f"{one.name}（{one.division}）" for one in seen[:PLACES]]
    if places.exclude(pk__in=seen.values("pk")).exists():
        known.append(_("an organization in another place"))
    return (*rows, TwinRow(_("Organizations"), row.filing.case.title, "、".join(known), None))


def look_alikes(filing, user):
    """Organizations that are or may be the one filed, each to be told apart."""
    matches = alike(filing)
    if not matches:
        return [Check(_("No organization like this in the register"), True)]
    seen = Organization.objects.visible_to(user).select_related("division").in_bulk([match.id for match in matches])
    return [
        Check(
            _("Looks like %(name)s") % {"name": one.name if one else _("an organization in another place")},
            False if match.sure else None,
            str(one.division) if one else "",
            reverse("registry:organization", args=[match.uid]) if one else "",
            look_alike=None if match.sure else match.id,
        )
        for match in matches
        for one in [seen.get(match.id)]
    ]
