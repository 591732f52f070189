"""What filed organizations report: the annual confirmation (年度确认) and the half-year report (SH-41)."""

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from registry import periods
from registry.matters.asks import Ask, Matter, Paper
from registry.matters.filing import CONSENT
from registry.models import OrganizationYear
from registry.models.scheme import Tier

PREFILLED = ("members", "volunteers", "party_members", "party_form", "activities", "served", "income")


def offered(kind):
    """The period that may be handed in and the one before it, for those who are late: counted from the submission."""

    def choices(filing):
        newest = periods.last_period(kind, timezone.localdate(filing.case.submitted_at))
        older = periods.last_period(kind, periods.since(newest))
        return [(period, periods.label(period)) for period in (newest, older)]

    return choices


def party_forms(filing):
    return OrganizationYear.PartyForm.choices


def known_figures(organization):
    """What the register knows already: the newest figures in force, to be confirmed or corrected."""
    newest = periods.last_period(periods.ANNUAL, timezone.localdate())
    row = OrganizationYear.objects.in_force(periods.ends(newest)).filter(organization=organization).first()
    figures = {key: getattr(row, key) for key in PREFILLED} if row else {}
    return {"year": newest} | {key: str(value) for key, value in figures.items() if value not in (None, "")}


def known_half_year(organization):
    return {"period": periods.last_period(periods.HALF_YEAR, timezone.localdate())}


ANNUAL = Matter(
    kind="annual",
    code="08",
    label=_("Annual confirmation"),
    intro=_("Once a year a filed team says how it stands; committee and street confirm it."),
    who=_("The leader, or the committee clerk on the leader's behalf"),
    tiers=(Tier.TEAM,),
    pages=(_("People"), _("The year")),
    asks=(
        Ask("year", _("Year"), "choice", choices=offered(periods.ANNUAL)),
        Ask("changes", _("What changed in the year"), "long", required=False, length=500),
        Ask("members", _("Members"), "count", rule="members"),
        Ask("volunteers", _("Registered volunteers"), "count", rule="volunteers", required=False),
        Ask("party_members", _("Party members"), "count", rule="party_members"),
        Ask("party_form", _("Party form"), "choice", choices=party_forms),
        Ask("activities", _("Activities in the year"), "count", page=2, rule="activities"),
        Ask("served", _("Person-times served"), "count", page=2, rule="served", required=False),
        Ask("income", _("Income in the year (yuan)"), "count", page=2, rule="income"),
        Ask("spend", _("Spent in the year (yuan)"), "count", page=2, rule="income"),
        Ask("plans", _("Plans for the next year"), "long", page=2, length=500),
        Ask("problems", _("Difficulties and wishes"), "long", page=2, required=False, length=500),
    ),
    papers=(Paper("accounts", _("Statement of income and spending"), required=False), CONSENT),
    basis=("《社会团体登记管理条例》第二十八条（参照）",),
    result=_("Result of the annual confirmation"),
    prefill=known_figures,
)

HALF_YEAR = Matter(
    kind="half_year",
    code="09",
    label=_("Half-year report to the community"),
    intro=_(
        "Twice a year an organization tells its community what it did and what it spent; the committee reviews it."
    ),
    who=_("The leader, or the committee clerk on the leader's behalf"),
    tiers=tuple(Tier),
    pages=(_("The report"),),
    asks=(
        Ask("period", _("Half-year"), "choice", choices=offered(periods.HALF_YEAR)),
        Ask("activities", _("Activities held"), "count", rule="activities"),
        Ask("done", _("What was done"), "long", length=500),
        Ask("served", _("Person-times served"), "count", rule="served", required=False),
        Ask("income", _("Income (yuan)"), "count", rule="income"),
        Ask("spend", _("Spent (yuan)"), "count", rule="income"),
    ),
    papers=(Paper("photos", _("Photos"), required=False), CONSENT),
    basis=("SH-41", "SH-42"),
    result=_("The community's review"),
    prefill=known_half_year,
)
MATTERS = (ANNUAL, HALF_YEAR)
