"""Matters about an organization in force: changing it, moving it, joining it with another, raising it, ending it."""

from dataclasses import replace

from django.utils.translation import gettext_lazy as _

from registry.matters.asks import Ask, Matter, Paper
from registry.matters.filing import CONSENT, LEADER, LEADER_AGE
from registry.models import Organization
from registry.models.scheme import Tier

CHANGES = (
    ("name", _("Name")),
    ("leader", _("Leader")),
    ("place", _("Venue")),
    ("purpose", _("Purpose and scope")),
    ("charter", _("Charter")),
)
END_REASONS = (
    ("own_wish", _("The members decided so")),
    ("done", _("Its purpose is achieved")),
    ("cannot", _("It cannot go on")),
    ("other", _("Another reason")),
)
DOWN_REASONS = (
    ("members", _("Fewer members than a team needs")),
    ("activities", _("It meets less often than a team does")),
    ("own_wish", _("The members decided so")),
    ("other", _("Another reason")),
)
YES = (("yes", _("Yes")),)
HANDED = (("handed_in", _("Handed in")), ("lost", _("Lost")), ("none", _("Never had one")))
FILED_TIERS = (Tier.TEAM, Tier.GROUP)
BASIS = ("民政部《关于大力培育发展社区社会组织的意见》（民发〔2017〕191号）",)


def listed(choices):
    def offered(filing):
        return choices

    return offered


def changes(what):
    """The ask applies when the applicant ticked this change."""

    def ticked(filing):
        return what in (filing.data.get("what") or [])

    return ticked


def names_leader(values):
    return "leader" in (values.get("what") or ())


CHANGE = Matter(
    kind="change",
    code="03",
    label=_("Change of a filed organization"),
    intro=_("Name, leader, venue, scope or charter changed: tell the street within 30 days."),
    who=_("The leader, or the committee clerk on the leader's behalf"),
    tiers=FILED_TIERS,
    pages=(_("What changes"), _("The new facts")),
    asks=(
        Ask("what", _("What changes"), "many", choices=listed(CHANGES)),
        Ask("reason", _("Why"), "long", length=300),
        Ask("name", _("New name"), page=2, rule="name", when=changes("name"), replaces="name"),
        Ask(
            "leader",
            _("New leader"),
            "leader",
            page=2,
            hint=LEADER.hint,
            when=changes("leader"),
            replaces="leader",
        ),
        Ask("place", _("New venue"), page=2, rule="place", when=changes("place"), replaces="place"),
        Ask(
            "purpose",
            _("New purpose and scope"),
            "long",
            page=2,
            length=500,
            when=changes("purpose"),
            replaces="purpose",
        ),
    ),
    papers=(
        Paper("minutes", _("Minutes of the members' decision"), required=False, sample="minutes"),
        Paper("charter", _("New charter"), sample="charter", when=changes("charter")),
        CONSENT,
    ),
    conditions=(replace(LEADER_AGE, when=names_leader),),
    basis=(*BASIS, "《社会团体登记管理条例》第十八条（参照）"),
    result=_("Notice of change, new certificate"),
)

CANCEL = Matter(
    kind="cancel",
    code="04",
    label=_("Cancelling an organization"),
    intro=_("The organization ends by its own wish. Its record is kept; its certificate becomes invalid at once."),
    who=_("The leader, or the committee clerk on the leader's behalf"),
    tiers=FILED_TIERS,
    pages=(_("Reason and closing"),),
    asks=(
        Ask("reason", _("Reason"), "choice", choices=listed(END_REASONS)),
        Ask("explanation", _("In a few words"), "long", length=300),
        Ask("settled", _("Money and property are settled, nothing is owed"), "choice", choices=listed(YES)),
        Ask("certificate", _("Certificate"), "choice", choices=listed(HANDED)),
    ),
    papers=(Paper("minutes", _("Minutes of the members' decision"), required=False, sample="minutes"), CONSENT),
    basis=BASIS,
    result=_("Decision on the cancellation"),
)

TRANSFER = Matter(
    kind="transfer",
    code="05",
    label=_("Moving to another community"),
    intro=_(
        "The organization meets in another community from now on: the old one releases it, the new one takes it in."
    ),
    who=_("The leader, or the committee clerk on the leader's behalf"),
    tiers=FILED_TIERS,
    pages=(_("Where to"),),
    asks=(
        Ask("to", _("New community"), "division", replaces="division"),
        Ask("place", _("New venue"), rule="place", replaces="place"),
        Ask("reason", _("Why"), "long", length=300),
    ),
    papers=(CONSENT,),
    basis=BASIS,
    result=_("Notice of transfer, new certificate"),
)

MERGE = Matter(
    kind="merge",
    code="06",
    label=_("Merging two organizations"),
    intro=_("Another organization joins this one. Its members come over, its record leads here from then on."),
    who=_("The leaders of both organizations"),
    tiers=FILED_TIERS,
    pages=(_("The other organization"),),
    asks=(
        Ask("other", _("Organization that joins"), "organization"),
        Ask(
            "name",
            _("New common name"),
            rule="name",
            required=False,
            hint=_("Empty: the name stays."),
            replaces="name",
        ),
        Ask("reason", _("Why"), "long", length=300),
    ),
    papers=(
        Paper("minutes", _("Minutes of this organization's decision"), sample="minutes"),
        Paper("other_minutes", _("Minutes of the other organization's decision"), sample="minutes"),
        CONSENT,
    ),
    basis=BASIS,
    result=_("Decision on the merger"),
)

UPGRADE = Matter(
    kind="upgrade",
    code="07",
    label=_("Team registered as an organization"),
    intro=_("The team was registered with the bureau. Its record goes on, with its history, as a registered one."),
    who=_("The leader"),
    tiers=(Tier.TEAM, Tier.GROUP),
    pages=(_("The registration"),),
    asks=(
        Ask("name", _("Registered name"), rule="name", replaces="name"),
        Ask("uscc", _("Credit code"), rule="uscc"),
        Ask("legal_form", _("Legal form"), "choice", choices=listed(Organization.LegalForm.choices)),
        Ask("registered", _("Registered on"), "date"),
    ),
    papers=(Paper("certificate", _("Registration certificate")), CONSENT),
    basis=("《社会团体登记管理条例》", "《民办非企业单位登记管理暂行条例》"),
    result=_("The record as a registered organization"),
)

DOWNGRADE = Matter(
    kind="downgrade",
    code="10",
    label=_("Team going on as a group"),
    intro=_(
        "The team no longer meets the conditions and goes on as an activity group on the committee's list. Record, "
        "history and members stay; the certificate of filing ends and a new number is given."
    ),
    who=_("The leader, or the committee clerk on the leader's behalf"),
    tiers=(Tier.TEAM,),
    pages=(_("Reason"),),
    asks=(
        Ask("reason", _("Reason"), "choice", choices=listed(DOWN_REASONS)),
        Ask("explanation", _("In a few words"), "long", length=300),
        Ask("certificate", _("Certificate"), "choice", choices=listed(HANDED)),
    ),
    papers=(Paper("minutes", _("Minutes of the members' decision"), required=False, sample="minutes"), CONSENT),
    basis=BASIS,
    result=_("Notice of the change of tier, number on the committee's list"),
)
MATTERS = (CHANGE, CANCEL, TRANSFER, MERGE, UPGRADE, DOWNGRADE)
