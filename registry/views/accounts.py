"""Who acts for an organization: given and taken by hand, beside what decisions do."""

from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy

from registry.account_forms import AccountEndForm, GrantForm
from registry.models import OrganizationAccount
from registry.services import leaders
from registry.views.organizations import Verb, organization_of

SHOWN = 10


def accounts_of(user, organization):
    """[(whose, account, may be ended)], the open ones first, for those who may end them; None for all others."""
    if not may_end(user, organization):
        return None
    by_right = user.has_perm(leaders.RIGHT, organization)
    rows = organization.accounts.select_related("user").order_by("-starts", "-id")
    shown = sorted(rows, key=lambda row: row.ends is not None)[:SHOWN]
    name = leaders.holder if by_right else str
    return [(name(row.user), row, row.ends is None and (by_right or row.user != user)) for row in shown]


def may_end(user, organization):
    """Officers by their right, the leader those of helpers."""
    return user.has_perm(leaders.RIGHT, organization) or leaders.leads(user, organization)


class AccountGrant(Verb):
    permission = leaders.RIGHT
    heading = gettext_lazy("Let somebody act for it")
    button = gettext_lazy("Give the account")
    consequence = gettext_lazy("She or he may file matters and reports for the organization from today.")
    done = gettext_lazy("The account is given.")

    def form(self, request, organization, data=None):
        return GrantForm(data)

    def perform(self, organization, form, user):
        leaders.grant_account(organization=organization, by=user, **form.cleaned_data)


class AccountEnd(Verb):
    permission = leaders.RIGHT
    heading = gettext_lazy("End an account")
    button = gettext_lazy("End the account")
    consequence = gettext_lazy("Cases filed already stay with whoever filed them.")
    done = gettext_lazy("The account has ended.")

    def find(self, request, uid):
        organization = organization_of(request, uid)
        if not may_end(request.user, organization):
            raise PermissionDenied
        return organization

    def form(self, request, organization, data=None, *, pk):
        get_object_or_404(organization.accounts, pk=pk)
        return AccountEndForm(data)

    def perform(self, organization, form, user, *, pk):
        account = get_object_or_404(OrganizationAccount, pk=pk)
        leaders.end_account(account=account, by=user, **form.cleaned_data)
