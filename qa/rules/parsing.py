"""Reading the expressions of :mod:`qa.rules.expressions`: recursive descent, bounded in length and depth.

>>> str(parse("hello and not (rude or count(cut) >= 2)"))
'hello and not (rude or count(cut) >= 2)'
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from qa.rules.expressions import (
    COMPARISONS,
    FIELDS,
    HOW,
    WORDS,
    And,
    Atom,
    Compare,
    CompareValues,
    Count,
    EachHas,
    Expression,
    Field,
    Limit,
    Literal,
    Name,
    Not,
    Operand,
    Or,
    Values,
    number_of,
)

MAX_TOKENS = 400
MAX_DEPTH = 40

_TOKEN = re.compile(r"""\s*(?:(?P<op>>=|<=|==|!=|[><()\[\],])|"(?P<d>[^"]*)"|'(?P<s>[^']*)'|(?P<word>[^\s()\[\],<>=!"']+))""")
_WIDE = str.maketrans("（），【】", "(),[]")


class ExpressionError(ValueError):
    """``problem`` and ``mend`` of an expression that cannot be read."""

    def __init__(self, problem: str, mend: str) -> None:
        self.problem, self.mend = problem, mend
        super().__init__(f"{problem}; {mend}")


def parse(text: str) -> Expression:
    """The expression written in ``text``. Raises ExpressionError."""
    return _Parser(_tokens(text)).whole()


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str  # op | text | word
    value: str


def _tokens(text: str) -> list[_Token]:
    text = text.translate(_WIDE).strip()
    tokens: list[_Token] = []
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if not match or match.end() == at:
            raise ExpressionError(f"'{text[at : at + 12]}' cannot be read", "use names, and, or, not, ( ), count(x) >= 2, each a has b")
        at = match.end()
        if match["op"]:
            tokens.append(_Token("op", match["op"]))
        elif match["word"]:
            tokens.append(_Token("word", match["word"]))
        else:
            tokens.append(_Token("text", match["d"] if match["d"] is not None else match["s"]))
        if len(tokens) > MAX_TOKENS:
            raise ExpressionError("the expression is too long", f"keep it below {MAX_TOKENS} words")
    return tokens


class _Parser:
    def __init__(self, tokens: list[_Token]) -> None:
        self.tokens, self.at, self.depth = tokens, 0, 0

    def peek(self, ahead: int = 0) -> _Token:
        index = self.at + ahead
        return self.tokens[index] if index < len(self.tokens) else _Token("end", "the end")

    def take(self) -> _Token:
        token = self.peek()
        self.at += 1
        return token

    def is_word(self, word: str, ahead: int = 0) -> bool:
        return self.peek(ahead) == _Token("word", word)

    def expect(self, value: str, kind: str = "op") -> None:
        token = self.take()
        if token != _Token(kind, value):
            raise ExpressionError(f"'{value}' expected, found '{token.value}'", f"write {value} there")

    def whole(self) -> Expression:
        expression = self.either()
        if self.peek().kind != "end":
            raise ExpressionError(f"'{self.peek().value}' is left over", "join the parts with and / or")
        return expression

    def either(self) -> Expression:
        parts = [self.both()]
        while self.is_word("or"):
            self.take()
            parts.append(self.both())
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def both(self) -> Expression:
        parts = [self.negated()]
        while self.is_word("and"):
            self.take()
            parts.append(self.negated())
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def negated(self) -> Expression:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise ExpressionError("nested too deeply", "name parts of it as conditions")
        try:
            if self.is_word("not"):
                self.take()
                return Not(self.negated())
            if self.peek() == _Token("op", "("):
                self.take()
                inner = self.either()
                self.expect(")")
                return inner
            return self.atom()
        finally:
            self.depth -= 1

    def atom(self) -> Atom:
        token = self.take()
        if token.kind != "word":
            raise ExpressionError(f"a condition expected, found '{token.value}'", "write the name of a condition")
        if token.value == "count" and self.peek() == _Token("op", "("):
            self.take()
            name = self.name()
            self.expect(")")
            return Count(name, self.comparison(), self.whole_number())
        if self.is_values(token):
            return self.compared(self.operand(token))
        if token.value == "each":
            cause = self.name()
            self.expect("has", "word")
            return EachHas(cause, self.name())
        if token.value in WORDS:
            raise ExpressionError(f"'{token.value}' stands where a condition should", "write the name of a condition")
        following = self.peek()
        compares = following.value in COMPARISONS and following.kind == "op"
        if compares or self.is_word("in") or (self.is_word("not") and self.is_word("in", 1)):
            return self.compared(Field(self.field(token.value)))
        return Name(self.plain_name(token.value))

    def is_values(self, token: _Token) -> bool:
        """Whether ``token``, already taken, begins what was said as values: ``x.value``, ``each x.value``, ``sum(x.value)``."""
        if token.value.endswith(".value"):
            return True
        if token.value in ("any", "each"):
            return self.peek().kind == "word" and self.peek().value.endswith(".value")
        return token.value in HOW and self.peek() == _Token("op", "(")

    def operand(self, token: _Token) -> Operand:
        """The operand that begins with ``token``, already taken."""
        if token.kind == "text":
            return Literal(token.value)
        if token.kind != "word" or token.value in ("and", "or", "not", "in", "has"):
            raise ExpressionError(f"a value expected, found '{token.value}'", "write x.value, a number with its unit, $limit or meta.NAME")
        if self.is_values(token):
            return self.said(token)
        if token.value.startswith("$"):
            return Limit(token.value[1:], self.keys())
        if token.value in FIELDS or token.value.startswith("meta."):
            return Field(self.field(token.value))
        unit = self.peek()
        if number_of(token.value) is not None and unit.kind == "word" and unit.value not in ("and", "or", "not"):
            self.take()
            return Literal(f"{token.value} {unit.value}")
        return Literal(token.value)

    def said(self, token: _Token) -> Values:
        if token.value.endswith(".value"):
            return Values("any", self.valued(token.value))
        if token.value in ("any", "each"):
            return Values(token.value, self.valued(self.take().value))
        self.expect("(")
        name = self.take()
        if not name.value.endswith(".value"):
            raise ExpressionError(f"'{name.value}' is no value", f"write for example {token.value}({name.value}.value)")
        self.expect(")")
        return Values(token.value, self.valued(name.value))

    def valued(self, written: str) -> str:
        name = written.removesuffix(".value")
        if not name or name in WORDS or "." in name or name.startswith("$"):
            raise ExpressionError(f"'{written}' names no condition", "write the name of a condition and .value behind it")
        return name

    def keys(self) -> tuple[str, ...]:
        """The fields in brackets behind ``$limit``; nothing without brackets."""
        if self.peek() != _Token("op", "["):
            return ()
        return tuple(self.field(name) for name in self.values())

    def compared(self, left: Operand) -> Compare | CompareValues:
        """What follows the left side of a comparison, and the whole of it."""
        if self.is_word("in") or (self.is_word("not") and self.is_word("in", 1)):
            comparison = "in"
            if self.take().value == "not":
                self.take()
                comparison = "not in"
            values = self.values()
            if isinstance(left, Field):
                return Compare(left.name, comparison, values)
            return CompareValues(left, comparison, tuple(Literal(v) for v in values))
        comparison = self.comparison()
        right = self.operand(self.take())
        if isinstance(left, Field) and isinstance(right, Literal):
            if " " not in right.text and (comparison in ("==", "!=") or number_of(right.text) is not None):
                return Compare(left.name, comparison, (right.text,))
            if comparison in ("==", "!="):
                return Compare(left.name, comparison, (right.text,))
        if comparison not in ("==", "!=") and isinstance(right, Literal) and not right.text[:1].isdigit() and number_of(right.text) is None:
            raise ExpressionError(f"'{right.text}' is not a number", f"{comparison} compares numbers, also with a unit: 45 min")
        return CompareValues(left, comparison, (right,))

    def values(self) -> tuple[str, ...]:
        self.expect("[")
        values: list[str] = []
        while True:
            token = self.take()
            if token.kind not in ("word", "text"):
                raise ExpressionError(f"a word expected in the list, found '{token.value}'", "write [one, two]")
            values.append(token.value)
            if self.peek() == _Token("op", ","):
                self.take()
                continue
            self.expect("]")
            return tuple(values)

    def comparison(self) -> str:
        token = self.take()
        if token.kind != "op" or token.value not in COMPARISONS:
            raise ExpressionError(f"a comparison expected, found '{token.value}'", f"use one of {' '.join(COMPARISONS)}")
        return token.value

    def whole_number(self) -> int:
        token = self.take()
        if not token.value.isdecimal() or len(token.value) > 6:
            raise ExpressionError(f"'{token.value}' is not a whole number", "write for example count(x) >= 2")
        return int(token.value)

    def name(self) -> str:
        token = self.take()
        if token.kind != "word" or token.value in WORDS:
            raise ExpressionError(f"the name of a condition expected, found '{token.value}'", "write a condition's name")
        return self.plain_name(token.value)

    def plain_name(self, name: str) -> str:
        if name.endswith(".value") or name.startswith("$"):
            raise ExpressionError(f"'{name}' is a value, where a condition should stand", "compare it: promise.value <= $limit")
        return name

    def field(self, name: str) -> str:
        if name not in FIELDS and not (name.startswith("meta.") and len(name) > 5):
            raise ExpressionError(f"'{name}' is not a field of a call", f"use meta.NAME or one of {', '.join(FIELDS)}")
        return name
