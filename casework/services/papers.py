"""Papers of a case: what a step issues is fixed in the step's transaction, a worker makes the files soon after."""

import hashlib
import logging
from datetime import timedelta

from django.conf import settings
from django.core.files.base import ContentFile
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone, translation

from casework import workdays
from casework.documents.letters import LETTERS, plain, render
from casework.flows import flow_of
from casework.models import CaseParty, Paper
from casework.models.paper import Made
from casework.services import clock, corrections, road

logger = logging.getLogger(__name__)
AT_ONCE = 30
ATTEMPTS = 5
PAUSE = timedelta(minutes=5)
# What an office writes for itself: opinions stay among the officers.
INTERNAL = ("approval", "annual_form", "slip")
Role = CaseParty.Role


def issue(case, row, step):
    """Leaves a row for each paper the step issues, with everything it says; returns them.

    A case nobody has submitted issues nothing. The caller holds the case's lock, so numbers do not collide.
    """
    if case.submitted_at is None:
        return []
    with translation.override(settings.LANGUAGE_CODE):
        return [paper for code in codes_of(row) if (paper := leave(case, code, step))]


def application(case):
    """What was filled in, as the PDF of a form to print, sign and keep; of a draft too, as far as it goes."""
    flow = flow_of(case)
    with translation.override(settings.LANGUAGE_CODE):
        shown = (flow.facts or flow.content)(case)
        data = {
            "title": f"{flow.label}{LETTERS['application'].title}",
            "case_number": case.number,
            "matter": flow.label,
            "organization": case.title,
            "facts": [{"label": fact[0], "text": fact[1]} for fact in shown.values()],
            "date": timezone.localdate(case.submitted_at) if case.submitted_at else None,
            "submitted": timezone.localdate(case.submitted_at) if case.submitted_at else None,
        }
        return render("application", data | flow.form(case))


def codes_of(row):
    """The codes of all papers a row issues, its letter first."""
    return [*([row.letter] if row.letter else []), *row.papers]


def leave(case, code, step):
    own = flow_of(case).paper(case, code, step)
    if own is None:
        return None
    number = f"{case.number}-{case.issued.count() + 1:02}"
    said = plain({"title": LETTERS[code].title, "number": number, **facts(case, code, step), **own})
    return Paper.objects.create(case=case, step=step, code=code, title=said["title"][:100], number=number, data=said)


def facts(case, code, step):
    """What the papers of every case say: whose it is, what it is about, its days, and what the step itself brought."""
    day, submitted = timezone.localdate(step.at), timezone.localdate(case.submitted_at)
    names = dict(case.parties.exclude(role=Role.OTHER).values_list("role", "name"))
    applicant = names.get(Role.APPLICANT) or names.get(Role.AGENT, "")
    known = {
        "case_number": case.number,
        "matter": flow_of(case).label,
        "organization": case.title,
        "addressee": case.title or applicant,
        "applicant": applicant,
        "agent": names.get(Role.AGENT, "") if Role.APPLICANT in names else "",
        "date": day,
        "effective": day,
        "submitted": submitted,
        "accepted": submitted,
        "phone": settings.SUPPORT_LINE,
    }
    return known | (OWN[code](case, step) if code in OWN else {})


def receipt(case, step):
    """What was received, and the working days all offices on the way have together."""
    days = sum(office_days(case))
    return {
        "papers": list(case.attachments.current().values_list("name", flat=True)),
        "limit": f"自受理之日起 {days} 个工作日" if days else "",
        "due": workdays.add(timezone.localdate(case.submitted_at), days).date if days else "",
    }


def office_days(case):
    """The working days of each office from here to an approval, by the shortest way."""
    flow = flow_of(case)
    states = [flow.state(code) for code in road.shortest(case, flow, case.state)]
    return [clock.limit_of(case, state) or 0 for state in states if not state.closed]


def correction(case, step):
    labels = {anchor: label for anchor, (label, _value) in flow_of(case).content(case).items()}
    rows = case.items.filter(round=case.rounds)
    return {
        "items": [{"target": labels.get(row.anchor, ""), "reason": row.reason, "basis": row.basis} for row in rows],
        "round": case.rounds,
        "rounds": corrections.most_rounds(case),
        "due": case.due,
    }


def order(case, step):
    """An order to correct: what was found, and by when it has to be in order."""
    found = correction(case, step)["items"]
    return {"findings": [f"{one['target']}：{one['reason']}" for one in found] or [step.note], "due": case.due}


def reason(case, step):
    return {"reason": step.note}


def withdrawn(case, step):
    return {"withdrawn": timezone.localdate(step.at), "withdrawn_by": step.actor_name, "reason": step.note}


def lapsed(case, step):
    told = case.steps.filter(transition="return").last()
    return {"noticed": timezone.localdate(told.at) if told else "", "due": step.due}


OWN = {
    "receipt": receipt,
    "correction": correction,
    "correct_order": order,
    "not_accepted": reason,
    "refused": reason,
    "withdrawn": withdrawn,
    "lapsed": lapsed,
}


def papers_for(case, user):
    """The papers issued that the user may open, the latest first: parties all but those the offices keep."""
    rows = case.issued.order_by("-id")
    party = case.parties.filter(user=user).exists()
    return rows.exclude(code__in=INTERNAL) if party else rows


def tick(most=AT_ONCE):
    """Makes waiting papers, at most so many; returns how many were tried."""
    done = 0
    while done < most and make_next(Paper.objects.all(), make_paper):
        done += 1
    return done


@transaction.atomic
def make_next(rows, make):
    """Makes the next waiting one of the rows by `make(row)`; False when there is none.

    The row is locked meanwhile: a worker that dies leaves it waiting. What fails is tried again after a pause, at last
    given up.
    """
    due = Q(tried_at=None) | Q(tried_at__lt=timezone.now() - PAUSE)
    waiting = rows.select_for_update(skip_locked=True, of=("self",)).filter(due, state=Made.State.WAITING)
    row = waiting.order_by(F("tried_at").asc(nulls_first=True), "id").first()
    if row is None:
        return False
    row.attempts, row.tried_at = row.attempts + 1, timezone.now()
    try:
        with transaction.atomic():
            make(row)
    except (OSError, RuntimeError, ValueError) as error:
        fail(row, error)
    row.save()
    return True


def fail(row, error):
    row.last_error = f"{type(error).__name__}: {error}"[:300]
    row.state = row.State.FAILED if row.attempts >= ATTEMPTS else row.State.WAITING
    logger.error("%s %s was not made: %s", row._meta.model_name, row.pk, row.last_error)


def make_paper(row):
    keep(row, render(row.code, row.data))


def keep(row, data):
    """Stores the bytes once, with their hash."""
    row.file.save(str(row.uid), ContentFile(data), save=False)
    row.sha256, row.size, row.made_at = hashlib.sha256(data).hexdigest(), len(data), timezone.now()
    row.state, row.last_error = row.State.READY, ""


@transaction.atomic
def bytes_of(paper):
    """The paper's PDF; one nobody has made yet is made now."""
    row = Paper.objects.select_for_update(of=("self",)).get(pk=paper.pk)
    if row.state != Paper.State.READY:
        make_paper(row)
        row.save()
    with row.file.open("rb") as file:
        return file.read()
