"""Who leads an organization, and whose accounts act for it: the leader's from the decision on, helpers' by hand."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from casework import audit, notices
from casework.sealing import mask_name
from casework.services import links
from registry.models import Applicant, Membership, OrganizationAccount
from registry.services.guards import lock_organization, require_counted, require_right
from registry.services.people import clear
from registry.services.phone_sign_in import user_by_phone

RIGHT = "registry.order_filing"


def set_leader(organization, person, by):
    """The person leads the organization from today and acts for it; a former leader's place and account end."""
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
    hand_over(organization, before, by)


def hand_over(organization, before, by):
    """The leader's account begins, by the mobile number on record; that of somebody who led it `before` ends.

    Helpers go on: the new leader is told of them and may end each.
    """
    leader = organization.leader
    user = user_by_phone(phone=clear(leader, "phone"), name=leader.name)
    if user:
        begin(organization, user, by)
    if before in (None, leader):
        return
    others = organization.accounts.filter(ends=None).exclude(user=user).select_related("user")
    former = [account for account in others if is_of(account.user, before)]
    for account in former:
        close(account, by, _("The leader changed"))
    if user:
        tell_leader(organization, user, len(others) - len(former))


def is_of(user, person):
    """Whether it is the person's account, by mobile number or name."""
    return user.name == person.name or signs_in_as(user, person)


def signs_in_as(user, person):
    return Applicant.objects.filter(user=user, phone_hash=person.phone_hash).exclude(phone_hash="").exists()


def tell_leader(organization, user, helpers):
    link = links.address("registry:organization", organization.uid) + "#accounts"
    params = {"name": organization.name, "count": helpers, "link": link}
    notices.tell(user.pk, "leads", params=params, key=f"leads:{organization.pk}:{organization.version}")


def leads(user, organization):
    """Whether this user is the leader, by the mobile number on record, and acts for the organization."""
    leader = organization.leader
    acting = organization.accounts.filter(user=user, ends=None).exists()
    return acting and leader is not None and signs_in_as(user, leader)


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
    """Whoever held the account acts for the organization no more; its leader may say so of helpers.

    Refuses all others as granting it does, and an account that ended.
    """
    current = lock_organization(account.organization)
    if not isinstance(by, User) or by == account.user or not leads(by, current):
        require_right(by, RIGHT, current)
    account = OrganizationAccount.objects.select_related("organization", "user").get(pk=account.pk)
    if account.ends is not None:
        raise ValidationError(_("This account has ended already."))
    close(account, by, reason)
