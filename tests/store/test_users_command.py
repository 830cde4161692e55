"""``hotline users`` from the outside: what it asks, prints, and refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hotline import settings
from hotline.commands.users import app
from hotline.errors import BadInput, HotlineError, NotFound
from hotline.store import OPERATOR, accounts, audit, open_store

run = CliRunner().invoke


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOTLINE_HOME", str(tmp_path))
    open_store(settings.load()).migrate()


def _error(arguments: list[str], typed: str = "") -> HotlineError:
    result = run(app, arguments, input=typed)
    assert isinstance(result.exception, HotlineError), result.output
    return result.exception


def test_add_asks_for_the_password_twice_and_never_shows_it() -> None:
    result = run(app, ["add", "王敏", "--role", "manager"], input="correct horse 8\ncorrect horse 8\n")
    assert result.exit_code == 0 and "correct horse" not in result.output
    assert accounts.sign_in(open_store(settings.load()), "王敏", "correct horse 8")


def test_add_with_a_random_password_prints_it_once() -> None:
    made = json.loads(run(app, ["add", "ops", "--role", "admin", "--random", "--json"]).output)
    assert len(made["password"]) == 16
    assert accounts.sign_in(open_store(settings.load()), "ops", made["password"])


def test_add_reads_the_password_from_standard_input() -> None:
    assert run(app, ["add", "ops", "--role", "admin", "--password-stdin"], input="from a vault 1\n").exit_code == 0
    assert accounts.sign_in(open_store(settings.load()), "ops", "from a vault 1")


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["add", "x", "--role", "operator", "--random"], "no such role"),
        (["add", "x", "--role", "boss", "--random"], "no such role"),
        (["add", "x", "--role", "qa", "--scope", "/nowhere/", "--random"], "no unit has this path"),
        (["add", "x", "--role", "agent", "--random"], "must name the agent"),
        (["add", "x", "--role", "qa", "--agent", "a1", "--random"], "only an agent's account"),
        (["add", "x", "--role", "qa", "--random", "--password-stdin"], "cannot go with"),
        (["add", "", "--role", "qa", "--random"], "account name"),
    ],
)
def test_what_cannot_be_used_is_named(arguments: list[str], problem: str) -> None:
    error = _error(arguments)
    assert isinstance(error, BadInput) and problem in str(error) and error.mend


def test_short_passwords_are_refused() -> None:
    assert "10 or more" in str(_error(["add", "x", "--role", "qa", "--password-stdin"], "too short"))


def test_an_account_lives_and_ends() -> None:
    run(app, ["add", "anna", "--role", "qa", "--random"])
    for arguments, state in (
        (["lock", "anna"], "locked"),
        (["unlock", "anna"], "active"),
        (["set-role", "anna", "--role", "qa_lead"], "active"),
        (["password", "anna", "--random"], "active"),
        (["remove", "anna"], "removed"),
    ):
        assert run(app, arguments).exit_code == 0
        listed = json.loads(run(app, ["list", "--removed", "--json"]).output)
        assert [(row["name"], row["state"]) for row in listed] == [("anna", state)]
    assert listed[0]["role"] == "qa_lead"
    assert json.loads(run(app, ["list", "--json"]).output) == []
    assert isinstance(_error(["lock", "anna"]), NotFound)
    done = [entry.action for entry in audit.read(open_store(settings.load()), OPERATOR, object="anna")]
    assert done == ["remove_user", "set_password", "set_role", "unlock_user", "lock_user", "add_user"]
