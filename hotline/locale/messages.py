"""Errors in the reader's language.

Errors are written in English where they are raised, and stored so: a line put aside at night is read by people of both languages.
What a screen or the command line shows is made here, from the finished text: ``errors/*.yaml`` names each template (the f-string with
``{}`` for what was filled in) with its Chinese, and a text is matched to the template that explains most of it. A text that no
template fits stays as it is.

In the Chinese, ``{}`` takes the values in order and ``{1}`` the second. After a colon stands what the value is itself:
``{:message}`` another problem or mend, ``{:line}`` a whole ``thing: problem; mend``, ``{:list}`` words joined by "or".

>>> from hotline.errors import NotFound
>>> from hotline.locale import use
>>> use("zh"); told(NotFound("call S001", "not in the store", "see: hotline calls list"))
'通话 S001：不在数据库里；查看：hotline calls list'
>>> line("a.csv:3: seconds: '七' is not a number of seconds")
'a.csv:3: seconds：“七”不是秒数'
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources

import yaml

from hotline.errors import HotlineError
from hotline.locale import current

_SLOT = re.compile(r"\{\{|\}\}|\{(?P<place>\d?)(?::(?P<kind>message|line|list))?\}")
_FEW = 3
"""Letters that a template must have of its own: ``{}: {}`` would explain everything."""


@dataclass(frozen=True, slots=True)
class Template:
    """One message: how to recognise it, and its Chinese in pieces (a text, or the place and the kind of a value)."""

    text: str
    pattern: re.Pattern[str]
    longest: str
    letters: int
    chinese: tuple[str | tuple[int, str], ...]

    @property
    def nests(self) -> bool:
        """Whether a value is itself a message."""
        return any(not isinstance(piece, str) and piece[1] in ("message", "line") for piece in self.chinese)


@dataclass(frozen=True, slots=True)
class Told:
    """A text in Chinese, and how many of its letters the templates explain."""

    text: str
    explained: int


def told(error: HotlineError) -> str:
    """The error as one line in the language of this context."""
    if current() == "en":
        return str(error)
    return " ".join(_joined(thing(error.thing), message(error.problem), message(error.mend)).split())


def message(text: str) -> str:
    """A problem or a mend in the language of this context."""
    return text if current() == "en" else _best(text).text


def thing(text: str) -> str:
    """What an error is about (``call S001``; a path or the name of a field stays) in the language of this context."""
    return text if current() == "en" else _best(text, "thing").text


def line(text: str) -> str:
    """A stored ``thing: problem`` or ``thing: problem; mend`` in the language of this context."""
    return text if current() == "en" else _line(text).text


@cache
def catalogue() -> dict[str, dict[str, str]]:
    """The Chinese of every template, by file: ``{"things": {"call {}": "通话 {}"}, …}``."""
    folder = resources.files("hotline.locale") / "errors"
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".yaml")), key=lambda file: file.name)
    return {file.name.removesuffix(".yaml"): yaml.safe_load(file.read_text(encoding="utf-8")) for file in files}


@lru_cache(maxsize=4096)
def _best(text: str, kind: str = "message") -> Told:
    whole, some = _templates(kind)
    if (known := whole.get(text)) is not None:
        return Told("".join(piece for piece in known.chinese if isinstance(piece, str)), known.letters)
    best = Told(text, 0)
    for template in some:
        if best.explained and not template.nests:
            continue  # of those without messages inside, the first has most letters
        if template.longest in text and (found := template.pattern.fullmatch(text)) is not None:
            told_so = _filled(template, found.groups())
            best = told_so if told_so.explained > best.explained else best
    return best


def _filled(template: Template, values: tuple[str, ...]) -> Told:
    pieces, explained = [], template.letters
    for piece in template.chinese:
        if isinstance(piece, str):
            pieces.append(piece)
            continue
        place, kind = piece
        inner = _value(values[place], kind)
        pieces.append(inner.text)
        explained += inner.explained
    return Told("".join(pieces), explained)


def _value(value: str, kind: str) -> Told:
    if kind == "message":
        return _best(value)
    if kind == "line":
        return _line(value)
    return Told(value.replace(" or ", "或"), 0) if kind == "list" else Told(value, 0)


@lru_cache(maxsize=4096)
def _line(text: str) -> Told:
    """The way to part a line of which the templates explain most; of equals the one with the longest thing."""
    best = Told(text, 0)
    for head, problem, mend in _partings(text):
        parts = [_best(head, "thing") if head else Told("", 0), _best(problem), _best(mend) if mend else Told("", 0)]
        explained = parts[1].explained + parts[2].explained
        if explained and explained >= best.explained:
            best = Told(_joined(*(part.text for part in parts)), explained)
    return best


def _partings(text: str) -> Iterator[tuple[str, str, str]]:
    heads = [0] + [found.end() for found in re.finditer(": ", text)]
    for start in heads:
        yield text[: max(start - 2, 0)], text[start:], ""
        for found in re.finditer("; ", text[start:]):
            yield text[: max(start - 2, 0)], text[start : start + found.start()], text[start + found.end() :]


def _joined(head: str, problem: str, mend: str) -> str:
    told_so_far = f"{head}：{problem}" if head else problem
    return f"{told_so_far}；{mend}" if mend else told_so_far


@cache
def _templates(kind: str) -> tuple[dict[str, Template], list[Template]]:
    """Templates without slots by their text, and those with slots, the one with most letters of its own first."""
    groups = {name: group for name, group in catalogue().items() if (name == "things") == (kind == "thing")}
    every = [template(text, chinese) for group in groups.values() for text, chinese in group.items()]
    some = [one for one in every if one.pattern.groups and one.letters >= _FEW]
    return {one.text: one for one in every if not one.pattern.groups}, sorted(some, key=lambda one: (-one.letters, one.text))


def template(text: str, chinese: str) -> Template:
    """An entry of the catalogue, read. ``{{`` and ``}}`` are braces, as in a format string.

    Raises ValueError when the Chinese does not take each value exactly once.
    """
    literals = [piece for piece in _pieces(text) if isinstance(piece, str)]
    slots = sum(not isinstance(piece, str) for piece in _pieces(text))
    taken = sorted(piece[0] for piece in _pieces(chinese) if not isinstance(piece, str))
    if taken != list(range(slots)):
        raise ValueError(f"{text!r} has {slots} values, its Chinese takes {taken}")
    pattern = "".join(re.escape(piece) if isinstance(piece, str) else "(.*?)" for piece in _pieces(text))
    letters = sum(not letter.isspace() for piece in literals for letter in piece)
    plain = "".join(literals) if not slots else text
    return Template(plain, re.compile(pattern, re.DOTALL), max(literals, key=len, default=""), letters, tuple(_pieces(chinese)))


def _pieces(text: str) -> list[str | tuple[int, str]]:
    """Texts and slots of a template; neighbouring texts are one."""
    pieces: list[str | tuple[int, str]] = []
    at = order = 0
    for found in _SLOT.finditer(text):
        pieces.append(text[at : found.start()])
        at = found.end()
        if found[0] in ("{{", "}}"):
            pieces.append(found[0][0])
            continue
        place = int(found["place"]) if found["place"] else order
        order += 1
        pieces.append((place, found["kind"] or ""))
    pieces.append(text[at:])
    joined: list[str | tuple[int, str]] = []
    for piece in pieces:
        if isinstance(piece, str) and joined and isinstance(joined[-1], str):
            joined[-1] += piece
        elif piece != "":
            joined.append(piece)
    return joined
