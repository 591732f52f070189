"""The report of an import: file error, notices and every line with its values, for the operator's own eyes."""

from registry.imports.sealed import opened
from registry.imports.sentences import NOTICES, ROWS, file_sentence, say
from registry.imports.staging import lines_of

INTERNAL = ("found", "_columns", "record_key", "record_version", "street")


def report(batch):
    """{"file_error", "notices", "rows"} of a checked, refused or stored batch; phone and ID numbers in clear."""
    if batch.file_error:
        return refused(batch.file_error)
    return {
        "file_error": None,
        "notices": [told(notice) for notice in batch.notices],
        "rows": [row(batch, line) for line in lines_of(batch)],
    }


def refused(error):
    """The report of a file refused as a whole."""
    return {"file_error": {"code": error["code"], "message": file_sentence(error)}, "notices": [], "rows": []}


def told(notice):
    return {"code": notice["code"], "sheet": notice["sheet"], "message": say(NOTICES, notice["code"], notice["params"])}


def row(batch, line):
    values = {key: value for key, value in line.values.items() if key not in INTERNAL}
    if line.sealed:
        values |= opened(line)
    return {
        "sheet": line.sheet,
        "row": line.row,
        "status": line.status,
        "values": values,
        "errors": [sentence(found) for found in line.errors],
        "warnings": [sentence(found) for found in line.warnings],
    }


def sentence(found):
    return {"field": found["field"], "cell": found["cell"], "message": say(ROWS, found["code"], found["params"])}
