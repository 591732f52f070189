"""Return for correction (补正): one list of items, answered one by one, at most so many rounds."""

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from casework import policy
from casework.flows import flow_of
from casework.models import PARTY, Case, CorrectionItem
from casework.services.handling import supervisors_of

MOST_ROUNDS = 3


def most_rounds(case):
    """How often a case may be returned (policy cases.returns_max)."""
    return policy.value("cases.returns_max", default=MOST_ROUNDS, division=case.division)


def require_items(case, by, data):
    """Guard of a return: a list of known anchors with reasons, and a round left.

    From the second round on, a defect of something neither named before nor changed since should have been named at
    once: only a supervisor may return the case for it.
    """
    if case.rounds >= most_rounds(case):
        raise ValidationError(
            _("The case was returned %(rounds)s times already; it has to be decided now.") % {"rounds": case.rounds}
        )
    items = data.get("items") or []
    if not items:
        raise ValidationError({"items": _("Please mark at least one field or paper and say what is wrong with it.")})
    content = flow_of(case).content(case)
    for item in items:
        if item.get("anchor") not in content:
            raise ValidationError({"items": _("Please mark the field or paper each item is about.")})
        if len(str(item.get("reason", "")).strip()) < 2:
            label = content[item["anchor"]][0]
            raise ValidationError({"items": _("Please say what is wrong with “%(label)s”.") % {"label": label}})
    late = late_items(case, items, content) if case.rounds else []
    if late and not by.has_perm("casework.supervise_case", case):
        names = "、".join(content[anchor][0] for anchor in late)
        raise ValidationError(
            _(
                "%(names)s: not named before and not changed since. Only a supervisor may return the case for this; "
                "please ask: %(people)s."
            )
            % {"names": names, "people": "、".join(map(str, supervisors_of(case)[:3])) or "—"},
            code="late",
        )


def late_items(case, items, content):
    """Anchors that no earlier round named and that read as they did in the first version."""
    named = set(case.items.values_list("anchor", flat=True))
    first = case.versions.first()
    old = first.content if first else {}
    return [
        item["anchor"]
        for item in items
        if item["anchor"] not in named and old.get(item["anchor"]) == content[item["anchor"]][1]
    ]


def open_round(case, by, data):
    """Effect of a return: the next round with its items."""
    case.rounds += 1
    CorrectionItem.objects.bulk_create(
        CorrectionItem(
            case=case,
            round=case.rounds,
            anchor=item["anchor"],
            reason=str(item["reason"]).strip()[:500],
            basis=str(item.get("basis", "")).strip()[:200],
        )
        for item in {item["anchor"]: item for item in data["items"]}.values()
    )


@transaction.atomic
def answer_item(*, item, by, answer):
    """A party says what was done about one item. Refuses others, and a case that is not with its parties."""
    case = Case.objects.select_for_update(of=("self",)).get(pk=item.case_id)
    if not case.is_filed_by(by):
        raise PermissionDenied
    if case.office != PARTY or not case.is_open or item.round != case.rounds:
        raise ValidationError(_("This item can no longer be answered."))
    if len(answer.strip()) < 1:
        raise ValidationError({"answer": _("Please say in a few words what you changed.")})
    item.answer, item.answered_at = answer.strip()[:500], timezone.now()
    item.save(update_fields=["answer", "answered_at"])
    return item


def changed_since(case, round_=None):
    """[(anchor, label, before, now)] of what differs from the version of the round before: what officers look at."""
    versions = {row.round: row.content for row in case.versions.all()}
    number = case.rounds if round_ is None else round_
    old, new = versions.get(number - 1), versions.get(number)
    if old is None or new is None:
        return []
    labels = {anchor: label for anchor, (label, _value) in flow_of(case).content(case).items()}
    return [
        (anchor, labels.get(anchor, anchor), old.get(anchor, ""), value)
        for anchor, value in new.items()
        if old.get(anchor, "") != value
    ]
