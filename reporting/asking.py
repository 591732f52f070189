"""What a page was asked for: a place, a day and a map; every link it makes keeps them."""

import datetime as dt
from dataclasses import dataclass
from urllib.parse import urlencode

from django.db.models import Model
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Division
from reporting.figures import tables
from reporting.sources import WAS

RIGHT = "reporting.view_rollup"


@dataclass(frozen=True)
class Asked:
    """A division on a day, on the map of that day or on today's."""

    division: Division
    on: dt.date
    basis: str = WAS

    @property
    def query(self):
        """The parameters that differ from a plain page of today."""
        given = {} if self.on == timezone.localdate() else {"as_of": self.on.isoformat()}
        return given if self.basis == WAS else given | {"basis": self.basis}

    def link(self, name, *args, division=None, **query):
        """The address of a page of this app for the division (or another one), with the same day and map."""
        place = division or self.division
        url = reverse(f"reporting:{name}", args=[place.pk if isinstance(place, Model) else place, *args])
        query = self.query | query
        return f"{url}?{urlencode(query)}" if query else url

    def tables(self, levels):
        return tables(self.division, levels, self.on, self.basis)


def crumbs(asked, user, *tail):
    """The divisions above this one that the user may open, each a link to its dashboard, then the page itself."""
    ids = asked.division.ancestor_ids[:-1]
    above = Division.objects.visible_to(user, RIGHT).in_bulk(ids)
    path = [(str(above[pk]), asked.link("dashboard", division=above[pk])) for pk in ids if pk in above]
    here = (str(asked.division), asked.link("dashboard") if tail else "")
    return [(_("Home"), reverse("reporting:home")), *path, here, *((label, "") for label in tail)]
