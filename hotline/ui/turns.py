"""A turn as the player shows it: its words with chips for masked values, what is unsure, and where the text comes from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from hotline.locale import t, term
from qa.calls import CERTAIN_ROLE, Call, Role, SourceKind, TextSource, Token, Turn, Word

SHAKY_WORDS = 0.6  # recogniser confidence below which a word or a sentence is marked
SMALL_MODEL = "hotline-zh-small"
"""The engine name of our own small model, which has heard synthetic speech only (``qa.transcription.small.NAME``, without its imports)."""
SIDES = {Role.AGENT: "agent", Role.CUSTOMER: "customer"}
_NUMBERS = "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳"


def is_small_model(source: TextSource | None) -> bool:
    """Whether the text comes from our own small model."""
    return source is not None and source.name == SMALL_MODEL


def described(call: Call, marks: Mapping[int, list[dict[str, Any]]], *, synthetic: bool = False) -> list[dict[str, Any]]:
    """The turns as the player component takes them; ``marks`` are pieces of evidence by turn index."""
    numbers = agreeing(call)
    return [_turn(turn, marks.get(turn.index, []), numbers, synthetic) for turn in call.turns]


def agreeing(call: Call) -> dict[tuple[int, int], str]:
    """The mark ①, ② … of every masked value that was mentioned more than once, by (turn index, place of the token).

    Equal values have equal hashes. What was said in pieces is one mention, counted by its first piece. The end of a number
    (尾号) goes with the one number that ends so; where several do, it stays alone.
    """
    ends: dict[str, set[str]] = {}
    for turn in call.turns:
        for token in turn.tokens:
            if token.whole and token.last_four:
                ends.setdefault(token.last_four, set()).add(token.whole)

    def value(token: Token) -> str:
        if token.whole or not token.last_four:
            return token.whole
        fitting = ends.get(token.last_four, set())
        return next(iter(fitting)) if len(fitting) == 1 else token.last_four if not fitting else ""

    places = {(turn.index, place): token for turn in call.turns for place, token in enumerate(turn.tokens)}
    mentioned = Counter(value(token) for token in places.values() if token.part <= 1)
    again = [whole for whole, times in mentioned.items() if whole and times > 1]
    number = {whole: _NUMBERS[n] if n < len(_NUMBERS) else f"({n + 1})" for n, whole in enumerate(again)}
    return {place: number[value(token)] for place, token in places.items() if value(token) in number}


def chip_words(token: Token) -> str:
    """What is known of a masked value: ``手机号·11位·校验通过``."""
    words = [term("masked", token.kind)]
    if token.digits:
        words.append(t("token.digits", count=token.digits))
    if token.valid is not None:
        words.append(t("token.valid") if token.valid else t("token.invalid"))
    if token.part:
        words.append(t("token.part", number=token.part))
    return "·".join(words)


def _turn(turn: Turn, marks: list[dict[str, Any]], numbers: Mapping[tuple[int, int], str], synthetic: bool) -> dict[str, Any]:
    unsure = turn.role_confidence < CERTAIN_ROLE
    return {
        "index": turn.index,
        "side": SIDES.get(turn.role, "other"),
        "role": term("side", turn.role.value) + ("?" if unsure else ""),
        "unsure": unsure,
        "start": turn.span.start if turn.span else None,
        "end": turn.span.end if turn.span else None,
        "text": turn.text,
        "badges": _badges(turn, unsure, synthetic),
        "marks": marks,
        "tokens": [_chip(turn, place, token, numbers) for place, token in enumerate(turn.tokens)],
        "shaky": [_shaky(word, word.confidence) for word in turn.words if word.confidence is not None and word.confidence < SHAKY_WORDS],
    }


def _badges(turn: Turn, unsure: bool, synthetic: bool) -> list[dict[str, str]]:
    source = turn.source
    if is_small_model(source):
        badges = [{"text": t("player.small_model"), "kind": "warn", "title": t("player.small_model_help")}]
    else:
        words = term("source", source.kind.value) + (f" · {source.name} {source.version}".rstrip() if source.name else "")
        badges = [{"text": words, "kind": "warn" if source.kind is SourceKind.NONE else ""}]
    if synthetic:
        badges.append({"text": t("app.synthetic"), "kind": ""})
    if turn.confidence is not None:
        sure = t("player.confidence", value=f"{turn.confidence:.0%}")
        badges.append({"text": sure, "kind": "warn" if turn.confidence < SHAKY_WORDS else ""})
    if unsure:
        words = t("player.role_unsure", value=f"{turn.role_confidence:.0%}")
        badges.append({"text": words, "kind": "warn", "title": t("player.role_unsure_help")})
    if turn.voice is not None:
        badges += [{"text": term("event", event), "kind": ""} for event in turn.voice.events]
    return badges


def _chip(turn: Turn, place: int, token: Token, numbers: Mapping[tuple[int, int], str]) -> dict[str, Any]:
    number = numbers.get((turn.index, place), "")
    help_lines = [t("token.help")]
    if number:
        help_lines.append(t("token.agrees", number=number))
    if token.valid is False:
        help_lines.append(t("token.invalid_help"))
    words = chip_words(token)
    return {
        "from": token.start_char,
        "to": token.end_char,
        "label": f"{words} {number}".rstrip(),
        "kind": "bad" if token.valid is False else "",
        "title": "\n".join([words, *help_lines]),
    }


def _shaky(word: Word, confidence: float) -> dict[str, Any]:
    title = t("player.confidence", value=f"{confidence:.0%}")
    return {"from": word.start_char, "to": word.start_char + len(word.text), "title": title}
