"""How the portal writes numbers, dates and states: once, here, for every page."""

from datetime import date, datetime
from decimal import Decimal

from django import template
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy as _

from accounts.roles import role_label as label_of_role

register = template.Library()

NONE = "—"
SPRITE = "vendor/bootstrap-icons-1.13.2/sprite.svg"

# State → (tone of the badge, its mark, its word). A word and a mark stand beside every colour.
STATES = {
    "met": ("met", "check-circle-fill", _("Met")),
    "on_track": ("near", "hourglass-split", _("On track")),
    "behind": ("late", "exclamation-triangle-fill", _("Behind")),
    "missed": ("late", "x-circle-fill", _("Missed")),
    "no_data": ("none", "dash-circle", _("No data")),
    "share": ("none", "pie-chart", _("Share of the total")),
}


@register.filter
def number(value, places=None):
    """1234567 → 1,234,567; None → —. `places` fixes the decimals; without it at most two, zeros cut."""
    if value is None or value == "":
        return NONE
    value = Decimal(str(value))
    if places is not None:
        return f"{value:,.{int(places)}f}"
    text = f"{value:,.2f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


@register.filter
def percent(value, places=1):
    """A ratio 0.153 → 15.3%; None → —."""
    return NONE if value is None or value == "" else f"{Decimal(str(value)) * 100:,.{int(places)}f}%"


@register.filter
def day(value):
    """A date, or the Shanghai day of a moment, as 2026-11-21."""
    if isinstance(value, datetime):
        value = timezone.localtime(value).date() if timezone.is_aware(value) else value.date()
    return value.isoformat() if isinstance(value, date) else NONE


@register.filter
def moment(value):
    """A moment in Shanghai as 2026-11-21 10:32."""
    if not isinstance(value, datetime):
        return day(value)
    return (timezone.localtime(value) if timezone.is_aware(value) else value).strftime("%Y-%m-%d %H:%M")


@register.simple_tag
def icon(name):
    """One icon of the vendored sprite; decoration only, a word always stands beside it."""
    return format_html('<svg class="icon" aria-hidden="true"><use href="{}#{}"></use></svg>', static(SPRITE), name)


@register.simple_tag
def state_badge(state):
    """The light of a target: tone, mark and word."""
    tone, mark, word = STATES[state]
    return format_html('<span class="badge badge-{}">{} {}</span>', tone, icon(mark), word)


@register.filter
def tone(state):
    """The colour name of a state: met, near, late or none."""
    return STATES[state][0]


@register.simple_tag
def bar(share, tone="now", goal=None):
    """A zero-based bar filled to `share` (0–1), with a tick at `goal` (0–1); SVG needs no inline style."""
    width = 0 if share is None else max(0, min(1, float(share))) * 100
    tick = mark_safe("")
    if goal is not None:
        at = max(0, min(1, float(goal))) * 100
        tick = format_html('<line x1="{0}" x2="{0}" y1="0" y2="10"></line>', f"{at:.2f}")
    return format_html(
        '<svg class="bar bar-{}" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">'
        '<rect width="{}" height="10"></rect>{}</svg>',
        tone,
        f"{width:.2f}",
        tick,
    )


@register.simple_tag
def sparkline(values, goal=None):
    """A zero-based line through `values` (None breaks nothing, it is left out), with a dashed line at `goal`."""
    points = [(at, float(value)) for at, value in enumerate(values or []) if value is not None]
    if len(points) < 2:
        return mark_safe("")
    top = max([value for _at, value in points] + [float(goal or 0)]) or 1
    last = points[-1][0] or 1
    line = " ".join(f"{at / last * 100:.1f},{30 - value / top * 28:.1f}" for at, value in points)
    dashes = mark_safe("")
    if goal is not None:
        y = f"{30 - float(goal) / top * 28:.1f}"
        dashes = format_html('<line class="spark-goal" x1="0" x2="100" y1="{0}" y2="{0}"></line>', y)
    return format_html(
        '<svg class="spark" viewBox="0 0 100 31" preserveAspectRatio="none" aria-hidden="true">'
        '{}<polyline points="{}"></polyline></svg>',
        dashes,
        line,
    )


@register.simple_tag(takes_context=True)
def query(context, **changes):
    """The page's own query string with some parameters changed (None drops one): links of pages, sorting and chips."""
    data = context["request"].GET.copy()
    for key, value in changes.items():
        if value is None or value == "":
            data.pop(key, None)
        else:
            data[key] = value
    return f"?{data.urlencode()}"


CHOICE_INPUTS = {"checkbox", "radio"}
GROUPS = {"radioselect", "checkboxselectmultiple", "divisioncascade"}


@register.simple_tag(takes_context=True)
def typed(context, *parts):
    """What the refused post held under the name these parts make; nothing on a page just opened."""
    return context["request"].POST.get("".join(map(str, parts)), "")


@register.simple_tag
def control(field):
    """A form field's input in the portal's look; the field's hint and error are already tied to it by Django."""
    kind = getattr(field.field.widget, "input_type", "")
    css = "form-check-input" if kind in CHOICE_INPUTS else "form-select" if kind == "select" else "form-control"
    css = "choices" if is_group(field) else css
    given = field.field.widget.attrs.get("class", "")
    return field.as_widget(attrs={"class": f"{css} {given}".strip()})


@register.filter
def is_group(field):
    """True for a control of several inputs, which is labelled as a group."""
    return field.widget_type in GROUPS


@register.filter
def is_single_check(field):
    return getattr(field.field.widget, "input_type", "") == "checkbox" and not is_group(field)


@register.simple_tag
def hidden_query(request, *skip):
    """The query's parameters as hidden inputs, without `skip`: a form that adds to a filter keeps the rest."""
    pairs = ((key, value) for key, values in request.GET.lists() if key not in skip for value in values)
    return format_html_join("", '<input type="hidden" name="{}" value="{}">', pairs)


@register.filter
def page_numbers(paginator, current):
    """1 2 … 7 8 9 … 20 around the current page."""
    return paginator.get_elided_page_range(current, on_each_side=2, on_ends=1)


@register.filter
def chart_rows(data):
    """(label, its link, [(value, its link) of each series]) of a chart's data: the table that says the same."""
    nowhere = [""] * len(data["labels"])
    series = (zip(one["values"], one.get("links", nowhere), strict=True) for one in data["series"])
    return zip(data["labels"], data.get("links", nowhere), zip(*series, strict=True), strict=True)


@register.filter
def whole_minutes(delta):
    return int(delta.total_seconds() // 60)


@register.filter
def role_label(group):
    return label_of_role(group)
