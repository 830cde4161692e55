"""Published rule sets: versions that never change, and which of them is in force when.

Until somebody publishes a version of a rule set, the file in the rules folder judges. From then on only published versions of that id
do: a file is a draft until it is published. A version that begins ends the one before it, and its calls keep being judged by it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

import sqlalchemy as sa

from hotline.errors import BadInput, BadRule, NotFound
from hotline.store import audit, scores
from hotline.store.access import Permission, Viewer
from hotline.store.engine import Store
from hotline.store.schema import rule_sets
from hotline.store.scores import keep_rules
from qa.redaction import mask
from qa.rulebook import RuleBook, Unreadable
from qa.rules import RuleSet, load_text
from qa.rules.model import Effective

LONGEST_NOTE = 500
_PUBLISHING_LOCK = 0x72756C65  # advisory lock on PostgreSQL, so that two versions do not come at once


@dataclass(frozen=True, slots=True)
class Published:
    """A published version. ``published_at`` is in the centre's zone; ``rule_set.effective`` says from when to when it is in force."""

    rule_set: RuleSet
    published_at: datetime
    published_by: str
    note: str


def publish(store: Store, viewer: Viewer, rule_set: RuleSet, note: str = "") -> Published:
    """Make a version what judges from now on, or from the date that it says. Needs PUBLISH_RULES.

    The first version of an id also judges calls from before. The same content again changes nothing. Raises BadRule when the version
    is published with another content, is not newer than the last one, or would be in force together with another rule set.
    """
    viewer.require(Permission.PUBLISH_RULES, f"rule set {rule_set.id}")
    thing = f"{rule_set.file}: version"
    if rule_set.library:
        raise BadRule(f"{rule_set.file}: library", "is there to be included and judges no call", "publish a rule set that includes it")
    if len(note) > LONGEST_NOTE:
        raise BadInput("note", f"{len(note)} characters", f"at most {LONGEST_NOTE}")
    with store.begin() as connection:
        if connection.dialect.name == "postgresql":  # SQLite's writers stand in a row anyway
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_PUBLISHING_LOCK)))
        readable, lost = _stored(connection, store)
        earlier = [one for one in readable if one.rule_set.id == rule_set.id]
        for one in earlier:
            if one.rule_set.content_hash == rule_set.content_hash:
                return one
        versions = {one.rule_set.version for one in earlier} | {one.version for one in lost if one.id == rule_set.id}
        newest = max(versions, default=0)
        if rule_set.version in versions:
            problem = f"version {rule_set.version} of {rule_set.id} is published, and its content is another"
            raise BadRule(thing, problem, f"published versions never change: write version: {newest + 1}")
        if rule_set.version < newest:
            raise BadRule(thing, f"version {newest} of {rule_set.id} is published already", f"write version: {newest + 1}")
        now = datetime.now(UTC)
        begins = now.astimezone(store.settings.zone) if versions and rule_set.effective.start is None else None
        candidate = replace(rule_set, effective=Effective(begins, rule_set.effective.end)) if begins else rule_set
        RuleBook((*(one.rule_set for one in readable), candidate)).check()
        values = {"published_at": now, "published_by": viewer.name[:80], "publish_note": mask(note), "in_force_from": begins}
        keep_rules(connection, rule_set)
        connection.execute(rule_sets.update().where(rule_sets.c.content_hash == rule_set.content_hash).values(**values))
        detail = {"version": rule_set.version, "hash": rule_set.content_hash}
        audit.record(connection, viewer.name, "publish_rules", rule_set.id, **detail)
    return Published(candidate, now.astimezone(store.settings.zone), viewer.name, mask(note))


def published(store: Store) -> list[Published]:
    """All published versions that can be read, by id and version.

    What judges asks for them, and ingestion has no viewer; screens show them to those who may SEE_RULES.
    """
    with store.read() as connection:
        return _stored(connection, store)[0]


def unreadable(store: Store) -> list[Unreadable]:
    """Published versions that an earlier release took and this one cannot read, by id and version."""
    with store.read() as connection:
        return _stored(connection, store)[1]


def rule_book(store: Store, rules: Path | None = None) -> RuleBook:
    """What judges calls here: the file or folder ``rules`` alone, or else what is published, and the rules folder for all other ids.

    A published version that cannot be read stops only the calls that it would judge. Raises BadRule for a wrong file, and for two
    versions that would be in force at once; NotFound when there is nothing at all.
    """
    if rules is not None:
        return RuleBook.load(rules)
    with store.read() as connection:
        readable, lost = _stored(connection, store)
    from_store = [one.rule_set for one in readable]
    decided = {rule_set.id for rule_set in from_store} | {one.id for one in lost}
    try:
        files = RuleBook.load(store.settings.rules).rule_sets
    except NotFound:
        if not decided:
            raise
        files = ()
    book = RuleBook((*from_store, *(rule_set for rule_set in files if rule_set.id not in decided)), unreadable=tuple(lost))
    book.check()
    return book


def kept(store: Store, viewer: Viewer, content_hash: str) -> RuleSet:
    """A rule set as it was when it judged, published or not. Needs SEE_RULES; raises NotFound, and BadRule where this release can no
    longer read it."""
    name, source = scores.rule_text(store, viewer, content_hash)
    return _read(source, name)


def _stored(connection: sa.Connection, store: Store) -> tuple[list[Published], list[Unreadable]]:
    query = sa.select(rule_sets).where(rule_sets.c.published_at.is_not(None)).order_by(rule_sets.c.id, rule_sets.c.version)
    found, lost = [], []
    for row in connection.execute(query).mappings().all():
        begins = row["in_force_from"] and row["in_force_from"].astimezone(store.settings.zone)
        name = f"{row['id']} v{row['version']}"
        try:
            rule_set = _read(row["source"], name)
        except BadRule as error:
            problem = f"is published and can no longer be read ({error.problem})"
            told = BadRule(error.thing, problem, "publish a new version, or name a file that judges: --rules")
            lost.append(Unreadable(row["id"], row["version"], begins, told))
            continue
        if begins is not None:
            rule_set = replace(rule_set, effective=Effective(begins, rule_set.effective.end))
        at = row["published_at"].astimezone(store.settings.zone)
        found.append(Published(rule_set, at, row["published_by"], row["publish_note"]))
    return found, lost


@lru_cache(maxsize=64)
def _read(source: str, name: str) -> RuleSet:
    """Published text never changes, so that it is read once by a process."""
    return load_text(source, name)
