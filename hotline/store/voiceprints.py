"""Voiceprints of agents: kept only with a recorded consent, used only to tell who is the agent, gone when somebody says so.

One row an agent; whoever keeps, lists or forgets it needs the agent's team in scope. The vector never leaves this file but for
listening (:func:`vector_of`): no list, export or screen shows it. Forgetting deletes the row; the audit trail keeps that there was one,
who enrolled it, and who forgot it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import sqlalchemy as sa

from hotline.errors import AccessDenied, BadInput, NotFound
from hotline.store import audit
from hotline.store.access import Permission, Viewer
from hotline.store.engine import Store
from hotline.store.schema import agents, org_units, voiceprints
from hotline.store.tables import check_lengths, upsert
from qa.voiceprints import LEAST_S, MODEL, VERSION, Voiceprint


@dataclass(frozen=True, slots=True)
class Consent:
    """Who agreed, on which day, and how (on paper, by mail …)."""

    by: str
    on: date
    note: str

    @classmethod
    def parse(cls, text: str) -> Consent:
        """From ``who/when/how``. Raises BadInput when one is missing or the day is none.

        >>> Consent.parse("张三/2026-11-20/书面同意")
        Consent(by='张三', on=datetime.date(2026, 11, 20), note='书面同意')
        """
        parts = [part.strip() for part in text.split("/", 2)]
        if len(parts) != 3 or not all(parts):
            raise BadInput("consent", f"'{text}' does not say who agreed, when and how", "write for example '张三/2026-11-20/书面同意'")
        try:
            on = date.fromisoformat(parts[1])
        except ValueError:
            raise BadInput("consent", f"'{parts[1]}' is no day", "write it like 2026-11-20") from None
        return cls(parts[0], on, parts[2])


def enrol(store: Store, viewer: Viewer, agent_id: str, found: Voiceprint, *, source: str, consent: Consent) -> None:
    """Keep an agent's voice; an earlier one is replaced. Needs ENROL_VOICES, and the agent in scope.

    ``source`` says what it was taken from (``call S001``, ``file a.wav``). Raises NotFound for an unknown agent, BadInput for less than
    10 s of speech or a consent that lies in the future.
    """
    viewer.require(Permission.ENROL_VOICES, "voiceprints")
    if found.seconds < LEAST_S or not found.vector:
        raise BadInput(f"voiceprint of {agent_id}", f"{found.seconds:.0f} s of speech", f"at least {LEAST_S:.0f} s are needed")
    if consent.on > datetime.now(store.settings.zone).date():
        raise BadInput("consent", f"{consent.on} has not come yet", "name the day of the consent")
    row = {
        "agent_id": agent_id,
        "model": found.model,
        "version": found.version,
        "vector": list(found.vector),
        "seconds": found.seconds,
        "source": source,
        "consent_by": consent.by,
        "consent_on": consent.on,
        "consent_note": consent.note,
        "enrolled_at": datetime.now(UTC),
        "enrolled_by": viewer.name,
    }
    check_lengths(voiceprints, row, f"voiceprint of {agent_id}")
    with store.begin() as connection:
        _reachable(connection, viewer, agent_id)
        upsert(connection, voiceprints, [row])
        said = f"{consent.by}, {consent.on}, {consent.note}"
        audit.record(connection, viewer.name, "enrol_voice", agent_id, source=source, seconds=found.seconds, consent=said)


def forget(store: Store, viewer: Viewer, agent_id: str) -> None:
    """Delete an agent's voice for good. Needs ENROL_VOICES, and the agent in scope. Raises NotFound when there is none."""
    viewer.require(Permission.ENROL_VOICES, "voiceprints")
    with store.begin() as connection:
        _reachable(connection, viewer, agent_id)
        gone = connection.execute(voiceprints.delete().where(voiceprints.c.agent_id == agent_id)).rowcount
        if not gone:
            raise NotFound(f"voiceprint of {agent_id}", "none is kept", "hotline agents list")
        audit.record(connection, viewer.name, "forget_voice", agent_id)


def listing(store: Store, viewer: Viewer) -> list[dict[str, Any]]:
    """The agents in scope by id: name, and of their voice what is known but the vector itself. Needs ENROL_VOICES; audited."""
    viewer.require(Permission.ENROL_VOICES, "voiceprints")
    names = ("model", "version", "seconds", "source", "consent_by", "consent_on", "consent_note", "enrolled_at", "enrolled_by")
    query = sa.select(agents.c.id, agents.c.name, *(voiceprints.c[name] for name in names))
    kept = agents.join(org_units, org_units.c.id == agents.c.team_id).outerjoin(voiceprints, voiceprints.c.agent_id == agents.c.id)
    query = query.select_from(kept).where(viewer.covers(org_units.c.path)).order_by(agents.c.id)
    with store.begin() as connection:
        audit.record(connection, viewer.name, "list_voices")
        return [dict(row) for row in connection.execute(query).mappings()]


def vector_of(store: Store, agent_id: str | None) -> tuple[float, ...] | None:
    """The voice of the agent who took a call, for listening; None when none is kept or another model's weights made it."""
    if agent_id is None:
        return None
    query = sa.select(voiceprints.c.vector).where(
        voiceprints.c.agent_id == agent_id, voiceprints.c.model == MODEL, voiceprints.c.version == VERSION
    )
    with store.read() as connection:
        found = connection.scalar(query)
    return tuple(found) if found else None


def _reachable(connection: sa.Connection, viewer: Viewer, agent_id: str) -> None:
    """Raise NotFound for an agent who is not in the organisation, AccessDenied for one outside the viewer's scope."""
    path = connection.scalar(sa.select(org_units.c.path).join(agents, agents.c.team_id == org_units.c.id).where(agents.c.id == agent_id))
    if path is None:
        raise NotFound(f"agent {agent_id}", "is not in the organisation", "hotline agents list")
    if not viewer.sees_unit(path):
        raise AccessDenied(f"agent {agent_id}", "is outside your scope", "ask an administrator")
