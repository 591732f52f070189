"""Every paper a flow names is issued by the step that names it, says what happened, and is the same when made again."""

import io
import re

import pypdf
import pytest
from django.db import transaction

from casework.documents.letters import LETTERS, render
from casework.flows import FLOWS
from casework.models import Paper
from casework.services import papers
from tests import builders, cases

pytestmark = pytest.mark.django_db
FULL_ID, PHONE = cases.LEADER["id_number"], cases.LEADER["phone"]


def issuing():
    """(kind, code, row, source): the first row of each flow that issues a paper, from a state after the submission."""
    found = {}
    for kind, flow in FLOWS.items():
        for row in flow.transitions:
            sources = [source for source in row.sources if source != flow.first.code or row.name == "submit"]
            # A draft that ends issues nothing.
            for code in papers.codes_of(row) if sources else ():
                found.setdefault((kind, code), (row, sources[-1]))
    return [(kind, code, row, source) for (kind, code), (row, source) in found.items()]


ISSUING = issuing()


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker):
    """One world for all papers; every test's own case is rolled back after it."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield cases.make_people(builders.make_world())
        transaction.set_rollback(True)


@pytest.fixture(autouse=True)
def _own_files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def issue(world, kind, code, row=None, source=None, **fields):
    """The paper of that code of a case that just took the step naming it."""
    if row is None:
        row, source = next((row, source) for k, c, row, source in ISSUING if (k, c) == (kind, code))
    filing = cases.make_filing(world, source, kind=kind, **fields)
    if code == "certificate" and filing.organization:
        builders.make_certificate(filing.organization)
    cases.walk(filing, row, world)
    return filing.case.issued.get(code=code, step__transition=row.name)


def text_of(pdf):
    return re.sub(r"\s", "", "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages))


def test_every_code_of_a_flow_is_a_paper():
    assert {code for _kind, code, _row, _source in ISSUING} <= set(LETTERS)


@pytest.mark.parametrize(
    ("kind", "code", "row", "source"), ISSUING, ids=[f"{kind}-{code}" for kind, code, _row, _source in ISSUING]
)
def test_every_paper_of_a_flow_is_issued_and_made(kind, code, row, source, world):
    paper = issue(world, kind, code, row, source)
    said = text_of(render(paper.code, paper.data))
    assert paper.state == Paper.State.WAITING
    assert re.sub(r"\s", "", paper.title) in said
    assert re.sub(r"\s", "", paper.data["office"]) in said
    assert FULL_ID not in str(paper.data)
    assert PHONE not in str(paper.data)
    assert "None" not in said
    if code != "certificate":
        assert paper.number in said
        assert paper.data["case_number"] == paper.case.number
