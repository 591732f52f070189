"""The data of each chart (see static/js/charts.js): plain numbers with labels, which the table below it repeats."""

from django.utils.translation import gettext as _

from accounts.templatetags.portal import tone
from registry.models.scheme import Tier
from reporting.figures import COMPUTED
from reporting.measures import ORGS

LONG_LIST = 15


def tiers(row, asked):
    """Organizations by kind of place, one part per tier; every number opens."""
    places = {"urban": _("Urban communities"), "rural": _("Rural communities"), "wide": _("Street-wide")}
    series = [opening(str(tier.label), [f"orgs_{place}_{tier.value}" for place in places], row, asked) for tier in Tier]
    return {
        "kind": "stack",
        "unit": ORGS,
        "whole": True,
        "labels": list(places.values()),
        "series": series,
    }


def opening(label, names, row, asked):
    """A series of measures of one place, each with the page it opens."""
    links = [asked.link("measure", name) for name in names]
    return {"name": label, "values": [row[name] for name in names], "links": links}


def types(kinds, links):
    """Organizations by type, most first; each number opens its link."""
    data = bars([kind.name for kind in kinds], _("Organizations"), [k.number for k in kinds], unit=ORGS, whole=True)
    data["series"][0]["links"] = links
    return data if kinds else None


def trend(points, days):
    """Organizations of every tier on each of the days; `points` is [Figures], oldest first, `days` what opens each."""
    lines = [("orgs", _("Organizations")), *((f"orgs_{tier.value}", str(tier.label)) for tier in Tier)]
    return {
        "kind": "line",
        "unit": ORGS,
        "whole": True,
        "labels": [row.as_of.isoformat() for row in points],
        "counted": any(row.origin == COMPUTED for row in points),
        "series": [
            {
                "name": label,
                "values": [row[name] for row in points],
                "links": [asked.link("measure", name) for asked in days],
            }
            for name, label in lines
        ],
    }


def ranking(rows, label, unit, line=None):
    """The first places of a ranking as bars; rows are dicts with name, value, url."""
    rows = [row for row in rows if row["value"] is not None][:LONG_LIST]
    data = bars([row["name"] for row in rows], label, [plain(row["value"]) for row in rows], unit=unit)
    data["links"] = [row["url"] for row in rows]
    return data if line is None else data | {"goal": plain(line), "goal_label": _("line")}


def bars(labels, name, values, *, unit, whole=False):
    series = [{"name": str(name), "values": values}]
    return {"kind": "bar", "unit": str(unit), "whole": whole, "labels": labels, "series": series}


def target(result, history, links):
    """A target's values on past days; `history` is [(day, value)]. The dashed line is what must be reached."""
    return {
        "kind": "line",
        "unit": result.target.unit,
        "labels": [day.isoformat() for day, _value in history],
        "series": [{"name": result.target.name, "values": [plain(value) for _day, value in history], "links": links}],
        "goal": plain(result.line),
        "goal_label": _("line"),
    }


def lit(data, states):
    """The same bars, each in the colour of its state."""
    data["series"][0]["states"] = [tone(state) for state in states]
    return data


def plain(value):
    """A number JSON can carry: two decimals are enough for a picture."""
    return None if value is None else round(float(value), 2)
