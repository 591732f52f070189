"""Teams filed beside the portal, as its demo files them: for tests that begin when the committee's clerk has one."""

from django.db import transaction
from django.utils.translation import override

from accounts.models import User
from casework.models import Case
from registry.demo_cases import Cast, DemoCases, road, states
from reporting.demo import division

PLACE = "社区文化活动室"
# Name: (leader, community), one for each screen.
CORRECTED = {f"水洞埭社区补正柔力球{size}队": ("leader_2", "330482001001") for size in ("phone", "wide")}
NOTICED = {f"六和社区公示舞蹈{size}队": ("pingshan_team", "440310001002") for size in ("phone", "wide")}


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
