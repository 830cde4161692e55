"""One catalogue for all words of the screens: complete, all of it used, and no Chinese beside it."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import hotline.commands
import hotline.ui
from hotline import locale

FILES = sorted(Path(hotline.ui.__file__).parent.rglob("*.py"))
SPOKEN = [*FILES, *sorted(Path(hotline.commands.__file__).parent.rglob("*.py"))]
"""What takes words from the catalogue: screens, and commands that print tables for people."""
SCRIPTS = sorted(Path(hotline.ui.__file__).parent.rglob("*.js")) + sorted(Path(hotline.ui.__file__).parent.rglob("*.html"))
HAN = re.compile(r"[\u3400-\u9fff]")


def _calls(function: str) -> list[ast.expr]:
    """The first argument of every ``t(…)`` or ``term(…)`` of the screens and commands."""
    return [
        node.args[0]
        for file in SPOKEN
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == function
    ]


def _constants(argument: ast.expr) -> list[str]:
    choices = [argument.body, argument.orelse] if isinstance(argument, ast.IfExp) else [argument]
    return [choice.value for choice in choices if isinstance(choice, ast.Constant)]


def _looked_up() -> set[str]:
    """Keys read from the catalogue itself: ``catalogue()["rules.sample"][language]``."""
    nodes = [node for file in FILES for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))) if isinstance(node, ast.Subscript)]
    return {node.slice.value for node in nodes if isinstance(node.slice, ast.Constant) and ast.unparse(node.value).endswith("catalogue()")}


def _prefixes() -> set[str]:
    """Groups asked for by value: ``term("role", …)``, and ``t(f"section.{name}")``."""
    groups = {f"{name}." for argument in _calls("term") for name in _constants(argument)}
    for argument in _calls("t"):
        if isinstance(argument, ast.JoinedStr) and isinstance(argument.values[0], ast.Constant):
            groups.add(argument.values[0].value)
    return groups


def test_every_key_used_exists() -> None:
    used = {key for argument in _calls("t") for key in _constants(argument)}
    assert len(used) > 100
    assert used <= set(locale.catalogue())
    for prefix in _prefixes():
        assert any(key.startswith(prefix) for key in locale.catalogue()), prefix


def test_each_group_stands_in_one_file() -> None:
    texts = [file.read_text(encoding="utf-8") for file in Path(locale.__file__).parent.glob("*.yaml")]
    groups = [group for text in texts for group in re.findall(r"^(\w+):", text, flags=re.MULTILINE)]
    assert len(groups) > 30
    assert sorted(set(groups)) == sorted(groups)


def test_every_key_is_used() -> None:
    used = {key for argument in _calls("t") for key in _constants(argument)} | _looked_up()
    prefixes = tuple(_prefixes())
    assert [key for key in locale.catalogue() if key not in used and not key.startswith(prefixes)] == []


@pytest.mark.parametrize("key", sorted(locale.catalogue()))
def test_entry_speaks_both_languages_with_the_same_places(key: str) -> None:
    entry = locale.catalogue()[key]
    assert set(entry) == set(locale.LANGUAGES)
    assert all(isinstance(text, str) and text.strip() for text in entry.values())
    places = [set(re.findall(r"\{(\w+)", text)) for text in entry.values()]
    assert places[0] == places[1]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_no_chinese_stands_in_the_screens(file: Path) -> None:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    bodies = [node.body for node in ast.walk(tree) if isinstance(node, (ast.Module, ast.FunctionDef, ast.ClassDef)) and node.body]
    docstrings = {id(body[0].value) for body in bodies if isinstance(body[0], ast.Expr)}
    literals = [
        node for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings
    ]
    assert [literal.value for literal in literals if HAN.search(literal.value)] == []


@pytest.mark.parametrize("file", SCRIPTS, ids=lambda file: file.name)
def test_components_get_their_words_from_the_catalogue_and_set_no_markup(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert not HAN.search(text)
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(", text)


def test_language_is_one_of_two() -> None:
    with pytest.raises(ValueError, match="klingon"):
        locale.use("klingon")
    locale.use("en")
    assert locale.t("screen.board") == "Weekly board"
    assert locale.term("passed", "no such value") == "no such value"
    locale.use("zh")
    assert locale.t("screen.board") == "周看板"
    with pytest.raises(KeyError):
        locale.t("no.such_key")


def test_every_action_of_the_audit_trail_has_a_name() -> None:
    """The trail on the overview names what was done; actions are the words given to ``audit.record`` and to what hands them on."""
    root = Path(hotline.ui.__file__).parents[2]
    actions = set()
    for file in (file for package in ("hotline", "qa", "reports") for file in (root / package).rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                place = {"record": 2, "_admit": 3, "_change": 3, "_write": 3}.get(name)
                if place is not None and len(node.args) > place and isinstance(action := node.args[place], ast.Constant):
                    actions.add(str(action.value))
    assert len(actions) > 20
    assert {f"action.{action}" for action in actions} <= set(locale.catalogue())
