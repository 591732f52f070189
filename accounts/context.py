"""What every page shows: product, bureau, place of work, menu, reading mode."""

from dataclasses import dataclass

from django.conf import settings
from django.urls import NoReverseMatch, reverse
from django.utils.functional import SimpleLazyObject
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _

from accounts.models import Division


@dataclass(frozen=True)
class Entry:
    """One line of the left menu: shown to those who hold `permission`; `prefix` says which addresses it stands for.

    `count` names the function(user) that says how many things wait there: by its path, for it lies in a higher app.
    """

    label: str
    icon: str
    url_name: str
    permission: str = ""
    prefixes: tuple = ()
    at_place: bool = False
    count: str = ""


WAITING = "casework.services.inbox.waiting"
BAD_RATINGS = "casework.services.ratings.waiting"
BASE = ("/base/", "/needs/", "/projects/", "/divisions/")
MENU = (
    Entry(_("Home"), "house-door", "reporting:home"),
    Entry(_("Cases"), "inbox", "casework:cases", "casework.view_case", ("/cases/",), count=WAITING),
    Entry(_("Targets"), "bullseye", "reporting:dashboard", "reporting.view_rollup", ("/dashboard/",), at_place=True),
    Entry(_("Supervision"), "shield-check", "registry:reports", "casework.view_case", ("/supervision/",)),
    Entry(_("Ratings"), "star-half", "registry:ratings", "casework.view_rating", ("/ratings/",), count=BAD_RATINGS),
    Entry(_("Organizations"), "people", "registry:organizations", "registry.view_organization", ("/organizations/",)),
    Entry(
        _("Base data"),
        "clipboard-data",
        "registry:base_figures",
        "registry.view_divisionyear",
        BASE,
    ),
    Entry(_("File for others"), "pencil-square", "apply:start", "registry.apply_for_others", ("/apply/", "/my/")),
    Entry(_("Survey import"), "upload", "registry:imports", "registry.import_survey", ("/imports/",)),
    Entry(_("Downloads"), "download", "registry:exports", "registry.export_organization", ("/exports/",)),
    Entry(_("Administration"), "gear", "admin:index", "accounts.use_admin", ("/admin/",)),
)
# The header of the pages everybody may open.
PUBLIC_MENU = (
    Entry(_("Public services"), "house-door", "public:front"),
    Entry(_("Directory of organizations"), "people", "public:organizations", prefixes=("/public/organizations/",)),
    Entry(_("Check a certificate"), "qr-code", "public:check", prefixes=("/c/",)),
    Entry(_("Service guides"), "journal-text", "public:guides", prefixes=("/public/guides/",)),
    Entry(_("My cases"), "folder2-open", "apply:my", prefixes=("/my/", "/apply/")),
    Entry(_("Progress of a case"), "hourglass-split", "public:progress", prefixes=("/public/progress/",)),
    Entry(_("Publicity notices"), "megaphone", "casework:public_notices", prefixes=("/public/notices/",)),
)


def portal(request):
    """Template context of every page; works before a user is known (the 400 page) and for anonymous visitors."""
    user = getattr(request, "user", None)
    signed_in = user is not None and user.is_authenticated
    return {
        "product_name": settings.PRODUCT_NAME,
        "bureau_name": settings.BUREAU_NAME,
        "support_line": settings.SUPPORT_LINE,
        "record_number": settings.RECORD_NUMBER,
        "languages": settings.LANGUAGES,
        "elder": request.COOKIES.get("elder") == "1",
        "menu_narrow": request.COOKIES.get("menu") == "narrow",
        "menu": SimpleLazyObject(lambda: menu_of(request, user)) if signed_in else [],
        "public_menu": SimpleLazyObject(lambda: entries_of(request, PUBLIC_MENU)),
        "places": SimpleLazyObject(lambda: places_of(request)) if signed_in else [],
        "place": SimpleLazyObject(lambda: current_division(request)) if signed_in else None,
    }


def menu_of(request, user):
    """The entries this user may open."""
    return entries_of(request, [entry for entry in MENU if not entry.permission or user.has_perm(entry.permission)])


def entries_of(request, menu):
    """The lines of a menu; pages of an app that is not installed are left out."""
    entries = []
    for entry in menu:
        url = address(entry.url_name, *place_of(request, entry))
        if not url:
            continue
        here = request.path == url or any(request.path.startswith(prefix) for prefix in entry.prefixes)
        count = import_string(entry.count)(request.user) if entry.count else 0
        entries.append({"label": entry.label, "icon": entry.icon, "url": url, "current": here, "count": count})
    return entries


def place_of(request, entry):
    """The key of the place of work, for an entry that leads to the place's own page."""
    place = current_division(request) if entry.at_place else None
    return [place.pk] if place else []


def address(name, *args):
    """The address of a page of any app; empty when the app does not have it."""
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""


def places_of(request):
    """The divisions at the top of the user's subtrees, read once per request; a superuser works for every district."""
    if not hasattr(request, "own_places"):
        paths = request.user.paths()
        divisions = Division.objects.in_force().order_by("path")
        chosen = divisions.filter(level=Division.Level.DISTRICT) if "" in paths else divisions.filter(path__in=paths)
        request.own_places = list(chosen[:200])
    return request.own_places


def current_division(request):
    """The place the user works for now: the one chosen in the top bar, else the first; None without any assignment."""
    places = places_of(request)
    chosen = request.session.get("place")
    return next((place for place in places if place.pk == chosen), places[0] if places else None)
