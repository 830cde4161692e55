"""Small rule sets to test with."""

from __future__ import annotations

from textwrap import dedent, indent

from qa.rules.checks import check_text

HEAD = "id: t\ntitle: T\npass_mark: 90\n"
EXAMPLES = """
        clause: A 1
        coaching: Say it.
        examples:
          pass: ["agent: 一切正常甲", "agent: 一切正常乙", "agent: 一切正常丙"]
          fail: ["agent: 一切正常丁", "agent: 一切正常戊", "agent: 一切正常己"]
"""


def one_section(items: str, head: str = "") -> str:
    """A rule set of one section; ``items`` as YAML from the column of their dash, after ``head``."""
    return f"id: t\ntitle: T\n{head}sections:\n  - id: s\n    items:\n" + indent(dedent(items).strip("\n"), " " * 6) + "\n"


def card(*items: str, head: str = "") -> str:
    """A rule set of items, each the YAML below ``- id: iN``; points are 20 unless said otherwise."""
    text = HEAD + head + "sections:\n  - id: s\n    items:\n"
    for number, item in enumerate(items, start=1):
        stakes = "" if "points" in item or "fatal" in item else "        points: 20\n"
        body = "\n".join("        " + line for line in item.strip().splitlines())
        text += f"      - id: i{number}\n{stakes}{body}{EXAMPLES}"
    return text


def line_of(text: str, piece: str) -> int:
    """The line (1-based) on which ``piece`` stands first."""
    return text[: text.index(piece)].count("\n") + 1


def kinds(text: str) -> list[tuple[str, str]]:
    """(kind, name) of the problems that are not about examples not being there."""
    _, problems = check_text(text, "t.yaml")
    return [(p.kind, p.name) for p in problems]
