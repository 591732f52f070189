"""Filters and phrases a person keeps for themselves; nobody else sees or changes them."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from casework.models import Phrase, SavedFilter

MOST = 20


def lock(user):
    """Two clicks at once do not pass the limit together."""
    return User.objects.select_for_update().get(pk=user.pk)


def require_room(rows):
    if rows.count() >= MOST:
        raise ValidationError(_("You have %(most)s already. Please remove one first.") % {"most": MOST}, code="full")


@transaction.atomic
def save_filter(*, name, queue, query, by):
    """Keeps a filter of a list; the same name again replaces it. Refuses more than MOST, no name and no filter."""
    name = " ".join(name.split())
    if not name or not query:
        raise ValidationError({"name": _("Please choose a filter first, then give it a name.")})
    own = lock(by).saved_filters
    if not own.filter(name=name).exists():
        require_room(own)
    row, _created = SavedFilter.objects.update_or_create(user=by, name=name, defaults={"queue": queue, "query": query})
    return row


@transaction.atomic
def add_phrase(*, text, by):
    """Keeps a phrase; the same one again changes nothing. Refuses more than MOST and an empty one."""
    text = " ".join(text.split())
    if not text:
        raise ValidationError({"text": _("Please write the phrase.")})
    own = lock(by).phrases
    if not own.filter(text=text).exists():
        require_room(own)
    return Phrase.objects.get_or_create(user=by, text=text)[0]
