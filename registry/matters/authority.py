"""Matters the authority opens itself: revoking, correcting what is wrong, following a change of divisions."""

from django.utils.translation import gettext_lazy as _

from registry.matters.asks import Ask, Matter, Paper
from registry.matters.change import listed
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

CORRECTION = Matter(
    kind="correction",
    code="12",
    label=_("Correction by the authority"),
    intro=_("Something in the record of an organization is wrong: the office corrects it and says why."),
    who=_("The street officer"),
    tiers=ALL_TIERS,
    by_authority=True,
    pages=(_("What is corrected"),),
    asks=(
        Ask("name", _("Correct name"), rule="name", required=False, hint=_("Empty: stays as it is."), replaces="name"),
        Ask(
            "place",
            _("Correct venue"),
            rule="place",
            required=False,
            hint=_("Empty: stays as it is."),
            replaces="place",
        ),
        Ask(
            "filing_no",
            _("Correct filing number"),
            rule="filing_no",
            required=False,
            hint=_("Empty: stays as it is."),
            replaces="filing_no",
        ),
        Ask(
            "leader", _("Correct leader"), "leader", required=False, hint=_("Empty: stays as it is."), replaces="leader"
        ),
        Ask(
            "community",
            _("Correct community"),
            "division",
            required=False,
            hint=_("Empty: stays as it is."),
            replaces="division",
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
