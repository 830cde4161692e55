"""The documentation covers what there is: generated pages are current, guides exist in both languages, links lead somewhere."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path

import pytest

from qa.rules.conditions import OPERATORS

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
GUIDES = (
    "getting-started",
    "rules",
    "rules-as-code",
    "speech",
    "diarization",
    "transcription",
    "small-model",
    "ingestion",
    "privacy",
    "store",
    "boards",
    "forecasting",
    "screens",
)


def _generator():
    spec = importlib.util.spec_from_file_location("docs_generate", DOCS / "generate.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("page", _generator().PAGES)
def test_generated_pages_are_current(page: str) -> None:
    assert (DOCS / page).read_text(encoding="utf-8") == _generator().PAGES[page](), "run: make docs"


def test_every_command_has_a_help_text() -> None:
    page = (DOCS / "commands.md").read_text(encoding="utf-8")
    sections = re.split(r"^## ", page, flags=re.MULTILINE)[1:]
    assert len(sections) > 25
    for section in sections:
        title, _, body = section.partition("\n")
        assert body.strip() and not body.strip().startswith(("```", "|")), f"{title} has no help text"


def test_every_operator_is_documented() -> None:
    page = (DOCS / "rules-reference.md").read_text(encoding="utf-8")
    assert re.findall(r"^### `(\w+)`$", page, flags=re.MULTILINE) == list(OPERATORS)


@pytest.mark.parametrize("guide", GUIDES)
def test_each_guide_is_there_in_both_languages(guide: str) -> None:
    english = (DOCS / f"{guide}.md").read_text(encoding="utf-8")
    chinese = (DOCS / f"{guide}.zh-CN.md").read_text(encoding="utf-8")
    assert len(english) > 800
    assert len(re.findall(r"[\u4e00-\u9fff]", chinese)) > 300


@pytest.mark.parametrize("page", [*ROOT.glob("*.md"), *DOCS.glob("*.md")], ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)#]+)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), f"{page.name}: {target}"


def _unknown_commands(page: str, known: set[str]) -> list[str]:
    """The commands in a page's shell blocks that are not in ``known``; the names of a group are part of it."""
    groups = {name for name in known if any(other.startswith(f"{name} ") for other in known)}
    unknown = []
    for block in re.findall(r"```sh\n(.*?)```", page, flags=re.DOTALL):
        for words in re.findall(r"\bhotline((?: [a-z][a-z-]*)+)", block):
            named = "hotline"
            for word in words.split():  # a group is followed by its subcommand, a command by arguments
                if named in groups:
                    named = f"{named} {word}"
            if named not in known:
                unknown.append(named)
    return unknown


def test_commands_named_in_guides_exist() -> None:
    known = set(re.findall(r"^## (hotline[\w -]*)$", (DOCS / "commands.md").read_text(encoding="utf-8"), flags=re.MULTILINE))
    for page in [*ROOT.glob("README*.md"), *DOCS.glob("*.md")]:
        assert _unknown_commands(page.read_text(encoding="utf-8"), known) == [], page.name


def test_a_command_that_is_not_there_is_noticed() -> None:
    known = {"hotline", "hotline models", "hotline models pull", "hotline init"}
    page = "```sh\nhotline models pull offline\nhotline models\nhotline init\n{}\n```"
    assert _unknown_commands(page.format(""), known) == []
    assert _unknown_commands(page.format("hotline models pul offline"), known) == ["hotline models pul"]
    assert _unknown_commands(page.format("hotline modles pull"), known) == ["hotline modles"]
