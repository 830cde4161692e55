"""Every message of a HotlineError, read from the source: the templates that ``hotline/locale/errors*.yaml`` must have in Chinese.

A template is the text of an f-string with ``{}`` for what is filled in. A carrier is a function or class that takes a message and
raises it, or hands it to another carrier: the error classes themselves, and what is found by following parameters.
"""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from hotline import errors

PACKAGES = ("hotline", "qa", "forecasting", "reports")
KINDS = ("thing", "problem", "mend")
SLOT = "{}"
Scope = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
Parts = tuple[str | None, ...]
"""A template in pieces; None is a slot."""


@dataclass(frozen=True, slots=True)
class Site:
    """Where a message is written."""

    file: str
    line: int
    kind: str


@dataclass
class Found:
    """What a walk over the packages brings together."""

    templates: dict[str, Site] = field(default_factory=dict)
    unread: list[tuple[Site, str]] = field(default_factory=list)


@dataclass
class _Module:
    name: str
    tree: ast.Module
    parents: dict[ast.AST, ast.AST]
    constants: dict[str, ast.expr]
    functions: dict[str, ast.FunctionDef]


class Reader:
    """Reads all modules below ``root``; ``read`` gives the templates of problems and mends, and of things that are words."""

    def __init__(self, root: Path, packages: Iterable[str] = PACKAGES) -> None:
        files = sorted(file for package in packages for file in (root / package).rglob("*.py"))
        self._modules = [_module(str(file.relative_to(root)), file.read_text(encoding="utf-8")) for file in files]
        names = [name for name, found in vars(errors).items() if isinstance(found, type) and issubclass(found, errors.HotlineError)]
        # carrier: where each kind of text stands among the arguments, and what the parameter is called
        self._carriers: dict[tuple[str, str], dict[str, tuple[int, str]]] = {
            ("", name): {kind: (place, kind) for place, kind in enumerate(KINDS)} for name in names
        }

    def read(self) -> Found:
        """Follows parameters until no new carrier turns up."""
        while True:
            before = {key: dict(kinds) for key, kinds in self._carriers.items()}
            found = Found()
            for module in self._modules:
                for call in (node for node in ast.walk(module.tree) if isinstance(node, ast.Call)):
                    self._read_call(module, call, found)
            if before == self._carriers:
                return found

    def _read_call(self, module: _Module, call: ast.Call, found: Found) -> None:
        name = call.func.attr if isinstance(call.func, ast.Attribute) else call.func.id if isinstance(call.func, ast.Name) else ""
        if name == "type" or (isinstance(call.func, ast.Call) and getattr(call.func.func, "id", "") == "type"):
            name = "HotlineError" if isinstance(call.func, ast.Call) else ""  # type(error)(thing, problem, mend)
        if name == "__init__" or not name:
            return
        carrier = self._carriers.get((module.name if name.startswith("_") else "", name))
        for kind, (place, parameter) in (carrier or {}).items():
            given = next((key.value for key in call.keywords if key.arg == parameter), None)
            if given is None and place < len(call.args) and not any(isinstance(a, ast.Starred) for a in call.args[: place + 1]):
                given = call.args[place]
            if given is None:
                continue
            site = Site(module.name, given.lineno, kind)
            for parts in self._texts(module, given, kind, found, site):
                template = "".join(SLOT if part is None else part.replace("{", "{{").replace("}", "}}") for part in parts)
                if _speaks(parts, kind):
                    found.templates.setdefault(template, site)

    def _texts(self, module: _Module, node: ast.expr, kind: str, found: Found, site: Site) -> Iterator[Parts]:
        match node:
            case ast.Constant(value=str(text)):
                yield (text,)
            case ast.Constant(value=None):
                return
            case ast.JoinedStr(values=values):
                yield from _products(self._piece(module, value) for value in values)
            case ast.IfExp(body=body, orelse=orelse):
                yield from self._texts(module, body, kind, found, site)
                yield from self._texts(module, orelse, kind, found, site)
            case ast.BoolOp(values=values):
                for value in values:
                    yield from self._texts(module, value, kind, found, site)
            case ast.BinOp(op=ast.Add(), left=left, right=right):
                sides = [list(self._texts(module, side, kind, found, site)) or [(None,)] for side in (left, right)]
                yield from _products(iter(sides))
            case ast.NamedExpr(value=value):
                yield from self._texts(module, value, kind, found, site)
            case ast.Subscript(value=value, slice=ast.Slice()) | ast.Call(func=ast.Attribute(value=value, attr="strip")):
                yield from self._texts(module, value, kind, found, site)
            case ast.Attribute(attr="en"):
                return  # one of two languages: its own catalogue
            case ast.Attribute(attr="thing" | "problem" | "mend"):
                return  # handed on: read where it was written
            case ast.Name(id=name):
                yield from self._named(module, node, name, kind, found, site)
            case ast.Subscript(value=ast.Name(id=name)) if isinstance(table := module.constants.get(name), ast.Dict):
                for value in table.values:
                    yield from self._texts(module, value, kind, found, site)
            case ast.Call(func=ast.Name(id="t" | "str")):
                return  # the catalogue of the screens; or a text from elsewhere
            case ast.Call(func=ast.Name(id=name)) if (home := self._home(module, name)) is not None:
                for inner in ast.walk(home.functions[name]):
                    if isinstance(inner, ast.Return) and inner.value is not None:
                        yield from self._texts(home, inner.value, kind, found, site)
            case _:
                if kind != "thing":
                    found.unread.append((site, ast.unparse(node)))

    def _named(self, module: _Module, node: ast.expr, name: str, kind: str, found: Found, site: Site) -> Iterator[Parts]:
        for scope in _scopes(module, node):
            if isinstance(scope, ast.Lambda):
                continue
            if (place := _parameter(module, scope, name)) is not None:
                key, kinds = self._carrier(module, scope)
                kinds.setdefault(kind, (place, name))
                self._carriers[key] = kinds
                return
            if values := _assigned(scope, name):
                for value in values:
                    yield from self._texts(module, value, kind, found, site)
                return
        if name in module.constants:
            yield from self._texts(module, module.constants[name], kind, found, site)
        elif kind != "thing":
            found.unread.append((site, name))

    def _home(self, module: _Module, name: str) -> _Module | None:
        """The module whose function a name is, its own or another's."""
        if name in module.functions:
            return module
        return next((other for other in self._modules if name in other.functions and not name.startswith("_")), None)

    def _carrier(
        self, module: _Module, scope: ast.FunctionDef | ast.AsyncFunctionDef
    ) -> tuple[tuple[str, str], dict[str, tuple[int, str]]]:
        owner = module.parents.get(scope)
        name = owner.name if scope.name == "__init__" and isinstance(owner, ast.ClassDef) else scope.name
        key = (module.name if name.startswith("_") else "", name)
        return key, dict(self._carriers.get(key, {}))

    def _piece(self, module: _Module, value: ast.expr) -> list[Parts]:
        """One part of an f-string: its text, the texts it chooses between, or a slot."""
        if isinstance(value, ast.Constant):
            return [(str(value.value),)]
        if not isinstance(value, ast.FormattedValue) or value.format_spec is not None or value.conversion != -1:
            return [(None,)]
        inner: list[ast.expr] = [value.value]
        if isinstance(value.value, ast.Name):
            for scope in _scopes(module, value):
                if not isinstance(scope, ast.Lambda) and (values := _assigned(scope, value.value.id)):
                    inner = values
                    break
        leaves = [leaf for one in inner for leaf in _leaves(one)]
        if all(isinstance(leaf, ast.Constant) and isinstance(leaf.value, str) for leaf in leaves):
            return [(str(leaf.value),) for leaf in leaves if isinstance(leaf, ast.Constant)]
        return [(None,)]


def _module(name: str, source: str) -> _Module:
    tree = ast.parse(source)
    parents = {child: parent for parent in ast.walk(tree) for child in ast.iter_child_nodes(parent)}
    constants: dict[str, ast.expr] = {}
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            constants[node.targets[0].id] = node.value
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value is not None:
            constants[node.target.id] = node.value
    return _Module(name, tree, parents, constants, {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)})


def _leaves(node: ast.expr) -> Iterator[ast.expr]:
    if isinstance(node, ast.IfExp):
        yield from _leaves(node.body)
        yield from _leaves(node.orelse)
    else:
        yield node


def _products(pieces: Iterable[Iterable[Parts]]) -> Iterator[Parts]:
    for chosen in itertools.product(*(list(piece) for piece in pieces)):
        yield tuple(itertools.chain.from_iterable(chosen))


def _scopes(module: _Module, node: ast.AST) -> Iterator[Scope]:
    outer = module.parents.get(node)
    while outer is not None:
        if isinstance(outer, Scope):
            yield outer
        outer = module.parents.get(outer)


def _parameter(module: _Module, scope: ast.FunctionDef | ast.AsyncFunctionDef, name: str) -> int | None:
    """The place of a parameter among a call's arguments, without self and cls."""
    names = [argument.arg for argument in (*scope.args.posonlyargs, *scope.args.args)]
    method = isinstance(module.parents.get(scope), ast.ClassDef) and not any(
        isinstance(found, ast.Name) and found.id == "staticmethod" for found in scope.decorator_list
    )
    names = names[1:] if method else names
    if name in names:
        return names.index(name)
    return 999 if name in [argument.arg for argument in scope.args.kwonlyargs] else None


def _assigned(scope: ast.FunctionDef | ast.AsyncFunctionDef, name: str) -> list[ast.expr]:
    """What a name is given in a function, tuples taken apart."""
    found: list[ast.expr] = []
    for node in ast.walk(scope):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                found += _from(target, node.value, name)
        elif isinstance(node, (ast.AnnAssign, ast.NamedExpr)) and isinstance(node.target, ast.Name) and node.value is not None:
            found += [node.value] if node.target.id == name else []
        elif isinstance(node, ast.For):
            items = node.iter.elts if isinstance(node.iter, (ast.Tuple, ast.List)) else [node.iter]
            found += [value for item in items for value in _from(node.target, item, name)]
        elif isinstance(node, ast.withitem) and isinstance(node.optional_vars, ast.Name) and node.optional_vars.id == name:
            found.append(node.context_expr)
    return found


def _from(target: ast.expr, value: ast.expr, name: str) -> list[ast.expr]:
    if isinstance(target, ast.Name):
        return [value] if target.id == name else []
    if isinstance(target, ast.Tuple):
        given = value.elts if isinstance(value, ast.Tuple) and len(value.elts) == len(target.elts) else [value] * len(target.elts)
        return [found for one, part in zip(target.elts, given, strict=True) for found in _from(one, part, name)]
    return []


def _speaks(parts: Parts, kind: str) -> bool:
    """Does the template hold words to translate? A thing is mostly a path or the name of a field, which stay as they are; it speaks
    when it has several words, or a word before what is filled in (``call {}``)."""
    if kind != "thing":
        return any(any(letter.isalpha() for letter in part or "") for part in parts)
    first = (parts[0] or "") if parts else ""
    words = [word for part in parts for word in (part or "").split() if word[:1].isalpha() and word.rstrip(":,").isalpha()]
    return len(words) > 1 or (len(parts) > 1 and first.endswith(" ") and first.strip().isalpha())
