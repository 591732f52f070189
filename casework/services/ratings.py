"""Ratings of decided cases (好差评): one per case by its party, and what the bureau does about bad ones."""

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from casework import audit, notices, policy, workdays
from casework.flows import flow_of
from casework.models import Case, CaseParty, Rating
from casework.sealing import mask_phone
from casework.services import links

RATED = (Case.Outcome.APPROVED, Case.Outcome.REFUSED, Case.Outcome.NOT_ACCEPTED)
BAD = (Rating.Grade.POOR, Rating.Grade.VERY_POOR)
ANSWER = "casework.answer_rating"
# Working days to answer a bad rating and to put right what it names (policy ratings.answer_days, ratings.remedy_days).
ANSWER_DAYS, REMEDY_DAYS = 1, 15
TAGS = {
    "quick": gettext_lazy("Quick"),
    "clear": gettext_lazy("Clearly explained"),
    "friendly": gettext_lazy("Friendly"),
    "easy": gettext_lazy("Easy to fill in"),
    "slow": gettext_lazy("Slow"),
    "unclear": gettext_lazy("Not clear what to do"),
    "unfriendly": gettext_lazy("Unfriendly"),
    "papers": gettext_lazy("Too many papers"),
}


def may_rate(case, user):
    """Whether the user may rate the decided case and nobody did yet."""
    return user.pk in raters(case) and case.outcome in RATED and not Rating.objects.filter(case=case).exists()


def raters(case):
    """Ids of those who applied or, in a matter of the authority, whom it is about; never who acted for them."""
    parties = [party for party in case.parties.all() if party.role != CaseParty.Role.AGENT]
    applicants = [party for party in parties if party.role == CaseParty.Role.APPLICANT]
    return {party.user_id for party in applicants or parties} - {None}


@transaction.atomic
def rate(*, case, grade, tags, words, by):
    """The one rating of a decided case by whom it serves. Refuses others, an undecided case and a second rating."""
    if by.pk not in raters(case):
        raise PermissionDenied
    return give(case, grade, tags, words)


@transaction.atomic
def rate_by_link(*, link, grade, tags, words):
    """The one rating by somebody without an account, whom an agent filed for. Refuses as `rate`, and a used link."""
    return give(links.use(link).case, grade, tags, words)


def given(case, user):
    """The case's rating for those who could give it; nobody else learns of which case it is."""
    return Rating.objects.filter(case=case).first() if user.pk in raters(case) else None


def give(case, grade, tags, words):
    case = Case.objects.select_for_update(of=("self",)).get(pk=case.pk)
    if case.outcome not in RATED:
        raise ValidationError(_("A case is rated after its decision."))
    if Rating.objects.filter(case=case).exists():
        raise ValidationError(_("This case was rated already. Thank you."))
    if grade not in Rating.Grade.values:
        raise ValidationError(_("Please choose a grade."))
    return Rating.objects.create(
        case=case,
        division_path=case.division_path,
        grade=grade,
        tags=[tag for tag in TAGS if tag in tags],
        words=words.strip()[:500],
        due=day_due(case.division, "ratings.answer_days", ANSWER_DAYS) if grade in BAD else None,
    )


def day_due(division, key, days):
    return workdays.add(timezone.localdate(), policy.value(key, default=days, division=division)).date


@transaction.atomic
def follow_up(*, case, words, by):
    """One more word after the rating; refuses a second one."""
    rating = Rating.objects.select_for_update().filter(case=case, followed_at=None).first()
    if by.pk not in raters(case):
        raise PermissionDenied
    if rating is None:
        raise ValidationError(_("There is nothing more to add to this rating."))
    if len(words.strip()) < 2:
        raise ValidationError(_("Please say it in a few words."))
    rating.follow_up, rating.followed_at = words.strip()[:500], timezone.now()
    rating.save(update_fields=["follow_up", "followed_at"])
    return rating


@transaction.atomic
def answer_rating(*, rating, words, by):
    """The bureau's answer to a bad rating; who gave it is told, and the time to put things right begins.

    Refuses (PermissionDenied) whoever lacks casework.answer_rating at the place, and a rating answered already.
    """
    row = locked(rating, by)
    if row.due is None or row.answered_at:
        raise ValidationError(_("This rating was answered already."))
    row.answer, row.answered_at, row.answered_by = said(words), timezone.now(), str(by)
    row.due = day_due(row.case.division, "ratings.remedy_days", REMEDY_DAYS)
    return keep(row, "answer_rating", row.answer, by)


@transaction.atomic
def remedy_rating(*, rating, words, by):
    """What was put right after a bad rating (整改); who gave it is told, nothing is open any more.

    Refuses (PermissionDenied) whoever lacks casework.answer_rating at the place, and a rating that is not answered yet
    or settled already.
    """
    row = locked(rating, by)
    if row.due is None or not row.answered_at:
        raise ValidationError(_("This rating waits for no report of what was put right."))
    row.remedy, row.remedied_at, row.remedied_by = said(words), timezone.now(), str(by)
    row.due = None
    return keep(row, "remedy_rating", row.remedy, by)


def locked(rating, by):
    row = Rating.objects.select_for_update(of=("self",)).select_related("case__division").get(pk=rating.pk)
    if not by.has_perm(ANSWER, row):
        raise PermissionDenied
    return row


def said(words):
    if len(words.strip()) < 2:
        raise ValidationError(_("Please say it in a few words."))
    return words.strip()[:500]


def keep(row, action, text, by):
    """Saves, leaves the audit event and tells those who could have given it, or gave it by a link."""
    row.save()
    audit.record(action, row, by=by, note=text)
    for user_id in raters(row.case):
        notices.tell(user_id, "rating_answered", case=row.case, params={"answer": text}, key=f"{action}:{row.pk}")
    if phone := phone_of_giver(row.case):
        notices.text_to(phone, "rating_answered", case=row.case, params={"answer": text})
    return row


def phone_of_giver(case):
    """The number the link to rate was sent to and used from; empty when another leader has it by now."""
    link = case.links.filter(purpose=links.Purpose.RATE).exclude(used_at=None).first()
    phone = flow_of(case).phone(case) if link else ""
    return phone if phone and mask_phone(phone) == link.sent_to else ""


def waiting(user):
    """How many bad ratings wait for this user, for the menu."""
    return Rating.objects.visible_to(user, ANSWER).open().count()
