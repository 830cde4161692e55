"""Runs of digits, written, spoken, counted or misheard: 138 0000, 幺三八, 三个零, one three double eight.

A run is digits with nothing between them but punctuation and what people say while they think (嗯, 那个, uh). A character
that merely sounds like a digit (一三吧零 …) counts between two runs, or at the edge of a number that lacks just one digit.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

import re2

from qa.redaction.hints import Hint, lettered
from qa.redaction.numbers import bank_card, id_card

CHARACTERS = {
    c: str(i) for row in ("零一二三四五六七八九", "0123456789", "０１２３４５６７８９", "〇壹贰叁肆伍陆柒捌玖") for i, c in enumerate(row)
}
CHARACTERS |= {"幺": "1", "两": "2", "俩": "2", "○": "0"}
_SOUNDS = {
    "0": "林灵铃玲凌令另领龄邻洞",
    "1": "医衣依伊壹要腰妖邀药摇姚夭",
    "2": "儿尔耳而二贰",
    "3": "散伞山叁",
    "4": "是事似死丝思斯司寺私",
    "5": "武午舞吴无屋物误",
    "6": "流留刘柳溜陆遛",
    "7": "期骑起其妻气棋齐漆凄柒拐",
    "8": "吧把爸巴霸叭拔",
    "9": "就久酒旧救究玖勾钩",
}
SOUND_OF = {character: digit for digit, characters in _SOUNDS.items() for character in characters}
_WORDS = {w: str(i) for i, w in enumerate(("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"))} | {
    "oh": "0",
    "o": "0",
}
_TEENS = ("ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen")
_TENS = {w: str(i) for i, w in enumerate(("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"), start=2)}

_ONE_WORD = "zero|oh|o|one|two|three|four|five|six|seven|eight|nine"
_ENGLISH = re2.compile(
    rf"(?i:\b(?:(?:double|triple)[ -](?:{_ONE_WORD}|[0-9])|(?:{'|'.join(_TENS)})(?:[ -](?:one|two|three|four|five|six|seven|eight|nine))?"
    rf"|{'|'.join(_TEENS)}|(?:one|two|three|four|five|six|seven|eight|nine) hundred|{_ONE_WORD})\b)"
)
_SIGNS = Hint("".join(CHARACTERS))
_SAYS_NUMBER = Hint(words=tuple(dict.fromkeys(word[:3] for word in (*_WORDS, "double", "triple", *_TENS, *_TEENS))))
_COUNTS = frozenset("两二俩三四五2345")
_MARK = r"[ \t　\-‐–—_,，、.·。…~～()（）+/／：]"
_FILLER = (
    r"嗯|啊|呃|额|哎|诶|噢|哦|唉|那个|这个|然后是?|就是|接着是?|后[面边]是?|接下来是?|最后是?|中间是?|再是?|横杠|杠|减号"
    r"|(?i:\b(?:uh|um|uhm|er|erm|then|and|dash|hyphen|space)\b)"
)
_GAP = rf"{_MARK}{{0,4}}(?:(?:{_FILLER}){_MARK}{{0,4}}){{0,2}}"
_GAP_BEGINS = frozenset(_MARK[1:-1].replace(r"\t", "\t").replace("\\-", "-")) | frozenset(
    "嗯啊呃额哎诶噢哦唉那这然就接后最中再横杠减uUeEtTaAdDhHsSſ"
)
"""How a gap between digits may begin."""
_BETWEEN = re.compile(_GAP.replace("dash", "da[sſ]h").replace("space", "[sſ]pace"), re.ASCII)
"""Plain ``re``: what it sees has sixteen characters at most, and its calls are cheaper than RE2's."""
_LONGEST_GAP = 16
_LONGEST_CHAIN = 24
"""Digits up to which runs are tried as one number: the longest there is has 19, and every start looks this far and no further."""
_LAST = re2.compile(rf"{_MARK}{{0,2}}大?([xXＸ叉])")
_BREAK = re2.compile(rf"{_MARK}{{0,2}}(\p{{Han}}{{1,2}}){_MARK}{{0,2}}")
_NEVER_MISHEARD = frozenset(
    "年月日点分秒元块角毛度号楼栋幢座单室层千百十万亿和跟或到至减加乘个户组村路街倍次台天转周级档条第位人家的我你您他她下些种样直定共般边旦切会面档"
)
"""Characters that mean something between numbers: 三栋二单元501 is no number with two misheard digits."""
UNKNOWN = "?"
Item = tuple[int, int, str]
"""A digit, or several said in one, as [start, end) and text."""


@dataclass(frozen=True, slots=True)
class Run:
    """A row of digits: ``digits[i]`` (``X`` and ``?`` may occur) was written at ``places[i]``; counted ones share a place.

    ``cuts`` are the indices at which a new group begins (after a separator or filler, or where written digits follow spoken ones), 0 first.
    """

    digits: str
    places: tuple[tuple[int, int], ...]
    cuts: tuple[int, ...]

    @property
    def start(self) -> int:
        return self.places[0][0]

    @property
    def end(self) -> int:
        return self.places[-1][1]

    @property
    def bounds(self) -> tuple[int, ...]:
        """The cuts and the end."""
        return (*self.cuts, len(self.digits))

    def part(self, first: int, last: int) -> Run:
        """Digits ``[first, last)``, which must lie at cuts."""
        cuts = tuple(c - first for c in self.cuts if first <= c < last)
        return Run(self.digits[first:last], self.places[first:last], cuts or (0,))

    def hidden(self) -> tuple[tuple[int, int], ...]:
        return tuple(dict.fromkeys(self.places))


def runs_in(text: str, expected: Callable[[int], bool] = lambda place: False) -> list[Run]:
    """All runs of ``text`` in order, joined over misheard digits where the whole has ten or more.

    ``expected`` tells whether somebody announced a number that begins at a place: then seven are enough.
    """
    items = _items(text)
    if len(items) < 2:
        return []
    rows: list[list[Item]] = []
    end = -1
    for item in items:
        gap = item[0] - end
        if rows and (
            gap == 0 or (gap <= _LONGEST_GAP and text[end] in _GAP_BEGINS and _BETWEEN.fullmatch(text[end : item[0]]) is not None)
        ):
            rows[-1].append(item)
        else:
            rows.append([item])
        end = item[1]
    return _joined([_read(row, text) for row in rows], text, expected)


def _items(text: str) -> list[Item]:
    """Digits of every spelling, in order."""
    items: list[Item] = []
    at = 0
    for place, character in enumerate(text) if _SIGNS.may(text) else ():
        if place < at or character not in CHARACTERS:
            continue
        at = place + 1
        if text[at : at + 1] == "个" and character in _COUNTS and text[at + 1 : at + 2] in CHARACTERS:
            at = place + 3
        items.append((place, at, text[place:at]))
    if lettered(text) and _SAYS_NUMBER.may(text):
        taken = [(m.start(), m.end(), m.group()) for m in _ENGLISH.finditer(text)]
        spans = {place for start, end, _ in taken for place in range(start, end)}  # the 5 of double 5
        items = sorted([item for item in items if item[0] not in spans] + taken)
    return items


def _read(row: list[Item], text: str) -> Run:
    digits: list[str] = []
    places: list[tuple[int, int]] = []
    cuts: list[int] = []
    at, was_written = -1, False
    for start, end, item in row:
        written = item[0].isascii()
        if start != at or written is not was_written:
            cuts.append(len(digits))
        value = CHARACTERS.get(item) or _value(item)
        digits += value
        places += [(start, end)] * len(value)
        at, was_written = end, written
    return _with_last(Run("".join(digits), tuple(places), tuple(cuts)), text)


def _with_last(run: Run, text: str) -> Run:
    """With the X that closes an identity number of seventeen digits."""
    if len(run.digits) % 18 not in (16, 17):
        return run
    after = text[run.end : run.end + 1]
    if len(run.digits) % 18 == 16 and after in SOUND_OF and _LAST.match(text[run.end + 1 : run.end + 5]) is not None:
        run = replace(run, digits=run.digits + SOUND_OF[after], places=(*run.places, (run.end, run.end + 1)))
    if len(run.digits) % 18 != 17:
        return run
    return closed(run, text)


def closed(run: Run, text: str) -> Run:
    """With the X that stands right behind, if there is one."""
    match = _LAST.match(text[run.end : run.end + 4])
    if match is None:
        return run
    return replace(run, digits=run.digits + "X", places=(*run.places, (run.end + match.start(1), run.end + match.end(1))))


def _value(item: str) -> str:
    if len(item) == 1:
        return _WORDS[item.casefold()]
    if len(item) == 3 and item[1] == "个":
        return CHARACTERS[item[2]] * int(CHARACTERS[item[0]])
    words = item.casefold().replace("-", " ").split()  # RE2 takes ſ for s
    first, second = words[0], words[-1]
    if first in ("double", "triple"):
        return (second if second.isdigit() else _WORDS[second]) * (2 if first == "double" else 3)
    if second == "hundred":
        return f"{_WORDS[first]}00"
    if first in _TENS:
        return _TENS[first] + (_WORDS[second] if len(words) == 2 else "0")
    return f"1{_TEENS.index(first)}" if first in _TEENS else _WORDS[first]


def _joined(runs: list[Run], text: str, expected: Callable[[int], bool]) -> list[Run]:
    """Runs with one or two misheard characters between them as one run, where it has at least ten digits, most of them clear."""
    out: list[Run] = []
    at = 0
    while at < len(runs):
        chain = [runs[at]]
        breaks: list[tuple[int, str]] = []
        length = len(chain[0].digits)
        while at + len(chain) < len(runs):
            following = runs[at + len(chain)]
            gap = text[chain[-1].end : following.start]
            match = _BREAK.fullmatch(gap) if len(gap) <= 6 and _NEVER_MISHEARD.isdisjoint(gap) else None
            if match is None or not _maybe_misheard(match[1], alone=match[1] == gap):
                break
            length += len(match[1]) + len(following.digits)
            if length > _LONGEST_CHAIN:
                break
            breaks.append((chain[-1].end + match.start(1), match[1]))
            chain.append(following)
        whole = _with_last(_chained(chain, breaks), text) if len(chain) > 1 else None
        if whole is not None and _is_one_number(whole, chain, expected(chain[0].start)):
            out.append(whole)
            at += len(chain)
        else:
            out.append(_mended(runs[at], text))
            at += 1
    return out


def _maybe_misheard(characters: str, *, alone: bool) -> bool:
    """One character of any sound right between digits, or what sounds like digits beside a pause."""
    return (len(characters) == 1 and alone) or all(c in SOUND_OF for c in characters)


def _is_one_number(whole: Run, chain: list[Run], expected: bool) -> bool:
    """Whether what stands between the runs of a chain was a digit: the whole is long, mostly clear, and holds no number already."""
    count, misheard = len(whole.digits), len(whole.digits) - sum(len(run.digits) for run in chain)
    if count < (7 if expected else 10) or misheard > 0.3 * count:
        return False
    if id_card(whole.digits) is not None or bank_card(whole.digits):
        return True
    return not any(_is_mobile(run.digits) for run in chain)


def _chained(chain: list[Run], breaks: list[tuple[int, str]]) -> Run:
    digits, places, cuts = chain[0].digits, chain[0].places, chain[0].cuts
    for run, (start, characters) in zip(chain[1:], breaks, strict=True):
        digits += "".join(SOUND_OF.get(c, UNKNOWN) for c in characters)
        places += tuple((start + i, start + i + 1) for i in range(len(characters)))
        cuts += tuple(c + len(digits) for c in run.cuts if c)
        digits += run.digits
        places += run.places
    return Run(digits, places, cuts)


def _mended(run: Run, text: str) -> Run:
    """A mobile number that lacks its first or last digit, when a character of that sound stands there: 要三八… is 幺三八…."""
    if len(run.digits) != 10:
        return run
    before, after = text[run.start - 1 : run.start] if run.start else "", text[run.end : run.end + 1]
    if SOUND_OF.get(before) == "1" and run.digits[0] in "3456789":
        return Run("1" + run.digits, ((run.start - 1, run.start), *run.places), (0, *(c + 1 for c in run.cuts if c)))
    if after in SOUND_OF and _is_mobile(run.digits + "0"):
        return replace(run, digits=run.digits + SOUND_OF[after], places=(*run.places, (run.end, run.end + 1)))
    return run


def _is_mobile(digits: str) -> bool:
    return len(digits) == 11 and digits[0] == "1" and digits[1] in "3456789"
