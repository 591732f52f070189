"""Every English string has its Chinese, and the compiled catalogue is the one in the source."""

import re

import polib
import pytest

from tests.catalogue import CATALOGUE, wanted

PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w*\}")


@pytest.fixture(scope="module")
def catalogue():
    return {(entry.msgctxt, entry.msgid): entry for entry in polib.pofile(str(CATALOGUE))}


def test_every_string_is_translated(catalogue):
    missing = [key for key in wanted() if key not in catalogue or not catalogue[key].translated()]
    assert missing == []


def test_nothing_is_fuzzy_or_left_over(catalogue):
    assert [entry.msgid for entry in catalogue.values() if entry.fuzzy or entry.obsolete] == []


def test_placeholders_survive_translation(catalogue):
    def text(entry):
        return entry.msgstr or entry.msgstr_plural[0]

    wrong = [
        entry.msgid
        for entry in catalogue.values()
        if not set(PLACEHOLDER.findall(text(entry)))
        <= set(PLACEHOLDER.findall(entry.msgid + (entry.msgid_plural or "")))
    ]
    assert wrong == []


def test_the_compiled_catalogue_is_current(catalogue):
    compiled = {
        (e.msgctxt, e.msgid): e.msgstr or e.msgstr_plural.get(0)
        for e in polib.mofile(str(CATALOGUE.with_suffix(".mo")))
    }
    source = {key: entry.msgstr or entry.msgstr_plural.get(0) for key, entry in catalogue.items() if entry.translated()}
    assert compiled == source
