"""Changes of divisions: begun, looked at with their effect, checked, applied; what a split left is placed."""

from django.contrib import messages
from django.contrib.auth.mixins import PermissionRequiredMixin
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import F
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View

from accounts.models import Division
from registry.division_forms import ASKS, RIGHT, ChangeForm, KeepsForm, PartSet, PlacingForm, StartForm
from registry.models import DivisionChange, OrganizationPeriod
from registry.place_names import bare, plain
from registry.services import division_effects, division_splits, placing
from registry.services.division_changes import APPLY_RIGHT, apply_change, check_change, create_change, drop_change
from registry.services.division_checks import change_lines, places
from registry.views.organizations import add_refusal
from registry.views.shown import Shown
from registry.views.works import Listed

Kind, State = DivisionChange.Kind, DivisionChange.State
VIEW = "registry.view_divisionchange"
WAITING = (State.DRAFT, State.CHECKED, State.REFUSED)
TONES = {State.DRAFT: "near", State.CHECKED: "now", State.REFUSED: "late", State.APPLIED: "met"}
STEPS = {
    "check": (check_change, gettext_lazy("The change is checked; it is applied in the night of its day.")),
    "apply": (apply_change, gettext_lazy("The change is applied; organizations and figures follow.")),
    "drop": (drop_change, gettext_lazy("The change is dropped.")),
}
PLACED_AT_ONCE = 200


class DivisionChanges(Listed):
    """What was drafted, waits and was applied at the user's places."""

    name, permission_required = "division_changes", VIEW

    def rows(self, request, place):
        rows = DivisionChange.objects.visible_to(request.user, VIEW).select_related("division__parent")
        page = self.page(request, rows)
        for change in page:
            change.tone = TONES.get(change.state, "none")
        return {"page_obj": page, "may": request.user.has_perm(RIGHT), **counted(request.user)}


def counted(user):
    """How many organizations wait to be placed, for those who may place them."""
    return {"waiting": placing.to_place(user).count() if user.has_perm(placing.RIGHT) else 0}


class Start(PermissionRequiredMixin, View):
    """Which change, of which place; the page of that change comes next."""

    permission_required = RIGHT

    def get(self, request):
        return self.show(request, StartForm(user=request.user))

    def post(self, request):
        form = StartForm(request.POST, user=request.user)
        if not form.is_valid():
            return self.show(request, form)
        return redirect("registry:division_change_add", form.cleaned_data["division"].pk, form.cleaned_data["kind"])

    def show(self, request, form):
        context = {"form": form, **headed(_("Change divisions"))}
        return render(request, "registry/divisions/start.html", context)


def headed(heading):
    above = (_("Changes of divisions"), reverse("registry:division_changes"))
    return {"heading": heading, "crumbs": [above, (heading, "")]}


class Draft(PermissionRequiredMixin, View):
    """The form of one kind of change at one place. What is sent becomes a draft: nothing moves yet."""

    permission_required = RIGHT

    def find(self, request, pk, kind):
        rows = Division.objects.visible_to(request.user, RIGHT).in_force().filter(virtual=False)
        place = get_object_or_404(rows.select_related("parent__parent"), pk=pk)
        if kind not in ASKS or place.level not in ASKS[kind][1]:
            raise Http404
        return place

    def get(self, request, pk, kind):
        place = self.find(request, pk, kind)
        return self.show(request, ChangeForm(kind=kind, place=place, user=request.user), *self.parts(place, kind))

    def post(self, request, pk, kind):
        place = self.find(request, pk, kind)
        form = ChangeForm(request.POST, kind=kind, place=place, user=request.user)
        parts = self.parts(place, kind, request.POST)
        if "fill" in request.POST:
            filled = ChangeForm(kind=kind, place=place, user=request.user, initial=form.filled())
            return self.show(request, filled, *parts)
        if not all([form.is_valid(), *(part.is_valid() for part in parts)]):
            return self.show(request, form, *parts)
        try:
            change, new = draft_once(form, parts, request.user)
        except ValidationError as error:
            add_refusal(form, error)
            return self.show(request, form, *parts)
        if new:
            messages.success(request, _("Drafted. Nothing has moved yet: please look at what it will do."))
        else:
            messages.info(request, _("There is a draft for this place and day already. Drop it if it is wrong."))
        page = "division_change_parts" if kind == Kind.SPLIT else "division_change"
        return redirect(f"registry:{page}", change.pk)

    def parts(self, place, kind, data=None):
        if kind != Kind.SPLIT:
            return ()
        return KeepsForm(data), PartSet(data, form_kwargs={"like": place.code})

    def show(self, request, form, keeps=None, parts=None):
        kind = Kind(form.kind)
        context = {"form": form, "keeps": keeps, "parts": parts, "creates": kind == Kind.CREATE}
        return render(request, "registry/divisions/draft.html", context | headed(f"{kind.label} · {form.place}"))


def draft_once(form, parts, user):
    """(draft, whether it is new): the one that waits already for the place and day when it is sent twice."""
    fields, lines = form.values()
    if parts:
        lines = parts[1].values(form.place, parts[0].cleaned_data["keeps"])
    about = {"kind": form.kind, "division": form.place, "effective": fields.pop("effective")}
    with transaction.atomic():
        Division.objects.select_for_update(no_key=True).get(pk=form.place.pk)
        same = DivisionChange.objects.filter(**about, new_code=fields["new_code"], state=State.DRAFT).first()
        return same or create_change(**about, **fields, lines=lines, by=user), same is None


def change_of(request, pk, right=None):
    """The change, or the 404 of one that does not exist; 403 when it may be seen but not `right`."""
    rows = DivisionChange.objects.visible_to(request.user, VIEW).select_related("division__parent", "new_parent")
    change = get_object_or_404(rows, pk=pk)
    if right and not request.user.has_perm(right, change.division):
        raise PermissionDenied
    return change


class Change(View):
    """What a change does, in numbers and in names, and what may be done with it."""

    def get(self, request, pk):
        change = change_of(request, pk)
        was, becomes = division_effects.faces(change)
        waits = change.state in WAITING
        context = {
            "change": change,
            "tone": TONES.get(change.state, "none"),
            "was": was,
            "becomes": becomes,
            "counts": division_effects.effect(change) if waits else None,
            "twins": division_effects.twins(change),
            "steps": offered(change, request.user) if waits else (),
            "parts": parts_of(change) if change.kind == Kind.SPLIT and waits else (),
            "may_map": change.kind == Kind.SPLIT and change.state == State.DRAFT and may(request.user, RIGHT, change),
            "early": change.effective > timezone.localdate(),
            **headed(f"{change.get_kind_display()} · {change.division}"),
        }
        return render(request, "registry/divisions/change.html", context)


def may(user, right, change):
    return all(user.has_perm(right, place) for place in places(change))


def offered(change, user):
    """The steps that would be done for this user now."""
    decides = may(user, APPLY_RIGHT, change)
    due = change.effective <= timezone.localdate()
    return [
        *(["apply"] if decides and due else []),
        *(["check"] if decides and change.state == State.DRAFT else []),
        *(["drop"] if decides or (change.state == State.DRAFT and may(user, RIGHT, change)) else []),
    ]


def parts_of(change):
    """[(part, organizations, people)] as noted, and who is left over."""
    lines = [(str(line), line.organizations.count(), line.people.count()) for line in change_lines(change)]
    mapped = sum(organizations for _name, organizations, _people in lines)
    rest = division_splits.organizations_of(change).count() - mapped
    return [*lines, (_("Waits at %(street)s to be placed") % {"street": change.division.parent}, max(rest, 0), None)]


class ChangeStep(View):
    def post(self, request, pk, step):
        change = change_of(request, pk)
        if step not in STEPS:
            raise Http404
        service, done = STEPS[step]
        try:
            service(change=change, by=request.user)
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
        else:
            messages.success(request, done)
        return redirect("registry:division_change", pk)


class PartsPage(View):
    """Who goes to which part of a split: organizations, and the people who work at the place."""

    def find(self, request, pk):
        change = change_of(request, pk, RIGHT)
        if change.kind != Kind.SPLIT:
            raise Http404
        return change

    def get(self, request, pk):
        return self.show(request, self.find(request, pk))

    def post(self, request, pk):
        change = self.find(request, pk)
        lines = {str(line.pk): line for line in change_lines(change)}
        rest = lines.get(request.POST.get("rest", ""))
        organizations = {
            row.pk: line
            for row in division_splits.organizations_of(change)
            if (line := lines.get(request.POST.get(f"organization_{row.pk}", "")) or rest)
        }
        people = {
            row.pk: line
            for row in division_splits.people_of(change)
            if (line := lines.get(request.POST.get(f"person_{row.pk}", "")))
        }
        try:
            division_splits.map_parts(change=change, organizations=organizations, people=people, by=request.user)
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
        else:
            messages.success(request, _("It is noted who goes where. Nothing has moved yet."))
        return redirect("registry:division_change", pk)

    def show(self, request, change):
        lines, shown = change_lines(change), Shown(request.user)
        kept = next((line for line in lines if line.division_id == change.division_id), None)
        context = {
            "change": change,
            "lines": lines,
            "kept": kept,
            "organizations": [
                {"row": row, "tier": shown.tier(row.tier, row.type), "line": line}
                for row, line in proposed(change, lines)
            ],
            "people": noted_people(change, lines),
            **headed(_("Who goes where · %(place)s") % {"place": change.division}),
        }
        return render(request, "registry/divisions/parts.html", context)


def proposed(change, lines):
    """[(organization, part)]: the part noted already, else the one whose name stands in its venue or its own name."""
    noted = {pk: line for line in lines for pk in line.organizations.values_list("pk", flat=True)}
    # The old community's name stands in most addresses: a new part's says more.
    named = sorted(((bare(plain(line)), line) for line in lines), key=lambda pair: pair[1].division_id is not None)
    rows = division_splits.organizations_of(change).select_related("type")
    return [(row, noted.get(row.pk) or match(f"{row.place} {row.name}", named)) for row in rows]


def match(text, named):
    return next((line for name, line in named if name and name in plain(text)), None)


def noted_people(change, lines):
    noted = {pk: line for line in lines for pk in line.people.values_list("pk", flat=True)}
    return [(row, noted.get(row.pk)) for row in division_splits.people_of(change)]


class ToPlace(PermissionRequiredMixin, View):
    """Organizations a change of divisions left at their street: ticked and placed together."""

    permission_required = placing.RIGHT

    def rows(self, request):
        rows = placing.to_place(request.user).select_related("division__parent", "type")
        return rows.order_by("division_path", "name", "id")

    def get(self, request):
        return self.show(request, self.form(request))

    def form(self, request, data=None):
        return PlacingForm(data, homes=placing.homes_for(request.user, self.rows(request)))

    def post(self, request):
        form = self.form(request, request.POST)
        ticked = [pk for pk in request.POST.getlist("organization") if pk.isascii() and pk.isdigit() and len(pk) < 19]
        chosen = list(self.rows(request).filter(pk__in=ticked))
        valid = form.is_valid()
        if not chosen:
            form.add_error(None, _("Tick the organizations first; those placed meanwhile are gone from the list."))
        if not valid or not chosen or "sure" not in request.POST:
            return self.show(request, form, chosen, asks=valid and bool(chosen))
        try:
            given = {name: form.cleaned_data[name] for name in ("on", "reason")}
            count = placing.place_organizations(organizations=chosen, division=form.target, by=request.user, **given)
        except ValidationError as error:
            add_refusal(form, error)
            return self.show(request, form, chosen)
        messages.success(request, _("%(count)s organizations are placed.") % {"count": count})
        return redirect("registry:to_place")

    def show(self, request, form, chosen=(), asks=False):
        rows = [] if asks else list(self.rows(request)[:PLACED_AT_ONCE])
        shown, origins = Shown(request.user), came_from(rows)
        context = {
            "form": form,
            "rows": [(row, shown.tier(row.tier, row.type), origins.get(row.pk), row in chosen) for row in rows],
            "total": self.rows(request).count(),
            "chosen": chosen,
            "asks": asks,
            "target": asks and (form.target or _("the whole street")),
            **headed(_("Organizations to be placed")),
        }
        return render(request, "registry/divisions/to_place.html", context)


def came_from(organizations):
    """{id: where the organization lay before the change of divisions}, without those entered afterwards."""
    rows = OrganizationPeriod.objects.filter(organization__in=organizations).select_related("division")
    before = rows.exclude(division=F("organization__division")).order_by("starts")
    return {row.organization_id: row.division for row in before}
