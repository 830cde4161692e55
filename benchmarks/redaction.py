"""How many personal values are masked, and how many clean sentences are touched: ``make bench-redaction``.

Values are invented (``redaction_values.py``) and put into sentences that no recogniser was written with
(``redaction_third.py``; the earlier sets, ``held-out`` and ``second``, were mended with after their first run). A
value counts as found when every letter and digit of it is masked; a clean turn counts as falsely
masked when a single character of it is. Bounds are Wilson's score interval at 95 % (Wilson 1927).
"""

from __future__ import annotations

import argparse
import json
import math
import random
import re
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import redaction_dev, redaction_held_out, redaction_second, redaction_third
from benchmarks import redaction_values as made
from qa.calls import Role, Turn
from qa.redaction import call_key, redact
from qa.redaction.values import SEPARATORS

_KEY = call_key(b"benchmark", "call")
_SLOT = re.compile(r"\{(\w+)(?:/(\d))?\}")
_IN_BETWEEN = ("嗯", "啊", "然后", "那个", "uh")
_PLACES = ("城东片区", "滨江区", "解放路", "文昌街道", "翠苑小区", "大桥村", "高新区科技园", "东湖附近", "人民广场", "青山镇")
_PRODUCTS = ("DDZY178", "格力KFR-35GW", "DTS634", "海尔BCD-216", "LGA-3000", "比亚迪秦PLUS", "NB-IoT模组", "A20主板")
_MONTHS = ("January", "March", "June", "September", "November")


@dataclass(frozen=True)
class Talk:
    """Turns and where the values stand: (kind, turn, start, end)."""

    turns: tuple[Turn, ...]
    values: tuple[tuple[str, int, int, int], ...]


def talks(frames: Mapping[str, Sequence[str]], count: int, seed: int) -> Iterator[Talk]:
    """``count`` talks, the kinds in turn, frames and values drawn with ``seed``."""
    rng = random.Random(seed)
    kinds = list(frames)
    for number in range(count):
        kind = kinds[number % len(kinds)]
        yield _filled(rng, kind, rng.choice(frames[kind]))


def _filled(rng: random.Random, kind: str, frame: str) -> Talk:
    pieces: dict[str, list[str]] = {}
    number = made.mobile(rng)
    if kind == "split_mobile":
        groups = made.cut(rng, number, rng.choice(((3, 4, 4), (3, 3, 5), (4, 4, 3))))
        spoken = rng.random() < 0.7
        pieces["mobile"] = [made.spoken(rng, g) if spoken else g for g in groups]
        pieces["echo"] = [made.spoken(rng, g) for g in groups]
    turns: list[Turn] = []
    values: list[tuple[str, int, int, int]] = []
    for index, line in enumerate(frame.split("\n")):
        role, _, rest = line.partition(": ")
        text, at = "", 0
        for slot in _SLOT.finditer(rest):
            text += rest[at : slot.start()]
            value = pieces[slot[1]][int(slot[2]) - 1] if slot[2] else _value(rng, slot[1])
            values += [] if slot[1] == "title" else [(kind, index, len(text), len(text) + len(value))]
            text += value
            at = slot.end()
        turns.append(Turn(index, Role.AGENT if role == "a" else Role.CUSTOMER, text + rest[at:]))
    return Talk(tuple(turns), tuple(values))


def _value(rng: random.Random, kind: str) -> str:
    if kind == "mobile":
        return made.zh_written(rng, made.mobile(rng))
    if kind == "landline":
        number = made.landline(rng)
        area = 3 if number[1] in "12" else 4
        first, rest = number[:area], number[area:]
        return rng.choice((number, f"{first}-{rest}", f"{made.spoken(rng, first)}，{made.spoken(rng, rest)}"))
    if kind in ("id_card", "bank_card"):
        return made.zh_written(rng, made.id_card(rng) if kind == "id_card" else made.bank_card(rng))
    if kind == "account":
        return made.zh_written(rng, made.digits(rng, rng.choice((8, 10, 10, 13))))
    if kind == "uscc":
        code = made.uscc(rng)
        return rng.choice((code, " ".join((code[:2], code[2:8], code[8:17], code[17:])), made.spoken(rng, code)))
    if kind == "passport":
        return rng.choice("EGE") + rng.choice((made.digits(rng, 8), made.spoken(rng, made.digits(rng, 8))))
    if kind == "plate":
        code = made.plate(rng)
        return rng.choice((code, f"{code[:2]}·{code[2:]}", code[:2] + made.spoken(rng, code[2:])))
    if kind == "en_phone":
        number = rng.choice("2345679") + made.digits(rng, 2) + rng.choice("23456789") + made.digits(rng, 6)
        return made.en_written(rng, number, (3, 3, 4))
    if kind == "en_ssn":
        return made.en_written(rng, rng.choice("123456") + made.digits(rng, 8), (3, 2, 4))
    if kind == "en_card":
        return made.en_written(rng, made.luhn(rng, rng.choice(("4", "51", "54")), 16), (4, 4, 4, 4))
    if kind == "en_account":
        return made.en_written(rng, made.digits(rng, rng.choice((8, 10))), ())
    makers = {"address": made.zh_address, "name": made.zh_name, "family": made.zh_family, "email": made.email}
    makers |= {"en_address": made.en_address, "en_name": made.en_name}
    if kind in makers:
        return makers[kind](rng)
    return rng.choice(("Mr.", "Mrs.", "Ms.")) if kind == "title" else made.en_name(rng).split()[1]


def clean_turns(frames: Sequence[str], count: int, seed: int) -> Iterator[Turn]:
    """``count`` sentences with amounts, dates, durations, tickets and place names, and nobody's data."""
    rng = random.Random(seed)
    for _ in range(count):
        text = _SLOT.sub(lambda slot: _harmless(rng, slot[1]), rng.choice(frames))
        yield Turn(0, rng.choice((Role.AGENT, Role.CUSTOMER)), text)


def _harmless(rng: random.Random, kind: str) -> str:
    simple = {"place": _PLACES, "product": _PRODUCTS, "volt": ("220", "380", "一万", "10000"), "kw": ("7", "60", "一百二十", "3.5")}
    ranges = {"hours": (1, 48), "minutes": (5, 90), "month": (1, 12), "day": (1, 28), "hour": (1, 12), "small": (1, 20), "cent": (30, 90)}
    ranges |= {"kwh": (80, 4000), "kva": (50, 2000), "year": (2019, 2027)}
    if kind in simple:
        return rng.choice(simple[kind])
    if kind in ranges:
        value = rng.randint(*ranges[kind])
        return made.zh_number(rng, value) if kind in ("small", "hours", "minutes") else str(value)
    if kind == "amount":
        cents, thousands = f"{rng.uniform(1, 9000):.2f}", f"{rng.randint(1000, 99999):,}"
        return rng.choice((cents, thousands, str(rng.randint(10, 9999)), f"{rng.uniform(1, 9):.1f}"))
    if kind == "ticket":
        dated = f"2026{rng.randint(1, 12):02d}{rng.randint(1, 28):02d}{made.digits(rng, 6)}"
        return rng.choice((dated, f"GD{made.digits(rng, 10)}", made.digits(rng, 8)))
    if kind == "badge":
        return rng.choice((made.digits(rng, 4), made.spoken(rng, made.digits(rng, 4))))
    if kind == "reading":
        return rng.choice((made.digits(rng, 5), f"{rng.randint(1000, 99999)}.{rng.randint(0, 99):02d}"))
    day = f"{rng.randint(2024, 2027)}-{rng.randint(1, 12):02d}-{rng.randint(1, 28):02d}"
    if kind == "date":
        return rng.choice((day, f"{rng.randint(1, 12)}月{rng.randint(1, 28)}日", "二零二六年十一月九日", day.replace("-", "")))
    return rng.choice((f"{rng.choice(_MONTHS)} {rng.randint(1, 28)}", f"{rng.randint(1, 12)}/{rng.randint(1, 28)}/2026"))


def sample_sentences() -> list[str]:
    """Sentences of the scripts of the sample calls that hold neither digits nor names nor doors."""
    folder = Path(__file__).parent.parent / "data" / "calls" / "scripts"
    found = []
    for file in sorted(folder.glob("*.yaml")):
        for line in re.findall(r"- (?:agent|customer): (.+)", file.read_text(encoding="utf-8")):
            sentence = line.strip().strip("\"'")
            if not re.search(r"[0-9零一二三四五六七八九幺]{5,}|[姓叫主]|先生|女士|号|栋|单元|[路街村]", sentence):
                found.append(sentence)
    return found


def wilson(hits: int, count: int, z: float = 1.96) -> tuple[float, float]:
    """The score interval of a share, at 95 % by default."""
    if not count:
        return 0.0, 1.0
    share, square = hits / count, z * z
    middle, half = share + square / (2 * count), z * math.sqrt(share * (1 - share) / count + square / (4 * count * count))
    return max(0.0, (middle - half) / (1 + square / count)), min(1.0, (middle + half) / (1 + square / count))


def hidden(text: str, masked: str, start: int, end: int) -> bool:
    """Whether no letter or digit of the value can be read; thinking sounds inside it may stay."""
    value, shown = text[start:end], masked[start:end]
    for word in _IN_BETWEEN:
        at = value.find(word)
        while at >= 0:
            shown = shown[:at] + "*" * len(word) + shown[at + len(word) :]
            at = value.find(word, at + 1)
    return all(s == "*" or s in SEPARATORS for s in shown)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the tables and a line of JSON; 0 unless told to ``--check`` the targets."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--set", choices=("held-out", "second", "third", "dev"), default="third", dest="which", help="third: nothing was mended with it"
    )
    parser.add_argument("--talks", type=int, default=3000)
    parser.add_argument("--clean", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--misses", type=int, default=0, help="print so many misses (never of the held-out set while mending)")
    parser.add_argument("--check", action="store_true", help="exit 1 below recall 0.99 or above 0.01 false masks")
    options = parser.parse_args(arguments)
    frames = {"dev": redaction_dev, "second": redaction_second, "third": redaction_third, "held-out": redaction_held_out}[options.which]
    found: Counter[str] = Counter()
    total: Counter[str] = Counter()
    misses: dict[str, list[str]] = defaultdict(list)
    seconds, turns = 0.0, 0
    for talk in talks(frames.FRAMES, options.talks, options.seed):
        begun = time.process_time()
        masked = redact(talk.turns, _KEY)
        seconds += time.process_time() - begun
        turns += len(talk.turns)
        for kind, turn, start, end in talk.values:
            total[kind] += 1
            if hidden(talk.turns[turn].text, masked[turn].text, start, end):
                found[kind] += 1
            else:
                misses[kind].append(f"{' | '.join(t.text for t in talk.turns)}  →  {masked[turn].text}")
    print(f"{'kind':14} {'found':>6} {'of':>6} {'recall':>8}   95 % interval")
    for kind in [*total, ""]:
        hits, count = (found[kind], total[kind]) if kind else (found.total(), total.total())
        low, high = wilson(hits, count)
        print(f"{kind or 'all':14} {hits:6} {count:6} {hits / count:8.2%}   {low:.2%} – {high:.2%}")
    false = []
    sentences = sample_sentences()
    plain = [*clean_turns(frames.CLEAN, options.clean - len(sentences), options.seed), *(Turn(0, Role.AGENT, s) for s in sentences)]
    for turn in plain:
        begun = time.process_time()
        result = redact((turn,), _KEY)[0]
        seconds += time.process_time() - begun
        false += [f"{turn.text}  →  {result.text}"] if result.text != turn.text else []
    low, high = wilson(len(false), len(plain))
    print(f"false masks: {len(false)} of {len(plain)} clean turns = {len(false) / len(plain):.2%} ({low:.2%} – {high:.2%})")
    rate = (turns + len(plain)) / seconds
    print(f"speed: {rate:,.0f} turns a second on one core, {25_000 / rate:.2f} ms a call of 25 turns")
    for lines in [*misses.values(), false]:
        print(*lines[: options.misses], sep="\n", end="\n" if options.misses and lines else "")
    recall, share = found.total() / total.total(), len(false) / len(plain)
    result_line = {
        "redaction_recall": round(recall, 5),
        "redaction_recall_low": round(wilson(found.total(), total.total())[0], 5),
        "false_masks": round(share, 5),
        "entities": total.total(),
        "clean_turns": len(plain),
    }
    print(json.dumps(result_line))
    return 1 if options.check and (recall < 0.99 or share > 0.01) else 0


if __name__ == "__main__":
    sys.exit(main())
