"""Who has a case in hand: claiming with a time-out, reassigning, urging, standing in."""

from datetime import timedelta

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import OuterRef, Q, Subquery
from django.db.models.functions import Length
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Assignment, Division, User
from casework import audit, notices, policy
from casework.flows import FLOWS
from casework.models import PARTY, SYSTEM
from casework.services.accounts import cut, require_at, require_other, require_rights, rights_of
from casework.services.clock import is_over
from casework.services.holding import REMARK, event, holds, lock

CLAIM_MINUTES = 30


def require_holder(case, user):
    """Refuses who does not work in the office the case lies in, at its place, or is a party to the case."""
    if not holds(case, user):
        raise PermissionDenied


def is_busy(case, now=None):
    """Whether somebody has the case in hand now; a claim that has run out does not count."""
    return case.handler_id is not None and (case.handler_until is None or case.handler_until > (now or timezone.now()))


@transaction.atomic
def claim(*, case, by):
    """Take a case in hand for a while (policy cases.claim_minutes); claiming again extends it. Returns the case."""
    case = lock(case)
    require_holder(case, by)
    if is_busy(case) and case.handler != by:
        raise ValidationError(_("%(name)s is handling this case.") % {"name": case.handler}, code="claimed")
    if case.handler != by or case.handler_until is not None:
        minutes = policy.value("cases.claim_minutes", default=CLAIM_MINUTES, division=case.division)
        case.handler, case.handler_until = by, timezone.now() + timedelta(minutes=minutes)
        case.save(update_fields=["handler", "handler_until"])
    return case


@transaction.atomic
def release(*, case, by):
    """Put a case back; others see it again. Nothing happens when somebody else has it."""
    case = lock(case)
    if case.handler == by:
        case.handler = case.handler_until = None
        case.save(update_fields=["handler", "handler_until"])
    return case


def takers(case, by):
    """Whom a case may be given to: the people of its office at its place, parties left out.

    Refuses who may not reassign there.
    """
    require_at(by, "casework.reassign_case", case.division_path)
    if "." not in case.office:
        return User.objects.none()
    return holders_of(case.office, case.division_path).exclude(case_parties__case=case)


@transaction.atomic
def reassign(*, case, to, by, note):
    """转办: give a case to another officer of the same office, until further notice; both are told.

    Refuses who may not reassign at the case's place or is a party, somebody without the office's right, no reason.
    """
    case = lock(case)
    require_at(by, "casework.reassign_case", case.division_path)
    if case.parties.filter(user=by).exists():
        raise PermissionDenied
    require_holder(case, to)
    if len(note.strip()) < 2:
        raise ValidationError({"note": _("Please say why.")})
    before = case.handler
    case.handler, case.handler_until = to, None
    case.version += 1
    case.save(update_fields=["handler", "handler_until", "version"])
    event("reassign", case, by, note, handler=str(to))
    notices.tell(to.pk, "assigned", case=case, params={"note": note})
    audit.record(
        f"{case.kind}.reassign",
        case,
        by=by,
        before={"handler": str(before or "")},
        after={"handler": str(to)},
        note=note,
    )
    return case


@transaction.atomic
def urge(*, case, by, note=""):
    """催办: recorded with its date, told to whoever holds the office; once a day by the same person.

    For parties, and for officers who may supervise the case.
    """
    case = lock(case)
    party = case.parties.filter(user=by).exists()
    if not party and not by.has_perm("casework.supervise_case", case):
        raise PermissionDenied
    if case.office in ("", SYSTEM) or (party and case.office == PARTY):
        raise ValidationError(_("There is nobody to urge now."))
    today = timezone.localdate()
    if case.steps.filter(transition="urge", actor=by, at__date=today).exists():
        raise ValidationError(_("You urged this case today already."))
    step = event("urge", case, by, note)
    for user in office_holders(case):
        notices.tell(user.pk, "urged", case=case, params={"note": note}, key=f"step:{step.pk}")
    audit.record(f"{case.kind}.urge", case, by=by, note=note)
    return step


@transaction.atomic
def remark(*, case, by, note):
    """内部备注: what somebody found out by telephone or on a visit, or thinks of an open case; no step of it.

    For everybody who may see the case but its parties, who never read it. Whoever has the case in hand is told.
    """
    case = lock(case)
    if not by.has_perm("casework.view_case", case) or case.parties.filter(user=by).exists():
        raise PermissionDenied
    if not case.is_open or len(note.strip()) < 2:
        raise ValidationError(_("Please write the remark; a closed case takes none."))
    step = event(REMARK, case, by, note.strip())
    if is_busy(case) and case.handler != by:
        notices.tell(case.handler_id, "remarked", case=case, params={"note": step.note}, key=f"step:{step.pk}")
    audit.record(f"{case.kind}.{REMARK}", case, by=by, note=step.note)
    return step


def office_holders(case, limit=20):
    """Who can act on the case now: its handler, else the active users with the office's right at its place."""
    if case.office == PARTY:
        return [party.user for party in case.parties.exclude(user=None).select_related("user")]
    if is_busy(case):
        return [case.handler]
    return standing_at(case, limit)


def standing_at(case, limit):
    """Who works in the office the case lies in, at its place, parties left out; where nobody does, who relieves it."""
    for right in filter(None, (case.office, relief().get(case.office))):
        if found := list(holders_of(right, case.division_path).exclude(case_parties__case=case)[:limit]):
            return found
    return []


def relief():
    """{office: right}: who holds the right does the office's work where nobody holds it (rows by `require_idle`)."""
    rows = [(flow, row) for flow in FLOWS.values() for row in flow.transitions if row.guard is require_idle]
    return {flow.state(source).office: row.permission for flow, row in rows for source in row.sources}


def supervisors_of(case):
    """Who may decide what the case's officers alone may not, the nearest place first; its parties never."""
    return holders_of("casework.supervise_case", case.division_path).exclude(case_parties__case=case)


def tell_office(case, by, data):
    """Effect of handing a case back among offices: whoever has it again hears why."""
    step = case.steps.last()
    for user in office_holders(case):
        if user != by:
            notices.tell(user.pk, "sent_back", case=case, params={"note": step.note}, key=f"step:{step.pk}")


def holders_of(permission, path):
    """Active users who hold the right at the place or above it, the nearest place first."""
    app, _dot, code = permission.partition(".")
    ids = [int(part) for part in path.split(".") if part]
    rows = Assignment.objects.in_force(timezone.localdate()).filter(
        division__in=ids, role__permissions__codename=code, role__permissions__content_type__app_label=app
    )
    # Those places lie in one another: the longer a path, the nearer.
    near = rows.filter(user=OuterRef("pk")).annotate(near=Length("division__path")).order_by("-near")
    users = User.objects.filter(is_active=True, pk__in=rows.values("user"))
    return users.order_by(Subquery(near.values("near")[:1]).desc(), "id")


def require_idle(case, by, data):
    """Guard of doing another office's work: nobody but the case's parties holds it, or its time is over."""
    if is_over(case):
        return
    if holders_of(case.office, case.division_path).exclude(case_parties__case=case).exists():
        raise ValidationError(_("The office it lies with has people for it, and its time is not over."), code="held")


@transaction.atomic
def stand_in(*, absent, substitute, starts, ends, by, note=""):
    """离岗代理: a colleague of the same unit holds the absent person's roles from `starts` until the day before `ends`.

    Arranged by the absent person, or by somebody else who could grant those roles there to the substitute. The
    substitute keeps own rights; what is done by the lent ones is recorded as standing in, and none outlives the role
    it is lent from. Refuses a substitute who works nowhere near, and an open end.
    """
    rows = list(absent.assignments.in_force(max(starts, timezone.localdate())).filter(absent=None))
    if by != absent:
        require_other(by, substitute)
        for row in rows:
            require_at(by, "accounts.add_assignment", row.division.path)
            require_rights(by, rights_of(row.role), row.division.path)
    if not rows or substitute == absent or not substitute.is_active or not works_beside(substitute, rows):
        raise ValidationError({"substitute": _("Please choose a colleague of the same unit.")})
    if ends is None or ends <= starts:
        raise ValidationError({"ends": _("Please give the day you are back.")})
    made = [
        Assignment(
            user=substitute,
            role=row.role,
            division=row.division,
            starts=starts,
            ends=min(ends, row.ends or ends),
            absent=absent,
        )
        for row in rows
        if not substitute.assignments.filter(role=row.role, division=row.division)
        .filter(Q(ends=None) | Q(ends__gt=starts), starts__lt=ends)
        .exists()
    ]
    Assignment.objects.bulk_create(made)
    if made:
        notices.tell(substitute.pk, "standing_in", params={"note": str(absent), "due": ends.isoformat()})
    lent = {"substitute": str(substitute), "starts": starts, "ends": ends, "roles": [row.role.name for row in made]}
    audit.record("stand_in", absent, by=by, after=lent, note=note, path=rows[0].division.path)
    return made


def colleagues(user):
    """Active people who work at the user's own divisions, or above them up to the district."""
    places = {int(part) for path in user.paths() for part in path.split(".") if part}
    units = (Division.Level.DISTRICT, Division.Level.STREET, Division.Level.COMMUNITY)
    rows = Assignment.objects.in_force(timezone.localdate()).filter(division__in=places, division__level__in=units)
    return User.objects.filter(is_active=True, pk__in=rows.values("user")).exclude(pk=user.pk).order_by("name", "id")


def arrangements(rows):
    """[{"row", "roles"}] of lent assignments, one line per substitute, absence and dates."""
    found = {}
    for row in rows.select_related("user", "absent", "role"):
        line = found.setdefault((row.user_id, row.absent_id, row.starts, row.ends), {"row": row, "roles": []})
        line["roles"].append(row.role)
    return list(found.values())


@transaction.atomic
def end_stand_in(*, absent, substitute, by):
    """The absent person is back early: what was lent ends today, what had not begun never was. Returns how many rows.

    By the absent person or whoever may grant roles there.
    """
    today = timezone.localdate()
    lent = absent.substitutes.filter(user=substitute, ends__gt=today)
    rows = list(lent.select_for_update(of=("self",)).select_related("division", "role"))
    for row in rows:
        if by != absent:
            require_at(by, "accounts.add_assignment", row.division.path)
    cut(lent, today)
    if rows:
        ended = {"substitute": str(substitute), "roles": [row.role.name for row in rows]}
        audit.record("end_stand_in", absent, by=by, after=ended, path=rows[0].division.path)
    return len(rows)


def works_beside(user, rows):
    """Whether the user works at one of these divisions, or above or below it."""
    paths = user.paths()
    return any(
        path.startswith(row.division.path) or row.division.path.startswith(path) for row in rows for path in paths
    )
