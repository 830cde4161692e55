"""Sentences of power-supply and petroleum hotlines, without number: templates with slots, as many distinct characters as can be.

A template is a line of ``customer.txt`` or ``agent.txt``: ``{slot}`` draws a word list of ``words.txt`` or a number as it is spoken,
``(a|b|c)`` draws one of the pieces and ``[a]`` keeps the piece half of the time. Of a few candidates the one with the rarest characters so
far is kept, so that the histogram of characters is flatter than in natural speech: a recogniser learns what it has heard often.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
_INNER = re.compile(r"\(([^()\[\]]*)\)|\[([^()\[\]]*)\]")
_SLOT = re.compile(r"\{(\w+)\}")
_CLAUSE = re.compile("[，。？！、；]")
_MARKS = re.compile("[，。？！、；]")
_CUSTOMER_FRONT = (
    "",
    "",
    "",
    "你好，",
    "喂，",
    "喂，你好，",
    "哎，",
    "呃，",
    "嗯，",
    "啊，",
    "那个，",
    "就是，",
    "然后，",
    "不是，",
    "我说，",
    "对，",
)
_AGENT_FRONT = (
    "",
    "",
    "",
    "好的，",
    "好的{surname}{title}，",
    "{surname}{title}，",
    "您好，",
    "嗯，",
    "是的，",
    "请问，",
    "那，",
    "这边，",
)
_CUSTOMER_TAIL = ("", "", "", "", "谢谢。", "行吗？", "你帮我看看。", "怎么办？", "对吧？", "是不是？", "麻烦你了。")
_AGENT_TAIL = ("", "", "", "", "好吗？", "可以吗？", "对吗？", "谢谢。", "请您放心。", "请您谅解。", "您看行吗？")
DIGITS = "零一二三四五六七八九"


def counted(value: int) -> str:
    """A whole number below a hundred million as it is spoken.

    >>> counted(15), counted(216), counted(1005), counted(12000)
    ('十五', '二百一十六', '一千零五', '一万二千')
    """
    if value >= 10_000:
        rest = value % 10_000
        return counted(value // 10_000) + "万" + ("零" if 0 < rest < 1000 else "") + (counted(rest) if rest else "")
    text, gap = "", False
    for unit, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit, value = value // unit, value % unit
        if digit:
            text += ("零" if gap and text else "") + DIGITS[digit] + name
            gap = False
        else:
            gap = True
    text = text or "零"
    return text[1:] if text.startswith("一十") else text


def clauses(text: str) -> list[str]:
    """The pieces between punctuation marks."""
    return [piece for piece in _CLAUSE.split(text) if piece]


def bare(text: str) -> str:
    """The text without punctuation, as the recogniser writes it."""
    return _MARKS.sub("", text)


@cache
def _words() -> dict[str, tuple[str, ...]]:
    lines = (
        line.split(": ", 1) for line in (HERE / "words.txt").read_text(encoding="utf-8").splitlines() if ": " in line and line[0] != "#"
    )
    return {name: tuple(words.split()) for name, words in lines}


@cache
def templates(side: str) -> tuple[str, ...]:
    """The templates of ``customer`` or ``agent``, or the general sentences of ``other``."""
    lines = (HERE / f"{side}.txt").read_text(encoding="utf-8").splitlines()
    return tuple(line.strip() for line in lines if line.strip() and not line.startswith("#"))


class Texts:
    """Draws sentences. ``forbidden`` are clauses (held-out texts) that no sentence may contain; ``seed`` makes the draw repeatable."""

    def __init__(self, seed: int, forbidden: Iterable[str] = ()) -> None:
        self.rng = np.random.default_rng(seed)
        self.counts: Counter[str] = Counter()
        self.used: Counter[str] = Counter()
        self.seen: set[str] = set()
        self.forbidden = frozenset(forbidden)
        self._spoken: dict[str, Callable[[], str]] = {
            "phone": self._phone, "account": lambda: self._digits(int(self.rng.integers(7, 11))), "code": self._code, "money": self._money,
            "kwh": lambda: counted(self._rounded(3000)) + "度", "date": self._date, "time": self._time, "duration": self._duration,
            "house": self._house, "address": self._address, "name": self._name, "number": lambda: counted(int(self.rng.integers(2, 100))),
            "few": lambda: self._pick("两三四五六七八九十"), "worker": lambda: self._digits(int(self.rng.integers(3, 6))),
            "tail4": lambda: self._digits(4), "litre": lambda: counted(int(self.rng.integers(5, 80))), "percent": self._percent,
            "year": lambda: self._pick(("二零", "一九")) + self._digits(2), "price": self._price,
        }  # fmt: skip

    def draw(self, candidates: int = 4) -> str:
        """One new sentence with punctuation, 2 to 60 characters."""
        while True:
            options = [option for option in (self._sentence() for _ in range(candidates)) if self._may(option[0])]
            if options:
                break
        text, template = max(options, key=self._rarity)
        self.counts.update(bare(text))
        self.used[template] += 1
        self.seen.add(text)
        return text

    def remember(self, drawn: Iterable[str]) -> None:
        """Count sentences of an earlier run, so that they are not drawn again."""
        for text in drawn:
            self.counts.update(bare(text))
            self.seen.add(text)

    def fill(self, template: str) -> str:
        """The template with every choice made. Raises KeyError for a slot that does not exist."""
        while match := _INNER.search(template):
            if match[1] is not None:
                chosen = self._pick(match[1].split("|"))
            else:
                chosen = self._pick(match[2].split("|")) if self.rng.random() < 0.5 else ""
            template = template[: match.start()] + chosen + template[match.end() :]
        return _SLOT.sub(self._slot, template)

    def _may(self, text: str) -> bool:
        return 2 <= len(bare(text)) <= 60 and text not in self.seen and not any(piece in self.forbidden for piece in clauses(text))

    def _rarity(self, option: tuple[str, str]) -> float:
        text, template = option
        chars = bare(text)
        rare = sum(1.0 / (3.0 + self.counts[c]) for c in set(chars)) / (4 + len(chars))
        return rare * 6 + 1.0 / (1.0 + self.used[template]) + 0.05 * float(self.rng.random())

    def _sentence(self) -> tuple[str, str]:
        roll = self.rng.random()
        side = "customer" if roll < 0.45 else "agent" if roll < 0.9 else "other"
        template = self._pick(templates(side))
        text = self.fill(template)
        if len(text) < 12 and self.rng.random() < 0.4:
            second = self._pick(templates(side))
            text += self.fill(second)
        if side != "other":
            front, tail = (_CUSTOMER_FRONT, _CUSTOMER_TAIL) if side == "customer" else (_AGENT_FRONT, _AGENT_TAIL)
            if self.rng.random() < 0.4:
                text = self.fill(self._pick(front)) + text
            if self.rng.random() < 0.25 and text.endswith("。") and (end := self._pick(tail)):
                text = text[:-1] + "，" + end
        return text, template

    def _slot(self, match: re.Match[str]) -> str:
        name = match[1]
        if name in self._spoken:
            return self._spoken[name]()
        return self._pick(_words()[name])

    def _pick(self, options: str | tuple[str, ...] | list[str]) -> str:
        return options[int(self.rng.integers(len(options)))]

    def _digits(self, count: int) -> str:
        text = "".join(DIGITS[int(d)] for d in self.rng.integers(0, 10, count))
        return text.replace("一", "幺") if self.rng.random() < 0.3 else text

    def _phone(self) -> str:
        if self.rng.random() < 0.15:
            return self._digits(8)
        head = self._pick(("一三", "一五", "一七", "一八", "一九"))
        tail = self._digits(9)
        return (head.replace("一", "幺") if "幺" in tail else head) + tail

    def _code(self) -> str:
        return self._digits(int(self.rng.integers(4, 13)))

    def _rounded(self, top: int) -> int:
        value = int(self.rng.integers(2, top))
        return value if self.rng.random() < 0.6 or value < 20 else value // 10 * 10 if value < 200 else value // 100 * 100

    def _money(self) -> str:
        roll = self.rng.random()
        value = self._rounded(300 if roll < 0.5 else 6000)
        whole = counted(value).replace("二百", "两百") if self.rng.random() < 0.4 else counted(value)
        if roll < 0.15:
            return whole + "多块" + self._pick(("", "钱"))
        if roll < 0.35:
            return whole + "块" + DIGITS[int(self.rng.integers(1, 10))] + self._pick(("毛", "毛", "毛钱"))
        if roll < 0.5:
            tens, ones = self.rng.integers(1, 10, 2)
            return f"{whole}元{DIGITS[int(tens)]}角{DIGITS[int(ones)]}分"
        return whole + self._pick(("元", "块", "块钱", "元钱"))

    def _price(self) -> str:
        return f"{self._pick('五六七八')}块{self._pick(DIGITS[1:])}毛{self._pick(DIGITS[1:])}"

    def _percent(self) -> str:
        return "百分之" + counted(int(self.rng.integers(1, 101)))

    def _date(self) -> str:
        roll, day = self.rng.random(), counted(int(self.rng.integers(1, 32)))
        if roll < 0.4:
            return f"{counted(int(self.rng.integers(1, 13)))}月{day}{self._pick('号日')}"
        if roll < 0.6:
            return self._pick(("这个月", "上个月", "下个月", "本月")) + day + "号"
        return self._pick(_words()["weekday" if roll < 0.8 else "when"])

    def _time(self) -> str:
        part = self._pick(("上午", "下午", "晚上", "早上", "中午", "凌晨", "", ""))
        hour = self._pick(("一", "两", "三", "四", "五", "六", "七", "八", "九", "十", "十一", "十二"))
        minute = self._pick(("", "", "半", "半", "一刻", "二十分", "四十", "十五分", "左右", "多"))
        return f"{part}{hour}点{minute}" + ("钟" if not minute and self.rng.random() < 0.3 else "")

    def _duration(self) -> str:
        number = self._pick(("一", "两", "三", "四", "五", "十", "二十四", "四十八", "七十二"))
        return self._pick(
            (
                f"{number}个小时", f"{number}个工作日", f"{number}天", "四十五分钟", "九十分钟", "半个小时", "半天", "一刻钟", "一个星期",
                "十几分钟", "二十分钟", f"{counted(int(self.rng.integers(2, 60)))}分钟", "三个月", "一整天",
                "一个半小时", "十来分钟", "半个月",
            )
        )  # fmt: skip

    def _name(self) -> str:
        words = _words()
        return self._pick(words["surname"]) + "".join(self._pick(words["given"]) for _ in range(1 if self.rng.random() < 0.3 else 2))

    def _house(self) -> str:
        number = counted(int(self.rng.integers(1, 400)))
        roll = self.rng.random()
        if roll < 0.35:
            return number + "号"
        block, room = counted(int(self.rng.integers(1, 40))), self._digits(3)
        unit = self._pick("一二三四五六")
        if roll < 0.7:
            return f"{block}{self._pick(('栋', '号楼', '幢', '座'))}{unit}单元{room}"
        return f"{block}{self._pick(('栋', '号楼', '幢'))}" + (room if roll < 0.85 else "")

    def _address(self) -> str:
        words = _words()
        roll = self.rng.random()
        if roll < 0.2:
            return self._pick(words["town"]) + self._pick(words["village"]) + (self._pick("一二三四五六七八") + "组" if roll < 0.1 else "")
        if roll < 0.3:
            return self._pick(words["road"]) + "和" + self._pick(words["road"]) + self._pick(("交叉口", "路口"))
        if roll < 0.5:
            return self._pick(words["community"]) + self._house()
        start = self._pick(words["city"]) + ("市" if roll > 0.65 else "") if roll > 0.6 else ""
        ending = self._pick(words["community"]) if roll > 0.9 else ""
        return start + self._pick(words["district"]) + self._pick(words["road"]) + self._house() + ending
