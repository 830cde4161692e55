"""``hotline users``: who may sign in, with which role and for which part of the organisation."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer

from hotline import settings
from hotline.console import JsonFlag, emit, out, plain
from hotline.errors import BadInput
from hotline.store import OPERATOR, UserRole, open_store
from hotline.store import accounts as room

app = typer.Typer(help="Make, list, lock, change and remove accounts.", no_args_is_help=True)

ROLES = ", ".join(role.value for role in UserRole if role is not UserRole.OPERATOR)
Name = Annotated[str, typer.Argument(help="Name of the account.")]
RoleOption = Annotated[str, typer.Option("--role", help=f"What the account may do: {ROLES}.")]
AgentOption = Annotated[str | None, typer.Option("--agent", help="The agent whose calls an account with the role agent sees.")]
StdinFlag = Annotated[bool, typer.Option("--password-stdin", help="Read the password from the first line of standard input.")]
RandomFlag = Annotated[bool, typer.Option("--random", help="Make a password and print it once.")]


@app.command("add")
def add(
    name: Name,
    role: RoleOption,
    scope: Annotated[str, typer.Option(help="Unit path such as /c/0/; the account sees what is below it.")] = "/",
    agent: AgentOption = None,
    password_stdin: StdinFlag = False,
    random: RandomFlag = False,
    as_json: JsonFlag = False,
) -> None:
    """Make an account; asks for its password twice."""
    store = open_store(settings.load())
    password = _password(password_stdin, random)
    user = room.add_user(store, OPERATOR, name=name, password=password, role=role, scope=scope, agent_id=agent)
    _done(user.name, "made", password if random else None, as_json)


@app.command("list")
def list_accounts(
    removed: Annotated[bool, typer.Option("--removed", help="Also removed accounts.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Accounts with role, scope and state."""
    store = open_store(settings.load())
    emit([_row(user) for user in room.list_users(store, OPERATOR, removed=removed)], as_json, title="accounts")


@app.command("lock")
def lock(name: Name, as_json: JsonFlag = False) -> None:
    """Keep an account from signing in, and end its sessions."""
    room.lock(open_store(settings.load()), OPERATOR, name)
    _done(name, "locked", None, as_json)


@app.command("unlock")
def unlock(name: Name, as_json: JsonFlag = False) -> None:
    """Lift a lock, whether set by a person or by wrong passwords."""
    room.unlock(open_store(settings.load()), OPERATOR, name)
    _done(name, "unlocked", None, as_json)


@app.command("set-role")
def set_role(
    name: Name,
    role: RoleOption,
    scope: Annotated[str | None, typer.Option(help="New unit path; without it the scope stays.")] = None,
    agent: AgentOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Change what an account may do, and where; it has to sign in again."""
    room.set_role(open_store(settings.load()), OPERATOR, name, role, scope, agent)
    _done(name, f"is now {role}", None, as_json)


@app.command("password")
def password(name: Name, password_stdin: StdinFlag = False, random: RandomFlag = False, as_json: JsonFlag = False) -> None:
    """Give an account a new password; asks for it twice. Its sessions end."""
    store = open_store(settings.load())
    chosen = _password(password_stdin, random)
    room.set_password(store, OPERATOR, name, chosen)
    _done(name, "has a new password", chosen if random else None, as_json)


@app.command("remove")
def remove(name: Name, as_json: JsonFlag = False) -> None:
    """Close an account for good; what it did stays in the audit trail."""
    room.remove(open_store(settings.load()), OPERATOR, name)
    _done(name, "removed", None, as_json)


def _password(from_stdin: bool, random: bool) -> str:
    if from_stdin and random:
        raise BadInput("--random", "cannot go with --password-stdin", "use one of them")
    if random:
        return room.random_password()
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    return str(typer.prompt("Password (10 characters or more)", hide_input=True, confirmation_prompt=True))


def _row(user: room.User) -> dict[str, Any]:
    state = "removed" if not user.active else "locked" if user.locked_until is not None else "active"
    return {"name": user.name, "role": user.role.value, "scope": user.scope, "agent": user.agent_id, "state": state}


def _done(name: str, what: str, password: str | None, as_json: bool) -> None:
    if as_json:
        emit({"name": name, "done": what, **({"password": password} if password else {})}, True)
        return
    out.print(plain(f"account {name} {what}"))
    if password:
        out.print(plain(f"password: {password}"))
