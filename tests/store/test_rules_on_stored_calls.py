"""Stored calls read for a look at other rules: in the viewer's scope only, and every one in the audit trail."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from hotline import cli
from hotline.errors import AccessDenied
from hotline.store import OPERATOR, UserRole, audit
from hotline.store.judging_again import opened, selected
from qa.rules import load_text
from qa.rules.impact import impact

CARD = """id: small
title: T
pass_mark: 85
sections:
  - id: s
    items:
      - {id: hello, points: 20, conditions: {x: {say: 您好, by: agent}}, expect: x}
"""


@pytest.fixture
def heard(centre, samples):
    """Three calls: two of the first sub-centre, one of the other; S002 lacks the greeting."""
    samples.store_call(centre, samples.call("S001"))
    samples.store_call(centre, samples.call("S002", text="喂，说", day="2026-11-10"))
    samples.store_call(centre, samples.call("S003", agent_id="a4"))
    return centre


def test_selection_keeps_to_scope_days_and_number(heard, samples) -> None:
    assert sorted(selected(heard, OPERATOR)) == ["S001", "S002", "S003"]
    assert sorted(selected(heard, samples.viewer(UserRole.QA))) == ["S001", "S002"]
    assert selected(heard, OPERATOR, first_day=date(2026, 11, 10)) == ["S002"]
    assert len(selected(heard, OPERATOR, most=2)) == 2
    with pytest.raises(AccessDenied):
        selected(heard, samples.viewer(UserRole.PLANNER))


def test_a_look_at_other_rules_is_written_down_and_changes_nothing(heard, samples) -> None:
    old, new = load_text(CARD, "a.yaml"), load_text(CARD.replace("您好", "喂"), "b.yaml")
    viewer = samples.viewer(UserRole.QA)
    found = impact(old, new, opened(heard, viewer, selected(heard, viewer), old, new))
    assert found.total == 2 and {c.call_id: (c.old.passed, c.new.passed) for c in found.calls} == {
        "S001": ("yes", "no"),
        "S002": ("no", "yes"),
    }
    trail = audit.read(heard, OPERATOR)
    assert {(e.action, e.object) for e in trail if e.who == viewer.name} == {
        ("preview_rules", "small"),
        ("view_call", "S001"),
        ("view_call", "S002"),
    }
    (preview,) = [e for e in trail if e.action == "preview_rules"]
    assert preview.detail["old"] == old.content_hash and preview.detail["new"] == new.content_hash and preview.detail["calls"] == 2
    with pytest.raises(AccessDenied):
        list(opened(heard, viewer, ["S003"], old, new))


def test_the_commands_on_stored_calls(heard, tmp_path: Path, capsys, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOTLINE_HOME", str(heard.settings.home))
    monkeypatch.setenv("HOTLINE_DATABASE", heard.settings.database)
    a, b = tmp_path / "a.yaml", tmp_path / "b.yaml"
    a.write_text(CARD, encoding="utf-8")
    b.write_text(CARD.replace("points: 20", "points: 10"), encoding="utf-8")

    def rules(*arguments: str) -> int:
        with pytest.raises(SystemExit) as caught:
            cli.main(["rules", *arguments])
        return int(caught.value.code or 0)

    assert rules("explain", "S002", "--rules", str(a), "--json") == 0
    assert json.loads(capsys.readouterr().out)["items"][0]["outcome"] == "fail"
    assert rules("diff", str(a), str(b), "--calls", "2026-W46", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["total"] == 3 and [c["call_id"] for c in found["calls"]] == ["S002"]
    assert rules("explain", "S009", "--rules", str(a)) == 2
    assert rules("explain", "S001", "--rules", str(a), "--meta", "x=1") == 2
    assert {("view_call", "S002")} <= {(e.action, e.object) for e in audit.read(heard, OPERATOR)}
