"""Taking a stored batch back, object by object, while nobody has changed anything since."""

from datetime import date

from django.db import IntegrityError, connection, transaction

from registry.imports.check import ACCEPT, NEW, UPDATE, WARN
from registry.imports.staging import lines_of, slices
from registry.imports.touched import TouchedError, touched
from registry.imports.update import chain, write_organizations
from registry.models import (
    DivisionYear,
    ImportRow,
    Need,
    Organization,
    OrganizationPeriod,
    OrganizationYear,
    Person,
    Project,
)
from registry.services.division_moves import uncover

SLICE = 500
NEW_IDS = """
    SELECT match_id FROM registry_importrow
    WHERE batch_id = %s AND kind = %s AND match_how = 'new' AND status IN ('accept', 'accept_warn')
"""
DEPENDENT = (
    "registry_organizationflag",
    "registry_organizationyear",
    "registry_organizationperiod",
    "registry_classification",
)
MODELS = {"base": DivisionYear, "need": Need, "proj": Project}


def undo(batch):
    """Removes what the batch added and restores what it changed; returns the ids of the divisions concerned.

    Refuses (TouchedError) when any of it was changed afterwards or something else refers to it. Call in a transaction.
    """
    if names := touched(batch):
        raise TouchedError(names)
    updates = list(lines_of(batch, status=UPDATE))
    places, years = set(new_places(batch)), base_years(batch)
    for lines in slices([line for line in updates if line.kind == "org"], SLICE):
        places |= restore_organizations(batch, lines)
    for kind, model in MODELS.items():
        places |= restore_plain(model, [line for line in updates if line.kind == kind])
    try:
        with transaction.atomic():
            remove_new(batch)
            check_references()
    except IntegrityError:
        raise TouchedError([str(batch)]) from None
    told = base_places(batch)
    chain("registry_divisionyear", "division_id", told, removed=years)
    uncover(told, years)
    return places


def base_lines(batch):
    return ImportRow.objects.filter(batch=batch, kind="base", status__in=(ACCEPT, WARN, UPDATE)).order_by()


def base_places(batch):
    return list(base_lines(batch).values_list("values__found__division", flat=True))


def base_years(batch):
    """The years the batch added base figures for."""
    said = base_lines(batch).exclude(status=UPDATE).values_list("values__year", flat=True).distinct()
    return {year or batch.year for year in said}


def new_places(batch):
    lines = ImportRow.objects.filter(batch=batch, match_how=NEW, status__in=(ACCEPT, WARN))
    return lines.order_by().values_list("values__found__division", flat=True).distinct()


def remove_new(batch):
    """The rows of new records, dependants first; people nobody refers to any more go with them."""
    with connection.cursor() as cursor:
        for kind, table in (("proj", "registry_project"), ("need", "registry_need"), ("base", "registry_divisionyear")):
            people = persons(cursor, batch, "contact_id", table, kind) if kind == "need" else []
            remove(cursor, batch, table, "id", kind)
            forget(cursor, people)
        people = persons(cursor, batch, "leader_id", "registry_organization", "org")
        for table in DEPENDENT:
            remove(cursor, batch, table, "organization_id", "org")
        for column in ("first_id", "second_id"):
            remove(cursor, batch, "registry_distinctpair", column, "org")
        remove(cursor, batch, "registry_organization", "id", "org")
        forget(cursor, people)


def persons(cursor, batch, column, table, kind):
    query = f"SELECT DISTINCT {column} FROM {table} WHERE {column} IS NOT NULL AND id IN ({NEW_IDS})"  # noqa: S608
    cursor.execute(query, [batch.pk, kind])
    return [row[0] for row in cursor.fetchall()]


def remove(cursor, batch, table, column, kind):
    cursor.execute(f"DELETE FROM {table} WHERE {column} IN ({NEW_IDS})", [batch.pk, kind])  # noqa: S608


def forget(cursor, people):
    """Personal data is kept no longer than somebody refers to it."""
    cursor.execute(
        "DELETE FROM registry_person p WHERE id = ANY(%s)"
        " AND NOT EXISTS (SELECT 1 FROM registry_organization o WHERE o.leader_id = p.id)"
        " AND NOT EXISTS (SELECT 1 FROM registry_need n WHERE n.contact_id = p.id)"
        " AND NOT EXISTS (SELECT 1 FROM registry_membership m WHERE m.person_id = p.id)"
        " AND NOT EXISTS (SELECT 1 FROM registry_filingperson f WHERE f.person_id = p.id)",
        [people],
    )


def check_references():
    """Let deferred foreign keys speak now, while the refusal can still be told."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def restore_organizations(batch, lines):
    stored = {
        row.pk: row for row in Organization.objects.select_for_update().filter(pk__in=[line.match_id for line in lines])
    }
    touched, chained = set(), []
    for line in lines:
        organization, before = stored[line.match_id], line.before
        touched.add(organization.division_id)
        restore_record(organization, before)
        restore_dated(batch, organization, before, line.after)
        touched.add(organization.division_id)
        chained.append(organization.pk)
    write_organizations(stored.values())
    chain("registry_organizationyear", "organization_id", chained, removed=[batch.year])
    return touched


def restore_record(organization, before):
    for name, value in (before.get("details", {}) | before.get("standing", {})).items():
        setattr(organization, name, value)
    organization.name_key, organization.legal_form = before["name_key"], before["legal_form"]
    organization.leader_id = before["leader_id"]
    if before.get("leader_numbers"):
        Person.objects.filter(pk=before["leader_id"]).update(**before["leader_numbers"])
    organization.division_path, organization.district_id = before["place"]
    organization.version += 1


def restore_dated(batch, organization, before, after):
    if "periods" in before:
        organization.periods.all().delete()
        OrganizationPeriod.objects.bulk_create(
            OrganizationPeriod(organization=organization, **row) for row in before["periods"]
        )
    if "figures" in after:
        rows = OrganizationYear.objects.filter(organization=organization, year=batch.year)
        rows.update(**filled(before["figures"])) if before.get("had_year") else rows.delete()
    if after.get("flags"):
        organization.flags.filter(flag__in=after["flags"], ends=None).delete()
        organization.flags.filter(
            flag__in=after["flags"], starts__in=[date.fromisoformat(row[1]) for row in before["flags_rows"]]
        ).delete()
        for flag, starts, *evidence in before["flags_rows"]:
            organization.flags.create(flag=flag, starts=starts, evidence="".join(evidence))


def filled(figures):
    return {name: "" if name == "party_form" and value is None else value for name, value in figures.items()}


def restore_plain(model, lines):
    touched = set()
    for line in lines:
        row = model.objects.select_for_update().get(pk=line.match_id)
        for name, value in line.before["details"].items():
            setattr(row, name, value)
        if hasattr(row, "version"):
            row.version += 1
        row.save()
        touched.add(row.division_id)
    return touched
