"""The administration pages of bureau staff: one site for those who may open it, with a policy of its own."""

from functools import wraps

from csp.constants import SELF, UNSAFE_EVAL, UNSAFE_INLINE
from csp.decorators import csp_update
from django.apps import apps
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import redirect
from django.templatetags.static import static
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from unfold.sites import UnfoldAdminSite

from accounts.context import current_division
from casework.flows import flow_of
from casework.services import inbox
from casework.services.late import overdue_by_street
from reporting.targets import summary

# How many cases the start page lists.
URGENT = 10
# Unfold's Alpine evaluates expressions and its colours come in one <style>; nothing else is looser than elsewhere.
POLICY = {"script-src": [SELF, UNSAFE_EVAL], "style-src": [SELF, UNSAFE_INLINE]}

# Title of the group, then (model, icon) in the order people need them.
NAVIGATION = (
    (
        _("Organizations"),
        (
            ("registry.organization", "groups"),
            ("registry.need", "front_hand"),
            ("registry.project", "task"),
            ("registry.importbatch", "upload_file"),
        ),
    ),
    (_("Cases"), (("casework.case", "inbox"),)),
    (
        _("Divisions"),
        (
            ("accounts.division", "account_tree"),
            ("registry.divisionyear", "monitoring"),
            ("registry.divisionchange", "alt_route"),
        ),
    ),
    (
        _("Policies and targets"),
        (
            ("reporting.policy", "gavel"),
            ("reporting.targetset", "target"),
            ("reporting.target", "flag"),
            ("reporting.mechanism", "checklist"),
            ("reporting.baseline", "start"),
            ("casework.policyvalue", "tune"),
            ("casework.calendarday", "calendar_month"),
        ),
    ),
    (
        _("Words and types"),
        (
            ("registry.scheme", "category"),
            ("registry.organizationtype", "label"),
            ("registry.typemapping", "compare_arrows"),
            ("registry.tierword", "format_list_numbered"),
            ("registry.term", "dictionary"),
        ),
    ),
    (
        _("Users and trail"),
        (
            ("accounts.user", "person"),
            ("accounts.assignment", "badge"),
            ("auth.group", "shield_person"),
            ("casework.auditevent", "history"),
        ),
    ),
)

# Django's groups are what the portal calls roles.
TITLES = {"auth.group": _("Roles")}


class PortalAdminSite(UnfoldAdminSite):
    site_title = index_title = _("Administration")
    index_template = "admin/home.html"

    def register(self, model_or_iterable, admin_class=None, **options):
        """Pages other packages bring along know nothing of places: only a ScopedAdmin says whether it is placed."""
        if hasattr(admin_class, "placed"):
            super().register(model_or_iterable, admin_class, **options)

    def has_permission(self, request):
        return request.user.is_active and request.user.has_perm("accounts.use_admin")

    def admin_view(self, view, cacheable=False):
        served = csp_update(POLICY)(super().admin_view(view, cacheable))

        @wraps(served)
        def guarded(request, *args, **kwargs):
            if request.user.is_authenticated and not self.has_permission(request):
                raise PermissionDenied
            return served(request, *args, **kwargs)

        return guarded

    @method_decorator(never_cache)
    @login_not_required
    def login(self, request, extra_context=None):
        """There is one sign-in page, the portal's."""
        if request.user.is_authenticated:
            return redirect("admin:index")
        return redirect_to_login(request.GET.get(REDIRECT_FIELD_NAME) or reverse("admin:index"))

    def password_change(self, request, extra_context=None):
        return redirect("accounts:password_change")

    def search(self, request, extra_context=None):
        # Unfold keeps results for five minutes by user and term: a right taken away would still show titles.
        raise Http404

    def get_app_list(self, request, app_label=None):
        """The menu is NAVIGATION; only the page of one application lists its models."""
        return super().get_app_list(request, app_label) if app_label else []

    def index(self, request, extra_context=None):
        groups = self.get_sidebar_list(request)
        shown = {"groups": groups, "summaries": summaries(request), "urgent": urgent(request.user)}
        return super().index(request, {**shown, **(extra_context or {})})

    def get_sidebar_list(self, request):
        groups = [{"title": title, "items": self.entries(request, models)} for title, models in NAVIGATION]
        home = {"title": "", "items": [entry(_("Start page"), "home", reverse("admin:index"), request)]}
        return [home, *(group for group in groups if group["items"])]

    def entries(self, request, models):
        known = [(self.find_admin(label), icon) for label, icon in models]
        allowed = [(admin, icon) for admin, icon in known if admin and admin.has_view_permission(request)]
        return [
            entry(
                TITLES.get(admin.opts.label_lower, admin.opts.verbose_name_plural),
                icon,
                reverse(list_name(admin.opts)),
                request,
            )
            for admin, icon in allowed
        ]

    def find_admin(self, label):
        app, model = label.split(".")
        known = apps.all_models[app].get(model)
        return self._registry.get(known)


def summaries(request):
    """What a leader needs first, for the place the user works for now: cases that wait, then how the targets stand."""
    place = current_division(request)
    return [*cases_waiting(request, place), *targets_met(request, place)]


def cases_waiting(request, place):
    """The user's own cases, and the overdue ones street by street; each line opens its list."""
    if place is None or not request.user.has_perm("casework.view_case", place):
        return []
    counts, late = inbox.counts(request.user), overdue_by_street(request.user, place)
    own = _("Waiting for you: %(todo)s cases, %(overdue)s of them overdue.") % counts
    told = "、".join(_("%(street)s %(count)s") % {"street": street, "count": count} for street, count in late)
    lines = [{"text": own, "url": reverse("casework:cases")}] if counts["todo"] else []
    overdue = f"{reverse('admin:casework_case_changelist')}?time=overdue"
    return [*lines, {"text": _("Overdue: %(streets)s") % {"streets": told}, "url": overdue}] if late else lines


def urgent(user):
    """The cases that wait for the user longest, each with the address of its decision."""
    cases = inbox.in_order(inbox.queue(user, inbox.TODO)).select_related("division")[:URGENT]
    return [
        {
            "case": case,
            "matter": flow_of(case).label,
            "state": flow_of(case).state(case.state).label,
            "light": inbox.light(case),
            "url": f"{reverse('casework:case', args=[case.uid])}#decide",
        }
        for case in cases
    ]


def targets_met(request, place):
    if place is None or not request.user.has_perm("reporting.view_targetset", place):
        return []
    text = _("%(place)s: %(sentence)s") % {"place": place, "sentence": summary(place)}
    return [{"text": text, "url": reverse("reporting:dashboard", args=[place.pk])}]


def style_sheet(request):
    return static("css/admin.css")


def mark(request):
    return static("img/mark.svg")


def list_name(opts):
    return f"admin:{opts.app_label}_{opts.model_name}_changelist"


def entry(title, icon, link, request):
    active = request.path == link or (link != reverse("admin:index") and request.path.startswith(link))
    return {"title": title, "icon": icon, "link": link, "active": active, "has_permission": True}
