"""Accounts: who may sign in, with which role and scope. Passwords are hashed with argon2id; every change is audited."""

from __future__ import annotations

import secrets
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from hotline.errors import AccessDenied, BadInput, NotFound
from hotline.store import audit, signin
from hotline.store.access import Permission, UserRole, Viewer
from hotline.store.engine import Store
from hotline.store.feeds import team_path
from hotline.store.schema import org_units, sessions, users
from hotline.store.signin import change_password, check_password, sign_in, sign_out, viewer_of

__all__ = [
    "User",
    "add_user",
    "change_password",
    "list_users",
    "lock",
    "random_password",
    "remove",
    "set_password",
    "set_role",
    "sign_in",
    "sign_out",
    "unlock",
    "viewer_of",
]

FOR_EVER = datetime(9999, 12, 31, tzinfo=UTC)
"""An account locked by a person stays locked until a person unlocks it."""


@dataclass(frozen=True, slots=True)
class User:
    """An account. ``locked_until`` is local, None when it is not locked; a removed account is not ``active``."""

    name: str
    role: UserRole
    scope: str
    agent_id: str | None
    active: bool
    locked_until: datetime | None


def add_user(
    store: Store, viewer: Viewer, *, name: str, password: str, role: UserRole | str, scope: str = "/", agent_id: str | None = None
) -> User:
    """Make an account. Needs MANAGE_USERS and a scope inside the viewer's own.

    ``scope`` is a unit path (``/`` is everything); an agent's account names the agent. Raises BadInput for a name in use, a
    password under ten characters, an unknown unit or agent. A removed account's name can be used again: it becomes that account.
    """
    name, role = _name(name), _role(role)
    check_password(password, name)
    hashed = signin.HASHER.hash(password)
    with store.begin() as connection:
        _manages(viewer, scope)
        _check_place(connection, viewer, role, scope, agent_id)
        row: dict[str, Any] = {"role": role.value, "scope": scope, "agent_id": agent_id, "password_hash": hashed}
        held = connection.execute(sa.select(users.c.id, users.c.active, users.c.scope).where(users.c.name == name)).first()
        if held is not None and held.active:
            raise BadInput(f"account {name}", "there is one with this name", "choose another name")
        if held is not None:
            _manages(viewer, held.scope)
            row |= {"active": True, "failures": 0, "locked_until": None}
            connection.execute(users.update().where(users.c.id == held.id).values(row))
        else:
            connection.execute(users.insert().values(name=name, **row))
        audit.record(connection, viewer.name, "add_user", name, role=role.value, scope=scope, agent_id=agent_id)
    return User(name, role, scope, agent_id, True, None)


def list_users(store: Store, viewer: Viewer, *, removed: bool = False) -> list[User]:
    """Accounts in the viewer's scope by name, with the removed ones when asked for. Needs MANAGE_USERS."""
    viewer.require(Permission.MANAGE_USERS, "accounts")
    query = sa.select(users).where(viewer.covers(users.c.scope)).order_by(users.c.name)
    if not removed:
        query = query.where(users.c.active)
    now = datetime.now(UTC)
    with store.read() as connection:
        rows = connection.execute(query).all()
    return [
        User(
            row.name,
            UserRole(row.role),
            row.scope,
            row.agent_id,
            row.active,
            row.locked_until if row.locked_until is not None and row.locked_until > now else None,
        )
        for row in rows
    ]


def lock(store: Store, viewer: Viewer, name: str) -> None:
    """Lock an account until somebody unlocks it, and end its sessions. Needs MANAGE_USERS."""
    _change(store, viewer, name, "lock_user", locked_until=FOR_EVER)


def unlock(store: Store, viewer: Viewer, name: str) -> None:
    """Lift a lock, whether set by a person or by wrong passwords. Needs MANAGE_USERS."""
    _change(store, viewer, name, "unlock_user", locked_until=None, failures=0)


def remove(store: Store, viewer: Viewer, name: str) -> None:
    """Close an account for good and end its sessions; its lines in the audit trail stay. Needs MANAGE_USERS."""
    _change(store, viewer, name, "remove_user", active=False)


def set_password(store: Store, viewer: Viewer, name: str, password: str) -> None:
    """Give an account a new password, lift a lock by wrong ones, and end its sessions. Needs MANAGE_USERS.

    A lock by a person stays: only :func:`unlock` lifts it.
    """
    check_password(password, name)
    hashed = signin.HASHER.hash(password)
    with store.begin() as connection:
        held = _held(connection, viewer, name)
        by_person = held.locked_until is not None and held.locked_until >= FOR_EVER
        lifted = {} if by_person else {"locked_until": None}
        _write(connection, viewer, held, "set_password", {"password_hash": hashed, "failures": 0, **lifted})


def set_role(store: Store, viewer: Viewer, name: str, role: UserRole | str, scope: str | None = None, agent_id: str | None = None) -> None:
    """Change what an account may do and where; its sessions end. Without ``scope`` it stays. Needs MANAGE_USERS."""
    role = _role(role)
    with store.begin() as connection:
        held = _held(connection, viewer, name)
        scope = held.scope if scope is None else scope
        _manages(viewer, scope)
        _check_place(connection, viewer, role, scope, agent_id)
        _write(connection, viewer, held, "set_role", {"role": role.value, "scope": scope, "agent_id": agent_id})


def random_password() -> str:
    """A password nobody chose: 16 characters, 95 bits, none that are mistaken for another."""
    letters = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"
    return "".join(secrets.choice(letters) for _ in range(16))


def _change(store: Store, viewer: Viewer, name: str, action: str, **values: Any) -> None:
    with store.begin() as connection:
        _write(connection, viewer, _held(connection, viewer, name), action, values)


def _held(connection: sa.Connection, viewer: Viewer, name: str) -> sa.Row[Any]:
    """The account, when the viewer manages it; one that does not exist and one out of scope look the same."""
    viewer.require(Permission.MANAGE_USERS, "accounts")
    query = sa.select(users).where(users.c.name == _name(name), users.c.active, viewer.covers(users.c.scope))
    held = connection.execute(query).first()
    if held is None:
        raise NotFound(f"account {name}", "there is no such account", "see: hotline users list")
    return held


def _write(connection: sa.Connection, viewer: Viewer, held: sa.Row[Any], action: str, values: dict[str, Any]) -> None:
    connection.execute(users.update().where(users.c.id == held.id).values(values))
    if action != "unlock_user":
        connection.execute(sessions.delete().where(sessions.c.user_id == held.id))
    shown = {field: value for field, value in values.items() if field in ("role", "scope", "agent_id")}
    audit.record(connection, viewer.name, action, held.name, **shown)


def _manages(viewer: Viewer, scope: str) -> None:
    viewer.require(Permission.MANAGE_USERS, "accounts")
    if not viewer.sees_unit(scope):
        raise AccessDenied(f"scope {scope}", "outside your own scope", f"use {viewer.scope} or a unit below it")


def _check_place(connection: sa.Connection, viewer: Viewer, role: UserRole, scope: str, agent_id: str | None) -> None:
    """The unit is there, and an agent's account names an agent who works inside its scope, and so inside the viewer's."""
    if scope != "/" and connection.scalar(sa.select(org_units.c.id).where(org_units.c.path == scope)) is None:
        raise BadInput(f"scope {scope}", "no unit has this path", "use / or a path such as /c/0/t01/")
    if (role is UserRole.AGENT) != (agent_id is not None):
        problem = "an agent's account must name the agent" if role is UserRole.AGENT else "only an agent's account names an agent"
        raise BadInput("agent", problem, "give --agent with the role agent, and with no other")
    if agent_id is None:
        return
    path = team_path(connection, agent_id)
    if path is None or not viewer.sees_unit(path):  # the two look the same to the administrator of a part
        if viewer.scope == "/":
            raise BadInput(f"agent {agent_id}", "not in the organisation", "load the staff list first")
        raise AccessDenied(f"agent {agent_id}", "not there, or outside your own scope", f"name an agent below {viewer.scope}")
    if not path.startswith(scope):
        raise BadInput(f"agent {agent_id}", f"works in {path}, outside the account's scope {scope}", f"use --scope {path}")


def _name(name: str) -> str:
    name = unicodedata.normalize("NFKC", name).strip()
    if not (1 <= len(name) <= 80 and name.isprintable()):
        raise BadInput("account name", "empty, longer than 80 characters or not printable", "use 1 to 80 letters")
    return name


def _role(role: UserRole | str) -> UserRole:
    known = [each.value for each in UserRole if each is not UserRole.OPERATOR]
    if str(role) not in known:
        raise BadInput(f"role {role}", "there is no such role", f"use {', '.join(known)}")
    return UserRole(role)
