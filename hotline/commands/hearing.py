"""What was heard beside the words, as ``hotline calls show`` prints it: sounds, overlaps, people, personal values, places in time."""

from __future__ import annotations

from typing import Any

from hotline.store.calls import OpenedCall
from qa.calls import Span, Turn


def facts(opened: OpenedCall) -> dict[str, Any]:
    """Sounds, overlaps and the number of people, for programs; times in seconds."""
    call = opened.call
    return {
        "speakers": opened.speakers,
        "sounds": [{"kind": sound.kind.value, **seconds(sound.span)} for sound in call.sounds],
        "overlaps": [seconds(span) for span in call.overlaps],
        "overlap_known": call.overlap_known,
        "truncated": call.truncated,
    }


def lines(opened: OpenedCall) -> dict[str, Any]:
    """The same in a cell each, and the warnings."""
    call = opened.call
    unsure = "" if call.overlap_known else " (there may be more: one track)"
    return {
        "speakers": opened.speakers,
        "sounds": "; ".join(f"{sound.kind.value} {_between(sound.span)}" for sound in call.sounds) or None,
        "overlaps": "; ".join(map(_between, call.overlaps)) + unsure if call.overlaps else f"none found{unsure}",
        "warnings": "; ".join(opened.warnings) or None,
    }


def tokens(turn: Turn) -> list[dict[str, Any]]:
    """The personal values of a turn, for programs: kind, place in the text, digits, what the check digit says. Hashes stay in the store."""
    return [
        {"kind": t.kind, "chars": (t.start_char, t.end_char), "digits": t.digits, "valid": t.valid, "part": t.part} for t in turn.tokens
    ]


def personal(turn: Turn) -> str:
    """The same in one cell: kind and digits, the piece of a value said in pieces, a check digit that is wrong.

    >>> from qa.calls import Role, Token
    >>> personal(Turn(0, Role.AGENT, tokens=(Token("phone", 2, 13, 11), Token("id_card", 14, 20, 18, False, part=1))))
    'phone 11, id_card 18 part 1 wrong check digit'
    """
    return ", ".join(
        " ".join(
            part
            for part in (
                token.kind,
                str(token.digits) if token.digits else "",
                f"part {token.part}" if token.part else "",
                "wrong check digit" if token.valid is False else "",
            )
            if part
        )
        for token in turn.tokens
    )


def seconds(span: Span | None) -> dict[str, float | None]:
    """Start and end in seconds, for programs."""
    return {"start_s": None if span is None else round(span.start, 2), "end_s": None if span is None else round(span.end, 2)}


def clock(span: Span | None) -> str:
    """When it starts, minutes and seconds; nothing when that is not known."""
    return "" if span is None else _clock(span.start)


def _between(span: Span) -> str:
    return f"{_clock(span.start)}–{_clock(span.end)}"


def _clock(at: float) -> str:
    return f"{int(at) // 60}:{at % 60:04.1f}"
