"""What every shipped item must bring: examples with a paraphrase and a near miss, a clause, a hint in both languages, all proven."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from qa.calls import Call
from qa.rulebook import RuleBook
from qa.rules import load, load_text, proving
from qa.rules.model import Item, RuleSet
from qa.rules.source import parse, plain

FOLDER = Path(__file__).parents[2] / "scoring_rules"
SETS = {path.stem: load(path) for path in sorted(FOLDER.glob("*.yaml"))}
ITEMS = [pytest.param(rule_set, item, id=f"{name}-{item.id}") for name, rule_set in SETS.items() for item in rule_set.items]
SIZES = {
    "common": (25, 40),
    "general_en": (20, 40),
    "power_95598": (30, 40),
    "sinopec_0_general": (30, 40),
    "sinopec_1_oil_sales": (30, 40),
}
DEMANDED = {
    "power_95598": {
        "greeting", "self_id", "verify_identity", "no_interrupting", "no_repeats", "response_time", "comfort", "forbidden_words", "rude",
        "no_pushing", "first_responder", "dispatch_promise", "readback", "safety_warning", "danger_first", "satisfaction", "goodbye",
    },
    "sinopec_0_general": {"first_responder", "transfer_agreed", "no_redial", "urgent_supply", "quality_facts", "reply_time", "readback"},
    "sinopec_1_oil_sales": {"card_freeze_first", "card_holder", "refund_told", "fuel_facts", "fuel_no_denial", "station_warning"},
}  # fmt: skip


def _written(rule_set: RuleSet) -> dict[str, dict[str, Any]]:
    """The items as their authors wrote them, by id: the notes of examples are for people and not in the model."""
    tree = plain(parse(rule_set.source, rule_set.file))
    return {item["id"]: item for section in tree["sections"] for item in section["items"]}


WRITTEN = {rule_set.content_hash: _written(rule_set) for rule_set in SETS.values()}


def _notes(examples: dict[str, Any]) -> list[str]:
    entries = [e for outcome in ("pass", "fail") for e in examples[outcome]]
    return [entry.get("note") or "" for entry in entries if isinstance(entry, dict)]


def test_the_sets_are_there_with_as_many_items_as_promised() -> None:
    assert set(SETS) == set(SIZES)
    for name, (least, most) in SIZES.items():
        assert least <= len(SETS[name].items) <= most, (name, len(SETS[name].items))
    for name, ids in DEMANDED.items():
        assert ids <= {item.id for item in SETS[name].items}


@pytest.mark.parametrize(("rule_set", "item"), ITEMS)
def test_an_item_brings_examples_a_clause_and_a_hint(rule_set: RuleSet, item: Item) -> None:
    count = Counter(example.outcome for example in item.examples)
    assert count["pass"] >= 3 and count["fail"] >= 3
    texts = [tuple((t.role, t.text, t.span) for t in e.call.turns) + tuple(sorted(e.call.metadata.items())) for e in item.examples]
    assert len(set(texts)) >= 6, "the same conversation twice proves nothing"
    notes = _notes(WRITTEN[rule_set.content_hash][item.id]["examples"])
    assert any(note.startswith("paraphrase") for note in notes), "no example is marked as a paraphrase"
    if not {"speech_rate", "silence", "interruption"} & {c.operator for c in item.conditions}:
        assert any(note.startswith("near miss") for note in notes), "no example is marked as a near miss"
    assert item.clause and item.title.zh and item.title.en
    assert re.search("[一-鿿]", item.coaching.zh), "no hint in Chinese"
    assert re.search("[A-Za-z]", item.coaching.en) and item.coaching.en != item.coaching.zh, "no hint in English"
    assert item.points or item.points_per_hit or item.bonus or item.fatal or item.set_score is not None


@pytest.mark.parametrize("name", SETS)
def test_every_example_holds(name: str) -> None:
    broken = [f"{p.example.line} {p.item.id}: {p.outcome} ({p.reason})" for p in proving.prove(SETS[name]) if not p.held]
    assert broken == []


@pytest.mark.parametrize("name", SETS)
def test_what_is_stored_stands_alone(name: str) -> None:
    rule_set = SETS[name]
    again = load_text(rule_set.source, "stored")
    assert again.content_hash == rule_set.content_hash
    assert [i.id for i in again.items] == [i.id for i in rule_set.items]


def test_each_queue_gets_its_card_and_the_library_none() -> None:
    book = RuleBook.load(FOLDER)
    assert {r.id for r in book.rule_sets} == {"general-en", "power-95598", "sinopec-0-general", "sinopec-1-oil-sales"}
    for queue, language, wanted in [
        ("q0", "zh", "power-95598"),
        ("", "zh", "power-95598"),
        ("q1", "zh", "sinopec-1-oil-sales"),
        ("95388-0", "zh", "sinopec-0-general"),
        ("95388-1", "zh", "sinopec-1-oil-sales"),
        ("q0", "en", "general-en"),
    ]:
        assert book.choose(Call("c", (), queue=queue, metadata={"language": language})).id == wanted, (queue, language)


def test_no_item_can_cost_more_than_the_card_and_together_they_can_fail_a_call() -> None:
    for rule_set in SETS.values():
        assert all(item.points <= 20 for item in rule_set.items)
        assert sum(item.points for item in rule_set.items) >= rule_set.start - rule_set.pass_mark
