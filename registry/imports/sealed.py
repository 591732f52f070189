"""The personal numbers of a line, sealed while the batch waits."""

import json

from registry.imports.check import row_uid
from registry.sealing import unseal


def opened(batch, line):
    """{"phone", "id_number"} in clear of one line, to be sealed again at its record."""
    return json.loads(unseal(line.sealed, row_uid=row_uid(batch, line.sheet, line.row), field="row") or "{}")
