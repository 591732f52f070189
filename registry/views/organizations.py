import re
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View

from casework.models import AuditEvent
from registry.forms import (
    ClassifyForm,
    EditForm,
    EndForm,
    FigureFields,
    FlagEndForm,
    FlagForm,
    OrganizationForm,
    ReopenForm,
    RevealForm,
    StandingForm,
)
from registry.models import Organization, OrganizationFlag
from registry.models.organization import COUNTED
from registry.papers import papers_of
from registry.schemes import types_elsewhere
from registry.services.flags import classify, end_flag, set_flag
from registry.services.guards import StaleRecordError
from registry.services.organizations import DuplicateFoundError, create_organization, edit_organization
from registry.services.people import masked, reveal
from registry.services.standing import change_standing, end_organization, reopen_organization
from registry.services.yearly import save_year_figures
from registry.views.compare import compared
from registry.views.shown import Shown, label_of, place_words, state_of

CHANGE = "registry.change_organization"
VERBS = ("change_organization", "reveal_person", "issue_certificate")
EVENTS = 50
DISTINCT = re.compile(r"distinct_([0-9a-f-]{36})")
RELATED = ("division__parent", "district", "type__scheme", "leader")


def organization_of(request, uid, permission=None):
    """The organization, or the 404 of one that does not exist; 403 when it may be seen but not `permission`."""
    rows = Organization.objects.visible_to(request.user).select_related(*RELATED)
    organization = get_object_or_404(rows, uid=uid)
    if permission and not request.user.has_perm(permission, organization):
        raise PermissionDenied
    return organization


def add_refusal(form, error):
    """A service's refusal beside the fields it names, else on top."""
    if not hasattr(error, "error_dict"):
        form.add_error(None, error)
        return
    for name, errors in error.error_dict.items():
        form.add_error(name if name in form.fields else None, errors)


def distinct_given(request):
    """{id: reason} of the look-alikes the officer called different, out of those they may see."""
    reasons = {}
    for key, text in request.POST.items():
        found = DISTINCT.fullmatch(key)
        if found and len(text.strip()) > 1:
            reasons[found[1]] = text.strip()[:200]
    rows = Organization.objects.visible_to(request.user).filter(uid__in=[uid for uid in reasons if is_uid(uid)])
    return {row.pk: reasons[str(row.uid)] for row in rows}


def is_uid(text):
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False


class OrganizationAdd(View):
    template = "registry/organization_form.html"

    def dispatch(self, request, *args, **kwargs):
        if request.user.is_authenticated and not request.user.has_perm("registry.add_organization"):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def get(self, request):
        return self.page(request, OrganizationForm(user=request.user))

    def post(self, request):
        form = OrganizationForm(request.POST, user=request.user)
        if not form.is_valid():
            return self.page(request, form)
        try:
            organization = create_organization(
                by=request.user, distinct=distinct_given(request), **form.data_for_service()
            )
        except DuplicateFoundError as found:
            return self.page(request, form, compared(request, form, found.matches))
        except ValidationError as error:
            add_refusal(form, error)
            return self.page(request, form)
        messages.success(request, _("%(name)s is registered.") % {"name": organization})
        return redirect("registry:organization", uid=organization.uid)

    def page(self, request, form, alike=()):
        context = {"form": form, "alike": alike, "heading": _("Add an organization"), "crumbs": crumbs(_("Add"))}
        return render(request, self.template, context)


class OrganizationEdit(View):
    template = "registry/organization_form.html"

    def get(self, request, uid):
        organization = organization_of(request, uid, CHANGE)
        return self.page(request, organization, self.form(organization))

    def form(self, organization, data=None):
        known = masked(organization.leader)
        hints = {"phone": known["phone"], "id_number": known["id"]}
        return EditForm(data, organization=organization, hints=hints)

    def post(self, request, uid):
        organization = organization_of(request, uid, CHANGE)
        form = self.form(organization, request.POST)
        if not form.is_valid():
            return self.page(request, organization, form)
        try:
            self.save(request, organization, form)
        except DuplicateFoundError as found:
            return self.page(request, organization, form, alike=compared(request, form, found.matches))
        except StaleRecordError as stale:
            return self.stale(request, organization, stale)
        except ValidationError as error:
            add_refusal(form, error)
            return self.page(request, organization, form)
        messages.success(request, _("The changes are saved."))
        return redirect("registry:organization", uid=organization.uid)

    def save(self, request, organization, form):
        edit_organization(
            organization=organization,
            version=form.cleaned_data["version"],
            by=request.user,
            leader=form.leader(),
            distinct=distinct_given(request),
            note=form.cleaned_data["note"],
            **form.details(),
        )

    def stale(self, request, organization, stale):
        """The form as typed, with what the other changed; sending it again is then a decision."""
        data = request.POST.copy()
        data["version"] = organization.version
        form = self.form(organization, data)
        return self.page(request, organization, form, stale=stale_lines(request, stale), actor=stale.actor)

    def page(self, request, organization, form, **more):
        heading = _("Correct %(name)s") % {"name": organization}
        context = {"form": form, "organization": organization, "heading": heading, **more}
        return render(request, self.template, {**context, "crumbs": crumbs(_("Correct"), organization)})


def stale_lines(request, stale):
    shown = Shown(request.user)
    return [(label_of(name), shown.word(name, value)) for name, value in stale.changed.items()]


def crumbs(last, organization=None):
    trail = [(_("Organizations"), reverse("registry:organizations"))]
    if organization:
        trail.append((organization.name, reverse("registry:organization", args=[organization.uid])))
    return [*trail, (last, "")]


class OrganizationRecord(View):
    def get(self, request, uid):
        return record_page(request, organization_of(request, uid))


def record_page(request, organization, *, reveal_form=None, revealed=None, status=200):
    shown = Shown(request.user)
    events = AuditEvent.objects.about(organization)[:EVENTS]
    user = request.user
    may = {verb: user.has_perm(f"registry.{verb}", organization) for verb in VERBS}
    in_force = organization.state in COUNTED
    context = {
        "organization": organization,
        "state": state_of(organization.state),
        "tier": shown.tier(organization.tier, organization.type),
        "place": place_words(organization.division),
        "leader": shown.leader_name(organization),
        "known": masked(organization.leader),
        "years": organization.years.all()[:10],
        "flags": [(shown.flags.get(row.flag, row.flag), row) for row in organization.flags.order_by("-starts", "id")],
        "other_types": types_elsewhere(organization),
        "periods": period_lines(organization, shown),
        "events": shown.timeline(events),
        "may_change": may["change_organization"] and in_force,
        "may_reopen": may["change_organization"] and not in_force,
        "may_reveal": may["reveal_person"],
        "may_certify": may["issue_certificate"],
        "papers": papers_of(organization, base_of(request), timezone.localdate()),
        "in_force": in_force,
        "reveal_form": reveal_form or RevealForm(),
        "revealed": revealed,
        "crumbs": crumbs(organization.name),
    }
    response = render(request, "registry/organization.html", context, status=status)
    response["Cache-Control"] = "no-store"
    return response


def base_of(request):
    """The address this portal was asked under."""
    return f"{request.scheme}://{request.get_host()}"


def period_lines(organization, shown):
    rows = organization.periods.select_related("division__parent", "type").order_by("-starts")
    return [
        {
            "starts": row.starts,
            "ends": row.ends,
            "tier": shown.tier(row.tier, row.type),
            "type": row.type,
            "place": place_words(row.division),
            "state": state_of(row.state),
        }
        for row in rows
    ]


class Reveal(View):
    def post(self, request, uid):
        organization = organization_of(request, uid, "registry.reveal_person")
        form = RevealForm(request.POST)
        if not form.is_valid():
            return record_page(request, organization, reveal_form=form, status=422)
        field = form.cleaned_data["field"]
        try:
            number = reveal(
                organization=organization, field=field, purpose=form.cleaned_data["purpose"], by=request.user
            )
        except ValidationError as error:
            add_refusal(form, error)
            return record_page(request, organization, reveal_form=form, status=422)
        return record_page(request, organization, revealed={"field": field, "number": number})


class Verb(View):
    """A page with one small form that changes a record by one service."""

    template = "registry/organization_verb.html"
    permission = CHANGE
    heading = button = consequence = done = ""

    def get(self, request, uid, **kwargs):
        organization = organization_of(request, uid, self.permission)
        return self.page(request, organization, self.form(request, organization, **kwargs))

    def post(self, request, uid, **kwargs):
        organization = organization_of(request, uid, self.permission)
        form = self.form(request, organization, request.POST, **kwargs)
        if not form.is_valid():
            return self.page(request, organization, form)
        try:
            self.perform(organization, form, request.user, **kwargs)
        except StaleRecordError as stale:
            return self.page(request, organization, form, stale=stale_lines(request, stale), actor=stale.actor)
        except ValidationError as error:
            add_refusal(form, error)
            return self.page(request, organization, form)
        messages.success(request, self.done)
        return redirect("registry:organization", uid=organization.uid)

    def page(self, request, organization, form, **more):
        context = {"organization": organization, "form": form, "verb": self, **more}
        return render(request, self.template, {**context, "crumbs": crumbs(self.heading, organization)})


class Standing(Verb):
    heading = gettext_lazy("Change tier, state, type or place")
    button = gettext_lazy("Change from this day on")
    consequence = gettext_lazy("Figures up to the day before stay as they were.")
    done = gettext_lazy("The standing is changed.")

    def form(self, request, organization, data=None):
        return StandingForm(data, organization=organization, user=request.user)

    def perform(self, organization, form, user):
        change_standing(organization=organization, by=user, **form.data_for_service())


class End(Verb):
    heading = gettext_lazy("End this organization")
    button = gettext_lazy("End it on this day")
    consequence = gettext_lazy(
        "From that day it is counted nowhere and its record stands still. The end can be taken back."
    )
    done = gettext_lazy("The organization has ended. Its record is kept.")

    def form(self, request, organization, data=None):
        return EndForm(data, organization=organization)

    def perform(self, organization, form, user):
        given = {name: form.cleaned_data[name] for name in ("version", "state", "on", "reason")}
        end_organization(organization=organization, by=user, **given)


class Reopen(Verb):
    heading = gettext_lazy("Take back the end")
    button = gettext_lazy("Take it back")
    consequence = gettext_lazy("The organization is counted again as if it had never ended.")
    done = gettext_lazy("The end is taken back.")

    def form(self, request, organization, data=None):
        return ReopenForm(data, organization=organization)

    def perform(self, organization, form, user):
        reopen_organization(organization=organization, by=user, **form.cleaned_data)


class Figures(Verb):
    heading = gettext_lazy("Figures of a year")
    button = gettext_lazy("Save the figures")
    consequence = gettext_lazy("Empty means unknown. Figures already stored for the year are replaced.")
    done = gettext_lazy("The figures are saved.")

    def form(self, request, organization, data=None):
        if data is not None:
            return FigureFields(data)
        asked = request.GET.get("year", "")
        year = int(asked) if re.fullmatch(r"[0-9]{4}", asked) else timezone.localdate().year
        stored = organization.years.filter(year=year).first()
        initial = {name: getattr(stored, name) for name in FigureFields.FIGURES} if stored else {"year": year}
        return FigureFields(initial=initial)

    def perform(self, organization, form, user):
        year = form.cleaned_data["year"]
        save_year_figures(organization=organization, year=year, figures=form.figures(), by=user)


class FlagAdd(Verb):
    heading = gettext_lazy("Add a function")
    button = gettext_lazy("Add the function")
    done = gettext_lazy("The function is added.")

    def form(self, request, organization, data=None):
        return FlagForm(data, organization=organization)

    def perform(self, organization, form, user):
        set_flag(organization=organization, by=user, **form.cleaned_data)


class FlagEnd(Verb):
    heading = gettext_lazy("End a function")
    button = gettext_lazy("End the function")
    done = gettext_lazy("The function has ended.")

    def form(self, request, organization, data=None, *, pk):
        if not organization.flags.filter(pk=pk).exists():
            raise Http404
        return FlagEndForm(data)

    def perform(self, organization, form, user, *, pk):
        end_flag(flag=get_object_or_404(OrganizationFlag, pk=pk), by=user, **form.cleaned_data)


class Classify(Verb):
    heading = gettext_lazy("Type in another scheme")
    button = gettext_lazy("Save the type")
    done = gettext_lazy("The type is saved.")

    def form(self, request, organization, data=None):
        return ClassifyForm(data, organization=organization)

    def perform(self, organization, form, user):
        classify(organization=organization, by=user, **form.cleaned_data)
