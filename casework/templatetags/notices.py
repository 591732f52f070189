"""The bell in the top bar."""

from django import template

register = template.Library()
MOST = 100


@register.simple_tag
def unread_notices(user):
    """How many notices the user has not read, counted up to MOST."""
    return user.notices.filter(read_at=None).order_by()[:MOST].count()
