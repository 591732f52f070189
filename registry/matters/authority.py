"""Matters the authority opens itself: revoking, correcting what is wrong, following a change of divisions."""

from django.utils.translation import gettext_lazy as _

from registry.matters.asks import Ask, Matter, Paper
from registry.matters.change import listed
from registry.models.organization import State
from registry.models.scheme import Tier

GROUNDS = (
    ("false_papers", _("False papers")),
    ("outside_scope", _("Acts outside its scope")),
    ("profit", _("Works for profit")),
    ("illegal", _("Breaks the law")),
    ("inactive", _("No activity for twelve months")),
    ("conditions", _("No longer meets the conditions after an order to correct")),
)
ALL_TIERS = (Tier.REGISTERED, Tier.TEAM, Tier.GROUP)
BELOW = tuple((tier.value, tier.label) for tier in (Tier.TEAM, Tier.GROUP))
ENDS = tuple((state.value, state.label) for state in (State.CANCELLED, State.REVOKED, State.MERGED))

REVOKE = Matter(
    kind="revoke",
    code="11",
    label=_("Revoking a filing"),
    intro=_("The street takes a filing back. The organization is told first and may be heard."),
    who=_("The street officer"),
    tiers=(Tier.TEAM, Tier.GROUP),
    by_authority=True,
    pages=(_("Grounds"),),
    asks=(
        Ask("grounds", _("Grounds"), "choice", choices=listed(GROUNDS)),
        Ask("facts", _("What was found"), "long", length=1000),
        Ask("basis", _("Legal basis"), length=200),
    ),
    papers=(Paper("evidence", _("Evidence"), required=False),),
    basis=("《社会团体登记管理条例》第二十九条、第三十条（参照）",),
    result=_("Decision on the revocation"),
)


def wrong(key, label, kind="text", **more):
    """A fact of the record that may be put right; it stays where nothing is filled in."""
    return Ask(key, label, kind, required=False, **{"hint": _("Empty: stays as it is."), **more})


def is_registered(filing):
    """Teams and groups have matters of their own for this."""
    return filing.organization is not None and filing.organization.tier == Tier.REGISTERED


CORRECTION = Matter(
    kind="correction",
    code="12",
    label=_("Correction by the authority"),
    intro=_("The record of an organization is wrong or no longer true: the office corrects it and says why."),
    who=_("The street officer, for registered organizations the bureau's officer too"),
    tiers=ALL_TIERS,
    by_authority=True,
    pages=(_("What is corrected"),),
    asks=(
        wrong("name", _("Correct name"), rule="name", replaces="name"),
        wrong("place", _("Correct venue"), rule="place", replaces="place"),
        wrong("purpose", _("Correct purpose and scope"), "long", length=500, replaces="purpose"),
        wrong("uscc", _("Correct credit code"), rule="uscc", when=is_registered, replaces="uscc"),
        wrong("filing_no", _("Correct filing number"), rule="filing_no", replaces="filing_no"),
        wrong("leader", _("Correct leader"), "leader", replaces="leader"),
        wrong("community", _("Correct community"), "division", replaces="division"),
        wrong("tier", _("Correct tier"), "choice", choices=listed(BELOW), when=is_registered, replaces="tier"),
        wrong("ended", _("How it ended"), "choice", choices=listed(ENDS), when=is_registered),
        wrong(
            "since",
            _("From which day"),
            "date",
            hint=_("For another home or tier, or its end. Empty: from the decision on."),
        ),
        Ask("reason", _("What was wrong"), "long", length=300),
        Ask("document", _("Document number"), required=False, length=60),
    ),
    result=_("The corrected record"),
)

DIVISION = Matter(
    kind="division_batch",
    code="13",
    label=_("Papers after a change of divisions"),
    intro=_("A community was renamed, merged or moved: every organization there gets its new papers in one go."),
    who=_("The street officer"),
    by_authority=True,
    pages=(_("The change"),),
    asks=(
        Ask("community", _("Community as it is now"), "division"),
        Ask("document", _("Document that changed it"), length=100),
        Ask("reason", _("What changed"), "long", length=300),
    ),
    result=_("New certificates for every organization there"),
)
MATTERS = (REVOKE, CORRECTION, DIVISION)
