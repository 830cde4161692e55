"""What must stand in a text for it to sound like a phrase: a filter that lets nothing through the net.

Every sound becomes one byte (sounds that :func:`qa.rules.sound` confuses share it; so may others, which only costs time). A phrase of
``n`` sounds is near where at most ``k = limit · n`` sounds are edited. Cut the phrase into pieces with budgets of 0 or 1 edits that add
up to ``k + 1 - pieces``: one piece at least keeps its budget. A piece of three sounds with budget 0 stands there as it is; of four
sounds with budget 1 three remain in order, with at most one sound in between. So three sounds at a time, of three shapes, are looked
up:

    shape 0: x y z      shape 1: x · y z      shape 2: x y · z

A phrase of which no sound may be wrong (``k = 0``) is looked for as it is (``WHOLE``).
"""

from __future__ import annotations

from collections.abc import Sequence

from qa.rules.sound import Query

WHOLE = 3
Key = tuple[int, int]
"""Shape, and the bytes of its sounds as one number."""


def byte_of(loose: str) -> int:
    """The byte of a sound, 1 to 255, given its character in ``Sounds.loose``."""
    return (ord(loose) - 0x20000) % 255 + 1


def code(a: int, b: int, c: int) -> int:
    """Three bytes as one number."""
    return (a << 16) | (b << 8) | c


def keys_of(queries: Sequence[Query], limit: float) -> tuple[list[Key], bytes] | None:
    """What to look for of a wording given its parts: keys, or the bytes of a whole part. None when every part is a single sound."""
    loose = max((q.sounds.loose for q in queries), key=len)
    heard = [byte_of(c) for c in loose]
    size = len(heard)
    if size < 2:
        return None
    budget = int(limit * size + 1e-9)
    if budget == 0:
        return [], bytes(heard)
    cuts = ((ones, max(0, budget + 1 - 2 * ones)) for ones in range(budget + 2))
    ones, noughts = next((a, b) for a, b in cuts if 4 * a + 3 * b <= size)
    keys: list[Key] = []
    for piece in range(ones):
        a, b, c, d = heard[4 * piece : 4 * piece + 4]
        keys += [(0, code(*three)) for three in ((a, b, c), (b, c, d), (a, c, d), (a, b, d))]
        keys += [(1, code(a, c, d)), (2, code(a, b, d)), (2, code(a, b, c))]
    for piece in range(noughts):
        at = 4 * ones + 3 * piece
        keys.append((0, code(*heard[at : at + 3])))
    return keys, b""


def whole_key(heard: bytes) -> int:
    """A key that every text with these sounds in a row has: of two sounds they with the shape WHOLE, else the first three."""
    return WHOLE << 24 | heard[0] << 8 | heard[1] if len(heard) == 2 else code(*heard[:3])
