"""What this viewer has changed in a rule set: kept in the browser session only, until it is downloaded or published."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import streamlit as st

from hotline.locale import current, messages
from hotline.ui.rules.shelf import Shown
from qa.rules import RuleSet
from qa.rules.checks import ERROR, Problem, check_text

LONGEST = 400_000
"""Characters of a draft."""


@dataclass(slots=True)
class Draft:
    """The text being edited. ``generation`` grows when it is replaced as a whole, which gives the editor a fresh start."""

    text: str
    folder: Path | None
    began_as: str
    generation: int = 0


@dataclass(frozen=True, slots=True)
class Checked:
    """A text with what is wrong with it; ``rule_set`` is None where it cannot be read."""

    text: str
    rule_set: RuleSet | None
    problems: tuple[Problem, ...]

    @property
    def errors(self) -> int:
        """Problems with which it cannot be published."""
        return sum(problem.level == ERROR for problem in self.problems) if self.rule_set is not None else max(1, len(self.problems))


def of(one: Shown) -> Draft:
    """The draft of a rule set, begun from its text at the first look."""
    drafts: dict[str, Draft] = st.session_state.setdefault("rules_drafts", {})
    if one.key not in drafts:
        drafts[one.key] = Draft(one.text, one.folder, one.text)
    return drafts[one.key]


def replace(draft: Draft, text: str) -> None:
    """Put another text in its place."""
    draft.text = text
    draft.generation += 1


def checked(draft: Draft, name: str) -> Checked:
    """The draft with its problems; the same text is checked once."""
    known = st.session_state.get("rules_checked")
    if not isinstance(known, Checked) or known.text != draft.text:
        rule_set, problems = check_text(draft.text, name, draft.folder)
        known = st.session_state.rules_checked = Checked(draft.text, rule_set, tuple(problems))
    return known


def words(problem: Problem) -> str:
    """What is wrong and what to do, in the language of this run."""
    return messages.line(problem.text(current())) if problem.kind == "language" else problem.text(current())


def with_setting(text: str, key: str, value: str) -> str:
    """The text with a top-level ``key: value``, in place of what stood there (over several lines, if so) or after ``id:``.

    >>> with_setting("id: a\\neffective:\\n  from: 2026-01-01\\nversion: 3\\n", "effective", "{from: 2027-01-01}")
    'id: a\\neffective: {from: 2027-01-01}\\nversion: 3\\n'
    >>> with_setting("id: a\\ntitle: A\\n", "version", "2")
    'id: a\\nversion: 2\\ntitle: A\\n'
    """
    line = f"{key}: {value}\n"
    found = re.search(rf"^{key}:.*(?:\n|\Z)(?:[ \t]+.*(?:\n|\Z))*", text, re.MULTILINE)
    if found:
        return text[: found.start()] + line + text[found.end() :]
    head = re.search(r"^id:.*(?:\n|\Z)", text, re.MULTILINE)
    at = head.end() if head else 0
    return text[:at] + line + text[at:]


def begins(text: str, day: date | None) -> str:
    """The text in force from ``day`` on, or, without one, from the moment that it is published."""
    if day is not None:
        return with_setting(text, "effective", f"{{from: {day}}}")
    return re.sub(r"^effective:.*(?:\n|\Z)(?:[ \t]+.*(?:\n|\Z))*", "", text, flags=re.MULTILINE)
