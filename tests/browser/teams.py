"""Teams filed beside the portal, as its demo files them: for tests that begin when the committee's clerk has one."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import override

from accounts.models import User
from casework.models import Case
from registry.demo_cases import Cast, DemoCases, road, states
from registry.models import CreditEvent, Organization
from registry.services.credit import propose_credit, tell_credit
from reporting.demo import division

PLACE = "社区文化活动室"
# Name: (leader, community), one for each screen.
CORRECTED = {f"水洞埭社区补正柔力球{size}队": ("leader_2", "330482001001") for size in ("phone", "wide")}
NOTICED = {f"六和社区公示舞蹈{size}队": ("pingshan_team", "440310001002") for size in ("phone", "wide")}
# The district with a team that was told that it will be listed, and whose time to be heard is over.
HEARD = "330482"


def require_every_state():
    """The demo holds cases of every matter in every state, before a test takes one of them on."""
    loaded = set(Case.objects.values_list("kind", "state"))
    assert loaded == set(states()), set(states()) - loaded


def file_all():
    require_every_state()
    for name, (leader, code) in {**CORRECTED, **NOTICED}.items():
        home, user = division(code), User.objects.get(username=leader)
        demo = DemoCases(Cast(code=name, communities=(home,), applicants=(user,), officers=()))
        with override("zh-hans"), transaction.atomic():
            filing = demo.draft("filing", home, by=user, name=name, place=PLACE)
            demo.walk(filing, road(filing.case, "committee_check"))
    tell_one()


def tell_one():
    team = Organization.objects.in_force().filter(district=division(HEARD), tier="team").order_by("-pk").first()
    event = propose_credit(organization=team, kind="watch", grounds="连续两年未做年度确认", by="demo")
    event = tell_credit(event=event, by="demo")
    CreditEvent.objects.filter(pk=event.pk).update(hear_until=timezone.localdate() - timedelta(days=1))
