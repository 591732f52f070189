"""Reading a policy file: TOML in, checked plain tables out, or one sentence that says what to correct where."""

import datetime as dt
import tomllib
from dataclasses import dataclass
from pathlib import Path

from django.utils.translation import gettext as _

from accounts.models import Division
from registry.models import Term
from registry.models.scheme import Tier
from reporting.measures import MEASURES
from reporting.models import Mechanism, Policy, Target, TargetSet
from reporting.models.policy import spelled_out
from reporting.typed import has_type, is_known, near, stored_kinds

NUMBER = (int, float)
LARGEST = 10**10


class PolicyFileError(ValueError):
    """A policy file that cannot be loaded: the message names the file, the table, the key and what to do."""


@dataclass(frozen=True)
class Key:
    """What one key of a table may hold."""

    type: type | tuple
    required: bool = False
    choices: tuple = ()


TABLES = {
    "policy": {
        "code": Key(str, required=True),
        "name": Key(str, required=True),
        "issuer": Key(str),
        "source": Key(str, required=True),
        "issued": Key(dt.date),
        "valid_from": Key(dt.date, required=True),
        "valid_to": Key(dt.date),
        "state": Key(str, required=True, choices=tuple(Policy.State.values)),
        "divisions": Key(list, required=True),
        "note": Key(str),
    },
    "terms": {"name": Key(str, required=True), "also": Key(list), "clause": Key(str)},
    "scheme": {
        "code": Key(str, required=True),
        "name": Key(str, required=True),
        "divisions": Key(list, required=True),
        "types": Key(dict, required=True),
        "tiers": Key(dict),
    },
    "scheme.types": {"name": Key(str, required=True), "also": Key(list), "as": Key(dict)},
    "parameters": {"value": Key(object, required=True), "clause": Key(str, required=True)},
    "target_set": {
        "name": Key(str, required=True),
        "state": Key(str, required=True, choices=tuple(TargetSet.State.values)),
    },
    "target": {
        "id": Key(str, required=True),
        "name": Key(str, required=True),
        "formula": Key(str, required=True),
        "clause": Key(str, required=True),
        "level": Key(str, required=True, choices=tuple(Division.Level.values)),
        "kind": Key(str, required=True, choices=tuple(Target.Kind.values)),
        "basis": Key(str, choices=tuple(Target.Basis.values)),
        "classing": Key(str, choices=tuple(Target.Classing.values)),
        "tiers": Key(list),
        "numerator": Key(list),
        "denominator": Key(list),
        "factor": Key(NUMBER),
        "unit": Key(str),
        "direction": Key(str, choices=tuple(Target.Direction.values)),
        "value": Key(NUMBER, required=True),
        "good_value": Key(NUMBER),
        "basically": Key(bool),
        "period": Key(str, choices=tuple(Target.Period.values)),
        "deadline": Key(dt.date),
        "baseline_on": Key(dt.date),
        "baseline_value": Key(NUMBER),
        "reported": Key(str),
        "reporters": Key(str),
        "needs": Key(str),
        "note": Key(str),
    },
    "mechanisms": {
        "kind": Key(str, required=True, choices=tuple(Mechanism.Kind.values)),
        "name": Key(str, required=True),
        "level": Key(str),
        "clause": Key(str),
    },
}
LISTED = {"scheme", "target"}
TOP = {"policy", "terms", "scheme", "parameters", "target_set", "target", "mechanisms"}


def read(path):
    """The tables of a policy file. Refuses what is not TOML, unknown tables or keys, wrong types and unknown words."""
    try:
        tables = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise PolicyFileError(
            _("%(file)s cannot be read (%(why)s). Name a policy file written in UTF-8.") % {"file": path, "why": error}
        ) from error
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise PolicyFileError(
            _("%(file)s is not valid TOML: %(why)s. Correct that line.") % {"file": path, "why": error}
        ) from error
    Reader(Path(path).name).check(tables)
    return tables


def require_types(files):
    """Refuses a formula with a type that neither the files loaded together, {path: tables}, nor the register have."""
    schemes = [scheme for tables in files.values() for scheme in tables.get("scheme", [])]
    kinds = stored_kinds() | {f"{scheme['code']}/{code}" for scheme in schemes for code in scheme["types"]}
    for path, tables in files.items():
        for target in tables.get("target", []):
            Reader(Path(path).name).types(target, kinds)


@dataclass(frozen=True)
class Reader:
    """Checks the tables of one file; every refusal names the file."""

    file: str

    def refuse(self, table, key, problem):
        raise PolicyFileError(
            _("%(file)s, table %(table)s, key %(key)s: %(problem)s")
            % {"file": self.file, "table": table, "key": key, "problem": problem}
        )

    def check(self, tables):
        for name in tables.keys() - TOP:
            self.refuse(name, "-", _("this table is unknown. Known are: %s.") % ", ".join(sorted(TOP)))
        self.table("policy", tables.get("policy", {}))
        for name in tables.keys() & LISTED:
            if not isinstance(tables[name], list):
                self.refuse(name, "-", _("this is a list: write it in double brackets, [[%s]].") % name)
        for name, words in tables.get("terms", {}).items():
            self.choice("terms", name, name, Term.List.values)
            self.rows("terms", f"terms.{name}", words)
        self.rows("parameters", "parameters", tables.get("parameters", {}))
        self.rows("mechanisms", "mechanisms", tables.get("mechanisms", {}))
        for scheme in tables.get("scheme", []):
            self.scheme(scheme)
        if "target_set" in tables:
            self.table("target_set", tables["target_set"])
        self.targets(tables.get("target", []), tables)

    def rows(self, kind, name, rows):
        if not isinstance(rows, dict):
            self.refuse(name, "-", _("this must be a table of keys and values."))
        for key, row in rows.items():
            self.table(kind, row, f"{name}.{key}")

    def table(self, kind, row, name=""):
        """One table against its keys: nothing missing, nothing unknown, right types, words from the list."""
        name, keys = name or kind, TABLES[kind]
        if not isinstance(row, dict):
            self.refuse(name, "-", _("this must be a table of keys and values."))
        for key, rule in keys.items():
            if rule.required and key not in row:
                self.refuse(name, key, _("it is missing. Add it."))
        for key, value in row.items():
            if key not in keys:
                self.refuse(name, key, _("it is unknown. Remove it or write one of: %s.") % ", ".join(keys))
            self.value(name, key, value, keys[key])

    def value(self, table, key, value, rule):
        wrong = not isinstance(value, rule.type) or (isinstance(value, bool) and rule.type is NUMBER)
        if wrong or "\0" in str(value) or (rule.type is list and not all(isinstance(word, str) for word in value)):
            self.refuse(table, key, _("“%s” has the wrong type. Write it as in the other policy files.") % value)
        if rule.type is NUMBER and not 0 <= value < LARGEST:
            self.refuse(table, key, _("“%s” is no number a target can have. Write one from 0 on.") % value)
        if rule.choices:
            self.choice(table, key, value, rule.choices)

    def choice(self, table, key, value, choices):
        if value not in choices:
            words = {"value": value, "choices": ", ".join(choices)}
            self.refuse(table, key, _("“%(value)s” is not one of: %(choices)s.") % words)

    def scheme(self, scheme):
        self.table("scheme", scheme)
        name = f"scheme {scheme['code']}"
        for code, row in scheme["types"].items():
            self.table("scheme.types", row, f"{name}, types.{code}")
        for tier, word in scheme.get("tiers", {}).items():
            self.choice(f"{name}, tiers", tier, tier, Tier.values)
            self.value(f"{name}, tiers", tier, word, Key(list))

    def targets(self, targets, tables):
        if targets and "target_set" not in tables:
            self.refuse("target_set", "name", _("targets need a target set. Add the table [target_set]."))
        seen = set()
        for target in targets:
            self.target(target)
            if target["id"] in seen:
                self.refuse("target", target["id"], _("this number is given twice. Give each target its own."))
            seen.add(target["id"])

    def target(self, target):
        self.table("target", target, f"target {target.get('id', '?')}")
        name = f"target {target['id']}"
        self.line(name, target)
        for tier in target.get("tiers", []):
            self.choice(name, "tiers", tier, Tier.values)
        for key, measure in self.formula(target):
            self.measure(name, key, measure)
        for key in ("reported", "reporters"):
            if key in target:
                self.measure(name, key, target[key])

    def line(self, name, target):
        if target.get("period", "deadline") == "deadline" and "deadline" not in target:
            self.refuse(name, "deadline", _("it is missing. Add it, or write period = “standing” or “yearly”."))
        if target["kind"] == Target.Kind.GROWTH and "baseline_on" not in target:
            self.refuse(name, "baseline_on", _("it is missing. Growth is counted from a date: add it."))
        if target.get("factor", 1) <= 0:
            self.refuse(name, "factor", _("write a number greater than 0."))

    def measure(self, table, key, name):
        if not (is_known(name) if key in ("numerator", "denominator") else name in MEASURES):
            self.no_measure(table, key, name)

    def formula(self, target):
        """(key, name) of every measure the formula adds up."""
        tiers, classing = tuple(target.get("tiers", ())), target.get("classing", "")
        for key in ("numerator", "denominator"):
            for name in spelled_out(tuple(target.get(key, ())), tiers, classing):
                yield key, name

    def types(self, target, kinds):
        for key, name in self.formula(target):
            if not has_type(name, kinds):
                self.no_measure(f"target {target['id']}", key, name, kinds)

    def no_measure(self, table, key, name, kinds=()):
        words = {"name": name, "near": ", ".join(near(name, kinds))}
        self.refuse(table, key, _("“%(name)s” is no measure. Near names: %(near)s.") % words)
