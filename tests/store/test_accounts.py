"""Signing in: the right password, the wrong one, too many wrong ones, and how sessions end."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher

from hotline.errors import AccessDenied, BadInput, NotFound
from hotline.store import OPERATOR, Store, UserRole, Viewer, accounts, audit, open_store, signin
from hotline.store.schema import sessions, users

PASSWORD = "correct horse 8"
REAL_HASHER = signin.HASHER


@pytest.fixture(autouse=True)
def quick_hashes(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Argon2 with little work, so that hundreds of sign-ins are tested in seconds; one test below uses the real one."""
    monkeypatch.setattr(signin, "HASHER", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    signin._nobody.cache_clear()
    yield
    signin._nobody.cache_clear()


@pytest.fixture
def house(centre: Store) -> Store:
    accounts.add_user(centre, OPERATOR, name="anna", password=PASSWORD, role=UserRole.TEAM_LEAD, scope="/c/1/t01/")
    return centre


def _refused(store: Store, name: str, password: str) -> str:
    with pytest.raises(AccessDenied) as error:
        accounts.sign_in(store, name, password)
    return str(error.value)


def _travel(store: Store, **columns: timedelta) -> None:
    """Move every session's clock back."""
    with store.begin() as connection:
        row = connection.execute(sa.select(sessions)).one()
        moved = {name: getattr(row, name) - by for name, by in columns.items()}
        connection.execute(sessions.update().values(moved))


def test_signing_in_gives_the_viewer_with_role_and_scope(house: Store) -> None:
    token = accounts.sign_in(house, "anna", PASSWORD)
    assert accounts.viewer_of(house, token) == Viewer("anna", UserRole.TEAM_LEAD, "/c/1/t01/")
    agent = accounts.add_user(house, OPERATOR, name="坐席一", password=PASSWORD, role="agent", scope="/c/1/t01/", agent_id="a1")
    assert agent.agent_id == "a1"
    found = accounts.viewer_of(house, accounts.sign_in(house, "坐席一", PASSWORD))
    assert found == Viewer("坐席一", UserRole.AGENT, "/c/1/t01/", "a1")


def test_neither_password_nor_token_is_stored(house: Store) -> None:
    token = accounts.sign_in(house, "anna", PASSWORD)
    with house.read() as connection:
        stored = str(connection.execute(sa.select(users)).all()) + str(connection.execute(sa.select(sessions)).all())
    assert PASSWORD not in stored and token not in stored and "$argon2id$" in stored
    assert accounts.sign_in(house, "anna", PASSWORD) != token


def test_wrong_name_wrong_password_and_locked_look_the_same(house: Store) -> None:
    answers = {_refused(house, "nobody", PASSWORD), _refused(house, "anna", "wrong"), _refused(house, "", "")}
    accounts.lock(house, OPERATOR, "anna")
    answers.add(_refused(house, "anna", PASSWORD))
    assert len(answers) == 1


def test_unknown_names_cost_the_same_work(house: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    verified: list[str] = []
    matches = signin._matches

    def counted(hashed: str, password: str) -> bool:
        verified.append(password)
        return matches(hashed, password)

    monkeypatch.setattr(signin, "_matches", counted)
    _refused(house, "nobody", "guess one")
    _refused(house, "anna", "guess two")
    assert verified == ["guess one", "guess two"]


def test_three_wrong_passwords_lock_and_time_unlocks(house: Store) -> None:
    for _ in range(3):
        _refused(house, "anna", "wrong")
    _refused(house, "anna", PASSWORD)
    (user,) = accounts.list_users(house, OPERATOR)
    assert user.locked_until is not None and timedelta(minutes=14) < user.locked_until - datetime.now(UTC) <= timedelta(minutes=15)
    with house.begin() as connection:
        connection.execute(users.update().values(locked_until=datetime.now(UTC) - timedelta(seconds=1)))
    assert accounts.sign_in(house, "anna", PASSWORD)
    actions = [entry.action for entry in audit.read(house, OPERATOR, who="anna")]
    assert actions == ["sign_in", "sign_in_refused", "locked_out", "sign_in_failed", "sign_in_failed"]


def test_a_right_password_forgets_wrong_ones(house: Store) -> None:
    for _ in range(3):
        _refused(house, "anna", "wrong")
        accounts.unlock(house, OPERATOR, "anna")
    for _ in range(4):
        _refused(house, "anna", "wrong")
        _refused(house, "anna", "wrong")
        assert accounts.sign_in(house, "anna", PASSWORD)


def test_guessing_in_parallel_does_not_beat_the_lock(house: Store) -> None:
    """However many guesses run at once, wrong ones are all counted and the account ends up locked."""

    def guess() -> None:
        with pytest.raises(AccessDenied):
            accounts.sign_in(house, "anna", "wrong")

    threads = [threading.Thread(target=guess) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    _refused(house, "anna", PASSWORD)
    counted = [entry.action for entry in audit.read(house, OPERATOR, who="anna")]
    assert counted.count("locked_out") == 1 and counted.count("sign_in_failed") == 2


def test_a_lock_by_a_person_holds_and_ends_sessions(house: Store) -> None:
    token = accounts.sign_in(house, "anna", PASSWORD)
    accounts.lock(house, OPERATOR, "anna")
    assert accounts.viewer_of(house, token) is None
    _refused(house, "anna", PASSWORD)
    accounts.unlock(house, OPERATOR, "anna")
    assert accounts.viewer_of(house, token) is None
    assert accounts.sign_in(house, "anna", PASSWORD)


def test_wrong_passwords_of_others_do_not_end_a_session(house: Store) -> None:
    token = accounts.sign_in(house, "anna", PASSWORD)
    for _ in range(3):
        _refused(house, "anna", "wrong")
    assert accounts.viewer_of(house, token) is not None


def test_a_session_ends_after_its_hours_however_busy(house: Store) -> None:
    token = accounts.sign_in(house, "anna", PASSWORD)
    _travel(house, started_at=timedelta(hours=7.9))
    assert accounts.viewer_of(house, token) is not None
    _travel(house, started_at=timedelta(hours=0.2))
    assert accounts.viewer_of(house, token) is None


def test_a_session_ends_when_idle_and_use_keeps_it(house: Store) -> None:
    token = accounts.sign_in(house, "anna", PASSWORD)
    for _ in range(3):
        _travel(house, seen_at=timedelta(minutes=40))
        assert accounts.viewer_of(house, token) is not None
    _travel(house, seen_at=timedelta(minutes=61))
    assert accounts.viewer_of(house, token) is None


def test_expired_sessions_are_cleared_away(house: Store) -> None:
    accounts.sign_in(house, "anna", PASSWORD)
    _travel(house, started_at=timedelta(hours=9))
    accounts.sign_in(house, "anna", PASSWORD)
    with house.read() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(sessions)) == 1


def test_signing_out_ends_one_session(house: Store) -> None:
    first, second = accounts.sign_in(house, "anna", PASSWORD), accounts.sign_in(house, "anna", PASSWORD)
    accounts.sign_out(house, first)
    accounts.sign_out(house, "no such token")
    assert accounts.viewer_of(house, first) is None and accounts.viewer_of(house, second) is not None
    assert accounts.viewer_of(house, None) is None and accounts.viewer_of(house, "no such token") is None


def test_changing_the_password_ends_the_other_sessions(house: Store) -> None:
    first, second = accounts.sign_in(house, "anna", PASSWORD), accounts.sign_in(house, "anna", PASSWORD)
    with pytest.raises(AccessDenied):
        accounts.change_password(house, first, "wrong", "another horse 9")
    with pytest.raises(BadInput):
        accounts.change_password(house, first, PASSWORD, "short")
    accounts.change_password(house, first, PASSWORD, "another horse 9")
    assert accounts.viewer_of(house, first) is not None and accounts.viewer_of(house, second) is None
    _refused(house, "anna", PASSWORD)
    assert accounts.sign_in(house, "anna", "another horse 9")


def test_guessing_the_old_password_in_a_session_locks_too(house: Store) -> None:
    token = accounts.sign_in(house, "anna", PASSWORD)
    for _ in range(3):
        with pytest.raises(AccessDenied):
            accounts.change_password(house, token, "wrong", "another horse 9")
    with pytest.raises(AccessDenied):
        accounts.change_password(house, token, PASSWORD, "another horse 9")


@pytest.mark.parametrize("password", ["", "123456789", "anna" * 3, "aaaaaaaaaaaa", "x" * 2000])
def test_weak_passwords_are_refused(centre: Store, password: str) -> None:
    with pytest.raises(BadInput, match="password"):
        accounts.add_user(centre, OPERATOR, name="anna", password=password, role=UserRole.QA)


def test_names_are_used_once_and_free_again_when_removed(house: Store) -> None:
    with pytest.raises(BadInput, match="there is one"):
        accounts.add_user(house, OPERATOR, name=" anna ", password=PASSWORD, role=UserRole.QA)
    token = accounts.sign_in(house, "anna", PASSWORD)
    accounts.remove(house, OPERATOR, "anna")
    assert accounts.viewer_of(house, token) is None
    _refused(house, "anna", PASSWORD)
    again = accounts.add_user(house, OPERATOR, name="anna", password="another horse 9", role=UserRole.QA, scope="/c/10/")
    assert accounts.list_users(house, OPERATOR) == [again]
    _refused(house, "anna", PASSWORD)


def test_a_new_role_takes_a_new_sign_in(house: Store) -> None:
    token = accounts.sign_in(house, "anna", PASSWORD)
    accounts.set_role(house, OPERATOR, "anna", UserRole.MANAGER, "/c/")
    assert accounts.viewer_of(house, token) is None
    found = accounts.viewer_of(house, accounts.sign_in(house, "anna", PASSWORD))
    assert found == Viewer("anna", UserRole.MANAGER, "/c/")


def test_an_administrator_of_a_part_manages_only_that_part(house: Store) -> None:
    admin = Viewer("part", UserRole.ADMIN, "/c/1/")
    accounts.add_user(house, OPERATOR, name="bert", password=PASSWORD, role=UserRole.QA, scope="/c/10/")
    assert [user.name for user in accounts.list_users(house, admin)] == ["anna"]
    for refused in (
        lambda: accounts.add_user(house, admin, name="new", password=PASSWORD, role=UserRole.QA, scope="/c/10/"),
        lambda: accounts.add_user(house, admin, name="new", password=PASSWORD, role=UserRole.QA, scope="/"),
        lambda: accounts.set_role(house, admin, "anna", UserRole.ADMIN, "/c/"),
    ):
        with pytest.raises(AccessDenied, match="outside your own scope"):
            refused()
    with pytest.raises(NotFound):
        accounts.lock(house, admin, "bert")
    accounts.lock(house, admin, "anna")


def test_an_account_names_only_agents_inside_its_own_and_the_managers_scope(house: Store) -> None:
    admin = Viewer("part", UserRole.ADMIN, "/c/1/")
    accounts.add_user(house, admin, name="agent", password=PASSWORD, role=UserRole.AGENT, scope="/c/1/t01/", agent_id="a1")
    answers = set()
    for agent in ("a4", "a99"):  # in /c/10/, and nobody
        for escape in (
            lambda agent=agent: accounts.add_user(
                house, admin, name="new", password=PASSWORD, role=UserRole.AGENT, scope="/c/1/", agent_id=agent
            ),
            lambda agent=agent: accounts.set_role(house, admin, "agent", UserRole.AGENT, "/c/1/", agent),
            lambda agent=agent: accounts.set_role(house, admin, "anna", UserRole.AGENT, None, agent),
        ):
            with pytest.raises(AccessDenied) as error:
                escape()
            answers.add(str(error.value).replace(agent, "…"))
    assert len(answers) == 1
    with pytest.raises(BadInput, match="outside the account's scope"):
        accounts.set_role(house, admin, "agent", UserRole.AGENT, "/c/1/t01/", "a3")  # who works in t02
    with pytest.raises(BadInput, match="not in the organisation"):
        accounts.set_role(house, OPERATOR, "agent", UserRole.AGENT, "/c/1/", "a99")
    listed = {user.name: (user.role, user.agent_id) for user in accounts.list_users(house, OPERATOR)}
    assert listed["agent"] == (UserRole.AGENT, "a1") and "new" not in listed and listed["anna"][1] is None


def test_a_new_password_lifts_a_lock_by_wrong_ones_but_not_by_a_person(house: Store) -> None:
    for _ in range(3):
        _refused(house, "anna", "wrong")
    accounts.set_password(house, OPERATOR, "anna", "another horse 9")
    assert accounts.sign_in(house, "anna", "another horse 9")
    accounts.lock(house, OPERATOR, "anna")
    accounts.set_password(house, OPERATOR, "anna", PASSWORD)
    _refused(house, "anna", PASSWORD)
    accounts.unlock(house, OPERATOR, "anna")
    assert accounts.sign_in(house, "anna", PASSWORD)


def test_only_administrators_manage_accounts(house: Store) -> None:
    for role in UserRole:
        viewer = Viewer("someone", role, "/", "a1")
        if role in (UserRole.ADMIN, UserRole.OPERATOR):
            assert accounts.list_users(house, viewer)
            continue
        for refused in (
            lambda viewer=viewer: accounts.list_users(house, viewer),
            lambda viewer=viewer: accounts.add_user(house, viewer, name="new", password=PASSWORD, role=UserRole.QA),
            lambda viewer=viewer: accounts.lock(house, viewer, "anna"),
            lambda viewer=viewer: accounts.unlock(house, viewer, "anna"),
            lambda viewer=viewer: accounts.remove(house, viewer, "anna"),
            lambda viewer=viewer: accounts.set_password(house, viewer, "anna", PASSWORD),
            lambda viewer=viewer: accounts.set_role(house, viewer, "anna", UserRole.ADMIN),
        ):
            with pytest.raises(AccessDenied):
                refused()


def test_a_stronger_hash_replaces_the_old_one_on_sign_in(house: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signin, "HASHER", PasswordHasher(time_cost=2, memory_cost=16, parallelism=1))
    assert accounts.sign_in(house, "anna", PASSWORD)
    with house.read() as connection:
        assert "m=16,t=2" in connection.scalar(sa.select(users.c.password_hash))
    assert accounts.sign_in(house, "anna", PASSWORD)


def test_the_settings_of_locks_and_sessions_count(house: Store) -> None:
    strict = open_store(replace(house.settings, lockout_attempts=1, idle_minutes=1))
    token = accounts.sign_in(strict, "anna", PASSWORD)
    _travel(house, seen_at=timedelta(minutes=2))
    assert accounts.viewer_of(strict, token) is None
    assert "1 wrong tries" in _refused(strict, "anna", "wrong")
    _refused(strict, "anna", PASSWORD)
    strict.close()


def test_outside_tests_the_hash_takes_real_work() -> None:
    kind, _, parameters, *_ = REAL_HASHER.hash(PASSWORD).split("$")[1:]
    assert kind == "argon2id"
    work = dict(part.split("=") for part in parameters.split(","))
    assert int(work["m"]) >= 19 * 1024 and int(work["t"]) >= 2  # OWASP's least for argon2id
