"""Starting a matter: what may be filed, and the one question before its form."""

from uuid import UUID

from django.core.exceptions import ValidationError
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import Division
from casework.models import Case
from registry.directory import published_divisions
from registry.filing_forms import StartForm
from registry.matters import MATTERS
from registry.models import Organization
from registry.services import applicants, filings, phone_sign_in
from registry.views.filing_shown import AGENT, ApplicantView, crumbs

ORDER = "registry.order_filing"


class Start(ApplicantView):
    def get(self, request):
        drafts = Case.objects.held_by(request.user).open().filter(submitted_at=None)
        context = {
            "new": [matter for matter in applicants.open_to_applicants() if not matter.needs_organization],
            "own": [(row, applicants.matters_about(row)) for row in applicants.organizations_of(request.user)[:20]],
            "acting": applicants.acts_for_others(request.user),
            "drafts": drafts.order_by("-saved_at")[:5],
            "crumbs": crumbs((_("File a matter"), "")),
        }
        return render(request, "apply/start.html", context)


class New(ApplicantView):
    """Opens the draft; all that is asked before the form is where the organization meets and for whom a clerk files."""

    def get(self, request):
        return self.page(request, self.form(request))

    def post(self, request):
        form = self.form(request, request.POST)
        if not form.is_valid():
            return self.page(request, form, status=422)
        values = form.cleaned_data
        if name := values.get("own_name"):
            phone_sign_in.name_applicant(user=request.user, name=name)
        division = values.get("division") or self.organization.division
        try:
            filing = filings.open_filing(
                kind=self.matter.kind,
                by=request.user,
                division=division,
                organization=self.organization,
                applicant=values.get("applicant", ""),
                values={"community": str(division.pk)} if places_it(self.matter) else self.begun(),
            )
        except ValidationError as error:
            form.add_error(None, error)
            return self.page(request, form, status=422)
        fact = request.GET.get("fact", "")
        anchor = f"#field-{fact}" if self.matter.ask(fact) else ""
        return redirect(reverse("apply:page", args=[filing.case.uid, 1]) + anchor)

    def begun(self):
        """What an office corrects, as the record has it: it changes the word that is wrong."""
        ask = self.matter.ask(self.request.GET.get("fact", "")) if self.matter.by_authority else None
        if ask is None or not ask.replaces or ask.kind not in ("text", "long", "division"):
            return None
        value = getattr(self.organization, ask.replaces)
        return {ask.key: str(getattr(value, "pk", value))}

    def form(self, request, data=None):
        self.matter = MATTERS.get(request.GET.get("kind", "filing"))
        right = right_to_open(request, self.matter)
        self.acting = right == AGENT
        about = self.matter.needs_organization or "organization" in request.GET
        self.organization = organization_asked(request, right) if about else None
        places = None if self.organization else places_for(request.user, right)
        known = only_place(places) if right else None
        return StartForm(
            data, places=places, acting=self.acting, staff=bool(right), named=bool(request.user.name), initial=known
        )

    def page(self, request, form, status=200):
        context = {
            "form": form,
            "matter": self.matter,
            "acting": self.acting,
            "organization": self.organization,
            "crumbs": crumbs((_("File a matter"), reverse("apply:start")), (self.matter.label, "")),
        }
        return render(request, "apply/new.html", context, status=status)


def places_it(matter):
    """Whether the place chosen is a fact of the form: what is about an organization asks only for another one."""
    return bool(matter.ask("community")) and not matter.needs_organization


def right_to_open(request, matter):
    """The right somebody opens it by: the office's own matters, an agent's (`for` in the address), none for oneself."""
    if matter is None or (matter.by_authority and not request.user.has_perm(ORDER)):
        raise Http404
    if matter.by_authority:
        return ORDER
    return AGENT if "for" in request.GET and applicants.acts_for_others(request.user) else ""


def organization_asked(request, right):
    """The organization in the address: one at the places of that right, without a right one the user acts for."""
    try:
        uid = UUID(request.GET.get("organization", ""))
    except ValueError as error:
        raise Http404 from error
    rows = Organization.objects.visible_to(request.user, right) if right else applicants.organizations_of(request.user)
    return get_object_or_404(rows.in_force().select_related("division"), uid=uid)


def places_for(user, right):
    return Division.objects.visible_to(user, right).in_force().filter(virtual=False) if right else published_divisions()


def only_place(places):
    """The place of a clerk who works for one community: it is filled in already."""
    found = list(places[:2]) if places is not None else []
    return {"division": found[0].pk} if len(found) == 1 else None
