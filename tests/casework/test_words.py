from datetime import date

import pytest

from casework import audit
from casework.admin.words import tell
from casework.models import AuditEvent, ListColumns, PolicyValue
from tests.builders import make_user, make_world

pytestmark = pytest.mark.django_db


def test_an_event_names_fields_as_the_forms_do_and_other_values_as_they_are():
    place = make_world().community
    audit.record(
        "sing", place, by="system", before={"name": "六和社区"}, after={"name": "六联社区", "shown": ["phone"]}
    )
    told = tell(AuditEvent.objects.get())
    assert told["said"] == "sing"
    assert [(str(row["label"]), row["before"], row["after"]) for row in told["rows"]] == [
        (str(place._meta.get_field("name").verbose_name), "六和社区", "六联社区"),
        ("shown", None, '["phone"]'),
    ]


def test_values_and_choices_say_what_they_are():
    value = PolicyValue(key="figures.change", value=0.2, starts=date(2024, 1, 1))
    assert str(value) == "figures.change = 0.2"
    assert str(ListColumns(user=make_user(), name="registry.organization")) == "registry.organization"
