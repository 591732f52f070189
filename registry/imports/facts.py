"""What a row of the organizations sheet says, in the register's own terms."""

from datetime import date

from registry.models import DivisionYear, OrganizationYear

DETAILS = {
    "name": "name",
    "uscc": "uscc",
    "filing_no": "filing_no",
    "founded": "founded",
    "place": "place",
    "place_area": "place_area",
    "targets": "targets",
    "fields": "fields",
    "fund_source": "fund_sources",
    "rating": "rating",
    "volunteer_system_id": "volunteer_system_id",
    "remark": "remark",
}
# The survey asks whether there is a party body; its form follows from that and the members.
FIGURES = tuple(name for name in OrganizationYear.FIGURES if name != "party_form")
FLAGS = {"is_volunteer_org": "volunteer", "is_hub": "hub"}
LISTS = ("targets", "fields", "fund_sources")
FORMS = {"51": "association", "52": "service", "53": "foundation"}
INDEPENDENT_FROM = 3


def truth(word):
    return {"是": True, "否": False}.get(word)


def details_of(values, *, clear=False):
    """{attribute: value} of the details given; with `clear` also the empty ones (the portal's own export)."""
    found = {}
    for key, name in DETAILS.items():
        value = values.get(key)
        if value is not None:
            found[name] = date.fromisoformat(value) if key == "founded" else value
        elif clear and key in values.get("_columns", ()) and name != "name":
            found[name] = [] if name in LISTS else None if name in ("founded", "place_area") else ""
    return found


def figures_of(values, *, clear=False):
    """{figure: value} of OrganizationYear; the party form follows from members and body unless unknown."""
    given = {name: values[name] for name in FIGURES if values.get(name) is not None}
    if clear:
        given |= {name: None for name in FIGURES if name in values.get("_columns", ()) and name not in given}
    if given.get("party_org") is not None:
        given["party_org"] = truth(given["party_org"])
        given["party_form"] = party_form(given["party_org"], given.get("party_members"))
    return given


def party_form(has_body, members):
    """Three or more members with a body of their own: independent; one or two: joint; no body: none."""
    if not has_body:
        return OrganizationYear.PartyForm.NONE.value
    if members is None:
        return ""
    form = OrganizationYear.PartyForm.INDEPENDENT if members >= INDEPENDENT_FROM else OrganizationYear.PartyForm.JOINT
    return form.value


def flags_of(values):
    """{flag: held or not} of the functions the row states."""
    return {flag: truth(values[key]) for key, flag in FLAGS.items() if values.get(key) is not None}


def legal_form(uscc):
    """What the second character of a credit code of civil affairs tells."""
    return FORMS.get(uscc[:2], "")


def base_of(values):
    """{figure: value} of a community's base figures that the row gives."""
    found = {name: values[name] for name in DivisionYear.NUMBERS if values.get(name) is not None}
    if values.get("has_station"):
        found["has_station"] = truth(values["has_station"])
    return found | {name: values[name] for name in ("reporter", "report_date") if values.get(name)}
