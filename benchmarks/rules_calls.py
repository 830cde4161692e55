"""Calls and rules for the benchmark of the rule engine: invented hotline dialogue, a day's worth if wanted, the same for the same seed.

A call is an opening, a need, twelve to twenty-four exchanges and a closing, about sixty sentences of twenty characters, as a table like the
store's (see ``hotline.store.rows``). Agents forget greetings, callers get angry, a recogniser writes homophones and is unsure of some
sentences, speakers overlap, fall silent, and in one call of a hundred are not told apart.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
import polars as pl
import yaml

SEED = 95598
PER_FILE = 5_000
_FILE = Path(__file__).with_name("rules_dialogue.yaml")
_SCRIPTS = Path(__file__).resolve().parents[1] / "data" / "calls" / "scripts"
_KINDS = {"故障报修": "fault", "停电咨询": "fault", "电费查询": "bill", "投诉": "complaint"}


def frames(calls: int, folder: Path) -> Iterator[tuple[Path, Path]]:
    """Parquet files (turns, calls) of ``PER_FILE`` calls each, made in ``folder`` where they are not there yet."""
    folder.mkdir(parents=True, exist_ok=True)
    dialogue = _dialogue()
    stamp = crc32(Path(__file__).read_bytes() + repr(dialogue).encode())  # other dialogue, other files
    for part in range(-(-calls // PER_FILE)):
        count = min(PER_FILE, calls - part * PER_FILE)
        turns, heads = (folder / f"{name}-{stamp:08x}-{part:04}-{count}.parquet" for name in ("turns", "calls"))
        if not (turns.is_file() and heads.is_file()):
            made = _make(dialogue, part, count)
            made[0].write_parquet(turns)
            made[1].write_parquet(heads)
        yield turns, heads


def _make(dialogue: dict[str, Any], part: int, count: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    rng = np.random.default_rng([SEED, part])
    slots = {name: values for name, values in dialogue.items() if name.startswith("slot_") and name != "slot_homophone"}
    pools = {
        name: [[line.partition(": ")[::2] for line in e] for e in values]
        for name, values in dialogue.items()
        if not name.startswith(("slot_", "filler"))
    }
    ids: list[str] = []
    roles: list[str] = []
    texts: list[str] = []
    tickets = []
    for number in range(count):
        topic = ("fault", "bill", "complaint", "service")[rng.choice(4, p=(0.35, 0.35, 0.1, 0.2))]
        exchanges = [_pick(rng, pools["opening"]), _pick(rng, pools[f"need_{topic}"])]
        for _ in range(int(rng.integers(12, 25))):
            exchanges.append(_pick(rng, pools[f"middle_{topic}"] if rng.random() < 0.45 else pools["middle"]))
        exchanges.append(_pick(rng, pools["closing"]))
        whole = {name[5:]: options[int(rng.integers(len(options)))] for name, options in slots.items()}
        call_id = f"B{part:04}-{number:05}"
        for exchange in exchanges:
            # who calls from where stays; what is spoken of changes
            values = whole | {
                name: slots[f"slot_{name}"][int(rng.integers(len(slots[f"slot_{name}"])))] for name in ("thing", "deed", "time")
            }
            values["digits"] = "".join("零一二三四五六七八九"[d] for d in rng.integers(0, 10, 8))
            values["n"] = str(int(rng.integers(2, 400)))
            for role, text in exchange:
                ids.append(call_id)
                roles.append("agent" if role == "a" else "customer" if role == "c" else "other")
                said = text.format_map(values) if "{" in text else text
                texts.append(_hesitant(rng, said, dialogue["filler"]))
        tickets.append({"fault": "故障报修", "bill": "电费查询", "complaint": "投诉", "service": "业务咨询"}[topic])
    return _timed(rng, ids, roles, texts, tickets, dialogue["slot_homophone"])


def _timed(
    rng: np.random.Generator, ids: list[str], roles: list[str], texts: list[str], tickets: list[str], homophones: list[str]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    size = len(ids)
    texts = [_misheard(text, homophones, where) if where < 0.25 else text for text, where in zip(texts, rng.random(size), strict=True)]
    lengths = np.array([len(t) for t in texts]) / rng.normal(4.6, 0.4, size).clip(3.4, 6.0)
    pauses = rng.choice([0.3, 0.6, 1.2, -0.4, -0.9, 6.5, 12.0, 25.0], size, p=[0.4, 0.3, 0.2, 0.06, 0.02, 0.012, 0.006, 0.002])
    frame = pl.DataFrame({"call_id": ids, "role": roles, "text": texts, "length": lengths, "pause": pauses * rng.uniform(0.7, 1.3, size)})
    frame = frame.with_columns(pl.int_range(pl.len(), dtype=pl.Int32).over("call_id").alias("index"))
    frame = frame.with_columns((pl.col("length") + pl.col("pause")).cum_sum().over("call_id").alias("end"))
    unsure = rng.random(size)
    turns = frame.select(
        "call_id",
        "index",
        pl.when(pl.Series(unsure) < 0.0001).then(pl.lit("unknown")).otherwise("role").alias("role"),
        pl.when(pl.Series(unsure) < 0.0002).then(0.4).otherwise(0.97).alias("role_confidence"),
        (pl.col("end") - pl.col("length")).clip(0.0).round(2).alias("start"),
        pl.col("end").clip(0.3).round(2),
        "text",
        pl.Series("confidence", np.where(rng.random(size) < 0.008, rng.uniform(0.2, 0.5, size), rng.uniform(0.7, 0.99, size)).round(3)),
        pl.lit("engine").alias("source_kind"),
    )
    count = len(tickets)
    calls = turns.group_by("call_id", maintain_order=True).agg((pl.col("end").max() + 0.5).alias("duration"))
    area = rng.choice(["城区", "农村", "边远"], count, p=[0.6, 0.3, 0.1])
    return turns, calls.with_columns(
        pl.lit("stereo").alias("layout"),
        pl.Series("truncated", rng.random(count) < 0.003),
        pl.Series("ticket_type", tickets),
        pl.Series("area", area),
    )


def _dialogue() -> dict[str, Any]:
    """The exchanges of the benchmark's own file and those of the sample calls' scripts in Chinese, by what they are for."""
    dialogue: dict[str, Any] = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    for file in sorted(_SCRIPTS.glob("*.yaml")):
        script = yaml.safe_load(file.read_text(encoding="utf-8"))
        sides = [(k, v) for line in script["lines"] for k, v in line.items() if k in ("agent", "customer")]
        lines = [f"{side[0]}: {text}" for side, text in sides if "{" not in text]
        if any(c.isascii() and c.isalpha() for line in lines for c in line[3:]):
            continue
        kind = _KINDS.get(script.get("topic", ""), "service")
        middle = [lines[at : at + 3] for at in range(2, len(lines) - 4, 3)]
        for name, found in (
            ("opening", [lines[:1]]),
            (f"need_{kind}", [lines[1:2]]),
            (f"middle_{kind}", middle),
            ("closing", [lines[-4:]]),
        ):
            dialogue.setdefault(name, []).extend(found)
    return dialogue


def _pick(rng: np.random.Generator, pool: list[list[tuple[str, str]]]) -> list[tuple[str, str]]:
    return pool[int(rng.integers(len(pool)))]


def _hesitant(rng: np.random.Generator, text: str, fillers: list[str]) -> str:
    """The text with a filler before it, inside it (behind a comma) or nowhere."""
    where = rng.random()
    filler = fillers[int(rng.integers(len(fillers)))]
    if where < 0.3:
        return filler + text
    return text.replace("，", f"，{filler}", 1) if where < 0.4 else text


def _misheard(text: str, homophones: list[str], where: float) -> str:
    """The text with one character written as another of the same sound, at a place that depends on ``where``."""
    pair = homophones[int(where * 4 * len(homophones))]
    return text.replace(pair[0], pair[1], 1)


def model_sentences(count: int) -> list[str]:
    """What agents say, of eight characters and more, as models of ``similar_to``. Raises ValueError when there are too few."""
    lines = [
        line[3:]
        for name, pool in _dialogue().items()
        if not name.startswith(("slot_", "filler"))
        for e in pool
        for line in e
        if line[0] == "a"
    ]
    clauses = dict.fromkeys(
        c for line in lines for c in re.split("[，。？！：；、,]", line) if len(c) >= 8 and "{" not in c and "}" not in c
    )
    if len(clauses) < count:
        raise ValueError(f"only {len(clauses)} model sentences")
    return list(clauses)[:count]


def rule_set(card: str) -> str:
    """The YAML of ``card`` with 5,000 keywords in twenty lists and 200 regular expressions in ten items more."""
    dialogue = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    things, deeds = dialogue["slot_thing"], dialogue["slot_deed"]
    words = ["".join(pair) for pair in product(things, deeds)][:5_000]
    assert len(set(words)) == 5_000
    lines = ["", "  - id: keywords", "    title: keywords", "    items:"]
    for number in range(20):
        listed = ", ".join(words[number::20])
        side = "agent" if number % 2 else "customer"
        lines += [f"      - id: words_{number}", f"        title: words {number}", "        points: 1", "        conditions:"]
        lines += [f"          listed: {{say: [{listed}], by: {side}}}"]
        if number < 10:
            patterns = ", ".join(f"'{p}'" for p in _patterns(dialogue, number))
            lines += [f"          matched: {{regex: [{patterns}], by: agent}}", "        forbid: count(listed) >= 1 and matched"]
        else:
            lines += ["        forbid: count(listed) >= 2"]
    return card.replace("id: power-95598", "id: bench") + "\n".join(lines) + "\n"


def _patterns(dialogue: dict[str, list[str]], number: int) -> list[str]:
    """Twenty expressions, as many kinds as quality teams write: offers, denials, promises, prices, orders."""
    things, deeds = dialogue["slot_thing"], dialogue["slot_deed"]
    shapes = (
        "{t}[^，。]{{0,6}}(可以|不能|不了)",
        "(已经|马上|现在|可以)[^，。]{{0,4}}{d}",
        "{t}的话是[^，。]{{0,8}}(块|元|度)",
        "({t}|{d}).{{0,3}}(必须|一定要|赶紧)",
    )
    return [shapes[i % 4].format(t=things[(number * 20 + i) % len(things)], d=deeds[(number * 7 + i) % len(deeds)]) for i in range(20)]
