"""An obvious typo put right by the office that has the case: one text, with a reason, told to its parties."""

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.template.defaultfilters import truncatechars
from django.urls import reverse
from django.utils.translation import gettext as _

from casework import audit, notices
from casework.flows import flow_of
from casework.services.holding import event, holds, lock
from casework.workflow import require_free, require_unchanged
from registry.matters import MATTERS
from registry.models import Filing
from registry.services.filings import write

# Of the facts with a rule only the venue is plain text; names, numbers and people are for their parties to correct.
RULES = ("", "place")
# So much of a text fits into a short message.
BRIEF = 30


def offered(case):
    """(address, {key: (label, text)}) of the texts that may be put right.

    None once a public notice shows them, and none of what the authority itself wrote: a draw or the grounds of a
    revocation are what the case rests on.
    """
    fixed = MATTERS[case.kind].by_authority or case.publicities.posted().exists()
    return reverse("apply:put_right", args=[case.uid]), {} if fixed else texts(case.filing)


def texts(filing):
    return {
        ask.key: (str(ask.label), filing.data[ask.key])
        for ask in MATTERS[filing.case.kind].asked(filing)
        if ask.kind in ("text", "long") and ask.rule in RULES and filing.data.get(ask.key)
    }


@transaction.atomic
def put_right(*, case, key, text, reason, version, by):
    """Writes the text as it should read, with what it said before in the history; the parties are told.

    Refuses who does not hold the case's office there, a stale version (StaleCaseError), a case somebody else has in
    hand, and (ValidationError) a fact that is no plain text, the same text or none, no reason.
    """
    case = lock(case)
    if not holds(case, by):
        raise PermissionDenied
    require_unchanged(case, version, by)
    require_free(case, by)
    filing = Filing.objects.select_related("organization").get(case=case)
    filing.case = case
    label, before = offered(case)[1].get(key, ("", ""))
    if not label:
        raise ValidationError(_("Please choose the text; everything else is for the applicant to correct."))
    after = MATTERS[case.kind].ask(key).clean(text, filing)
    if not after or after == before:
        raise ValidationError(_("Please write how the text should read."))
    if len(reason.strip()) < 2:
        raise ValidationError(_("Please say why."))
    write(filing, {key: after})
    case.version += 1
    case.save()
    note = f"{label}：{before} → {after}（{reason.strip()[:200]}）"
    step = event("put_right", case, by, note, anchor=key, before=before, after=after)
    for party in case.parties.exclude(user=None):
        notices.tell(party.user_id, "put_right", case=case, params={"note": note}, key=f"step:{step.pk}")
    if phone := flow_of(case).phone(case):
        brief = f"{label}：{truncatechars(before, BRIEF)} → {truncatechars(after, BRIEF)}"
        notices.text_to(phone, "put_right", case=case, params={"note": brief})
    audit.record(f"{case.kind}.put_right", case, by=by, before={key: before}, after={key: after}, note=reason.strip())
    return case
