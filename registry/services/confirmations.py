"""Periodic reports: what a decided one leaves in the register, who has not handed in, and what time makes of it."""

from datetime import timedelta
from functools import reduce
from operator import or_

from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, Subquery
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Division
from casework import notices, policy
from casework.models import Case
from registry import periods
from registry.models import CreditEvent, Filing, Organization, OrganizationYear, PeriodicReport
from registry.models.scheme import Tier
from registry.services import certificates, credit
from registry.services.changed import require_complete_and_in_force, subject_of
from registry.services.filed import actor
from registry.services.filings import read, readable
from registry.services.yearly import save_year_figures

Kind, Result = PeriodicReport.Kind, PeriodicReport.Result
FROM, WATCH_FROM = "01-01", "04-30"
HALF_YEAR_DAYS, SOON_DAYS, MISSED_YEARS = 30, 14, 2
# The ask that holds the period, and the tiers that are asked.
PERIOD_OF = {Kind.ANNUAL: "year", Kind.HALF_YEAR: "period"}
TIERS = {Kind.ANNUAL: (Tier.TEAM,), Kind.HALF_YEAR: tuple(Tier)}
FAILED = (Result.NOT_CONFIRMED,)
ENDED = (Case.Outcome.WITHDRAWN, Case.Outcome.LAPSED)


def period_of(case):
    return case.filing.data[PERIOD_OF[case.kind]]


def require_report(case, by, data):
    """Guard of handing in: complete, figures agree, and nothing was decided for this period before."""
    require_complete_and_in_force(case, by, data)
    values, _errors = read(case.filing)
    if (values.get("party_members") or 0) > values.get("members", 0) and case.kind == Kind.ANNUAL:
        raise ValidationError({"party_members": _("More party members than members.")})
    earlier = PeriodicReport.objects.standing().filter(
        organization=case.filing.organization_id, kind=case.kind, period=period_of(case)
    )
    if earlier.exclude(case=case).exclude(result__in=FAILED).exists():
        raise ValidationError({PERIOD_OF[case.kind]: _("This report was handed in and decided already.")})


def settle(result):
    """The effect of a decision: the result of the period; a confirmed year writes its figures to the register."""

    def effect(case, by, data):
        PeriodicReport.objects.update_or_create(
            organization=case.filing.organization,
            kind=case.kind,
            period=period_of(case),
            defaults={"result": result, "case": case, "on": timezone.localdate(), "note": last_note(case)},
        )
        if result in (Result.CONFIRMED, Result.REMARKS):
            write_year(case, by)
            renew_paper(case, by)

    return effect


def last_note(case):
    step = case.steps.order_by("-id").first()
    return step.note if step else ""


def write_year(case, by):
    """The confirmed figures become those of the year."""
    values = readable(case)
    save_year_figures(
        organization=subject_of(case),
        year=int(values["year"]),
        figures={key: values[key] for key in OrganizationYear.FIGURES if key in values},
        by=actor(by),
        note=case.number,
    )


def renew_paper(case, by):
    """A confirmed team whose certificate runs out before the next confirmation is over gets its next years now."""
    organization, following = subject_of(case), str(int(period_of(case)) + 1)
    until = window(Kind.ANNUAL, following, organization.district)[1]
    certificates.renew_certificate(organization=organization, until=until, by=actor(by))


def asked(kind, period):
    """Organizations that have to report for the period: in force, of the tiers asked, not too young."""
    return Organization.objects.in_force().filter(tier__in=TIERS[kind], founded__lte=periods.since(period))


def with_state(organizations, kind, period):
    """The organizations with `result` of the period and `handed_in`: whether a case about it is on its way."""
    reports = PeriodicReport.objects.standing().filter(organization=OuterRef("pk"), kind=kind, period=period)
    return organizations.annotate(
        result=Subquery(reports.values("result")[:1]), handed_in=Exists(handed_in(kind, period))
    )


def handed_in(kind, period):
    """Filings of the period that were handed in and neither withdrawn nor lapsed."""
    about = {"case__kind": kind, f"data__{PERIOD_OF[kind]}": period, "case__submitted_at__isnull": False}
    return Filing.objects.filter(organization=OuterRef("pk"), **about).exclude(case__outcome__in=ENDED)


def missing(kind, period):
    """Who was asked and has handed in nothing."""
    return with_state(asked(kind, period), kind, period).filter(result=None, handed_in=False)


def owed(organization, today):
    """[(kind, period, first day, last day)] of the newest reports it may hand in and has not, the most urgent first."""
    found = []
    for kind in Kind.values:
        period = periods.last_period(kind, today)
        first, last, _watch = window(kind, period, organization.district)
        if first <= today and missing(kind, period).filter(pk=organization.pk).exists():
            found.append((kind, period, first, last))
    return sorted(found, key=lambda row: row[-1])


def next_window(organization, today):
    """(kind, period, first day, last day) of the report it is asked for next: half-years are asked of every tier."""
    kinds = [kind for kind in Kind.values if organization.tier in TIERS[kind]]
    coming = [(kind, periods.following(periods.last_period(kind, today))) for kind in kinds]
    found = [(kind, period, *window(kind, period, organization.district)[:2]) for kind, period in coming]
    return min(found, key=lambda row: row[2])


def window(kind, period, division):
    """(first day, last day, day the watch list begins or None) to hand in for the period at a place, by policy."""
    after = periods.ends(period) + timedelta(days=1)
    if kind == Kind.HALF_YEAR:
        days = policy.value("report.half_year_days", default=HALF_YEAR_DAYS, division=division)
        return after, after + timedelta(days=int(days) - 1), None
    keys = (("confirmation.from", FROM), ("confirmation.until", periods.UNTIL), ("confirmation.watch_from", WATCH_FROM))
    texts = [policy.value(key, default=default, division=division) for key, default in keys]
    return tuple(periods.day_of(after.year, text) for text in texts)


def run(place, today=None):
    """The nightly round of a district: reminds who has not handed in, proposes the watch list; running twice changes
    nothing.
    """
    today = today or timezone.localdate()
    done = [run_kind(place, kind, today) for kind in Kind.values]
    return {"reminded": sum(row[0] for row in done), "proposed": sum(row[1] for row in done)}


def run_kind(place, kind, today):
    period = periods.last_period(kind, today)
    first, last, watch = window(kind, period, place)
    stage = stage_of(today, first, last)
    late = missing(kind, period).filter(district=place)
    reminded = remind(late, kind, period, stage, last) if stage else 0
    proposed = propose_watch(late, period) if watch and today > watch else 0
    return reminded, proposed


def stage_of(today, first, last):
    """open, soon or late; nothing before the window, and only once after it."""
    if today < first:
        return ""
    if today > last:
        return "late"
    return "soon" if today > last - timedelta(days=SOON_DAYS) else "open"


def remind(organizations, kind, period, stage, last):
    """Whoever holds the account is told once per stage."""
    told = 0
    for organization in organizations.prefetch_related("accounts").iterator(chunk_size=500):
        params = {"name": organization.name, "period": periods.label(period), "due": last.isoformat()}
        key = f"report:{kind}:{period}:{stage}:{organization.pk}"
        for account in organization.accounts.all():
            if account.ends is None:
                notices.tell(account.user_id, "report_due", params=params, key=key)
                told += 1
    return told


def propose_watch(organizations, period):
    """Who still owes the year's confirmation is proposed for the watch list; the bureau tells, hears and lists."""
    cause, found = f"annual:{period}", 0
    there = CreditEvent.objects.filter(organization=OuterRef("pk"), cause=cause)
    for organization in organizations.exclude(Exists(there)).order_by("id").iterator(chunk_size=500):
        grounds = _("No annual confirmation handed in for %(period)s") % {"period": periods.label(period)}
        kind = CreditEvent.Kind.WATCH
        found += (
            credit.propose_credit(organization=organization, kind=kind, grounds=grounds, by="system", cause=cause)
            is not None
        )
    return found


def districts():
    return Division.objects.in_force().filter(level=Division.Level.DISTRICT, virtual=False)


def last_year_due(on, district):
    """The newest year whose window, as the district sets it, had closed before the day."""
    until = policy.value("confirmation.until", default=periods.UNTIL, division=district)
    return int(periods.last_year_closed(on, until))


def to_revoke(on=None, years=None):
    """Teams whose confirmation was missed or refused so many years running, to be proposed for revocation.

    Window and number of years are each district's own (policy).
    """
    on = on or timezone.localdate()
    return reduce(or_, (late_in(place, on, years) for place in districts()), Organization.objects.none())


def late_in(district, on, years):
    years = years or int(policy.value("confirmation.missed_years", default=MISSED_YEARS, division=district))
    last = last_year_due(on, district)
    rows = asked(Kind.ANNUAL, str(last - years + 1)).filter(district=district)
    for year in range(last - years + 1, last + 1):
        reports = PeriodicReport.objects.standing().filter(organization=OuterRef("pk"), kind=Kind.ANNUAL)
        rows = rows.exclude(Exists(reports.filter(period=str(year)).exclude(result__in=FAILED))).exclude(
            Exists(handed_in(Kind.ANNUAL, str(year)).filter(case__closed_at=None))
        )
    revocations = Filing.objects.filter(organization=OuterRef("pk"), case__kind="revoke", case__closed_at=None)
    return rows.exclude(Exists(revocations))
