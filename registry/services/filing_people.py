"""The people a filing names: sealed while it is a draft, matched with known people before it is decided."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

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
    old = list(filing.people.filter(role=role))
    given = [row for row in rows if any(str(row.get(key) or "").strip() for key in ("name", "phone", "id_number"))]
    if len(given) > MOST[ask.kind]:
        raise ValidationError(_("At most %(limit)s people can be named here.") % {"limit": MOST[ask.kind]})
    filing.people.filter(role=role).delete()
    for position, row in enumerate(given):
        known = next((one for one in old if one.name == clean_name(row)), None)
        FilingPerson.objects.create(filing=filing, role=role, position=position, **columns(row, known))


def clean_name(row):
    return " ".join(str(row.get("name") or "").split())[:100]


def columns(row, known):
    """Column values of one entry; numbers sealed under a fresh uid."""
    entry = FilingPerson(name=clean_name(row))
    for key, column in NUMBERS.items():
        number = typed(row.get(key), known and shown(known, key), known and clear(known, key))
        field = FIELDS[key]
        setattr(entry, column, seal(number, row_uid=entry.uid, field=field))
        setattr(entry, f"{field}_hash", lookup_hash(number, field))
    names = ("uid", "name", "phone_sealed", "phone_hash", "id_sealed", "id_hash")
    return {name: getattr(entry, name) for name in names}


def typed(raw, mask, known):
    """The number meant: what was typed, in its plain form when it has one; the known one for its mask or nothing."""
    raw = str(raw or "").strip()[:40]
    return (known or "") if not raw or (mask and raw == mask) else raw


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


def words(filing, ask, *, full=False):
    """The people of one ask, numbers masked; names as well unless `full`, which is for those who handle the case."""
    return "、".join(word(row, full=full) for row in filing.people.filter(role=ROLES[ask.kind]))


def word(row, *, full=False):
    numbers = "、".join(text for key in NUMBERS if (text := shown(row, key)))
    name = row.name if full else mask_name(row.name)
    return f"{name}（{numbers}）" if numbers else name


def match(filing):
    """Looks every person up among those known; sets verdict and person. ID numbers decide, else name and phone.

    Same ID number: the same person, also under another name spelling when the phone agrees, else doubtful. Same name
    and phone without a contradicting ID number: the same. Same name and ID unknown on one side, phone different: new.
    """
    for row in filing.people.filter(verdict__in=(FilingPerson.Verdict.OPEN, FilingPerson.Verdict.DOUBTFUL)):
        row.verdict, row.person = verdict(row)
        row.save(update_fields=["verdict", "person"])


def verdict(row):
    kinds = FilingPerson.Verdict
    if row.id_hash and (known := Person.objects.filter(id_hash=row.id_hash).order_by("id").first()):
        return (kinds.SAME if known.name == row.name else kinds.DOUBTFUL), known
    alike = Person.objects.filter(phone_hash=row.phone_hash) if row.phone_hash else Person.objects.none()
    for known in alike.order_by("id"):
        if known.name == row.name:
            contradicts = row.id_hash and known.id_hash and row.id_hash != known.id_hash
            return (kinds.DOUBTFUL if contradicts else kinds.SAME), known
    return kinds.NEW, None


def decide(row, *, same):
    """An officer's word on a doubtful match."""
    row.verdict = FilingPerson.Verdict.SAME if same else FilingPerson.Verdict.NEW
    if not same:
        row.person = None
    row.save(update_fields=["verdict", "person"])


def person_of(row):
    """The Person an entry stands for from now on: the matched one, completed with a missing ID number, or a new one."""
    numbers = {key: clear(row, key) for key in NUMBERS}
    if row.verdict == FilingPerson.Verdict.SAME and row.person:
        complete(row.person, numbers)
    else:
        row.person = new_person(row.name, numbers)
        row.verdict = FilingPerson.Verdict.NEW
    row.save(update_fields=["person", "verdict"])
    return row.person


def complete(person, numbers):
    """Fills in numbers the known person lacks."""
    changed = []
    for key, column in NUMBERS.items():
        field = FIELDS[key]
        if numbers[key] and not getattr(person, f"{field}_hash"):
            setattr(person, column, seal(numbers[key], row_uid=person.uid, field=field))
            setattr(person, f"{field}_hash", lookup_hash(numbers[key], field))
            changed += [column, f"{field}_hash"]
    if changed:
        person.save(update_fields=changed)


def new_person(name, numbers):
    person = Person(name=name)
    for key, column in NUMBERS.items():
        field = FIELDS[key]
        setattr(person, column, seal(numbers[key], row_uid=person.uid, field=field))
        setattr(person, f"{field}_hash", lookup_hash(numbers[key], field))
    person.save()
    return person


def require_matched(case, by, data):
    """Guard: nobody named by the filing may still be doubtful."""
    if case.filing.people.filter(verdict=FilingPerson.Verdict.DOUBTFUL).exists():
        raise ValidationError(_("Please say first whether the people marked are those already known."))
