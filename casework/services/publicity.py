"""公示: drafted from a case, published without personal numbers, open for some working days, answered, kept.

`publish`, `stop` and `close` are effects, `require_publishable` and `require_publicity_over` guards of a flow's rows.
"""

import hashlib
import re
from dataclasses import replace
from functools import lru_cache

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.storage import default_storage
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from casework import audit, exposure, notices, policy, workdays
from casework.flows import Check, flow_of
from casework.models import SYSTEM, AuditEvent, Objection, Publicity
from casework.sealing import mask_phone, normalised, seal, unseal
from casework.services.clock import require_known
from casework.services.handling import holders_of, require_holder
from casework.services.holding import lock
from casework.services.reach import MOBILE
from casework.short_codes import new_code, read_code

DAYS = 5
MOST_TOLD = 20
SHOWN = ("publicity.publish", "publicity.move")
ANSWER = "casework.answer_objection"
State = Publicity.State
# What content shows beside a name in brackets, its numbers masked: nothing for the public.
MASKED = re.compile(r"（[^（）]*\*[^（）]*）")


def current(case):
    """The notice of the case that counts now: draft, open or over; None when there is none."""
    return case.publicities.exclude(state=State.STOPPED).first()


def written(case):
    """(title, text) a notice begins with: the public facts of the case, numbers masked."""
    flow = flow_of(case)
    title = _("Public notice: %(matter)s of %(name)s") % {"matter": flow.label, "name": case.title}
    facts = [
        f"{label}：{MASKED.sub('', str(value))}"
        for anchor, (label, value) in flow.content(case).items()
        if value and (anchor in flow.public or not flow.public)
    ]
    opening = _("The following is shown for everybody to see. Who has objections may raise them until the last day.")
    return exposure.mask(title)[:200], exposure.mask("\n".join([opening, "", *facts]))


def draft_of(case):
    """The case's draft; while nobody kept one, what it begins with, not stored."""
    row = case.publicities.filter(state=State.DRAFT).first()
    if row is None:
        with translation.override(settings.LANGUAGE_CODE):
            title, body = written(case)
        row = Publicity(case=case, division_path=case.division_path, title=title, body=body)
    return row


@transaction.atomic
def edit_draft(*, case, version, title, body, contact, papers, looked, by):
    """Keeps what an officer changed in the case's draft; returns it.

    For whoever holds the case's office. Refuses a draft somebody else changed since `version`, and papers that are
    personal, unscanned or of another case. `looked` are those the officer vouches for where no machine can read.
    """
    case = lock(case)
    require_holder(case, by)
    row = draft_of(case)
    if row.version != version:
        raise ValidationError(_("Somebody changed this notice meanwhile. Please look at it again."), code="stale")
    chosen = list(publishable_papers(case).filter(uid__in=papers))
    if len(chosen) != len(set(papers)):
        raise ValidationError({"papers": _("Please choose from the papers of this case.")})
    row.title, row.body, row.contact = title.strip(), body.strip(), contact.strip()
    row.looked = [str(paper.uid) for paper in chosen if str(paper.uid) in looked]
    row.version += 1
    row.save()
    row.papers.set(chosen)
    audit.record("publicity.edit", case, by=by, after={"title": row.title, "papers": [str(one) for one in chosen]})
    return row


def publishable_papers(case):
    """Papers a notice may show: handed in now, judged clean, without personal data."""
    return case.attachments.current().openable().filter(personal=False)


def exposed(publicity):
    """Every reason why a notice may not go out, as sentences: numbers in its text or papers, papers nobody read."""
    allowed = (settings.SUPPORT_LINE,) if settings.SUPPORT_LINE else ()
    found = []
    for part in (publicity.title, publicity.body, publicity.contact):
        found += [told(_("the text"), finding) for finding in exposure.find(part, (*allowed, *numbers_of(publicity)))]
    for paper in publicity.papers.all() if publicity.pk else ():
        found += exposed_paper(publicity, paper, allowed)
    for paper in publicity.papers.exclude(pk__in=publishable_papers(publicity.case)) if publicity.pk else ():
        found.append(_("“%(name)s” may be shown no longer. Please choose the papers again.") % {"name": paper.name})
    return list(dict.fromkeys(found))


def numbers_of(publicity):
    """The office's own line, named in the field for it, may stand."""
    return [
        publicity.contact[one.start : one.end] for one in exposure.find(publicity.contact) if one.kind == "landline"
    ]


@lru_cache(maxsize=500)
def scan_of(name, kind, allowed):
    """What a machine finds in a stored file, which never changes: asked once, for it takes seconds and a process."""
    with default_storage.open(name, "rb") as file:
        return exposure.scan_file(file.read(), kind, allowed)


def exposed_paper(publicity, paper, allowed):
    scan = scan_of(paper.file.name, paper.kind, allowed)
    if "damaged" in scan.unread:  # perhaps only a busy machine
        scan_of.cache_clear()
    found = [told(_("“%(name)s” %(place)s") % {"name": paper.name, "place": one.place}, one) for one in scan.findings]
    if scan.unread and str(paper.uid) not in publicity.looked:
        reasons = " ".join(str(exposure.UNREAD[code]) for code in scan.unread)
        found.append(
            _("“%(name)s”: %(reasons)s Please look through it and say that you did.")
            % {"name": paper.name, "reasons": reasons}
        )
    return found


def told(place, finding):
    kind = exposure.KINDS[finding.kind]
    return _("%(place)s holds a personal number: %(kind)s %(masked)s") % {
        "place": place,
        "kind": kind,
        "masked": finding.masked,
    }


def require_publishable(case, by, data):
    """Guard of the step that publishes: nothing in text or papers that must not be published."""
    if reasons := exposed(draft_of(case)):
        raise ValidationError(reasons)


def publish(case, by, data):
    """Effect: the draft is open from today for the working days of its state; the case is due when it ends.

    A state without a limit of its own takes policy publicity.workdays.
    """
    row = draft_of(case)
    row.days = case.limit_days or policy.value("publicity.workdays", default=DAYS, division=case.division)
    row.save()
    row.state, row.starts = State.OPEN, timezone.localdate()
    show(row, case, "publicity.publish", workdays.add(row.starts, row.days), by=by)


def show(row, case, action, end, *, by):
    """Writes the article everybody reads until `end` (a workdays.Due), with its hash in the trail."""
    row.ends, row.provisional = case.due, case.due_provisional = end.date, end.provisional
    with translation.override(settings.LANGUAGE_CODE):
        row.html = render_to_string("casework/parts/publicity_article.html", {"publicity": row, "case": case})
    row.sha256 = hash_of(row.html)
    row.save()
    shown = {"starts": row.starts, "ends": row.ends, "sha256": row.sha256}
    audit.record(action, row, by=by, after=shown, path=case.division_path)


def hash_of(html):
    return hashlib.sha256(html.encode()).hexdigest()


def recompute():
    """Ends of open notices that were provisional, once their calendar is known; returns how many were settled."""
    waiting = Publicity.objects.filter(state=State.OPEN, provisional=True).select_related("case")
    return sum(settle_end(row) for row in waiting)


@transaction.atomic
def settle_end(publicity):
    """Moves the end to the day the calendar gives, never before the one everybody was told."""
    case = lock(publicity.case)
    row = case.publicities.filter(state=State.OPEN, provisional=True).first()
    end = row and workdays.add(row.starts, row.days)
    if end is None or end.provisional:
        return False
    show(row, case, "publicity.move", replace(end, date=max(end.date, row.ends)), by=SYSTEM)
    case.save(update_fields=["due", "due_provisional"])
    return True


def require_publicity_over(case, by, data):
    """Guard of what follows a notice: its last day is past and every objection, to earlier ones too, has its answer."""
    row = current(case)
    if row is None or row.state != State.OPEN:
        raise ValidationError(_("The notice has not been published yet."))
    require_known(row.provisional, row.starts, row.ends)
    if not row.is_over():
        raise ValidationError(_("The notice is open until the end of %(day)s.") % {"day": row.ends.isoformat()})
    if waiting := to_be_answered(case):
        raise ValidationError(waiting)


def objections_of(case):
    """Every objection to a notice of the case, also to one taken down: who objected by name is owed an answer."""
    return Objection.objects.filter(publicity__case=case).select_related("publicity__case", "answered_by")


def to_be_answered(case):
    """How many objections nobody has answered, as a sentence; empty for none."""
    waiting = objections_of(case).filter(state=Objection.State.OPEN).count()
    return _("Objections to be answered first: %(count)s.") % {"count": waiting} if waiting else ""


def close(case, by, data):
    """Effect: the notice is over and stays as it was shown, its hash in the trail."""
    row = current(case)
    row.state, row.closed_at = State.CLOSED, timezone.now()
    row.save(update_fields=["state", "closed_at"])
    answered = {state: row.objections.filter(state=state).count() for state in ("upheld", "refused")}
    audit.record("publicity.close", row, by=by, after={"sha256": row.sha256, **answered}, path=case.division_path)


def stop(case, by, data):
    """Effect of an end before the end: a draft is thrown away, an open notice is taken down. Nothing without one."""
    case.publicities.filter(state=State.DRAFT).delete()
    for row in case.publicities.filter(state=State.OPEN):
        row.state, row.closed_at = State.STOPPED, timezone.now()
        row.save(update_fields=["state", "closed_at"])
        audit.record("publicity.stop", row, by=by, after={"sha256": row.sha256}, path=case.division_path)


def verify(publicity):
    """Whether what was shown is what is kept: its hash, and the hashes in the trail since it was last shown anew."""
    hashes = {hash_of(publicity.html)}
    for event in AuditEvent.objects.about(publicity).filter(action__in=(*SHOWN, "publicity.close")):
        hashes.add(event.after["sha256"])
        if event.action in SHOWN:
            return hashes == {publicity.sha256}
    return False


def checks(case):
    """What whoever decides next has to know: objections to answer, how the notice ended, which ones were upheld."""
    if waiting := to_be_answered(case):
        return [Check(waiting, False, url=reverse("casework:publicity", args=[case.uid]))]
    row = case.publicities.filter(state=State.CLOSED).first()
    if row is None:
        return []
    upheld = list(row.objections.filter(state=Objection.State.UPHELD))
    if not upheld:
        window = f"{row.starts.isoformat()} – {row.ends.isoformat()}"
        return [Check(_("Shown in public, no objection upheld"), True, window)]
    return [Check(_("An objection to the notice was upheld"), False, one.answer) for one in upheld]


@transaction.atomic
def raise_objection(*, publicity, name, contact, text):
    """Takes an objection by name; returns it, with the code its answer is looked up by.

    Refuses it before the first day and after the last one.
    Whoever answers objections at the place is told at once.
    """
    case = lock(publicity.case)
    row = Publicity.objects.get(pk=publicity.pk)
    if row.state != State.OPEN or row.is_over():
        raise ValidationError(_("The time for objections to this notice is over."), code="over")
    found = Objection(publicity=row, code=new_code(), text=text.strip())
    found.name_sealed = seal(name.strip(), row_uid=found.uid, field="name")
    found.contact_sealed = seal(contact.strip(), row_uid=found.uid, field="contact")
    found.save()
    audit.record("publicity.object", row, by="public", after={"objection": str(found.uid)}, path=case.division_path)
    for user in holders_of(ANSWER, case.division_path).exclude(case_parties__case=case)[:MOST_TOLD]:
        notices.tell(user.pk, "objection", case=case, key=f"objection:{found.pk}")
    return found


@transaction.atomic
def answer_objection(*, objection, upheld, text, by):
    """Answers an objection once, with reasons; who left a mobile number is told. Parties and others are refused.

    An upheld one does not stop the case by itself: whoever decides next finds it among the checks.
    """
    case = lock(objection.publicity.case)
    require_answering(case, by)
    row = Objection.objects.select_for_update().get(pk=objection.pk)
    if row.state != Objection.State.OPEN:
        raise ValidationError(_("This objection was answered already."))
    if len(text.strip()) < 2:
        raise ValidationError({"answer": _("Please give the reasons; whoever objected will read them.")})
    row.state = Objection.State.UPHELD if upheld else Objection.State.REFUSED
    row.answer, row.answered_by, row.answered_at = text.strip(), by, timezone.now()
    row.save()
    event = {"objection": str(row.uid), "state": row.state}
    audit.record("publicity.answer", row.publicity, by=by, after=event, note=row.answer, path=case.division_path)
    phone = normalised(person_of(row)[1])
    if MOBILE.fullmatch(phone):
        params = {"answer": row.answer, "case": row.publicity.title}
        notices.text_to(phone, "objection_answered", params=params)
    return row


def require_answering(case, by):
    if not by.has_perm(ANSWER, case) or case.parties.filter(user=by).exists():
        raise PermissionDenied


def objection_by_code(text):
    """The objection behind a code as typed, for whoever was given it; None for any other."""
    code = read_code(text)
    return Objection.objects.select_related("publicity").filter(code=code).first() if code else None


def person_of(objection):
    """(name, contact) of whoever objected, in clear."""
    return tuple(
        unseal(sealed, row_uid=objection.uid, field=field)
        for sealed, field in ((objection.name_sealed, "name"), (objection.contact_sealed, "contact"))
    )


def shown_contact(objection):
    """The contact masked as a page shows it before somebody asks for it."""
    return mask_phone(normalised(person_of(objection)[1]))


@transaction.atomic
def reveal_contact(*, objection, by):
    """How to reach whoever objected, in clear; on record before it is shown."""
    case = objection.publicity.case
    require_answering(case, by)
    audit.record("reveal", objection.publicity, by=by, after={"objection": str(objection.uid)}, path=case.division_path)
    return person_of(objection)[1]
