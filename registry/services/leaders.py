"""Who leads an organization, and whose accounts act for it: the leader's from the decision on, others by hand."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from casework import audit
from casework.sealing import mask_name
from registry.models import Membership, OrganizationAccount
from registry.services.guards import lock_organization, require_counted, require_right
from registry.services.people import clear
from registry.services.phone_sign_in import user_by_phone

RIGHT = "registry.order_filing"


def set_leader(organization, person, by):
    """The person leads the organization from today and acts for it; a former leader's place and all accounts end."""
    today, leading = timezone.localdate(), organization.memberships.filter(role=Membership.Role.LEADER, ends=None)
    former = leading.exclude(person=person)
    former.filter(starts__gte=today).delete()
    former.update(ends=today)
    leading.get_or_create(
        person=person,
        ends=None,
        defaults={"organization": organization, "role": Membership.Role.LEADER, "starts": today},
    )
    before = organization.leader
    if before != person:
        organization.leader = person
        organization.version += 1
        organization.save(update_fields=["leader", "version", "updated_at"])
        names = [mask_name(one.name) if one else "" for one in (before, person)]
        after = {"leader": names[1], "version": organization.version}
        audit.record("change_leader", organization, by=by, before={"leader": names[0]}, after=after)
    hand_over(organization, by, anew=before not in (None, person))


def hand_over(organization, by, *, anew):
    """The leader's account begins, by the mobile number on record; `anew` ends all others that are open."""
    leader = organization.leader
    user = user_by_phone(phone=clear(leader, "phone"), name=leader.name)
    if anew:
        for account in organization.accounts.filter(ends=None).exclude(user=user).select_related("user"):
            close(account, by, _("The leader changed"))
    if user:
        begin(organization, user, by)


def begin(organization, user, by, note=""):
    """Opens the account from today, unless it is open."""
    account, new = OrganizationAccount.objects.get_or_create(
        organization=organization, user=user, ends=None, defaults={"starts": timezone.localdate()}
    )
    if new:
        audit.record("grant_account", organization, by=by, after={"account": holder(user)}, note=note)
    return account


def close(account, by, note):
    account.ends = timezone.localdate()
    account.save(update_fields=["ends"])
    audit.record("end_account", account.organization, by=by, after={"account": holder(account.user)}, note=note)


def holder(user):
    """Whose account it is, as pages and the trail name it."""
    return mask_name(user.name) or user.username


@transaction.atomic
def grant_account(*, organization, who, name, reason, by):
    """Somebody acts for the organization from today: the one with this mobile number, known or not, or user name.

    Refuses an actor without registry.order_filing at its place, an ended organization, and a user name nobody has;
    `name` is what a number not known yet is called.
    """
    current = lock_organization(organization)
    require_right(by, RIGHT, current)
    require_counted(current)
    user = User.objects.filter(username=who, is_active=True).first() or user_by_phone(phone=who, name=name)
    if user is None:
        raise ValidationError({"who": _("Please give a mobile number of 11 digits, or a user name that exists.")})
    return begin(current, user, by, note=reason)


@transaction.atomic
def end_account(*, account, reason, by):
    """Whoever held the account acts for the organization no more; refuses as granting it does, and one that ended."""
    require_right(by, RIGHT, lock_organization(account.organization))
    account = OrganizationAccount.objects.select_related("organization", "user").get(pk=account.pk)
    if account.ends is not None:
        raise ValidationError(_("This account has ended already."))
    close(account, by, reason)
