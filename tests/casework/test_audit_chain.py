"""The chain: what is committed gets linked, and whatever is done to the rows behind the portal's back is found."""

from threading import Thread

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, connections, transaction

from casework import anchor, audit, chain
from casework.chain import START, link_events
from casework.models import AuditEvent, AuditLink
from casework.services import trail
from casework.tasks import verify_audit

pytestmark = pytest.mark.django_db


@pytest.fixture
def events():
    """Five linked and anchored events."""
    made = [audit.record("test", by="somebody", after={"n": n, "名": "甲"}, note=f"第{n}次") for n in range(5)]
    trail.tick()
    return made


def as_owner(*statements):
    """What only the owner of the tables can do: switch the triggers off and write."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        for statement in statements:
            cursor.execute(statement)
        cursor.execute("SET LOCAL session_replication_role = DEFAULT")


def found():
    return [(problem.kind, problem.text) for problem in trail.verify().problems]


def kinds():
    return [kind for kind, _text in found()]


def test_events_are_linked_in_order_and_once(events):
    assert list(AuditLink.objects.values_list("seq", "event_id")) == [(n, e.pk) for n, e in enumerate(events, 1)]
    assert link_events() == 0
    assert found() == []


def test_the_database_computes_the_same_hash(events):
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT encode(sha256(convert_to(%s || {chain.TEXT}, 'UTF8')), 'hex')
                FROM casework_auditevent event WHERE id = %s""",
            [START, events[0].pk],
        )
        assert cursor.fetchone()[0] == AuditLink.objects.get(seq=1).hash


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "America/New_York"])
def test_the_hash_does_not_depend_on_the_session(events, zone):
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL timezone = '{zone}'; SET LOCAL datestyle = 'German'")
    assert found() == []


def test_a_long_trail_is_linked_in_batches(monkeypatch):
    AuditEvent.objects.bulk_create(AuditEvent(actor="a", action=str(n)) for n in range(chain.BATCH + 3))
    assert link_events() == chain.BATCH + 3
    assert AuditLink.objects.count() == chain.BATCH + 3
    assert kinds() == ["anchor"]


@pytest.mark.parametrize(
    "change",
    [
        "actor = 'other'",
        "action = 'other'",
        "at = at + interval '1 microsecond'",
        "target = 'x'",
        "target_id = '1'",
        "target_label = 'x'",
        "division_path = '1.'",
        "before = '{}'",
        "before = 'null'",
        "after = jsonb_set(after, '{n}', '2.0')",
        "note = note || ' '",
    ],
)
def test_a_changed_value_is_found(events, change):
    as_owner(f"UPDATE casework_auditevent SET {change} WHERE id = {events[2].pk}")
    assert found() == [("changed", f"event {events[2].pk} or its place in the chain was changed (link 3)")]


def test_a_lost_event_is_found(events):
    as_owner(f"DELETE FROM casework_auditevent WHERE id = {events[1].pk}")
    assert found() == [("missing_event", f"event {events[1].pk} is missing (link 2)")]


def test_a_lost_link_is_found(events):
    as_owner("DELETE FROM casework_auditlink WHERE seq = 2")
    assert found()[0] == ("missing_link", "link 2 is missing (next is 3)")


def test_two_events_that_changed_places_are_found(events):
    one, two = events[1].pk, events[2].pk
    as_owner(
        "DELETE FROM casework_auditlink WHERE seq IN (2, 3)",
        f"""INSERT INTO casework_auditlink (seq, event_id, hash) VALUES
            (2, {two}, '{AuditLink.objects.get(seq=2).hash}'), (3, {one}, '{AuditLink.objects.get(seq=3).hash}')""",
    )
    assert kinds() == ["changed", "changed"]


def test_a_trail_rewritten_with_right_hashes_is_found_by_the_anchor(events):
    as_owner(
        f"UPDATE casework_auditevent SET actor = 'other' WHERE id = {events[2].pk}", "DELETE FROM casework_auditlink"
    )
    assert link_events(everything=True) == 5
    assert found() == [("anchor", f"link 5 (event {events[4].pk}) is not the one the anchor saw")]


@pytest.mark.parametrize("and_events", [True, False])
def test_a_cut_tail_is_found_by_the_anchor(events, and_events):
    cut = [f"DELETE FROM casework_auditevent WHERE id = {events[4].pk}"] if and_events else []
    as_owner("DELETE FROM casework_auditlink WHERE seq = 5", *cut)
    assert found() == [("cut", "links 5 to 5 are missing at the end: the anchor saw them")]


def test_an_emptied_trail_is_found_by_the_anchor(events):
    as_owner("TRUNCATE casework_auditlink, casework_auditevent")
    assert found() == [("cut", "links 1 to 5 are missing at the end: the anchor saw them")]


def test_links_without_any_anchor_are_a_fault(events):
    for path in anchor.files():
        path.unlink()
    assert found() == [("anchor", "there is no anchor to compare with")]


def test_an_event_nobody_links_is_found_after_a_minute(events):
    late = audit.record("late", by="somebody")
    assert found() == []
    as_owner(f"UPDATE casework_auditevent SET at = at - interval '61 seconds' WHERE id = {late.pk}")
    text = f"event {late.pk} is older than a minute and has no link; 1 such events: is the worker running?"
    assert found() == [("unlinked", text)]


def test_an_event_older_than_the_look_back_is_linked_at_night(events):
    late = audit.record("late", by="somebody")
    as_owner(f"UPDATE casework_auditevent SET at = at - interval '3 hours' WHERE id = {late.pk}")
    assert link_events() == 0
    verify_audit()
    assert AuditLink.objects.get(event_id=late.pk).seq == 6


def test_work_goes_on_when_the_newest_event_was_lost(events):
    as_owner(f"DELETE FROM casework_auditevent WHERE id = {events[4].pk}")
    audit.record("next", by="somebody")
    assert link_events() == 1
    assert kinds() == ["missing_event"]


def test_the_nightly_look_says_what_is_wrong(events, caplog):
    as_owner(f"UPDATE casework_auditevent SET actor = 'other' WHERE id = {events[0].pk}")
    verify_audit()
    assert f"changed: event {events[0].pk}" in caplog.text


def test_only_the_first_faults_are_told(events, monkeypatch):
    monkeypatch.setattr(trail, "MOST_PROBLEMS", 2)
    as_owner("UPDATE casework_auditevent SET actor = 'other'")
    assert len(found()) == 2


def test_the_command_names_the_first_bad_row(events, capsys):
    call_command("verify_audit")
    assert capsys.readouterr().out.startswith("5 links are whole; last anchored 20")
    as_owner(f"UPDATE casework_auditevent SET actor = 'other' WHERE id IN ({events[1].pk}, {events[3].pk})")
    with pytest.raises(CommandError, match=f"event {events[1].pk} "):
        call_command("verify_audit")
    assert capsys.readouterr().out.count("changed: ") == 2


def test_an_empty_trail_is_whole(capsys):
    call_command("verify_audit")
    assert capsys.readouterr().out == "0 links are whole; last anchored never.\n"


@pytest.mark.django_db(transaction=True)
def test_a_late_transaction_with_a_lower_id_is_linked_later():
    other = connections["default"].copy()
    try:
        with other.cursor() as cursor:
            other.set_autocommit(False)
            cursor.execute(INSERT, ["slow"])
            audit.record("quick", by="somebody")
            assert link_events() == 1
            other.commit()
    finally:
        other.close()
    assert link_events() == 1
    linked = [AuditEvent.objects.get(pk=link.event_id) for link in AuditLink.objects.all()]
    assert [event.action for event in linked] == ["quick", "slow"]
    assert linked[0].pk > linked[1].pk
    assert kinds() == ["anchor"]


INSERT = """INSERT INTO casework_auditevent (actor, action, target, target_id, target_label, division_path, note)
            VALUES ('somebody', %s, '', '', '', '', '')"""


@pytest.mark.django_db(transaction=True)
def test_while_one_links_another_leaves_and_writers_go_on():
    counts = []

    def other_worker():
        audit.record("meanwhile", by="somebody")
        counts.append(link_events())
        connection.close()

    audit.record("first", by="somebody")
    with transaction.atomic():
        assert link_events() == 1
        thread = Thread(target=other_worker)
        thread.start()
        thread.join()
    assert counts == [0]
    assert link_events() == 1


def test_without_news_a_look_is_a_few_small_queries(events, django_assert_max_num_queries):
    anchor.write()
    with django_assert_max_num_queries(6):
        link_events()


def test_odd_text_is_bound_as_well():
    audit.record("odd", by="a", before={"text": '"\\\u2028𬱖'}, note='line\n"quoted"')
    trail.tick()
    assert found() == []
