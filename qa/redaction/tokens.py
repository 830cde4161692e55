"""Tokens stand for masked values, so that rules can still ask whether two mentions agree.

A token carries hashes (HMAC-SHA256, 64 bits kept) with a key of its call alone, made from the installation's secret, which lies
outside the store. Within a call equal values have equal hashes; between calls nothing can be compared, and nobody with a copy of
the store can try all numbers.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator
from dataclasses import dataclass

from qa.calls import Call, Role, Token
from qa.redaction.values import Value

HASH_LENGTH = 16
EXAMPLE_KEY = b"examples: typed text has no call and no secret"
"""For conversations that people typed: rule examples and pasted transcripts."""
BY_LETTER = frozenset({"name", "address", "email", "birth"})
"""Kinds that a recogniser may spell in many ways: differing hashes of these prove nothing."""


def call_key(secret: bytes, call_id: str) -> bytes:
    """The key of one call, from the installation's secret (``hotline.secret.secret_key``)."""
    return hmac.new(secret, b"tokens of call\0" + call_id.encode(), hashlib.sha256).digest()


def token(value: Value, start: int, end: int, key: bytes, part: int = 0) -> Token:
    """The token of ``value`` (or of its ``part``) at ``[start, end)`` of a turn."""
    last = value.content[-4:] if value.digits >= 4 else ""
    whole = "" if value.tail or not value.content else _hash(key, "whole", value.content)
    return Token(value.kind, start, end, value.digits, value.valid, whole, _hash(key, "last four", last) if last else "", part)


def _hash(key: bytes, what: str, content: str) -> str:
    return hmac.digest(key, f"{what}\0{content}".encode(), "sha256").hex()[:HASH_LENGTH]


def agree(one: Token, other: Token) -> bool | None:
    """Whether two mentions are the same value; None where that cannot be told.

    The end of a number (尾号一二三四) agrees with every number that ends so. Names and addresses that differ may still be the
    same in another spelling, and a number of unlike length may have been cut by the recogniser: both cannot be told.
    """
    if one.whole and other.whole:
        if one.whole == other.whole:
            return True
        if {one.kind, other.kind} & BY_LETTER:
            return None
        return False if one.digits == other.digits else None
    if one.last_four and other.last_four:
        return one.last_four == other.last_four
    return None


@dataclass(frozen=True, slots=True)
class Mention:
    """One value said by one side: its tokens (several when it was said in pieces) as (turn index, token), in order."""

    places: tuple[tuple[int, Token], ...]

    @property
    def token(self) -> Token:
        return self.places[-1][1]

    @property
    def turn(self) -> int:
        """The turn in which it was complete."""
        return self.places[-1][0]


def mentions(call: Call, kind: str, role: Role | None = None) -> list[Mention]:
    """Every mention of values of ``kind`` by ``role`` (None: by anybody), pieces put together, in order of completion.

    A number that was announced as nothing in particular (``number``) may be of any numeric kind.
    """
    return sorted(_grouped(call, kind, role), key=lambda m: (m.turn, m.token.start_char))


def _grouped(call: Call, kind: str, role: Role | None) -> Iterator[Mention]:
    open_pieces: dict[tuple[Role, str], list[tuple[int, Token]]] = {}
    kinds = {kind} if kind in BY_LETTER else {kind, "number"}
    for turn in call.turns:
        for found in turn.tokens:
            if found.kind not in kinds or (role is not None and turn.role is not role):
                continue
            if not found.part:
                yield Mention(((turn.index, found),))
                continue
            pieces = open_pieces.setdefault((turn.role, found.whole), [])
            if pieces and found.part <= pieces[-1][1].part:
                yield Mention(tuple(pieces))
                pieces.clear()
            pieces.append((turn.index, found))
    yield from (Mention(tuple(pieces)) for pieces in open_pieces.values() if pieces)
