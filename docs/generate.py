"""Write the generated references: ``python docs/generate.py``; ``--check`` says which are out of date and exits 1.

A reference is a function here; ``tests/test_docs.py`` fails when a committed page differs from what it gives.
"""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import typer

from hotline import cli, settings
from hotline.commands.rules import reference as rules_reference
from hotline.store.roles_table import with_roles
from qa import rules
from qa.rules import pages
from qa.rules.schema import schema_text
from reports import kpi

DOCS = Path(__file__).parent


def commands() -> str:
    """The command line, from its own help texts."""
    lines = ["# Commands", "", "Generated from the command line's own help. Every command that prints data takes `--json`.", ""]
    for path, command in _walk(typer.main.get_command(cli.app), ("hotline",)):
        lines += [f"## {' '.join(path)}", "", inspect.cleandoc(command.help or ""), ""]
        if _members(command):
            continue
        arguments = [p for p in command.params if p.param_type_name == "argument"]
        options = [p for p in command.params if p.param_type_name == "option"]
        named = [p.metavar or f"{p.name.upper()}{'…' if p.nargs == -1 else ''}" for p in arguments]
        usage = " ".join([*path, *(name if p.required else f"[{name}]" for p, name in zip(arguments, named, strict=True)), "[OPTIONS]"])
        lines += ["```sh", usage, "```", ""]
        if options:
            lines += ["| option | meaning |", "|---|---|"]
            lines += [f"| `{', '.join(p.opts + p.secondary_opts)}` | {(p.help or '').replace('|', '/')} |" for p in options]
            lines.append("")
    return "\n".join(lines)


def _walk(command: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    yield path, command
    for name, member in sorted(_members(command).items()):
        yield from _walk(member, (*path, name))


def _members(command: Any) -> dict[str, Any]:
    """The commands of a group; of a single command none. (Asked by attribute: typer brings command classes of its own.)"""
    return getattr(command, "commands", {})


def settings_page() -> str:
    """Every setting with its default and meaning, from the class that reads them."""
    tree = ast.parse(inspect.getsource(settings.Settings)).body[0]
    assert isinstance(tree, ast.ClassDef)
    meaning: dict[str, str] = {}
    for before, after in zip(tree.body, tree.body[1:], strict=False):
        if isinstance(before, ast.AnnAssign) and isinstance(before.target, ast.Name) and isinstance(after, ast.Expr):
            meaning[before.target.id] = inspect.cleandoc(ast.literal_eval(after.value)).replace("``", "`")
    lines = [
        "# Settings",
        "",
        "Read once at start: defaults, then `hotline.toml` in the installation's folder, then `HOTLINE_*` environment variables.",
        "",
        "| key in hotline.toml | environment | default | meaning |",
        "|---|---|---|---|",
    ]
    for spec in fields(settings.Settings):
        default = spec.default if spec.default not in ("", Path()) and not callable(spec.default) else ""
        shown = "" if spec.name == "home" else f"`{default}`" if default != "" else ""
        key = "" if spec.name == "home" else f"`{spec.name}`"
        lines.append(f"| {key} | `HOTLINE_{spec.name.upper()}` | {shown} | {meaning[spec.name]} |")
    return "\n".join([*lines, ""])


def store_page(name: str, language: str) -> str:
    """The guide to the store with the table of roles as the policy stands."""
    return with_roles((DOCS / name).read_text(encoding="utf-8"), language)


def rule_sets_page(language: str) -> str:
    """What the shipped scorecards judge."""
    folder = DOCS.parent / "scoring_rules"
    return pages.page((rules.load(path) for path in sorted(folder.glob("*.yaml"))), language)


PAGES: dict[str, Callable[[], str]] = {
    "commands.md": commands,
    "settings.md": settings_page,
    "rules-reference.md": rules_reference,
    "rule-sets.md": lambda: rule_sets_page("en"),
    "rule-sets.zh-CN.md": lambda: rule_sets_page("zh"),
    "kpis.md": lambda: kpi.page("en"),
    "kpis.zh-CN.md": lambda: kpi.page("zh"),
    "rules.schema.json": schema_text,
    "store.md": lambda: store_page("store.md", "en"),
    "store.zh-CN.md": lambda: store_page("store.zh-CN.md", "zh"),
}


def main() -> None:
    stale = []
    for name, make in PAGES.items():
        page = DOCS / name
        text = make()
        if not page.exists() or page.read_text(encoding="utf-8") != text:
            stale.append(name)
            if "--check" not in sys.argv:
                page.write_text(text, encoding="utf-8")
    print(", ".join(stale) or "all current")
    if stale and "--check" in sys.argv:
        sys.exit(1)


if __name__ == "__main__":
    main()
