"""The Chinese catalogue without gettext binaries: `python -m tests.catalogue [FILE.po …]` refreshes and compiles it.

It collects the English msgids of the project and of Unfold (which ships no Chinese), keeps what is translated, takes
translations from the .po files named, drops what nobody uses any more and lists what still has no Chinese.
"""

import ast
import re
import sys
from importlib.util import find_spec
from pathlib import Path

import django
import polib
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
CATALOGUE = ROOT / "locale/zh_Hans/LC_MESSAGES/django.po"
APPS = ["accounts", "casework", "config", "evaluation", "funding", "incubation", "registry", "reporting"]
SINGULAR, PLURAL, CONTEXT = 1, 2, -1
FUNCTIONS = {
    **dict.fromkeys(("_", "gettext", "gettext_lazy", "gettext_noop"), SINGULAR),
    **dict.fromkeys(("ngettext", "ngettext_lazy"), PLURAL),
    **dict.fromkeys(("pgettext", "pgettext_lazy"), CONTEXT),
}
LITERAL = r"""u?(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")"""
CALL = re.compile(rf"\b(n?p?gettext|_)\(\s*({LITERAL})(?:\s*,\s*({LITERAL}))?", re.DOTALL)
HEADER = {
    "Content-Type": "text/plain; charset=UTF-8",
    "Content-Transfer-Encoding": "8bit",
    "Language": "zh_Hans",
    "Plural-Forms": "nplurals=1; plural=0;",
}


def python_messages(path):
    """(context, msgid, plural) of every gettext call with literal arguments in a Python file."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        kind = FUNCTIONS.get(getattr(node.func, "id", getattr(node.func, "attr", None)))
        texts = [a.value for a in node.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
        if kind == CONTEXT and len(texts) > 1:
            yield texts[0], texts[1], None
        elif kind in (SINGULAR, PLURAL) and texts:
            yield None, texts[0], texts[1] if kind == PLURAL and len(texts) > 1 else None


def template_messages(path):
    """The same of a template, read by Django's own template lexer."""
    for name, first, second in CALL.findall(templatize(path.read_text(encoding="utf-8"), origin=str(path))):
        one, two = ast.literal_eval(first), ast.literal_eval(second) if second else None
        if name.startswith("p"):
            yield one, two, None
        else:
            yield None, one, two if name.startswith("n") else None


def messages_under(folder, suffixes=(".py", ".html", ".txt")):
    for path in sorted(folder.rglob("*")):
        if path.suffix in suffixes and "migrations" not in path.parts and "node_modules" not in path.parts:
            yield from python_messages(path) if path.suffix == ".py" else template_messages(path)


def django_messages():
    """What Django itself already says in Chinese."""
    folder = Path(django.__file__).parent
    catalogues = [folder / "conf", *sorted((folder / "contrib").iterdir())]
    found = set()
    for base in catalogues:
        path = base / "locale/zh_Hans/LC_MESSAGES/django.po"
        if path.exists():
            found |= {(e.msgctxt, e.msgid) for e in polib.pofile(str(path)) if e.translated()}
    return found


def wanted():
    """Every message that must be in the catalogue: {(context, msgid): plural}."""
    found = {}
    for folder in [ROOT / app for app in APPS] + [ROOT / "templates"]:
        found |= {(context, msgid): plural for context, msgid, plural in messages_under(folder) if msgid}
    unfold = Path(find_spec("unfold").origin).parent
    theirs = {(context, msgid): plural for context, msgid, plural in messages_under(unfold) if msgid}
    known = django_messages()
    return {key: plural for key, plural in theirs.items() if key not in known} | found


def refresh(extra):
    """Write the catalogue anew, with translations of the `extra` files too; returns the msgids without one."""
    known = {}
    for path in [CATALOGUE, *extra]:
        if path.exists():
            known |= {(e.msgctxt, e.msgid): e for e in polib.pofile(str(path)) if e.translated()}
    catalogue = polib.POFile(wrapwidth=120)
    catalogue.metadata = HEADER
    missing = []
    for (context, msgid), plural in sorted(wanted().items(), key=lambda item: (item[0][1], item[0][0] or "")):
        catalogue.append(entry := translate(context, msgid, plural, known.get((context, msgid))))
        if not entry.translated():
            missing.append(msgid)
    catalogue.save(str(CATALOGUE))
    catalogue.save_as_mofile(str(CATALOGUE.with_suffix(".mo")))
    return missing


def translate(context, msgid, plural, known):
    text = "" if known is None else known.msgstr or known.msgstr_plural.get(0, "")
    if plural:
        return polib.POEntry(msgctxt=context, msgid=msgid, msgid_plural=plural, msgstr_plural={0: text})
    return polib.POEntry(msgctxt=context, msgid=msgid, msgstr=text)


if __name__ == "__main__":
    untranslated = refresh([Path(name) for name in sys.argv[1:]])
    sys.stdout.write("".join(f"no Chinese yet: {msgid!r}\n" for msgid in untranslated))
    sys.exit(1 if untranslated else 0)
