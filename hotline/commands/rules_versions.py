"""The part of ``hotline rules`` for versions: publish one, and see which were and when they are in force."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from hotline import settings
from hotline.console import JsonFlag, emit, err
from hotline.locale import messages
from hotline.store import open_store, publishing
from hotline.store.access import OPERATOR
from hotline.store.publishing import Published
from qa import rules


def mount(app: typer.Typer) -> None:
    """Put the commands of this file into ``hotline rules``."""
    app.command("publish")(publish)
    app.command("versions")(versions)


def publish(
    file: Annotated[Path, typer.Argument(help="A rule set.")],
    note: Annotated[str, typer.Option(help="What is new, or who decided it; kept with the version.")] = "",
    as_json: JsonFlag = False,
) -> None:
    """Publish a version of a rule set: it judges from now on, or from the date under effective:, and never changes again."""
    store = open_store(settings.load())
    emit(_row(publishing.publish(store, OPERATOR, rules.load(file), note)), as_json, title="published")


def versions(as_json: JsonFlag = False) -> None:
    """Published versions of all rule sets, with the days on which they are in force; and those that cannot be read any more."""
    store = open_store(settings.load())
    emit([_row(one) for one in publishing.published(store)], as_json, title="published versions")
    for lost in publishing.unreadable(store):
        err.print(messages.told(lost.error), markup=False, soft_wrap=True)


def _row(one: Published) -> dict[str, Any]:
    return {
        "rule set": one.rule_set.id,
        "version": one.rule_set.version,
        "in force": str(one.rule_set.effective),
        "published": f"{one.published_at:%Y-%m-%d %H:%M}",
        "by": one.published_by,
        "note": one.note,
        "hash": one.rule_set.content_hash[:12],
    }
