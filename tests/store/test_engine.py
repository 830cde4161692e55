"""Opening and migrating: the written migration gives exactly the tables of the schema, and errors say what to do."""

from __future__ import annotations

import pickle
import threading
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from hotline.errors import BadInput, MissingPart
from hotline.settings import Settings
from hotline.store import Store, audit, engine, open_store
from hotline.store.schema import metadata


def test_migrations_give_the_schema(store: Store) -> None:
    with store.read() as connection:
        assert compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), metadata) == []


def test_migrations_give_the_same_defaults_and_indices(
    store: Store, settings: Settings, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """What alembic's comparison leaves out: defaults, index order, uniqueness and conditions."""
    on_postgres = store.engine.dialect.name == "postgresql"
    url = request.getfixturevalue("new_database")() if on_postgres else f"sqlite:///{tmp_path / 'direct.db'}"
    direct = sa.create_engine(sa.make_url(url).set(drivername="postgresql+psycopg") if on_postgres else url)
    metadata.create_all(direct)
    wanted, got = sa.inspect(direct), sa.inspect(store.engine)
    for table in metadata.tables:
        defaults = {column["name"]: (column["default"], column["nullable"]) for column in wanted.get_columns(table)}
        assert {column["name"]: (column["default"], column["nullable"]) for column in got.get_columns(table)} == defaults
        assert _indices(got, table) == _indices(wanted, table)
        assert got.get_pk_constraint(table) == wanted.get_pk_constraint(table)
    direct.dispose()


def _indices(inspector: sa.Inspector, table: str) -> dict[str | None, tuple[object, ...]]:
    found: dict[str | None, tuple[object, ...]] = {}
    for index in inspector.get_indexes(table):
        options = {key: str(value) for key, value in index.get("dialect_options", {}).items()}
        found[index["name"]] = (index["column_names"], bool(index["unique"]), options)
    return found


def test_migrating_again_changes_nothing(store: Store) -> None:
    with store.begin() as connection:
        audit.record(connection, "someone", "kept")
    store.migrate()
    with store.read() as connection:
        assert connection.scalar(sa.text("select count(*) from audit")) == 1


def test_a_store_that_is_not_there_says_init(settings: Settings) -> None:
    with pytest.raises(MissingPart, match="run: hotline init"), open_store(settings).read():
        pass
    assert not (settings.home / "hotline.db").exists()


def test_a_newer_store_is_refused(store: Store) -> None:
    with store.begin() as connection:
        connection.execute(sa.text("update alembic_version set version_num = '9999'"))
    again = open_store(store.settings)
    with pytest.raises(BadInput, match="newer Hotline"), again.begin():
        pass
    with pytest.raises(BadInput, match="newer Hotline"):
        again.migrate()
    again.close()


def test_an_older_store_says_init(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    again = open_store(store.settings)
    monkeypatch.setattr(engine, "_head", lambda: "9999")
    with pytest.raises(MissingPart, match="run: hotline init"), again.read():
        pass
    again.close()


def test_a_store_that_lacks_a_column_is_one_line_and_named(store: Store) -> None:
    """Made before a column was added to a migration: its version says that all is well."""
    with store.begin() as connection:
        connection.execute(sa.text("alter table recordings drop column speakers"))
        connection.execute(sa.text("drop table voiceprints"))
    assert store.lacks() == ["voiceprints", "recordings.speakers"]
    reads = [sa.select(metadata.tables["recordings"].c.speakers), sa.select(metadata.tables["voiceprints"])]
    for statement in reads:
        with pytest.raises(MissingPart, match=r"tables are not those of this Hotline.*hotline doctor"), store.read() as connection:
            connection.execute(statement)
    with pytest.raises(MissingPart, match="hotline doctor"), store.begin() as connection:
        connection.execute(sa.insert(metadata.tables["recordings"]).values(call_id="x", speakers=2))
    with pytest.raises(MissingPart, match=r"has not got voiceprints, recordings\.speakers; .*hotline init"):
        store.migrate()


def test_other_errors_of_the_database_stay_what_they_are(store: Store) -> None:
    with pytest.raises(sa.exc.IntegrityError), store.begin() as connection:
        connection.execute(sa.insert(metadata.tables["recordings"]).values(call_id="nobody"))
    assert store.lacks() == []


def test_a_failed_migration_leaves_nothing(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tables are made in one transaction: killed in the middle, the next run starts from the beginning."""
    from alembic import op

    made, create = [], op.create_table

    def stop_at_third(name: str, *columns: object, **options: object) -> object:
        made.append(name)
        if len(made) == 3:
            raise RuntimeError("power cut")
        return create(name, *columns, **options)

    store = open_store(settings)
    monkeypatch.setattr(op, "create_table", stop_at_third)
    with pytest.raises(RuntimeError, match="power cut"):
        store.migrate()
    assert sa.inspect(store.engine).get_table_names() == []
    monkeypatch.undo()
    store.migrate()
    assert set(metadata.tables) < set(sa.inspect(store.engine).get_table_names())
    store.close()


def test_sqlite_is_set_up_for_readers_beside_a_writer(store: Store) -> None:
    if store.engine.dialect.name != "sqlite":
        with store.read() as connection:
            assert connection.scalar(sa.text("show transaction_read_only")) == "on"
        return
    with store.read() as connection:
        values = {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("journal_mode", "foreign_keys", "synchronous")}
    assert values == {"journal_mode": "wal", "foreign_keys": 1, "synchronous": 1}


def test_what_is_stored_is_private_to_the_account(store: Store) -> None:
    assert store.settings.parquet.stat().st_mode & 0o077 == 0 and store.settings.home.stat().st_mode & 0o077 == 0
    if store.engine.dialect.name == "sqlite":
        assert (store.settings.home / "hotline.db").stat().st_mode & 0o077 == 0


def test_writers_wait_for_each_other(store: Store) -> None:
    """Read, then write, in many threads at once: no "database is locked", nothing lost."""
    problems: list[Exception] = []

    def work() -> None:
        try:
            for _ in range(20):
                with store.begin() as connection:
                    connection.execute(sa.text("select count(*) from audit")).scalar()
                    audit.record(connection, "thread", "wrote")
        except Exception as error:
            problems.append(error)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    with store.read() as connection:
        assert connection.scalar(sa.text("select count(*) from audit")) == 120


def test_a_raised_error_rolls_back(store: Store) -> None:
    with pytest.raises(KeyError), store.begin() as connection:
        audit.record(connection, "someone", "undone")
        raise KeyError
    with store.read() as connection:
        assert connection.scalar(sa.text("select count(*) from audit")) == 0


def test_a_store_travels_to_another_process(store: Store) -> None:
    again = pickle.loads(pickle.dumps(store))
    with again.read() as connection:
        assert connection.scalar(sa.text("select count(*) from audit")) == 0
    again.close()


@pytest.mark.parametrize("url", ["mysql://x/y", "not a url"])
def test_other_databases_are_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises(BadInput, match="sqlite:///"):
        open_store(Settings(home=tmp_path, database=url))


def test_postgres_without_its_driver_names_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(MissingPart, match=r"hotline\[postgres\]"):
        open_store(Settings(home=tmp_path, database="postgresql://x@localhost/y"))


def test_an_unreachable_server_is_one_line(tmp_path: Path) -> None:
    store = open_store(Settings(home=tmp_path, parquet=tmp_path, database=f"postgresql://someone:secret@/x?host={tmp_path}"))
    with pytest.raises(MissingPart) as error:
        store.migrate()
    assert "secret" not in str(error.value) and "\n" not in str(error.value)


def test_a_file_that_is_no_database_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "hotline.db").write_text("hello, " * 400)
    with pytest.raises(MissingPart, match="cannot be used"), open_store(Settings(home=tmp_path)).read():
        pass
