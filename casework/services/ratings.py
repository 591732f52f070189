"""Ratings of decided cases (好差评): one per case by its party, one follow-up, and counts for the bureau."""

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Count
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from casework.models import Case, Rating

RATED = (Case.Outcome.APPROVED, Case.Outcome.REFUSED, Case.Outcome.NOT_ACCEPTED)
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
    """Whether the user is a party to the decided case and nobody rated it yet."""
    own = any(party.user_id == user.pk for party in case.parties.all())
    return own and case.outcome in RATED and not Rating.objects.filter(case=case).exists()


@transaction.atomic
def rate(*, case, grade, tags, words, by):
    """The party's one rating of a decided case. Refuses others, an undecided case and a second rating."""
    case = Case.objects.select_for_update(of=("self",)).get(pk=case.pk)
    if not case.parties.filter(user=by).exists():
        raise PermissionDenied
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
    )


@transaction.atomic
def follow_up(*, case, words, by):
    """One more word after the rating; refuses a second one."""
    rating = Rating.objects.select_for_update().filter(case=case, followed_at=None).first()
    if not case.parties.filter(user=by).exists():
        raise PermissionDenied
    if rating is None:
        raise ValidationError(_("There is nothing more to add to this rating."))
    if len(words.strip()) < 2:
        raise ValidationError(_("Please say it in a few words."))
    rating.follow_up, rating.followed_at = words.strip()[:500], timezone.now()
    rating.save(update_fields=["follow_up", "followed_at"])
    return rating


def counts(paths):
    """{grade: number} of ratings at the places: what the bureau sees. No case and no person is in it."""
    rows = Rating.objects.none()
    for path in paths:
        rows = rows | Rating.objects.filter(division_path__startswith=path)
    found = dict(rows.values_list("grade").annotate(number=Count("pk")).order_by())
    return {grade: found.get(grade, 0) for grade in sorted(Rating.Grade.values, reverse=True)}
