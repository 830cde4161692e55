"""The JSON Schema for editors: current, and of one mind with the loader about names and shapes."""

from __future__ import annotations

import datetime
import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from hotline import cli
from hotline.errors import BadRule
from qa.rules import load_text
from qa.rules.conditions import OPERATORS
from qa.rules.keys import keys_read
from qa.rules.reference import reference
from qa.rules.schema import schema, schema_text
from tests.rules.cards import one_section

ROOT = Path(__file__).parents[2]
VALIDATOR = Draft202012Validator(schema())
CARD = one_section("""
      - id: i
        points: 5
        conditions:
          x: {say: 您好, by: agent, in: first 2 agent turns}
          y: {silence: {over: 8 s, awaiting: agent}, unless: [{after: x, within: 2 turns, expires: 60 s}]}
        expect: x and not y
        examples:
          pass: ["agent: 您好", ["agent: 您好", "customer: 喂"], {turns: "agent: 您好", direction: inbound}]
""")


def plainly(value: Any) -> Any:
    """What an editor sees: dates are texts."""
    if isinstance(value, dict):
        return {str(key): plainly(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [plainly(inner) for inner in value]
    return value.isoformat() if isinstance(value, (datetime.date, datetime.datetime)) else value


def fits(text: str) -> bool:
    return VALIDATOR.is_valid(plainly(yaml.safe_load(text)))


def test_the_schema_is_one_and_the_committed_copy_is_current() -> None:
    Draft202012Validator.check_schema(schema())
    assert (ROOT / "docs" / "rules.schema.json").read_text(encoding="utf-8") == schema_text(), "run: python docs/generate.py"


@pytest.mark.parametrize("file", sorted((ROOT / "scoring_rules").glob("*.yaml")), ids=lambda file: file.name)
def test_what_ships_fits(file: Path) -> None:
    errors = list(VALIDATOR.iter_errors(plainly(yaml.safe_load(file.read_text(encoding="utf-8")))))
    assert not errors, (list(errors[0].path), errors[0].message[:300])


def test_every_example_of_an_operator_fits() -> None:
    blocks = re.findall(r"### `(\w+)`.*?```yaml\n(.*?)```", reference(), flags=re.DOTALL)
    assert [name for name, _ in blocks] == list(OPERATORS)
    for name, block in blocks:
        body = "\n".join("          " + line for line in block.strip().splitlines())
        text = f"id: t\ntitle: T\nsections:\n  - id: s\n    items:\n      - id: i\n        points: 1\n        conditions:\n{body}\n"
        errors = list(VALIDATOR.iter_errors(plainly(yaml.safe_load(text))))
        assert not errors, (name, list(errors[0].path), errors[0].message[:300])


BROKEN = [
    ("id: t\n", ""),
    ("title: T\n", "titel: T\n"),
    ("sections:", "section:"),
    ("id: t\n", "id: Has Spaces\n"),
    ("id: t\n", "id: t\nlanguage: fr\n"),
    ("id: t\n", "id: t\nversion: one\n"),
    ("points: 5", "poins: 5"),
    ("points: 5", "points: five"),
    ("points: 5", "points: -1"),
    ("points: 5", "points: 5\n        fatal: perhaps"),
    ("{say: 您好, by: agent", "{sai: 您好, by: agent"),
    ("by: agent", "by: agnet"),
    ("{say: 您好, ", "{say: 您好, fuzzy: 1, "),
    ("{say: 您好, ", "{say: [], "),
    ("{say: 您好, ", "{"),
    ("awaiting: agent", "awaiting: nobody"),
    ("over: 8 s", "over: long"),
    ("over: 8 s", "ovr: 8 s"),
    ("expect: x and not y", "expect: x\n        forbid: y"),
    ("expires: 60 s", "expire: 60 s"),
    ("pass:", "passed:"),
    ("direction: inbound", "directoin: inbound"),
]


@pytest.mark.parametrize(("old", "new"), BROKEN, ids=[f"{old} → {new}"[:50].replace("\n", " ") for old, new in BROKEN])
def test_what_the_loader_refuses_does_not_fit(old: str, new: str) -> None:
    assert fits(CARD) and load_text(CARD, "t.yaml")
    broken = CARD.replace(old, new, 1)
    with pytest.raises(BadRule):
        load_text(broken, "t.yaml")
    assert not fits(broken)


def test_variables_may_stand_for_numbers_and_times() -> None:
    card = CARD.replace("over: 8 s", "over: $limit").replace("id: t\n", "id: t\nvariables: {limit: 8 s}\n", 1)
    assert load_text(card, "t.yaml") and fits(card)


def test_every_parameter_of_the_reference_is_a_key_of_the_schema() -> None:
    branches = {b["if"]["required"][0]: b["then"]["properties"] for b in schema()["$defs"]["condition"]["allOf"]}
    assert list(branches) == list(OPERATORS)
    for name, operator in OPERATORS.items():
        assert set(operator.keys) <= set(branches[name]), name
    assert branches["speech_rate"]["per"]["enum"] == ["call", "sentence"] and "每" not in branches["speech_rate"]["per"]["description"]
    assert branches["say"]["at_least"]["anyOf"][0] == {"type": "integer", "minimum": 1}
    assert {"all", "none", "of", "exclude"} <= set(branches["say"]) and {"is", "is_not", "in_list"} <= set(branches["metadata"])


def test_keys_are_found_as_they_are_read() -> None:
    from qa.rules.conditions import silence

    keys = keys_read(silence)
    assert keys["over"].kind == "seconds" and keys["awaiting"].choices == ("agent", "customer", "any") and keys["awaiting"].optional


def test_the_command(tmp_path: Path, capsys) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(["rules", "schema", "--out", str(tmp_path / "s.json")])
    assert not caught.value.code and json.loads((tmp_path / "s.json").read_text(encoding="utf-8")) == schema()
    with pytest.raises(SystemExit) as caught:
        cli.main(["rules", "schema"])
    assert not caught.value.code and json.loads(capsys.readouterr().out)["$id"] == "hotline-rules"
