"""Fillers: sounds and phrases that buy time. They are found, and can be taken out without losing one's place."""

from __future__ import annotations

import re

from qa.text.mapped import Edit, Mapped, rewrite

_MARK = "，。、？！…,.?!\\s"
_SOUND = "嗯|呃|额|唔|诶|欸|哎|噢|哦|喔|啊|唉|呀"
_PHRASE = "那个|这个|就是说|就是|怎么说呢|怎么说|然后呢|那什么|反正就是|你知道吧|你知道吗|对吧"
_ENGLISH = r"u[mh]+|er+m?|hm+|mm+|mhm|uh-huh|you know|i mean|sort of|kind of|well|so"
# A sound is a filler wherever it stands alone between marks, or opens a clause (嗯我家…); 好啊 keeps its particle.
_CHINESE = re.compile(
    rf"(?:(?<=[{_MARK}])|^)(?:(?:{_SOUND})+(?=[{_MARK}]|$)|[嗯呃唔]+|(?:{_PHRASE})+(?=[{_MARK}]))"
    rf"|(?<=[\u4e00-\u9fff])[呃嗯]+(?=[{_MARK}\u4e00-\u9fff]|$)"
)
_LATIN = re.compile(rf"(?i)(?:(?<=[,.?!]\s)|(?<=[,.?!])|^)\s*(?:{_ENGLISH})(?=\s*[,.?!]|$)|\b(?:u[mh]+|er+m?|hm+|mhm)\b")
_FOLLOWING = re.compile(r"[，、,…\s]*")


def fillers(text: str) -> list[tuple[int, int]]:
    """Where fillers stand, as ranges of characters in order.

    >>> [("嗯，那个，我家呃停电了。好啊。")[a:b] for a, b in fillers("嗯，那个，我家呃停电了。好啊。")]
    ['嗯', '那个', '呃']
    """
    found = sorted(match.span() for pattern in (_CHINESE, _LATIN) for match in pattern.finditer(text))
    merged: list[tuple[int, int]] = []
    for start, end in found:
        start += len(text[start:end]) - len(text[start:end].lstrip())
        if end > start and (not merged or start >= merged[-1][1]):
            merged.append((start, end))
    return merged


def without_fillers(text: str) -> Mapped:
    """The text without its fillers and the commas behind them, and the way back.

    >>> without_fillers("嗯，那个，我家呃停电了。").text, without_fillers("um, my power, uh, is out").text
    ('我家停电了。', 'my power, is out')
    """
    edits = []
    for start, end in fillers(text):
        following = _FOLLOWING.match(text, end)
        edits.append(Edit(start, following.end() if following else end, ""))
    return rewrite(text, edits)
