"""The people a filing names: sealed while it is a draft, matched with known people before it is decided."""

from datetime import date

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext as _

from casework import audit
from casework.sealing import lookup_hash, mask_id, mask_name, mask_phone, seal, unseal
from registry.checks import check
from registry.matters.asks import PEOPLE
from registry.models import FilingPerson, Person

ROLES = {"leader": "leader", "founders": "founder", "roster": "member"}
NUMBERS = {"phone": "phone_sealed", "id_number": "id_sealed"}
RULES = {"phone": "phone", "id_number": "id_number"}
MASKS = {"phone": mask_phone, "id_number": mask_id}
FIELDS = {"phone": "phone", "id_number": "id"}
MOST = {"leader": 1, "founders": 20, "roster": 500}


def write(filing, ask, rows):
    """Replaces the people of one ask with what was typed: [{"name", "phone", "id_number"}]; empty rows are left out.

    A masked or empty number of a person whose name stayed keeps the number known: pages only ever show masks.
    """
    role = ROLES[ask.kind]
    given = [row for row in rows if any(str(row.get(key) or "").strip() for key in ("name", "phone", "id_number"))]
    if len(given) > MOST[ask.kind]:
        raise ValidationError(_("At most %(limit)s people can be named here.") % {"limit": MOST[ask.kind]})
    known = former(given, filing.people.filter(role=role))
    filing.people.filter(role=role).delete()
    for position, row in enumerate(given):
        entry = FilingPerson(filing=filing, role=role, position=position, name=clean_name(row))
        entry.is_unit = ask.kind == "founders" and bool(row.get("unit"))
        for key in NUMBERS:
            seal_number(entry, key, typed(row.get(key), known.get(position), key))
        entry.save()


def former(given, old):
    """{position: entry} of whom typed rows were before, each entry once: those with its masks first, then by name."""
    left, found = list(old), {}
    for position in sorted(range(len(given)), key=lambda place: not any(map(is_mask, numbers_of(given[place])))):
        row = given[position]
        entry = next((one for one in left if one.name == clean_name(row) and may_be(row, one)), None)
        if entry:
            found[position] = entry
            left.remove(entry)
    return found


def numbers_of(row):
    return [str(row.get(key) or "").strip() for key in NUMBERS]


def is_mask(number):
    return "*" in number


def may_be(row, entry):
    """Whether a typed row may be the entry again: the masks it shows are the entry's."""
    shows = zip(NUMBERS, numbers_of(row), strict=True)
    return all(number == shown(entry, key) for key, number in shows if is_mask(number))


def clean_name(row):
    return " ".join(str(row.get("name") or "").split())[:100]


def typed(raw, known, key):
    """The number meant: what was typed; of the entry known for its mask or for nothing."""
    raw = str(raw or "").strip()[:40]
    return clear(known, key) if known and raw in ("", shown(known, key)) else raw


def clear(entry, key):
    """The number in clear: only for sealing it again or checking it."""
    return unseal(getattr(entry, NUMBERS[key]), row_uid=entry.uid, field=FIELDS[key])


def shown(entry, key):
    """The number as pages show it."""
    return MASKS[key](clear(entry, key))


def problems(filing, ask):
    """Sentences about what is missing or wrong among the people of one ask."""
    rows = list(filing.people.filter(role=ROLES[ask.kind]))
    if not rows:
        return [_("Please fill this in.")] if ask.required else []
    found = [sentence for row in rows for sentence in wrong(row, strict=ask.kind == "leader")]
    names = [row.name for row in rows]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice and ask.kind == "founders":
        found.append(_("Named twice: %(names)s.") % {"names": "、".join(twice)})
    return found


def wrong(entry, *, strict):
    """What is wrong with one person; a leader needs name, phone and ID number, others a name."""
    found = [] if entry.name else [_("Please give the name.")]
    for key, rule in RULES.items():
        number = clear(entry, key)
        if not number and strict:
            found.append(_("Please give the phone number.") if key == "phone" else _("Please give the ID number."))
        try:
            check(rule, number)
        except ValidationError as error:
            found.extend(f"{entry.name}：{message}" for message in error.messages)
    return found


def by_role(filing):
    """{"leader": […], "founders": […], "roster": […]}."""
    rows = list(filing.people.all())
    return {kind: [row for row in rows if row.role == ROLES[kind]] for kind in PEOPLE}


def age_of(entry, on):
    """Whole years by the ID number; None where it says no day of birth."""
    number = clear(entry, "id_number")
    day = number[6:14] if len(number) == 18 else f"19{number[6:12]}"
    try:
        born = date.fromisoformat(day)
    except ValueError:
        return None
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


def words(filing, ask, *, full=False):
    """The people of one ask, numbers masked; names as well unless `full`, which is for those who handle the case."""
    return "、".join(word(row, full=full) for row in filing.people.filter(role=ROLES[ask.kind]))


def word(row, *, full=False):
    if row.is_unit:
        return _("%(name)s (unit)") % {"name": row.name}
    numbers = "、".join(text for key in NUMBERS if (text := shown(row, key)))
    name = row.name if full else mask_name(row.name)
    return f"{name}（{numbers}）" if numbers else name


def match(filing):
    """Looks every person up among those known; sets verdict and person as of now."""
    for row, found, person in verdicts(filing.people.all()):
        row.verdict, row.person = found, person
        row.save(update_fields=["verdict", "person"])


def verdicts(rows):
    """[(entry, verdict, person known or None)] of all who are persons as of now, with two queries for all of them."""
    rows = [row for row in rows if not row.is_unit]
    alike = Q(id_hash__in={row.id_hash for row in rows} - {""})
    alike |= Q(phone_hash__in={row.phone_hash for row in rows} - {""})
    known = list(Person.objects.filter(alike).order_by("id"))
    return [(row, *verdict(row, known)) for row in rows]


def verdict(row, known):
    """Whether an entry is one of the people known: ID numbers decide, else name and phone.

    Same ID number: the same person, under another name doubtful. Same name and phone: the same, with another ID number
    doubtful. Anything else is somebody new.
    """
    kinds = FilingPerson.Verdict
    if same := [person for person in known if row.id_hash and person.id_hash == row.id_hash]:
        named = next((person for person in same if person.name == row.name), None)
        return (kinds.SAME, named) if named else (kinds.DOUBTFUL, same[0])
    for person in known:
        if row.phone_hash and (person.phone_hash, person.name) == (row.phone_hash, row.name):
            return (kinds.DOUBTFUL if row.id_hash and person.id_hash else kinds.SAME), person
    return kinds.NEW, None


def said(case, data=None):
    """{uid of an entry: "same" or "new"} that officers said of the doubtful ones on this case; the last word counts."""
    found = {}
    for step in case.steps.all():
        found |= step.data.get("people", {})
    return found | (data or {}).get("people", {})


def doubtful(case, data=None):
    """[(entry, person known, what was said or "")] of everybody named who may be somebody known."""
    words, kinds = said(case, data), FilingPerson.Verdict
    found = verdicts(case.filing.people.all())
    return [(row, person, words.get(str(row.uid), "")) for row, kind, person in found if kind == kinds.DOUBTFUL]


def require_matched(case, by, data):
    """Guard: nobody named by the filing may still be doubtful."""
    if names := [row.name for row, _person, word in doubtful(case, data) if not word]:
        raise ValidationError(
            _("Please say first whether these are people already known: %(names)s.") % {"names": "、".join(names)},
            code="doubtful",
        )


def become_people(case, by, data):
    """[(entry, person)] of everybody the filing names, leader first: who was matched, else somebody new from now on.

    What an officer said decides on the doubtful ones, with an audit event. Who is new but stands in this filing in
    another role already is that person.
    """
    words, found = said(case, data), []
    for row, kind, person in verdicts(entry for entries in by_role(case.filing).values() for entry in entries):
        word = words.get(str(row.uid), "") if kind == FilingPerson.Verdict.DOUBTFUL else ""
        if word:
            after = {"name": mask_name(row.name), "person": person.pk, "verdict": word}
            audit.record("match_person", case, by=by, after=after)
        row.person = None if word == "new" else person or named_before(row, found)
        row.verdict = FilingPerson.Verdict.SAME if row.person else FilingPerson.Verdict.NEW
        row.person = renewed(row) if row.person else new_person(row)
        row.save(update_fields=["person", "verdict"])
        found.append((row, row.person))
    return found


def named_before(row, found):
    """The person of an entry of this name in another role, whom no entry of this role is and no number contradicts."""
    taken = {person.pk for other, person in found if other.role == row.role}
    hashes = [f"{field}_hash" for field in FIELDS.values()]
    for other, person in found:
        fits = all(getattr(row, name) in ("", getattr(person, name)) or not getattr(person, name) for name in hashes)
        if other.name == row.name and person.pk not in taken and fits:
            return person
    return None


def renewed(row):
    """The known person with the numbers that were missing; a leader's new phone takes the place of the one known."""
    person, changed = row.person, []
    for key, column in NUMBERS.items():
        field = FIELDS[key]
        missing = not getattr(person, f"{field}_hash") or (key == "phone" and row.role == FilingPerson.Role.LEADER)
        if getattr(row, f"{field}_hash") and missing:
            seal_number(person, key, clear(row, key))
            changed += [column, f"{field}_hash"]
    person.save(update_fields=changed)
    return person


def new_person(row):
    person = Person(name=row.name)
    for key in NUMBERS:
        seal_number(person, key, clear(row, key))
    person.save()
    return person


def seal_number(holder, key, number):
    """Sets a number, sealed under the holder's uid, and its hash."""
    field = FIELDS[key]
    setattr(holder, NUMBERS[key], seal(number, row_uid=holder.uid, field=field))
    setattr(holder, f"{field}_hash", lookup_hash(number, field))
