"""The organisation as a viewer sees it: units, people, queues."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl
import sqlalchemy as sa

from hotline.errors import AccessDenied
from hotline.store.access import Permission, UserRole, Viewer
from hotline.store.engine import Store
from hotline.store.schema import agents, org_units
from hotline.store.schema import queues as table
from hotline.store.tables import frame


@dataclass(frozen=True, slots=True)
class Organisation:
    """``units``: id, parent_id, kind, name, name_en, path. ``agents``: id, name, team_id, path, hired_on, left_on."""

    units: pl.DataFrame
    agents: pl.DataFrame


def organisation(store: Store, viewer: Viewer) -> Organisation:
    """Units in the viewer's scope and their people; an agent sees only himself, a planner no people."""
    units = sa.select(org_units).where(viewer.covers(org_units.c.path)).order_by(org_units.c.path)
    people = (
        sa.select(agents.c.id, agents.c.name, agents.c.team_id, org_units.c.path, agents.c.hired_on, agents.c.left_on)
        .join(org_units, org_units.c.id == agents.c.team_id)
        .where(viewer.covers(org_units.c.path))
        .order_by(agents.c.id)
    )
    if viewer.role is UserRole.AGENT:
        people = people.where(agents.c.id == viewer.agent_id)
    elif not (viewer.may(Permission.SEE_BOARD) or viewer.may(Permission.MANAGE_USERS)):
        people = people.where(sa.false())
    with store.read() as connection:
        return Organisation(frame(connection, units), frame(connection, people))


def queues_of(store: Store, viewer: Viewer) -> pl.DataFrame:
    """The queues that concern the viewer: id, name, name_en, unit_id, path."""
    query = (
        sa.select(table.c.id, table.c.name, table.c.name_en, table.c.unit_id, org_units.c.path)
        .join(org_units, org_units.c.id == table.c.unit_id)
        .where(queue_clause(viewer))
        .order_by(table.c.id)
    )
    with store.read() as connection:
        return frame(connection, query)


def queue_clause(viewer: Viewer) -> sa.ColumnElement[bool]:
    """The condition that a queue's unit lies in the viewer's scope or above it: a team answers its sub-centre's queue."""
    path = org_units.c.path
    return viewer.covers(path) | (sa.func.substr(viewer.scope, 1, sa.func.length(path)) == path)


def require_queue(connection: sa.Connection, viewer: Viewer, queue_id: str, permission: Permission) -> None:
    """Raise AccessDenied unless the viewer may do ``permission`` and the queue concerns him; PLAN needs it inside the scope."""
    viewer.require(permission, f"queue {queue_id}")
    clause = viewer.covers(org_units.c.path) if permission is Permission.PLAN else queue_clause(viewer)
    found = sa.select(table.c.id).join(org_units, org_units.c.id == table.c.unit_id).where(table.c.id == queue_id, clause)
    if connection.scalar(found) is None:
        raise AccessDenied(f"queue {queue_id}", "not there, or outside what you may see", "see: hotline centre show")
