"""The roles of a bureau's people and the rights each carries; loaded into groups by `manage.py load_roles`."""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

ADMIN = {"accounts.use_admin"}
PLACES = {"accounts.view_division"}
FIGURES = {
    "registry.view_divisionyear",
    "reporting.view_rollup",
    "reporting.view_targetset",
    "reporting.view_policy",
}
LISTS = {
    "registry.view_scheme",
    "registry.view_organizationtype",
    "registry.view_tierword",
    "registry.view_typemapping",
    "registry.view_term",
}
READ = PLACES | FIGURES | LISTS | {"registry.view_organization", "registry.view_need", "registry.view_project"}
ENTER = {
    *(f"registry.{verb}_{noun}" for verb in ("add", "change") for noun in ("organization", "need", "project")),
    "registry.change_organizationyear",
    "registry.reveal_person",
}
SURVEY = {"registry.import_survey", "registry.view_importbatch", "registry.export_organization"}
CERTIFICATES = {"registry.issue_certificate", "registry.view_certificate"}
BASE_FIGURES = {"registry.add_divisionyear", "registry.change_divisionyear"}
CHANGES = {"registry.view_divisionchange"}
PEOPLE = {"accounts.view_user", "accounts.view_assignment", "auth.view_group"}
GRANT = {"accounts.add_assignment", "accounts.change_assignment"}
# One calendar for all places: few hands.
CALENDAR = {"casework.view_calendarday", "casework.change_calendarday"}
CASES = {"casework.view_case"}
SUPERVISE = {"casework.reassign_case", "casework.supervise_case"}
# What those who check and decide need: papers with personal data (each opening is on record), answers to objections.
HANDLE = {"casework.open_personal_paper", "casework.answer_objection"}
CLERK = CASES | HANDLE | {"registry.apply_for_others", "registry.check_filing"}
STREET = READ | ENTER | SURVEY | BASE_FIGURES | CERTIFICATES | CHANGES | CASES
STREET |= HANDLE | {"registry.apply_for_others", "registry.order_filing"}
BUREAU = (
    ADMIN
    | STREET
    | PEOPLE
    | GRANT
    | {
        "accounts.change_division",
        "accounts.add_user",
        "accounts.change_user",
        "casework.view_calendarday",
        "casework.view_policyvalue",
        "casework.answer_rating",
        "casework.view_rating",
        "registry.sample_filing",
        "registry.list_credit",
        "registry.add_divisionchange",
        "registry.change_divisionchange",
        "reporting.add_targetset",
        "reporting.change_targetset",
    }
)
DECIDE = {
    "registry.apply_divisionchange",
    "registry.decide_filing_district",
    "registry.list_credit",
    "reporting.decide_targetset",
    "reporting.freeze_baseline",
    "casework.view_auditevent",
    "casework.view_rating",
    *CERTIFICATES,
    *CASES,
    *SUPERVISE,
}


@dataclass(frozen=True)
class Role:
    """A role: its code (the group's name), its name in the field's words and its rights."""

    code: str
    label: str
    permissions: frozenset


def role(code, label, *permissions):
    return code, Role(code, label, frozenset().union(*permissions))


# Rights of the parts to come (calls, scoring, bases …) join here with their models; see domain.md 1.2 and 11.1.
ROLES = dict(
    [
        role(
            "operator",
            _("Platform operator"),
            ADMIN,
            PLACES,
            PEOPLE,
            CALENDAR,
            {"accounts.add_user", "accounts.change_user"},
        ),
        role(
            "security",
            _("Security officer"),
            ADMIN,
            PLACES,
            PEOPLE,
            GRANT,
            {"accounts.change_user", "accounts.grant_any_role"},
        ),
        role("auditor", _("Log auditor"), ADMIN, {"casework.view_auditevent"}),
        role("bureau_officer", _("Bureau section officer"), BUREAU),
        role("bureau_head", _("Bureau section head"), BUREAU, DECIDE, CALENDAR),
        role("bureau_leader", _("Bureau leader"), ADMIN, READ, CHANGES, DECIDE, {"registry.export_organization"}),
        role("bureau_finance", _("Bureau finance officer"), ADMIN, PLACES, LISTS, {"registry.view_organization"}),
        role("street_officer", _("Street officer"), STREET, {"registry.review_filing"}),
        role(
            "street_leader",
            _("Street leader"),
            READ,
            CHANGES,
            CERTIFICATES,
            CASES,
            HANDLE,
            SUPERVISE,
            {"registry.export_organization", "registry.decide_filing"},
        ),
        role("clerk", _("Committee clerk"), READ, ENTER, CLERK, BASE_FIGURES),
        role("organization", _("Organization user")),
        role("base_operator", _("Base operator")),
        role("agency", _("Evaluation agency")),
        role("expert", _("Expert")),
        role(
            "party_officer",
            _("Party-work officer"),
            READ,
            {"registry.export_organization", "registry.change_organizationyear"},
        ),
        role("viewer", _("Statistics viewer"), PLACES, FIGURES),
    ]
)


# What whoever makes the accounts of a place hands out there without holding it: the bureau names the people of its
# streets and committees, and decides none of their cases.
HANDED_OUT = ROLES["clerk"].permissions | ROLES["street_officer"].permissions | ROLES["street_leader"].permissions


def role_label(group):
    """The name of a role (a group, or its code) as people know it; a group made by hand keeps its own name."""
    code = getattr(group, "name", group)
    return ROLES[code].label if code in ROLES else code
