"""Which rule sets there are: published versions, and the files of the rules folder, with what each is worth today."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa
import streamlit as st

from hotline.errors import NotFound
from hotline.store import Store, publishing
from hotline.store.publishing import Published
from hotline.store.schema import rule_sets
from qa import rules
from qa.rulebook import RuleBook, Unreadable
from qa.rules import RuleSet

ORDER = ("in_force", "draft", "coming", "past", "library")
"""Statuses in the order in which people look for them."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A rule set with its status: ``in_force`` today, ``draft`` (a file whose id has published versions, with another content),
    ``coming``, ``past``, or ``library`` (judges no call).

    ``text`` is what its author wrote, with ``include:`` as it stands in the file; ``folder`` is where included files lie, None for
    a published version, whose text holds everything.
    """

    rule_set: RuleSet
    status: str
    text: str
    folder: Path | None = None
    published: Published | None = None

    @property
    def key(self) -> str:
        """Tells it from every other one on the shelf."""
        return key_of(self.rule_set)


def shelf(store: Store) -> list[Shown]:
    """Everything there is. Read again only when a file or the list of published versions has changed.

    Raises BadRule for a wrong file or versions in force together, NotFound when there is nothing at all.
    """
    folder = store.settings.rules
    files = sorted(folder.glob("*.yaml")) if folder.is_dir() else [folder] if folder.exists() else []
    stamps = tuple((str(file), file.stat().st_mtime_ns, file.stat().st_size) for file in files)
    columns = (rule_sets.c.content_hash, rule_sets.c.published_at, rule_sets.c.in_force_from)
    with store.read() as connection:
        rows = connection.execute(sa.select(*columns).where(rule_sets.c.published_at.is_not(None)).order_by(columns[0])).all()
    published, lost, loaded = _loaded(store, str(store.settings.database_url), tuple(map(str, rows)), stamps)
    found = _shown(published, lost, loaded, datetime.now(store.settings.zone))
    if not found:
        raise NotFound(str(folder), "no rule set here", "name a YAML file or a folder of them")
    return found


def key_of(rule_set: RuleSet) -> str:
    """What tells a rule set from every other one on the shelf."""
    return f"{rule_set.id} v{rule_set.version} {rule_set.content_hash[:12]}"


def judging(shown: list[Shown], rule_set: RuleSet) -> Shown | None:
    """What judges today where ``rule_set`` would: the version in force of the same id."""
    return next((one for one in shown if one.status == "in_force" and one.rule_set.id == rule_set.id), None)


@st.cache_resource(max_entries=4, show_spinner=False)
def _loaded(
    _store: Store, database: str, rows: tuple[str, ...], stamps: tuple[tuple[str, int, int], ...]
) -> tuple[list[Published], list[Unreadable], list[tuple[RuleSet, str, Path]]]:
    """Published versions, those that cannot be read, and (rule set, text, folder) of the files. Checked as a whole, as what judges is."""
    published, lost = publishing.published(_store), publishing.unreadable(_store)
    loaded = []
    for name, _, _ in stamps:
        file = Path(name)
        loaded.append((rules.load(file), file.read_text(encoding="utf-8-sig"), file.parent))
    decided = {one.rule_set.id for one in published} | {one.id for one in lost}
    files = [rule_set for rule_set, _, _ in loaded if rule_set.id not in decided and not rule_set.library]
    RuleBook((*(one.rule_set for one in published), *files)).check()
    return published, lost, loaded


def _shown(published: list[Published], lost: list[Unreadable], loaded: list[tuple[RuleSet, str, Path]], now: datetime) -> list[Shown]:
    found = []
    decided = {one.rule_set.id for one in published} | {one.id for one in lost}
    known = {one.rule_set.content_hash for one in published}
    judging_sets = [one.rule_set for one in published]
    judging_sets += [rule_set for rule_set, _, _ in loaded if rule_set.id not in decided and not rule_set.library]
    newest: dict[str, int] = {}
    for rule_set in judging_sets:
        if rule_set.effective.holds(now):
            newest[rule_set.id] = max(newest.get(rule_set.id, 0), rule_set.version)
    for gone in lost:  # it judges no call, and no older version does in its place
        if gone.begins is None or gone.begins <= now:
            newest[gone.id] = max(newest.get(gone.id, 0), gone.version)
    for one in published:
        found.append(Shown(one.rule_set, _status(one.rule_set, newest, now), one.rule_set.source, None, one))
    for rule_set, text, folder in loaded:
        if rule_set.library:
            found.append(Shown(rule_set, "library", text, folder))
        elif rule_set.id not in decided:
            found.append(Shown(rule_set, _status(rule_set, newest, now), text, folder))
        elif rule_set.content_hash not in known:
            found.append(Shown(rule_set, "draft", text, folder))
    return found


def _status(rule_set: RuleSet, newest: dict[str, int], now: datetime) -> str:
    if newest.get(rule_set.id) == rule_set.version and rule_set.effective.holds(now):
        return "in_force"
    begins = rule_set.effective.start
    if begins is None:
        return "past"
    return "coming" if (begins > now if isinstance(begins, datetime) else begins > now.date()) else "past"
