import ast
import re
import statistics
import tomllib
from functools import cache
from pathlib import Path

import pytest
from django.core.management import call_command
from importlinter.cli import lint_imports

ROOT = Path(__file__).resolve().parent.parent
APPS = ("accounts", "casework", "registry", "incubation", "funding", "evaluation", "reporting")
CODE = (*APPS, "config")
FORBIDDEN_NAMES = {
    *("utils", "helpers", "common", "core", "lib", "misc", "signals", "managers", "selectors", "constants", "mixins"),
}
RULES = {"models", "services", "workflow", "policy", "workdays", "audit", "rollups", "measures"}
WEB_IMPORT = re.compile(r"^(?:from|import) (?:rest_framework|django\.http|django\.shortcuts).*", re.MULTILINE)
FILE_LINES = 400
FUNCTION_LINES = 40
FUNCTION_MEDIAN = 7
FUNCTION_P95 = 25


@cache
def sources(*folders):
    files = (path for folder in folders for path in sorted((ROOT / folder).rglob("*.py")))
    return {
        path.relative_to(ROOT): path.read_text(encoding="utf-8") for path in files if "migrations" not in path.parts
    }


@cache
def trees():
    return {path: ast.parse(text) for path, text in sources(*CODE).items()}


def functions():
    """Every function with its number of lines, from `def` to the end, without its docstring."""
    for path, tree in trees().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield f"{path}:{node.lineno} {node.name}", body_lines(node)


def body_lines(node):
    first = node.body[0]
    is_docstring = isinstance(first, ast.Expr) and isinstance(getattr(first, "value", None), ast.Constant)
    docstring = first.end_lineno - first.lineno + 1 if is_docstring else 0
    return node.end_lineno - node.lineno + 1 - docstring


def test_imports_follow_the_order_of_the_apps(monkeypatch):
    monkeypatch.chdir(ROOT)
    monkeypatch.syspath_prepend(str(ROOT))
    assert lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True) == 0


def test_rules_know_nothing_of_the_web():
    found = [
        f"{path}: {line}"
        for path, text in sources(*APPS).items()
        if RULES & {*path.with_suffix("").parts}
        for line in re.findall(
            r"^(?:from|import) (?:rest_framework|django\.http|django\.shortcuts).*", text, re.MULTILINE
        )
    ]
    assert found == []


def test_no_function_is_too_long():
    assert {name: lines for name, lines in functions() if lines > FUNCTION_LINES} == {}


def test_functions_are_short_as_a_rule():
    lengths = [lines for _, lines in functions()]
    assert statistics.median(lengths) <= FUNCTION_MEDIAN
    assert statistics.quantiles(lengths, n=20)[-1] <= FUNCTION_P95


def test_no_file_is_too_long():
    lengths = {str(path): len(text.splitlines()) for path, text in sources(*CODE).items()}
    assert {path: lines for path, lines in lengths.items() if lines > FILE_LINES} == {}


def test_no_module_has_a_name_that_says_nothing():
    assert [str(path) for path in sources(*CODE) if FORBIDDEN_NAMES & {*path.with_suffix("").parts}] == []


def test_imports_stand_at_the_top_and_are_whole():
    found = [
        f"{path}:{node.lineno}"
        for path, tree in trees().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom) and (node not in tree.body or is_star_or_relative(node))
        if path.name != "apps.py"  # ready() is where Django lets an app reach its own models
    ]
    assert found == []


def is_star_or_relative(node):
    return isinstance(node, ast.ImportFrom) and (node.level > 0 or any(alias.name == "*" for alias in node.names))


def test_no_except_catches_everything():
    found = [
        f"{path}:{node.lineno}"
        for path, tree in trees().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or getattr(node.type, "id", "") in {"Exception", "BaseException"})
    ]
    assert found == []


def test_no_model_has_a_save_of_its_own():
    found = [
        f"{path}:{node.lineno}"
        for path, tree in trees().items()
        if "models" in path.with_suffix("").parts
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and node.name == "save"
    ]
    assert found == []


@pytest.mark.django_db
def test_the_migrations_say_what_the_models_say():
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_the_lock_names_no_host_and_hashes_every_package(name):
    text = (ROOT / name).read_text()
    assert "://" not in text
    assert not re.search(r"^--?(index|extra-index|find-links|trusted-host|i\b|f\b)", text, re.MULTILINE)
    packages = re.split(r"\n(?=\w)", text.strip())
    assert [package.split()[0] for package in packages if "--hash=sha256:" not in package] == []


def test_the_lock_holds_every_package_that_is_asked_for():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    locked = set(re.findall(r"^([a-z0-9.-]+)==", (ROOT / "requirements-dev.txt").read_text(), re.MULTILINE))
    asked = project["dependencies"] + project["optional-dependencies"]["dev"]
    assert {re.match(r"[\w.-]+", line)[0].lower() for line in asked} - locked == set()


def test_every_variable_of_the_environment_is_in_the_example():
    read = set()
    for text in sources(*CODE, "deploy").values():
        read |= set(re.findall(r"\benv(?:_bool|_int|_list)?\(\s*['\"]([A-Z_]+)['\"]", text))
        read |= set(re.findall(r"environ(?:\.get\(|\[)['\"]([A-Z_]+)['\"]", text))
    named = set(re.findall(r"^([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    assert read - named - {"DJANGO_SETTINGS_MODULE"} == set()
