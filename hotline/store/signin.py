"""Sign in, stay signed in, sign out.

A token is 256 random bits; the store keeps only its hash. A wrong name, a wrong password and a locked account give the same answer
after the same work, so that trying tells nothing about which accounts exist.
"""

from __future__ import annotations

import functools
import hashlib
import secrets
import unicodedata
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from hotline.errors import AccessDenied, BadInput
from hotline.store import audit
from hotline.store.access import UserRole, Viewer
from hotline.store.engine import Store
from hotline.store.schema import sessions, users

HASHER = PasswordHasher()
SHORTEST_PASSWORD = 10
_LONGEST_PASSWORD = 1024  # so that nobody keeps the server busy with hashing
_SEEN_EVERY = timedelta(minutes=1)  # a session's last use is written at most so often


def sign_in(store: Store, name: str, password: str) -> str:
    """Check name and password and start a session; returns its token.

    Raises AccessDenied when they do not match or the account is locked. ``settings.lockout_attempts`` wrong passwords in a row lock
    it for ``settings.lockout_minutes``.
    """
    name = unicodedata.normalize("NFKC", name).strip()
    with store.read() as connection:
        hashed = connection.scalar(sa.select(users.c.password_hash).where(users.c.name == name, users.c.active))
    nobody = _nobody()  # asked for every time, so that its first making slows known and unknown names alike
    right = _matches(hashed or nobody, password) and hashed is not None
    fresh = HASHER.hash(password) if right and hashed is not None and HASHER.check_needs_rehash(hashed) else None
    now = datetime.now(UTC)
    token = None
    with store.begin() as connection:
        # Read again under the write lock: guesses that ran beside this one may have locked the account meanwhile.
        user = connection.execute(sa.select(users).where(users.c.name == name, users.c.active).with_for_update()).first()
        locked = user is not None and user.locked_until is not None and user.locked_until > now
        if user is None or locked or user.password_hash != hashed:
            audit.record(connection, name, "sign_in_refused", reason="locked" if locked else "unknown")
        elif not right:
            _count_failure(store, connection, user, now)
        else:
            token = secrets.token_urlsafe(32)
            connection.execute(
                users.update().where(users.c.id == user.id).values(failures=0, locked_until=None, password_hash=fresh or hashed)
            )
            connection.execute(sessions.insert().values(token_hash=_digest(token), user_id=user.id, started_at=now, seen_at=now))
            connection.execute(sessions.delete().where(_expired(store, now)))
            audit.record(connection, user.name, "sign_in")
    if token is None:
        minutes, tries = store.settings.lockout_minutes, store.settings.lockout_attempts
        raise AccessDenied(
            "sign-in", "name or password is wrong, or the account is locked", f"{tries} wrong tries lock it for {minutes:g} minutes"
        )
    return token


def viewer_of(store: Store, token: str | None) -> Viewer | None:
    """Whose session this is; None when there is none, it has expired, was idle too long, or the account is closed."""
    if not token:
        return None
    now = datetime.now(UTC)
    query = sa.select(users, sessions.c.seen_at).join(sessions, sessions.c.user_id == users.c.id)
    query = query.where(sessions.c.token_hash == _digest(token), users.c.active, sa.not_(_expired(store, now)))
    with store.read() as connection:
        found = connection.execute(query).first()
    if found is None:
        return None
    if now - found.seen_at >= _SEEN_EVERY:
        with store.begin() as connection:
            connection.execute(sessions.update().where(sessions.c.token_hash == _digest(token)).values(seen_at=now))
    return Viewer(found.name, UserRole(found.role), found.scope, found.agent_id)


def sign_out(store: Store, token: str | None) -> None:
    """End a session; nothing happens when there is none."""
    if not token:
        return
    with store.begin() as connection:
        who = sa.select(users.c.name).join(sessions, sessions.c.user_id == users.c.id).where(sessions.c.token_hash == _digest(token))
        name = connection.scalar(who)
        if name is not None:
            connection.execute(sessions.delete().where(sessions.c.token_hash == _digest(token)))
            audit.record(connection, name, "sign_out")


def change_password(store: Store, token: str, old: str, new: str) -> None:
    """Change one's own password; all sessions but this one end. A wrong ``old`` counts like a wrong sign-in.

    Raises AccessDenied when the session is over or ``old`` is wrong, BadInput when ``new`` is too short.
    """
    viewer = viewer_of(store, token)
    if viewer is None:
        raise AccessDenied("password", "the session is over", "sign in again")
    check_password(new, viewer.name)
    with store.read() as connection:
        hashed = connection.scalar(sa.select(users.c.password_hash).where(users.c.name == viewer.name))
    right = hashed is not None and _matches(hashed, old)
    fresh = HASHER.hash(new)
    now = datetime.now(UTC)
    with store.begin() as connection:
        user = connection.execute(sa.select(users).where(users.c.name == viewer.name).with_for_update()).one()
        locked = user.locked_until is not None and user.locked_until > now
        changed = right and not locked and user.password_hash == hashed
        if changed:
            connection.execute(users.update().where(users.c.id == user.id).values(password_hash=fresh, failures=0))
            connection.execute(sessions.delete().where(sessions.c.user_id == user.id, sessions.c.token_hash != _digest(token)))
            audit.record(connection, user.name, "change_password")
        elif not locked:
            _count_failure(store, connection, user, now)
    if not changed:
        raise AccessDenied("password", "the old password is wrong, or the account is locked", "try again, or ask an administrator")


def check_password(password: str, name: str) -> None:
    """Raise BadInput unless the password is long enough and does not just repeat the name."""
    if not SHORTEST_PASSWORD <= len(password) <= _LONGEST_PASSWORD:
        raise BadInput("password", f"{len(password)} characters", f"use {SHORTEST_PASSWORD} or more, at most {_LONGEST_PASSWORD}")
    if not password.casefold().replace(name.casefold(), "").strip() or len(set(password)) < 4:
        raise BadInput("password", "it repeats the account's name or a few letters", "use one that is harder to guess")


@functools.cache
def _nobody() -> str:
    """A hash that no password has; verified for unknown names, for the time it takes."""
    return HASHER.hash(secrets.token_hex(16))


def _matches(hashed: str, password: str) -> bool:
    try:
        return HASHER.verify(hashed, password[:_LONGEST_PASSWORD])
    except (VerificationError, InvalidHashError):
        return False


def _count_failure(store: Store, connection: sa.Connection, user: sa.Row[Any], now: datetime) -> None:
    failures = user.failures + 1
    if failures >= store.settings.lockout_attempts:
        until = now + timedelta(minutes=store.settings.lockout_minutes)
        connection.execute(users.update().where(users.c.id == user.id).values(failures=0, locked_until=until))
        audit.record(connection, user.name, "locked_out", until=until.isoformat())
    else:
        connection.execute(users.update().where(users.c.id == user.id).values(failures=failures))
        audit.record(connection, user.name, "sign_in_failed", failures=failures)


def _expired(store: Store, now: datetime) -> sa.ColumnElement[bool]:
    oldest = now - timedelta(hours=store.settings.session_hours)
    idle = now - timedelta(minutes=store.settings.idle_minutes)
    return (sessions.c.started_at <= oldest) | (sessions.c.seen_at <= idle)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
