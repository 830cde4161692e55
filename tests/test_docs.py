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
GUIDES = ("getting-started", "rules", "speech", "store", "boards", "forecasting", "screens")


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


@pytest.mark.parametrize("operator", OPERATORS)
@pytest.mark.parametrize("page", ["rules-reference.md"])
def test_every_operator_is_documented(operator: str, page: str) -> None:
    assert re.search(rf"^#+ .*`?{operator}`?", (DOCS / page).read_text(encoding="utf-8"), flags=re.MULTILINE)


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


def test_commands_named_in_guides_exist() -> None:
    known = set(re.findall(r"^## (hotline[\w -]*)$", (DOCS / "commands.md").read_text(encoding="utf-8"), flags=re.MULTILINE))
    for page in [*ROOT.glob("README*.md"), *DOCS.glob("*.md")]:
        for block in re.findall(r"```sh\n(.*?)```", page.read_text(encoding="utf-8"), flags=re.DOTALL):
            for words in re.findall(r"\bhotline ((?:[a-z][a-z\-]*)(?: [a-z][a-z\-]*)?)", block):
                full = f"hotline {words}"
                assert full in known or full.rsplit(" ", 1)[0] in known, f"{page.name}: {full}"
