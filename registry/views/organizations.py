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

from registry.forms import (
    ClassifyForm,
    EditForm,
    EndForm,
    FlagEndForm,
    FlagForm,
    OrganizationForm,
    ReopenForm,
    StandingForm,
    YearForm,
)
from registry.models import Organization, OrganizationFlag, OrganizationYear
from registry.services.flags import classify, end_flag, set_flag
from registry.services.guards import SENSITIVE, StaleRecordError, locked_facts
from registry.services.organizations import DuplicateFoundError, create_organization, edit_organization
from registry.services.people import masked
from registry.services.standing import change_standing, end_organization, reopen_organization
from registry.services.yearly import PARTY, STATE, save_year_figures
from registry.views.compare import compared
from registry.views.matters import corrections_for, matters_for
from registry.views.shown import Shown, label_of

CHANGE = "registry.change_organization"
DISTINCT = re.compile(r"distinct_([0-9a-f-]{36})")


def organization_of(request, uid, permission=None, related=None):
    """The organization, or the 404 of one that does not exist; 403 when it may be seen but not `permission`."""
    rows = Organization.objects.visible_to(request.user).select_related(*related or [None])
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
        context |= {"crumbs": crumbs(_("Correct"), organization), "filed": filed_part(request.user, organization)}
        return render(request, self.template, context)


def filed_part(user, organization):
    """The facts only a case changes as they stand, and how to open one; None when nothing is locked."""
    locked = locked_facts(organization)
    if not locked:
        return None
    shown = Shown(user)
    values = {
        "tier": shown.tier(organization.tier, organization.type),
        "leader": shown.leader_name(organization),
        "division": organization.division.full_name,
    }
    urls = corrections_for(user, organization)
    names = [name for name in SENSITIVE if name in locked]
    facts = [(label_of(name), values.get(name) or getattr(organization, name), urls.get(name)) for name in names]
    return {"facts": facts, "matters": matters_for(user, organization)}


def stale_lines(request, stale):
    shown = Shown(request.user)
    return [(label_of(name), shown.word(name, value)) for name, value in stale.changed.items()]


def crumbs(last, organization=None):
    trail = [(_("Organizations"), reverse("registry:organizations"))]
    if organization:
        trail.append((organization.name, reverse("registry:organization", args=[organization.uid])))
    return [*trail, (last, "")]


def base_of(request):
    """The address this portal was asked under."""
    return f"{request.scheme}://{request.get_host()}"


class Verb(View):
    """A page with one small form that changes a record by one service."""

    template = "registry/organization_verb.html"
    permission = CHANGE
    heading = button = consequence = done = ""

    def get(self, request, uid, **kwargs):
        organization = self.find(request, uid)
        return self.page(request, organization, self.form(request, organization, **kwargs))

    def find(self, request, uid):
        return organization_of(request, uid, self.permission)

    def post(self, request, uid, **kwargs):
        organization = self.find(request, uid)
        form = self.form(request, organization, request.POST, **kwargs)
        if not form.is_valid():
            return self.page(request, organization, form)
        try:
            self.perform(organization, form, request.user, **kwargs)
        except StaleRecordError as stale:
            return self.stale(request, organization, stale, **kwargs)
        except ValidationError as error:
            add_refusal(form, error)
            return self.page(request, organization, form)
        messages.success(request, self.done)
        return redirect("registry:organization", uid=organization.uid)

    def stale(self, request, organization, stale, **kwargs):
        """The form as typed, with what the other changed; sending it again is then a decision."""
        organization.refresh_from_db(fields=["version"])
        data = request.POST.copy()
        data["version"] = organization.version
        form = self.form(request, organization, data, **kwargs)
        return self.page(request, organization, form, stale=stale_lines(request, stale), actor=stale.actor)

    def page(self, request, organization, form, **more):
        context = {"organization": organization, "form": form, "verb": self, **more}
        return render(request, self.template, {**context, "crumbs": crumbs(self.heading, organization)})


class FiledVerb(Verb):
    """A verb on what only a case changes for a registered or filed organization: its page shows the matters instead."""

    def page(self, request, organization, form, **more):
        filed = filed_part(request.user, organization)
        return super().page(request, organization, form, **more, filed=filed, by_case=self.whole and filed)


class Standing(FiledVerb):
    whole = False
    heading = gettext_lazy("Change tier, state, type or place")
    button = gettext_lazy("Change from this day on")
    consequence = gettext_lazy("Figures up to the day before stay as they were.")
    done = gettext_lazy("The standing is changed.")

    def form(self, request, organization, data=None):
        return StandingForm(data, organization=organization, user=request.user)

    def perform(self, organization, form, user):
        change_standing(organization=organization, by=user, **form.cleaned_data)


class End(FiledVerb):
    whole = True
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
    """All figures for whoever edits the organization, those about the party for party-work officers."""

    permission = STATE
    heading = gettext_lazy("Figures of a year")
    button = gettext_lazy("Save the figures")
    consequence = gettext_lazy("Empty means unknown. Figures already stored for the year are replaced.")
    done = gettext_lazy("The figures are saved.")

    def form(self, request, organization, data=None):
        initial = {} if data is not None else self.stored(organization, request.GET.get("year", ""))
        form = YearForm(data, organization=organization, initial=initial)
        if not request.user.has_perm(CHANGE, organization):
            for name in set(OrganizationYear.FIGURES) - set(PARTY):
                del form.fields[name]
        return form

    def stored(self, organization, asked):
        year = int(asked) if re.fullmatch(r"[0-9]{4}", asked) else timezone.localdate().year
        row = organization.years.filter(year=year).first()
        return {name: getattr(row, name) for name in YearForm.FIGURES} if row else {"year": year}

    def perform(self, organization, form, user):
        given = {name: form.cleaned_data[name] for name in ("version", "year")}
        save_year_figures(organization=organization, figures=form.figures(), by=user, **given)


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
