"""交接: everything open of somebody who leaves goes to a colleague."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from casework import audit, notices
from casework.documents.letters import render
from casework.flows import flow_of
from casework.models import Case, CaseParty
from casework.services.accounts import home_of, require_at
from casework.services.handling import standing_at
from casework.services.holding import event, holds


def open_of(user):
    """The open cases a user has in hand, and those the user files for somebody else."""
    return Case.objects.open().filter(Q(handler=user) | Q(pk__in=Case.objects.carried_by(user).values("pk")))


def sheet(user):
    """交接清单: the open cases of a user as PDF, to be signed by both and whoever watches over it."""
    rows = open_of(user).select_related("division").order_by("due", "id")
    at = user.assignments.in_force(timezone.localdate()).select_related("division").first()
    with translation.override(settings.LANGUAGE_CODE):
        cases = [line_of(case) for case in rows]
    said = {"leaver": str(user), "office": at.division.full_name if at else "", "cases": cases}
    return render("handover", said | {"date": timezone.localdate()})


def line_of(case):
    flow = flow_of(case)
    return {
        "number": case.number,
        "matter": flow.label,
        "title": case.title,
        "state": flow.state(case.state).label,
        "due": case.due,
    }


@transaction.atomic
def hand_over(*, leaving, to, by, note):
    """Gives everything open of the leaving person to a colleague; returns how many cases.

    A case in hand the colleague may not act on goes back to its office's queue. What was filed for somebody else needs
    an agent: refuses (ValidationError) nobody, and a colleague who may not file there or is needed to decide it.
    """
    cases = list(open_of(leaving).select_for_update(of=("self",)).select_related("division", "handler").order_by("id"))
    for case in cases:
        if by != leaving:
            require_at(by, "casework.reassign_case", case.division_path)
        in_hand = case.handler_id == leaving.pk
        give(case, to, by, note) if in_hand else act_instead(case, leaving, to, by, note)
    if to is not None and cases:
        notices.tell(to.pk, "handed_over", params={"count": len(cases), "note": note})
    after = {"to": str(to or ""), "cases": len(cases)}
    audit.record("hand_over", leaving, by=by, after=after, note=note, path=home_of(leaving))
    return len(cases)


def give(case, to, by, note):
    """The case is in the colleague's hand, or back in its office's list."""
    fits = to is not None and holds(case, to)
    case.handler, case.handler_until = (to if fits else None), None
    store(case)
    event("hand_over", case, by, note, handler=str(case.handler or ""))


def act_instead(case, leaving, to, by, note):
    """The colleague files the case from now on, and does not decide it."""
    right = flow_of(case).agent
    if to is None or not right or not to.has_perm(right, case) or case.parties.filter(user=to).exists():
        raise ValidationError({"to": refusal(case)})
    case.parties.filter(user=leaving, role=CaseParty.Role.AGENT).update(user=to, name=str(to))
    if "." in case.office and all(user == leaving for user in standing_at(case, 2)):
        raise ValidationError({"to": refusal(case)})
    if case.handler_id == to.pk:
        case.handler = case.handler_until = None
    store(case)
    event("hand_over", case, by, note, agent=str(to), former=leaving.pk)
    change = ({"agent": str(leaving)}, {"agent": str(to)})
    audit.record(f"{case.kind}.hand_over", case, by=by, before=change[0], after=change[1], note=note)


def refusal(case):
    words = _(
        "“%(case)s” was filed for somebody else: please choose a colleague who may file there and is not the only one "
        "to decide it."
    )
    return words % {"case": case}


def store(case):
    case.version += 1
    case.save(update_fields=["handler", "handler_until", "version"])
