"""Which keys a reader asks for, and as what: found in its source, so that a schema cannot say otherwise than the reader does.

Readers get a :class:`qa.rules.fields.Fields` named ``fields`` and ask it with constants: ``fields.seconds("over")``,
``fields.choice("per", ("call", "sentence"))``, ``vocabulary.phrases(fields, "say")``.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

_GETTERS = frozenset(
    ["text", "choice", "number", "whole", "flag", "seconds", "texts", "get", "need", "child", "children", "listing", "has"]
)


@dataclass(slots=True)
class Key:
    """How a key is read: ``kind`` is the getter (``has`` where nothing more is known), ``choices`` and bounds where they are constant."""

    name: str
    kind: str
    choices: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    optional: bool = False


def keys_read(module: ModuleType, receiver: str = "fields", only: Sequence[str] = ()) -> dict[str, Key]:
    """The keys that a module's functions (``only`` those named, all when empty) ask ``receiver`` for, by name."""
    found: dict[str, Key] = {}
    tree = ast.parse(inspect.getsource(module))
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef) and (not only or function.name in only):
            for key in _keys(function, receiver, vars(module)):
                known = found.get(key.name)
                if known is None or known.kind == "has":
                    key.optional = key.optional or (known is not None)
                    found[key.name] = key
                elif key.kind == "has":
                    known.optional = True
    return found


def _keys(node: ast.AST, receiver: str, names: Mapping[str, Any], loops: Mapping[str, tuple[str, ...]] | None = None) -> Iterator[Key]:
    """The keys asked for below ``node``; ``loops`` are the variables of the loops around it with the texts that they take."""
    loops = {**(loops or {})}
    for loop in (node, *getattr(node, "generators", ())):
        if isinstance(loop, (ast.For, ast.comprehension)) and isinstance(loop.target, ast.Name):
            loops[loop.target.id] = tuple(_texts(loop.iter, names))
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        called = node.func
        if called.attr == "phrases" and len(node.args) > 1 and _is(node.args[0], receiver):
            yield from (Key(name, "texts") for name in _names(node.args[1], loops))
        elif called.attr in _GETTERS and _is(called.value, receiver) and node.args:
            yield from (_key(name, called.attr, node, names) for name in _names(node.args[0], loops))
    for child in ast.iter_child_nodes(node):
        yield from _keys(child, receiver, names, loops)


def _key(name: str, getter: str, call: ast.Call, names: Mapping[str, Any]) -> Key:
    bounds: dict[str, float] = {}
    for k in call.keywords:
        if k.arg in ("low", "high") and isinstance(k.value, ast.Constant) and isinstance(k.value.value, (int, float)):
            bounds[k.arg] = k.value.value
    key = Key(name, getter, low=bounds.get("low"), high=bounds.get("high"), optional=len(call.args) > (2 if getter == "choice" else 1))
    if getter == "choice" and len(call.args) > 1:
        key.choices = tuple(_texts(call.args[1], names))
    return key


def _is(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _names(node: ast.expr, loops: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """The keys an argument stands for: a constant, or the variable of a loop over constants."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return (node.value,)
    return loops.get(node.id, ()) if isinstance(node, ast.Name) else ()


def _texts(node: ast.expr, names: Mapping[str, Any]) -> list[str]:
    """The texts of a literal list, or of a list or table of the module; nothing where they are not constant."""
    if isinstance(node, (ast.Tuple, ast.List)):
        return [text for entry in node.elts for text in _texts(entry, names)]
    if isinstance(node, ast.Constant):
        return [node.value] if isinstance(node.value, str) else []
    if isinstance(node, ast.Starred):
        return _texts(node.value, names)
    value = names.get(node.id) if isinstance(node, ast.Name) else None
    return [text for text in value if isinstance(text, str)] if isinstance(value, (tuple, list, dict, frozenset)) else []
