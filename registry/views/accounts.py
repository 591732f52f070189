"""Who acts for an organization: given and taken by hand, beside what decisions do."""

from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy

from registry.account_forms import AccountEndForm, GrantForm
from registry.models import OrganizationAccount
from registry.services import leaders
from registry.views.organizations import Verb

SHOWN = 10


def accounts_of(user, organization):
    """[(whose, account)], the open ones first, for those who may give and take them; None for all others."""
    if not user.has_perm(leaders.RIGHT, organization):
        return None
    rows = organization.accounts.select_related("user").order_by("-starts", "-id")
    return sorted(((leaders.holder(row.user), row) for row in rows), key=lambda one: one[1].ends is not None)[:SHOWN]


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

    def form(self, request, organization, data=None, *, pk):
        get_object_or_404(organization.accounts, pk=pk)
        return AccountEndForm(data)

    def perform(self, organization, form, user, *, pk):
        account = get_object_or_404(OrganizationAccount, pk=pk)
        leaders.end_account(account=account, by=user, **form.cleaned_data)
