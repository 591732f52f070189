"""How the offices look after organizations: reports due, silent ones, samples, credit lists."""

from django.contrib import messages
from django.contrib.auth.mixins import PermissionRequiredMixin
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View

from accounts.context import current_division
from accounts.models import Division
from accounts.models.division import in_paths
from casework.flows import flow_of
from casework.models import Case
from casework.services import inbox
from registry import periods
from registry.models import Certificate, CreditEvent, PeriodicReport, Sample
from registry.papers import renewed_before
from registry.services import confirmations, credit, dormancy, revocations, samples
from registry.supervision_forms import ContactForm, CreditForm, CreditStepForm
from registry.views.organizations import Verb
from registry.views.shown import place_words

PAGE = 30
REVOKE = "revoke"
LABELS = {
    "reports": gettext_lazy("Reports due"),
    "silent": gettext_lazy("Without activity"),
    "samples": gettext_lazy("Sample checks"),
    "credit": gettext_lazy("Credit lists"),
    "certificates": gettext_lazy("Certificates running out"),
}
CREDIT_STEPS = {
    "tell": (credit.tell_credit, ""),
    "list": (credit.list_credit, "document"),
    "drop": (credit.drop_credit, "reason"),
    "remove": (credit.remove_credit, "reason"),
}
OFFERED = {"proposed": ("tell", "drop"), "told": ("list", "drop"), "listed": ("remove",)}
VERBS = {
    "tell": gettext_lazy("Tell the organization"),
    "list": gettext_lazy("Put on the list"),
    "drop": gettext_lazy("Drop"),
    "remove": gettext_lazy("Take off the list"),
}


class Supervised(PermissionRequiredMixin, View):
    """One of the lists, for those who see cases."""

    permission_required = "casework.view_case"
    name = ""

    def get(self, request):
        tabs = [
            {"label": label, "url": reverse(f"registry:{name}"), "current": name == self.name}
            for name, label in LABELS.items()
        ]
        context = {"tabs": tabs, "heading": LABELS[self.name], **self.rows(request)}
        return render(request, f"registry/supervision/{self.name}.html", context)

    def page(self, request, rows):
        return Paginator(rows, PAGE).get_page(request.GET.get("page"))


class Reports(Supervised):
    """Who has not handed in the newest report, and who is proposed to be revoked."""

    name = "reports"

    def rows(self, request):
        kind = request.GET.get("kind")
        kind = kind if kind in (*PeriodicReport.Kind.values, REVOKE) else PeriodicReport.Kind.ANNUAL.value
        offered = [*PeriodicReport.Kind.choices, (REVOKE, _("Proposed to be revoked"))]
        kinds = {"kinds": [(code, label, code == kind) for code, label in offered]}
        return kinds | (self.proposed(request) if kind == REVOKE else self.due(request, kind))

    def due(self, request, kind):
        today = timezone.localdate()
        period = periods.last_period(kind, today)
        asked = confirmations.with_state(confirmations.asked(kind, period).visible_to(request.user), kind, period)
        late = asked.filter(result=None, handed_in=False).order_by("division_path", "id")
        done = asked.exclude(result=None).count()
        total = asked.count()
        page = self.page(request, late.select_related("division__parent"))
        return {
            "period": periods.label(period),
            "counts": {"asked": total, "done": done, "on_way": total - done - page.paginator.count},
            "page_obj": page,
            "missing": [(row, place_words(row.division)) for row in page],
        }

    def proposed(self, request):
        rows = revocations.to_be_revoked(timezone.localdate()).visible_to(request.user)
        page = self.page(request, rows.select_related("division__parent").order_by("division_path", "id"))
        why = revocations.reasons(list(page))
        return {"page_obj": page, "revoke": [(row, place_words(row.division), why[row.pk]) for row in page]}


class Silent(Supervised):
    """Open matters about organizations without activity, with the signs and figures each rests on."""

    name = "silent"

    def rows(self, request):
        cases = Case.objects.visible_to(request.user).open().filter(kind=dormancy.KIND, submitted_at__isnull=False)
        page = self.page(request, inbox.in_order(cases).select_related("division__parent", "filing__organization"))
        return {"page_obj": page, "rows": [case_line(case) for case in page]}


def case_line(case):
    left = inbox.left(case)
    return {
        "case": case,
        "organization": case.filing.organization,
        "place": place_words(case.division),
        "state": flow_of(case).state(case.state),
        "figures": str(case.filing.data.get("figures", "")).splitlines(),
        "left": left,
        "late": -left if left and left < 0 else 0,
        "light": inbox.light(case),
    }


class Certificates(Supervised):
    """Certificates that run out soon, and those that have: who is to come for the next one."""

    name = "certificates"

    def rows(self, request):
        today = timezone.localdate()
        rows = Certificate.objects.visible_to(request.user, self.permission_required)
        rows = rows.running_out(renewed_before(current_division(request), today)).order_by("valid_to", "id")
        page = self.page(request, rows.select_related("organization__division__parent"))
        lines = [(row, place_words(row.organization.division), row.valid_to < today) for row in page]
        return {"page_obj": page, "rows": lines}


class Samples(Supervised):
    """The draws of the user's districts, each with its seed, and what became of every filing drawn."""

    name = "samples"

    def rows(self, request):
        rows = Sample.objects.filter(in_paths("division__path", request.user.paths("casework.view_case")))
        drawn = ("drawn__case", "drawn__organization__division__parent")
        page = self.page(request, rows.select_related("division").prefetch_related(*drawn).order_by("-period", "-id"))
        place, period = district_of_work(request), samples.quarter_of(timezone.localdate())
        may = place is not None and request.user.has_perm(samples.RIGHT, place)
        drawn = may and Sample.objects.filter(division=place, period=period).exists()
        draws = [(sample, samples.is_as_drawn(sample), drawn_lines(sample)) for sample in page]
        opening = any(row.case is None and not row.problem for sample in page for row in sample.drawn.all())
        draw = period if may and not drawn else ""
        return {"page_obj": page, "samples": draws, "draw": draw, "district": place, "opening": opening}


def district_of_work(request):
    place = current_division(request)
    return place if place is not None and place.level == Division.Level.DISTRICT else None


def drawn_lines(sample):
    return [
        (row, place_words(row.organization.division), row.case and flow_of(row.case).state(row.case.state))
        for row in sample.drawn.all()
    ]


class Draw(View):
    def post(self, request):
        if not request.user.has_perm(samples.RIGHT):
            raise PermissionDenied
        place = district_of_work(request)
        try:
            if place is None:
                raise ValidationError(_("Please choose a district as your place of work first."))
            sample = samples.draw_sample(division=place, by=request.user)
        except ValidationError as error:
            messages.error(request, error.messages[0])
        else:
            words = {"drawn": sample.drawn.count(), "all": len(sample.population)}
            messages.success(
                request, _("%(drawn)s of %(all)s filings are drawn; their cases are being opened.") % words
            )
        return redirect("registry:samples")


class Credit(Supervised):
    """Entries proposed, told and listed."""

    name = "credit"

    def rows(self, request):
        rows = CreditEvent.objects.visible_to(request.user).exclude(state__in=("removed", "dropped"))
        page = self.page(request, rows.select_related("organization__division__parent"))
        return {"page_obj": page, "rows": [credit_line(row, request.user) for row in page]}


def credit_line(event, user):
    may = user.has_perm(credit.RIGHT, event.organization)
    steps = OFFERED.get(event.state, ()) if may else ()
    return {
        "event": event,
        "place": place_words(event.organization.division),
        "steps": [(name, VERBS[name]) for name in steps],
        "asks": any(CREDIT_STEPS[name][1] for name in steps),
    }


class CreditStep(View):
    def post(self, request, uid, step):
        event = get_object_or_404(CreditEvent.objects.visible_to(request.user), uid=uid)
        if step not in CREDIT_STEPS:
            raise Http404
        service, key = CREDIT_STEPS[step]
        form = CreditStepForm(request.POST)
        text = form.cleaned_data["text"] if form.is_valid() else ""
        try:
            event = service(event=event, by=request.user, **({key: text} if key else {}))
        except ValidationError as error:
            messages.error(request, error.messages[0])
        else:
            words = {"name": event.organization, "state": event.get_state_display()}
            messages.success(request, _("%(name)s: now “%(state)s”.") % words)
        return redirect("registry:credit")


class Contact(Verb):
    permission = "registry.order_filing"
    heading = gettext_lazy("Write down a contact")
    button = gettext_lazy("Write it down")
    consequence = gettext_lazy("Contacts that failed again and again are a sign of silence.")
    done = gettext_lazy("The contact is written down.")

    def form(self, request, organization, data=None):
        return ContactForm(data)

    def perform(self, organization, form, user):
        dormancy.record_contact(organization=organization, by=user, **form.cleaned_data)


class CreditProposal(Verb):
    permission = credit.RIGHT
    heading = gettext_lazy("Propose for a credit list")
    button = gettext_lazy("Propose")
    consequence = gettext_lazy("Nothing is listed yet: the organization is told first and may be heard.")
    done = gettext_lazy("The entry is proposed. Tell the organization next, from the credit lists.")

    def form(self, request, organization, data=None):
        return CreditForm(data, organization=organization)

    def perform(self, organization, form, user):
        credit.propose_credit(organization=organization, by=user, **form.cleaned_data)
