"""Loading policy files: what the bureau has not changed follows the file, what it has changed stays."""

import datetime as dt
from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal

from django.db import DataError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Division
from casework import audit
from casework.models import PolicyValue
from casework.policy import forget
from registry.models import OrganizationType, Scheme, Term, TierWord, TypeMapping
from reporting.models import Mechanism, Policy, Target, TargetSet
from reporting.policyfiles import PolicyFileError, read, require_types
from reporting.services import freeze_due

NEAREST = "~"
MOVED = {"set_changed", "target_changed", "target_created"}


@dataclass
class Loading:
    """One file on its way into the database: what the last load wrote, what this one writes, what there is to say."""

    file: str
    tables: dict
    lenient: bool
    policy: Policy = None
    before: dict = field(default_factory=dict)
    after: dict = field(default_factory=dict)
    notices: list = field(default_factory=list)
    counts: Counter = field(default_factory=Counter)

    def divisions(self, codes):
        """Divisions in force with these official codes; a missing one is refused, or left out with a notice."""
        found = {row.code: row for row in Division.objects.in_force().filter(code__in=codes)}
        for code in codes:
            if code not in found:
                self.missing(code)
        return [found[code] for code in codes if code in found]

    def missing(self, code):
        message = _("%(file)s, key divisions: no division %(code)s is loaded. Load it first: manage.py load_divisions.")
        message %= {"file": self.file, "code": code}
        if not self.lenient:
            raise PolicyFileError(message)
        if message not in self.notices:
            self.notices.append(message)


@transaction.atomic
def load(paths, *, by="system", lenient=False):
    """Load policy files, all or nothing; returns the notices.

    A second load changes only values that still are what the last load wrote; what the bureau edited or deleted stays,
    and a closed target set is never touched. Raises PolicyFileError with one sentence. With `lenient`, divisions that
    are not loaded yet are left out with a notice instead. Baselines that are due now are frozen.
    """
    loadings = [Loading(str(path), read(path), lenient) for path in paths]
    require_types({loading.file: loading.tables for loading in loadings})
    for loading in loadings:
        try:
            write(loading)
        except DataError as error:
            raise PolicyFileError(_("%(file)s: a text is too long. Shorten it.") % {"file": loading.file}) from error
    for loading in loadings:
        write_mappings(loading)
        finish(loading, by)
    freeze_due(today=timezone.localdate(), by=by)
    return [notice for loading in loadings for notice in loading.notices]


def write(loading):
    write_policy(loading)
    write_terms(loading)
    write_parameters(loading)
    for scheme in loading.tables.get("scheme", []):
        write_scheme(loading, scheme)
    write_mechanisms(loading)
    if "target_set" in loading.tables:
        write_targets(loading)


def finish(loading, by):
    """Remember what was written, so that the next load can tell an edit; one audit event when anything changed."""
    loading.policy.loaded, loading.policy.loaded_at = loading.after, timezone.now()
    loading.policy.save(update_fields=["loaded", "loaded_at"])
    if loading.counts:
        audit.record("policy.load", loading.policy, by=by, after=dict(loading.counts), note=loading.file)


def write_policy(loading):
    values = {key: value for key, value in loading.tables["policy"].items() if key not in {"code", "divisions"}}
    code = loading.tables["policy"]["code"]
    existing = {(row.code,): row for row in Policy.objects.select_for_update().filter(code=code)}
    if existing:
        loading.before = existing[code,].loaded
    merge(loading, "policy", existing, {(code,): values}, lambda key, values: Policy(code=key[0], **values))
    loading.policy = Policy.objects.get(code=code)
    link(loading, loading.policy, loading.tables["policy"]["divisions"])


def write_terms(loading):
    wanted = {
        (kind, code): {
            "name": row["name"],
            "synonyms": row.get("also", []),
            "clause": row.get("clause", ""),
            "order": order,
        }
        for kind, rows in loading.tables.get("terms", {}).items()
        for order, (code, row) in enumerate(rows.items(), 1)
    }
    existing = {(row.list, row.code): row for row in Term.objects.all()} if wanted else {}
    merge(loading, "term", existing, wanted, lambda key, values: Term(list=key[0], code=key[1], **values))


def write_parameters(loading):
    """Parameters hold from the policy's first day, at its divisions (everywhere when it names none)."""
    policy = loading.policy
    codes = loading.tables["policy"]["divisions"]
    places = loading.divisions(codes) if codes else [None]
    lapsed = policy.state == Policy.State.LAPSED and policy.valid_to
    ends = policy.valid_to + dt.timedelta(days=1) if lapsed else None
    wanted = {
        (key, place.pk if place else None): {
            "value": row["value"],
            "clause": row["clause"],
            "policy": policy.code,
            "ends": ends,
        }
        for key, row in loading.tables.get("parameters", {}).items()
        for place in places
    }
    rows = PolicyValue.objects.filter(starts=policy.valid_from)
    existing = {(row.key, row.division_id): row for row in rows}
    merge(
        loading,
        "parameter",
        existing,
        wanted,
        lambda key, values: PolicyValue(key=key[0], division_id=key[1], starts=policy.valid_from, **values),
    )
    transaction.on_commit(forget)


def write_scheme(loading, table):
    code = table["code"]
    existing = {(row.code,): row for row in Scheme.objects.filter(code=code)}
    values = {"name": table["name"], "policy": loading.policy.code}
    merge(loading, "scheme", existing, {(code,): values}, lambda key, values: Scheme(code=key[0], **values))
    scheme = Scheme.objects.filter(code=code).first()
    if scheme is None:
        return
    link(loading, scheme, table["divisions"])
    write_types(loading, scheme, table["types"])
    write_tier_words(loading, scheme, table.get("tiers", {}))


def write_types(loading, scheme, types):
    wanted = {
        (scheme.code, code): {"name": row["name"], "synonyms": row.get("also", []), "order": order}
        for order, (code, row) in enumerate(types.items(), 1)
    }
    existing = {(scheme.code, row.code): row for row in scheme.types.all()}
    merge(loading, "type", existing, wanted, lambda key, values: OrganizationType(scheme=scheme, code=key[1], **values))


def write_tier_words(loading, scheme, tiers):
    wanted = {
        (scheme.code, word): {"tier": tier, "order": order}
        for tier, words in tiers.items()
        for order, word in enumerate(words, 1)
    }
    existing = {(scheme.code, row.word): row for row in scheme.tier_words.all()}
    merge(loading, "tier", existing, wanted, lambda key, values: TierWord(scheme=scheme, word=key[1], **values))


def write_mechanisms(loading):
    wanted = {
        (code,): {**row, "order": order}
        for order, (code, row) in enumerate(loading.tables.get("mechanisms", {}).items(), 1)
    }
    existing = {(row.code,): row for row in loading.policy.mechanisms.all()}
    merge(
        loading,
        "mechanism",
        existing,
        wanted,
        lambda key, values: Mechanism(policy=loading.policy, code=key[0], **values),
    )


def write_targets(loading):
    """The policy's target set and its targets; a set that is closed already stays as it was closed."""
    policy, table = loading.policy, loading.tables["target_set"]
    existing = {(row.code,): row for row in TargetSet.objects.filter(code=policy.code)}
    if any(row.state == TargetSet.State.CLOSED for row in existing.values()):
        loading.after.update({key: loading.before.get(key, {}) for key in ("set", "target")})
        link(loading, existing[policy.code,], loading.tables["policy"]["divisions"])
        return
    values = {**table, "valid_from": policy.valid_from, "valid_to": policy.valid_to}
    merge(
        loading,
        "set",
        existing,
        {(policy.code,): values},
        lambda key, values: TargetSet(code=key[0], policy=policy, **values),
    )
    row = TargetSet.objects.filter(code=policy.code).first()
    if row is not None:
        link(loading, row, loading.tables["policy"]["divisions"])
        write_lines(loading, row)
        if existing and MOVED & loading.counts.keys():
            row.version += 1  # a form opened before does not write the old line back
            row.save(update_fields=["version"])


def write_lines(loading, target_set):
    wanted = {
        (row["id"],): {**{key: value for key, value in row.items() if key != "id"}, "order": order}
        for order, row in enumerate(loading.tables.get("target", []), 1)
    }
    existing = {(row.code,): row for row in target_set.targets.all()}
    merge(loading, "target", existing, wanted, lambda key, values: Target(set=target_set, code=key[0], **values))


def write_mappings(loading):
    """The same or nearest kind in other schemes; schemes that are not loaded are named in a notice."""
    types = {(row.scheme.code, row.code): row for row in OrganizationType.objects.select_related("scheme")}
    schemes = {scheme for scheme, _code in types}
    wanted, absent = {}, set()
    for (scheme, code), other, text in stated_mappings(loading.tables):
        target = types.get((other, text.removeprefix(NEAREST)))
        if target is not None and (scheme, code) in types:
            wanted[scheme, code, other] = {"target_id": target.pk, "exact": not text.startswith(NEAREST)}
        elif other not in schemes:
            absent.add(other)
        else:
            raise PolicyFileError(
                _("%(file)s, scheme %(scheme)s, types.%(code)s: scheme %(other)s has no kind %(text)s. Correct “as”.")
                % {"file": loading.file, "scheme": scheme, "code": code, "other": other, "text": text}
            )
    for other in sorted(absent):
        loading.notices.append(
            _("%(file)s: kinds are not mapped to scheme %(scheme)s: load its policy, then this file again.")
            % {"file": loading.file, "scheme": other}
        )
    rows = TypeMapping.objects.select_related("source__scheme", "target__scheme") if wanted else []
    existing = {(row.source.scheme.code, row.source.code, row.target.scheme.code): row for row in rows}
    merge(loading, "as", existing, wanted, lambda key, values: TypeMapping(source=types[key[0], key[1]], **values))


def stated_mappings(tables):
    """((scheme, kind), other scheme, other kind) of every "as" in the file."""
    return [
        ((scheme["code"], code), other, text)
        for scheme in tables.get("scheme", [])
        for code, row in scheme["types"].items()
        for other, text in row.get("as", {}).items()
    ]


def merge(loading, section, existing, wanted, build):
    """Create what is new, change what still is as last loaded, leave what was edited, deleted or made by hand."""
    before = loading.before.get(section, {})
    after = loading.after.setdefault(section, {})
    new = []
    for key, values in wanted.items():
        name = " ".join(str(part) for part in key)
        row, old = existing.get(key), before.get(name)
        after[name] = {field: plain(value) for field, value in values.items()}
        if row is None and old is None:
            new.append(build(key, values))
        elif row is not None and old is not None:
            update(loading, section, row, values, old)
    if new:
        type(new[0]).objects.bulk_create(new)
        loading.counts[f"{section}_created"] += len(new)


def update(loading, section, row, values, old):
    fields = [
        name
        for name, value in values.items()
        if (now := plain(getattr(row, name))) == old.get(name, now) and now != plain(value)
    ]
    for name in fields:
        setattr(row, name, values[name])
    if fields:
        row.save(update_fields=fields)
        loading.counts[f"{section}_changed"] += 1


def link(loading, row, codes):
    """Set the divisions of a policy, scheme or set while they are as last loaded (or as yet empty)."""
    name = f"{row._meta.model_name} {row.code}"
    found = loading.divisions(codes)
    now = sorted(row.divisions.values_list("code", flat=True))
    old = loading.before.get("divisions", {}).get(name, [])
    loading.after.setdefault("divisions", {})[name] = sorted(division.code for division in found)
    if now == old:
        row.divisions.set(found)


def plain(value):
    """A value as JSON keeps it, so that a file's, a row's and the last load's compare."""
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        return format(Decimal(str(value)).normalize(), "f")
    return value
