"""Reading the expressions of :mod:`qa.rules.expressions`: recursive descent, bounded in length and depth.

>>> str(parse("hello and not (rude or count(cut) >= 2)"))
'hello and not (rude or count(cut) >= 2)'
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from qa.rules.expressions import COMPARISONS, FIELDS, WORDS, And, Atom, Compare, Count, EachHas, Expression, Name, Not, Or, number_of

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
        if token.value == "each":
            cause = self.name()
            self.expect("has", "word")
            return EachHas(cause, self.name())
        if token.value in WORDS:
            raise ExpressionError(f"'{token.value}' stands where a condition should", "write the name of a condition")
        following = self.peek()
        if following.value in COMPARISONS and following.kind == "op":
            return self.compared(token.value, self.comparison())
        if self.is_word("in") or (self.is_word("not") and self.is_word("in", 1)):
            comparison = "in"
            if self.take().value == "not":
                self.take()
                comparison = "not in"
            return Compare(self.field(token.value), comparison, self.values())
        return Name(self.plain_name(token.value))

    def compared(self, field: str, comparison: str) -> Compare:
        self.field(field)
        token = self.take()
        if token.kind not in ("word", "text") or token.value.startswith("$") or token.value.endswith(".value"):
            if token.value.startswith("$") or token.value.endswith(".value"):
                raise ExpressionError(f"'{token.value}' is not supported in this version", "compare with a plain word or number")
            raise ExpressionError(f"a word or number expected after {comparison}, found '{token.value}'", "quote texts with spaces")
        if comparison not in ("==", "!=") and number_of(token.value) is None:
            raise ExpressionError(f"'{token.value}' is not a number", f"{comparison} compares numbers")
        return Compare(field, comparison, (token.value,))

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
            raise ExpressionError(f"'{name}' is not supported in this version", "use conditions, counts and comparisons with metadata")
        return name

    def field(self, name: str) -> str:
        if name.endswith(".value"):
            raise ExpressionError(f"'{name}' is not supported in this version", "compare metadata with a word or number")
        if name not in FIELDS and not (name.startswith("meta.") and len(name) > 5):
            raise ExpressionError(f"'{name}' is not a field of a call", f"use meta.NAME or one of {', '.join(FIELDS)}")
        return name
