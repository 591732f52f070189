"""Imports while the register moves: other imports, people at work, ended records, earlier surveys, undo."""

from datetime import date

import pytest
from django.core.management import call_command
from django.db import connection, transaction

from accounts.models import Division
from casework.models import AuditEvent
from registry.models import DivisionYear, ImportBatch, Need, Organization, OrganizationYear, Person
from registry.naming import name_key
from registry.services import imports
from registry.services.flags import set_flag
from registry.services.people import clear
from registry.services.yearly import save_year_figures
from tests.builders import make_division_year, make_organization, make_user
from tests.registry.imports.test_services import HEADERS, checked, codes, row, stored, verdicts, world
from tests.registry.survey import files

__all__ = ["world"]
CREDIT = "52340104MJ7488335W"
NEEDS = [["编号", "社区", "需求类别", "需求内容", "状态"], ["X-1", "六联社区", "养老", "老人助餐", "未对接"]]
BASE = [["社区", "数据年度", "常住人口"], ["六联社区", 2024, 5000]]


def again(batch):
    batch.refresh_from_db()
    return batch


def known(world, **fields):
    """A team of the register the row of test_services names."""
    key = name_key("向阳合唱团", division=world.community)
    return make_organization(
        world.community, world.types["culture"], name="向阳合唱团", name_key=key, filing_no="坪备1号", **fields
    )


def test_a_worker_leaves_the_batch_of_a_command_alone(world, tmp_path, monkeypatch):
    path = tmp_path / "a.xlsx"
    path.write_bytes(files.workbook({"组织信息": [HEADERS, row()]}))
    check, seen = imports.check_batch, []

    def with_a_worker_awake(batch):
        seen.append(imports.work_next())
        return check(batch)

    monkeypatch.setattr(imports, "check_batch", with_a_worker_awake)
    call_command("import_survey", str(path), district="440310", verbosity=0)
    assert seen == [None]
    assert Organization.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_districts_under_a_province_without_cities_are_locked_too(world):
    district = Division.objects.get(pk=world.district.pk)
    street = Division.objects.get(pk=world.street.pk)
    other = connection.copy()
    free = "SELECT id FROM accounts_division WHERE id = %s FOR UPDATE SKIP LOCKED"
    try:
        with transaction.atomic(), other.cursor() as cursor:
            cursor.execute(free, [district.pk])
            assert cursor.fetchone() == (district.pk,)
            imports.lock_area(street)
            cursor.execute(free, [district.pk])
            assert cursor.fetchone() is None
    finally:
        other.close()


def test_another_import_of_the_area_stored_meanwhile_is_looked_at(world):
    sheets = {"需求清单": NEEDS}
    first, second = checked(world, sheets=sheets), checked(world, sheets=sheets)
    for batch in (first, second):
        imports.confirm_batch(batch=batch, mode="all", by=world.officer)
        imports.work_next()
    assert (again(first).state, again(second).state, again(second).last_error) == ("stored", "checked", "changed")
    assert Need.objects.count() == 1


def test_what_an_undone_import_had_added_is_looked_for_again(world):
    first = stored(world, row())
    second = checked(world, row(members=31))
    assert verdicts(second) == ["update"]
    imports.undo_batch(batch=first, by=world.officer)
    imports.confirm_batch(batch=second, mode="all", by=world.officer)
    imports.work_next()
    assert (again(second).state, verdicts(second)) == ("checked", ["accept"])


def test_a_difference_nobody_saw_is_shown_first(world):
    organization = known(world)
    batch = checked(world, row(members=31))
    Organization.objects.filter(pk=organization.pk).update(place="新活动室")
    organization.refresh_from_db()
    OrganizationYear.objects.update_or_create(organization=organization, year=2024, defaults={"members": 44})
    organization.save(update_fields=["updated_at"])
    imports.confirm_batch(batch=batch, mode="all", by=world.officer)
    imports.work_next()
    assert (again(batch).state, batch.last_error) == ("checked", "changed")


def test_an_ended_record_is_not_brought_back(world):
    known(world, state="cancelled", ended=date(2023, 5, 1), uscc=CREDIT, tier="registered")
    batch = checked(world, row(tier="登记", uscc=CREDIT))
    assert (verdicts(batch), "ended" in codes(batch)) == (["reject"], True)
    assert Organization.objects.get().state == "cancelled"


def test_an_earlier_survey_leaves_a_newer_standing(world):
    organization = known(world, founded=date(2019, 3, 5))
    organization.periods.update(ends=date(2024, 6, 1))
    organization.periods.create(
        tier="team", state="active", division=world.community, division_now=world.community,
        type=world.types["charity"], starts=date(2024, 6, 1), cause="change",
    )  # fmt: skip
    Organization.objects.update(type=world.types["charity"], version=5)
    batch = stored(world, row(members=12), year=2023)
    organization.refresh_from_db()
    assert (batch.state, organization.type) == ("stored", world.types["charity"])
    assert "newer" in codes(batch)
    assert OrganizationYear.objects.get(organization=organization, year=2023).members == 12


def test_a_changed_figure_leaves_the_party_form(world):
    stored(world, row())
    figures = OrganizationYear.objects.get()
    OrganizationYear.objects.update(party_form="group")
    batch = stored(world, row(members=25))
    figures.refresh_from_db()
    assert (figures.members, figures.party_form) == (25, "group")
    imports.undo_batch(batch=batch, by=world.officer)
    figures.refresh_from_db()
    assert (figures.members, figures.party_form) == (30, "group")


@pytest.mark.parametrize("work", ["figures", "flag"])
def test_what_people_entered_since_is_not_undone(world, work):
    batch = stored(world, row())
    organization = Organization.objects.get()
    if work == "figures":
        save_year_figures(organization=organization, year=2025, figures={"members": 40}, by=world.officer)
    else:
        set_flag(organization=organization, flag="hub", starts=date(2024, 1, 1), by=world.officer)
    with pytest.raises(imports.ValidationError):
        imports.undo_batch(batch=batch, by=world.officer)
    assert Organization.objects.exists()


def test_a_need_settled_since_is_not_undone(world):
    batch = stored(world, sheets={"需求清单": NEEDS})
    Need.objects.update(state="done")
    with pytest.raises(imports.ValidationError):
        imports.undo_batch(batch=batch, by=world.officer)
    assert Need.objects.get().state == "done"


def test_undo_leaves_the_end_a_division_change_set_and_keeps_no_personal_numbers(world):
    make_division_year(world.community, 2020, population=9000)
    DivisionYear.objects.update(next_year=2022)
    batch = stored(world, sheets={"社区基础数据": BASE, "组织信息": [HEADERS, row()]})
    assert DivisionYear.objects.get(year=2020).next_year == 2022
    imports.undo_batch(batch=batch, by=world.officer)
    assert list(DivisionYear.objects.values_list("year", "next_year")) == [(2020, 2022)]
    assert (bytes(again(batch).content), batch.rows.exclude(sealed="").count()) == (b"", 0)


def test_undo_reopens_the_year_before_the_one_it_takes_away(world):
    make_division_year(world.community, 2023, population=9000)
    batch = stored(world, sheets={"社区基础数据": BASE})
    assert DivisionYear.objects.get(year=2023).next_year == 2024
    imports.undo_batch(batch=batch, by=world.officer)
    assert DivisionYear.objects.get().next_year is None


def test_a_code_another_district_holds_is_refused_for_a_known_team_too(world):
    make_organization(world.other_district, world.types["culture"], uscc=CREDIT, tier="registered")
    known(world, tier="registered")
    batch = checked(world, row(tier="登记", uscc=CREDIT))
    assert (verdicts(batch), "taken_elsewhere" in codes(batch)) == (["reject"], True)


def test_a_good_line_stands_for_a_bad_one_before_it(world):
    batch = stored(world, row(founded="2019-02-30"), row(), mode="good")
    assert verdicts(batch) == ["reject", "accept"]
    assert Organization.objects.get().founded == date(2019, 3, 5)


def test_a_new_phone_leaves_the_person_and_undo_puts_the_old_one_back(world):
    stored(world, row())
    person = Person.objects.get()
    batch = stored(world, row(phone="13900000009"))
    person.refresh_from_db()
    assert (Person.objects.count(), clear(person, "phone")) == (1, "13900000009")
    imports.undo_batch(batch=batch, by=world.officer)
    person.refresh_from_db()
    assert clear(person, "phone") == "13800000001"


def test_the_trail_names_who_decided(world):
    batch = checked(world, row())
    head = make_user("bureau_head", world.district)
    imports.confirm_batch(batch=batch, mode="all", by=head)
    event = AuditEvent.objects.get(action="import.confirm")
    assert (event.actor, event.after["mode"]) == (head.username, "all")


@pytest.mark.parametrize("year", [1949, 2999])
def test_base_figures_of_a_year_nobody_means_are_refused(world, year):
    batch = checked(world, sheets={"社区基础数据": [BASE[0], ["六联社区", year, 5000]]})
    assert verdicts(batch) == ["reject"]


def test_decimals_finer_than_the_column_read_as_unchanged(world):
    sheets = {"社区基础数据": [["社区", "数据年度", "服务设施面积（㎡）"], ["六联社区", 2024, 130.456]]}
    stored(world, sheets=sheets)
    assert verdicts(checked(world, sheets=sheets)) == ["skip"]
    assert ImportBatch.objects.count() == 2
