"""Boolean expressions over conditions and metadata.

expression  or ─ and ─ not ─ ( … )
atoms       hello                       a condition
            count(cut) >= 2             how often it hits
            each upset has sorry        every hit of the first is answered by a hit of the second
            meta.area == 城区            what came with the call: direction, queue, agent, layout, duration, meta.…
            meta.type in [报修, 投诉]     one of several; also `not in`
            given.value == back.value   a value that was said, against another one, a literal with its unit, a field or a limit
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from qa.rules.verdict import Verdict, all_of, any_of

FIELDS = ("agent", "direction", "duration", "layout", "queue")
COMPARISONS = ("==", "!=", ">=", "<=", ">", "<")
WORDS = ("and", "or", "not", "count", "each", "has", "in")
"""Words of the language, which name no condition."""


@dataclass(frozen=True, slots=True)
class Name:
    name: str

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Count:
    name: str
    comparison: str
    number: int

    def __str__(self) -> str:
        return f"count({self.name}) {self.comparison} {self.number}"


@dataclass(frozen=True, slots=True)
class EachHas:
    cause: str
    answer: str

    def __str__(self) -> str:
        return f"each {self.cause} has {self.answer}"


@dataclass(frozen=True, slots=True)
class Compare:
    """A field against one literal, or (``in``, ``not in``) against several."""

    field: str
    comparison: str
    values: tuple[str, ...]

    def __str__(self) -> str:
        values = [_quoted(v) for v in self.values]
        value = f"[{', '.join(values)}]" if self.comparison in ("in", "not in") else values[0]
        return f"{self.field} {self.comparison} {value}"


@dataclass(frozen=True, slots=True)
class Not:
    inner: Expression

    def __str__(self) -> str:
        return f"not {self.inner}" if not isinstance(self.inner, (And, Or)) else f"not ({self.inner})"


@dataclass(frozen=True, slots=True)
class And:
    parts: tuple[Expression, ...]

    def __str__(self) -> str:
        return " and ".join(f"({p})" if isinstance(p, Or) else str(p) for p in self.parts)


@dataclass(frozen=True, slots=True)
class Or:
    parts: tuple[Expression, ...]

    def __str__(self) -> str:
        return " or ".join(str(p) for p in self.parts)


HOW = ("any", "each", "first", "last", "sum", "max", "min")
"""Which of a condition's values: one of them (the default), all, one in particular, or what they make together."""


@dataclass(frozen=True, slots=True)
class Values:
    """The values of a condition's hits, taken as one of :data:`HOW` says."""

    how: str
    name: str

    def __str__(self) -> str:
        value = f"{self.name}.value"
        return value if self.how == "any" else f"each {value}" if self.how == "each" else f"{self.how}({value})"


@dataclass(frozen=True, slots=True)
class Literal:
    text: str

    def __str__(self) -> str:
        return self.text if _MEASURE.fullmatch(self.text) else _quoted(self.text)


@dataclass(frozen=True, slots=True)
class Field:
    name: str

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Limit:
    """A variable of the rule set; of a table the cell for these fields of the call."""

    variable: str
    fields: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"${self.variable}" + (f"[{', '.join(self.fields)}]" if self.fields else "")


Operand = Values | Literal | Field | Limit


@dataclass(frozen=True, slots=True)
class CompareValues:
    """``left`` against one operand, or (``in``, ``not in``) against several literals."""

    left: Operand
    comparison: str
    right: tuple[Operand, ...]

    def __str__(self) -> str:
        value = f"[{', '.join(map(str, self.right))}]" if self.comparison in ("in", "not in") else str(self.right[0])
        return f"{self.left} {self.comparison} {value}"

    @property
    def operands(self) -> tuple[Operand, ...]:
        return (self.left, *self.right)

    @property
    def names(self) -> tuple[str, ...]:
        """The conditions whose values are compared, that on the left first."""
        return tuple(dict.fromkeys(o.name for o in self.operands if isinstance(o, Values)))


Atom = Name | Count | EachHas | Compare | CompareValues
Expression = Atom | Not | And | Or


def atoms(expression: Expression, wanted: bool = True) -> Iterator[tuple[Atom, bool]]:
    """Every atom, with whether the expression wants it to hold (False below an odd number of ``not``)."""
    if isinstance(expression, Not):
        yield from atoms(expression.inner, not wanted)
    elif isinstance(expression, (And, Or)):
        for part in expression.parts:
            yield from atoms(part, wanted)
    else:
        yield expression, wanted


def deciding(expression: Expression, of_atom: Callable[[Atom], Verdict], wanted: bool = True) -> Iterator[tuple[Atom, bool]]:
    """The atoms that made the expression what it is, with whether it wants them to hold.

    Of alternatives that hold those that hold; of a failed ``and`` the parts that failed. Alternatives that a plain fact rules out
    (``meta.area == 农村 and …`` of a call from town) are left out while another remains.

    >>> from qa.rules.parsing import parse
    >>> [str(atom) for atom, _ in deciding(parse("hello or clipped"), lambda atom: Verdict.of(str(atom) == "hello"))]
    ['hello']
    """
    if isinstance(expression, Not):
        yield from deciding(expression.inner, of_atom, not wanted)
        return
    if not isinstance(expression, (And, Or)):
        yield expression, wanted
        return
    whole = evaluate(expression, of_atom)
    chosen = [part for part in expression.parts if evaluate(part, of_atom) is whole]
    alternatives = isinstance(expression, Or) == wanted
    if alternatives and (whole is Verdict.MISS) == wanted:
        chosen = [part for part in chosen if not _ruled_out(part, of_atom, wanted)] or chosen
    for part in chosen:
        yield from deciding(part, of_atom, wanted)


def _ruled_out(part: Expression, of_atom: Callable[[Atom], Verdict], wanted: bool) -> bool:
    """Whether a plain comparison alone keeps this alternative from holding, whatever is said in the call."""
    joined = part.parts if isinstance(part, And if wanted else Or) else (part,)
    failed = Verdict.MISS if wanted else Verdict.HIT
    return any(isinstance(p, Compare) and of_atom(p) is failed for p in joined)


def names(expression: Expression) -> set[str]:
    """The conditions an expression mentions."""
    found: set[str] = set()
    for atom, _ in atoms(expression):
        if isinstance(atom, EachHas):
            found |= {atom.cause, atom.answer}
        elif isinstance(atom, CompareValues):
            found |= set(atom.names)
        elif isinstance(atom, (Name, Count)):
            found.add(atom.name)
    return found


def evaluate(expression: Expression, of_atom: Callable[[Atom], Verdict]) -> Verdict:
    """Kleene value of an expression, given the value of each atom."""
    if isinstance(expression, Not):
        return ~evaluate(expression.inner, of_atom)
    if isinstance(expression, And):
        return all_of(evaluate(part, of_atom) for part in expression.parts)
    if isinstance(expression, Or):
        return any_of(evaluate(part, of_atom) for part in expression.parts)
    return of_atom(expression)


def compare_count(low: float, high: float, comparison: str, number: int) -> Verdict:
    """Whether a count known to lie in ``[low, high]`` compares; DOUBTFUL when it depends.

    >>> compare_count(1, 2, ">=", 2)
    <Verdict.DOUBTFUL: 'doubtful'>
    """
    if comparison == "!=":
        return ~compare_count(low, high, "==", number)
    if comparison == "==":
        if low == high == number:
            return Verdict.HIT
        return Verdict.DOUBTFUL if low <= number <= high else Verdict.MISS
    at_low, at_high = _ORDER[comparison](low, number), _ORDER[comparison](high, number)
    return Verdict.of(at_low) if at_low == at_high else Verdict.DOUBTFUL


_ORDER: dict[str, Callable[[float, float], bool]] = {
    ">=": lambda a, b: a >= b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    "<": lambda a, b: a < b,
}


def compare_value(value: str, comparison: str, values: tuple[str, ...]) -> bool:
    """A known field against the literals: as numbers where both are, else as text. Order of texts is never true."""
    if comparison in ("not in", "!="):
        return not any(_same(value, v) for v in values)
    if comparison in ("in", "=="):
        return any(_same(value, v) for v in values)
    left, right = number_of(value), number_of(values[0])
    return left is not None and right is not None and _ORDER[comparison](left, right)


_SAYS = {
    "==": ("相同于", "equals"),
    "!=": ("不同于", "differs from"),
    ">=": ("不低于", "is not below"),
    "<=": ("不超过", "is not above"),
    ">": ("超过", "is above"),
    "<": ("低于", "is below"),
    "in": ("属于", "is one of"),
    "not in": ("不属于", "is none of"),
}
_OPPOSITES = {"==": "!=", "!=": "==", ">=": "<", "<": ">=", "<=": ">", ">": "<=", "in": "not in", "not in": "in"}


def opposite(comparison: str, *, keep: bool = False) -> tuple[str, str]:
    """In words, Chinese and English, what holds when the comparison does not (or, with ``keep``, when it does)."""
    return _SAYS[comparison if keep else _OPPOSITES[comparison]]


_MEASURE = re.compile(r"\d+(?:\.\d+)? [^\s()\[\],<>=!\"']+")
"""A number and its unit, which need no quotes: 45 min."""


def _quoted(text: str) -> str:
    """A word as it stands in an expression: in quotes where it needs them."""
    if text and not set(text) & set("()[],<>=!\"' （），【】") and text not in ("and", "or", "not", "in", "has"):
        return text
    return f"'{text}'" if '"' in text else f'"{text}"'


_DECIMAL = re.compile(r"[+-]?(\d{1,300}(\.\d*)?|\.\d+)", re.ASCII)
_CODE = re.compile(r"0\d")


def number_of(text: str) -> float | None:
    """The number that a text is, in plain decimals, or None. ``nan``, ``1e3`` and ``1_0`` are words, though Python reads them."""
    return float(text) if _DECIMAL.fullmatch(text.strip()) else None


def _same(left: str, right: str) -> bool:
    """As numbers where both are, but for codes: 0123 is not 123."""
    if _CODE.match(left.strip()) or _CODE.match(right.strip()):
        return left.strip() == right.strip()
    a, b = number_of(left), number_of(right)
    return left.strip() == right.strip() if a is None or b is None else a == b
