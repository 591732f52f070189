"""The office's own looking after organizations: those that fell silent (提醒、核实、限期、公告、处理), and samples."""

from django.utils.translation import gettext_lazy as _

from registry.matters.asks import Ask, Matter, Paper
from registry.models.scheme import Tier

SIGNS = (
    ("no_activity", _("No activity reported")),
    ("missed_confirmations", _("Annual confirmation missed")),
    ("contact_failed", _("Could not be reached")),
    ("leader_gone", _("Leader died or left")),
    ("too_few_members", _("Fewer members than needed")),
    ("told", _("Somebody said so")),
)


def signs(filing):
    return SIGNS


DORMANCY = Matter(
    kind="dormancy",
    code="14",
    label=_("Organization without activity"),
    intro=_("Signs say that an organization does nothing any more: it is reminded, looked at, given time, announced."),
    who=_("The street officer"),
    tiers=(Tier.TEAM, Tier.GROUP),
    by_authority=True,
    pages=(_("Signs"),),
    asks=(
        Ask("signs", _("Signs"), "many", choices=signs),
        Ask("figures", _("What they rest on"), "long", length=1000),
    ),
    papers=(Paper("evidence", _("Evidence"), required=False),),
    basis=("《社会团体登记管理条例》第二十九条（参照）", "沪民社管发〔2024〕1号"),
    result=_("Decision on the standing of the organization"),
)

SAMPLE = Matter(
    kind="sample",
    code="15",
    label=_("Sample check"),
    intro=_("Each quarter the bureau looks at some filings drawn by lot; the street looks again at what is wrong."),
    who=_("The bureau"),
    tiers=(Tier.TEAM,),
    by_authority=True,
    pages=(_("The draw"),),
    asks=(Ask("quarter", _("Quarter"), length=6), Ask("draw", _("Place in the draw"), required=False, length=40)),
    papers=(Paper("evidence", _("Evidence"), required=False),),
    result=_("Result of the sample check"),
)
MATTERS = (DORMANCY, SAMPLE)
