"""An end entered by mistake is taken back whole: accounts, memberships, and nobody follows it."""

import pytest
from django.utils import timezone

from registry.models import Organization, OrganizationAccount, Person
from registry.services.organizations import DuplicateFoundError
from registry.services.standing import reopen_organization
from tests import builders, cases
from tests.worlds import shared, with_people

pytestmark = pytest.mark.django_db
made_world, world = shared(with_people)


def reopen(organization):
    row = Organization.objects.get(pk=organization.pk)
    return reopen_organization(organization=row, version=row.version, by="system", reason="误操作")


def test_a_merger_taken_back_gives_accounts_members_and_itself_back(world):
    other = cases.filed_organization(world, "六联社区太极队")
    for role, starts in (("leader", "2025-01-06"), ("member", timezone.localdate())):
        other.memberships.create(person=Person.objects.create(name="吴桂芳"), role=role, starts=starts)
    cases.make_filing(world, "merged", kind="merge", values={"other": str(other.uid), "name": ""})
    assert not other.memberships.filter(ends=None).exists()
    again = reopen(other)
    assert (again.state, again.ended, again.successor) == ("active", None, None)
    assert {row.role for row in again.memberships.filter(ends=None)} == {"leader", "member"}
    assert OrganizationAccount.objects.filter(organization=other, user=world.applicant, ends=None).exists()


def test_what_is_in_the_register_again_is_not_reopened(world):
    team = cases.filed_organization(world, "木兰拳队", filing_no="")
    Organization.objects.filter(pk=team.pk).update(state="cancelled", ended=timezone.localdate())
    team.periods.update(ends=timezone.localdate())
    builders.make_organization(world.community, world.types["culture"], name=team.name)
    with pytest.raises(DuplicateFoundError):
        reopen(team)
