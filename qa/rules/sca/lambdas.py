"""The Boolean expressions of SCA: ids joined by ``&&``, ``||``, ``!`` and brackets (与、或、非 are read as well).

>>> str(read("1&&!(2||3)", "lambda"))
'1 and not (2 or 3)'
>>> write(read("1&&!(2||3)", "lambda"))
'1&&!(2||3)'
"""

from __future__ import annotations

import re
from collections.abc import Callable

from qa.rules.exchange import Cannot
from qa.rules.expressions import And, Atom, Expression, Name, Not, Or

MAX_TOKENS = 400
MAX_DEPTH = 30
_TOKEN = re.compile(r"\s*(&&?|\|\|?|!|\(|\)|（|）|与|或|非|[^\s&|!()（）与或非]+)")
_SIGNS = {"&&": "and", "&": "and", "与": "and", "||": "or", "|": "or", "或": "or", "!": "not", "非": "not", "（": "(", "）": ")"}


def read(text: str, field: str) -> Expression:
    """The expression over ids as names. Raises Cannot naming ``field``."""
    tokens: list[str] = []
    at = 0
    while at < len(text.rstrip()):
        match = _TOKEN.match(text, at)
        if match is None or len(tokens) >= MAX_TOKENS:
            raise Cannot(field, f"读不懂：{text[at : at + 20]}", f"cannot be read: {text[at : at + 20]}")
        tokens.append(_SIGNS.get(match[1], match[1]))
        at = match.end()
    reader = _Reader(tokens, field)
    expression = reader.either(0)
    if reader.at != len(tokens):
        raise Cannot(field, f"多出 {tokens[reader.at]}", f"{tokens[reader.at]} is one too many")
    return expression


class _Reader:
    def __init__(self, tokens: list[str], field: str) -> None:
        self.tokens, self.field, self.at = tokens, field, 0

    def take(self) -> str:
        if self.at >= len(self.tokens):
            raise Cannot(self.field, "表达式不完整", "the expression is not complete")
        self.at += 1
        return self.tokens[self.at - 1]

    def joined(self, sign: str, part: Callable[[int], Expression], depth: int) -> list[Expression]:
        parts = [part(depth)]
        while self.at < len(self.tokens) and self.tokens[self.at] == sign:
            self.at += 1
            parts.append(part(depth))
        return parts

    def either(self, depth: int) -> Expression:
        parts = self.joined("or", self.every, depth)
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def every(self, depth: int) -> Expression:
        parts = self.joined("and", self.single, depth)
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def single(self, depth: int) -> Expression:
        if depth > MAX_DEPTH:
            raise Cannot(self.field, "括号嵌套太深", "brackets nest too deeply")
        word = self.take()
        if word == "not":
            return Not(self.single(depth + 1))
        if word == "(":
            inner = self.either(depth + 1)
            if self.take() != ")":
                raise Cannot(self.field, "缺少右括号", "a ) is missing")
            return inner
        if word in ("and", "or", ")"):
            raise Cannot(self.field, f"此处不应有 {word}", f"{word} cannot stand here")
        return Name(word)


def write(expression: Expression) -> str:
    """The expression in SCA's signs; its names are written as they are."""
    if isinstance(expression, Not):
        inner = write(expression.inner)
        return f"!({inner})" if isinstance(expression.inner, (And, Or)) else f"!{inner}"
    if isinstance(expression, And):
        return "&&".join(f"({write(p)})" if isinstance(p, Or) else write(p) for p in expression.parts)
    if isinstance(expression, Or):
        return "||".join(write(p) for p in expression.parts)
    return str(expression)


def mapped(expression: Expression, of_atom: Callable[[Atom], Expression]) -> Expression:
    """The expression with every atom replaced by what ``of_atom`` makes of it; nested equals are joined."""
    if isinstance(expression, Not):
        inner = mapped(expression.inner, of_atom)
        return inner.inner if isinstance(inner, Not) else Not(inner)
    if isinstance(expression, (And, Or)):
        kind = type(expression)
        parts: list[Expression] = []
        for part in expression.parts:
            made = mapped(part, of_atom)
            parts += made.parts if isinstance(made, kind) else (made,)
        return kind(tuple(parts))
    return of_atom(expression)
