"""What the register knows of an organization that is to be filed or listed: filled in, never asked again."""

from registry.models import Term
from registry.schemes import main_scheme


def known(*keys):
    """A matter's prefill: {key: raw value} of those asks the register can answer for the organization.

    Words no list holds any more are left out. Of the leader the name alone is taken over: the numbers are typed by
    whoever files, and shown to nobody else.
    """

    def facts(organization):
        values = facts_of(organization)
        return {key: values[key] for key in keys if values[key]}

    return facts


def facts_of(organization):
    figures = organization.years.filter(next_year=None).first()
    leader = organization.leader.name if organization.leader else ""
    groups = set(Term.objects.filter(list=Term.List.TARGET_GROUP).values_list("name", flat=True))
    return {
        "name": organization.name,
        "community": str(organization.division_id),
        "type": type_of(organization),
        "purpose": organization.purpose,
        "place": organization.place,
        "targets": [word for word in organization.targets if word in groups],
        "members": number_of(figures, "members"),
        "activities": number_of(figures, "activities"),
        "leader": [{"name": leader}] if leader else [],
    }


def type_of(organization):
    scheme = main_scheme(organization.division)
    return organization.type.code if scheme and organization.type.scheme_id == scheme.pk else ""


def number_of(figures, name):
    value = getattr(figures, name) if figures else None
    return "" if value is None else str(value)
