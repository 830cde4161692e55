"""The guides' table of roles is the policy that is enforced."""

from __future__ import annotations

from pathlib import Path

import pytest

from hotline.store.access import MATRIX, Permission, UserRole
from hotline.store.roles_table import roles_table, with_roles

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize(("page", "language"), [("store.md", "en"), ("store.zh-CN.md", "zh")])
def test_the_guide_shows_the_policy_of_today(page: str, language: str) -> None:
    text = (DOCS / page).read_text(encoding="utf-8")
    assert with_roles(text, language) == text, "run: make docs"
    assert roles_table(language) in text


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_table_holds_every_permission_and_role(language: str) -> None:
    head, _, *lines = (line.strip("| ").split(" | ") for line in roles_table(language).splitlines())
    accounts = [role for role in UserRole if role is not UserRole.OPERATOR]
    assert len(head) == 1 + len(accounts) and len(lines) == len(Permission)
    ticks = roles_table(language).count("✓")
    assert ticks == sum(len(MATRIX[role]) for role in accounts)


def test_a_changed_policy_makes_the_guide_stale(monkeypatch: pytest.MonkeyPatch) -> None:
    text = (DOCS / "store.md").read_text(encoding="utf-8")
    monkeypatch.setitem(MATRIX, UserRole.PLANNER, frozenset(Permission))
    assert with_roles(text, "en") != text
