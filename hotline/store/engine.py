"""Open the store: SQLite in the home folder by default, PostgreSQL by URL; the same tables on both."""

from __future__ import annotations

import importlib.util
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from hotline.errors import BadInput, MissingPart
from hotline.settings import Settings

_BUSY_MS = 30_000  # how long a SQLite writer waits for another one
_NOT_THERE = ("no such table", "no such column", "has no column named")  # as SQLite says it
_NOT_THERE_STATES = ("42P01", "42703")  # as PostgreSQL says it: undefined_table, undefined_column
REMAKE = "it was made by a Hotline that was never released: move it away, run: hotline init, and bring the data in again"
_MIGRATION_LOCK = 0x686F746C  # advisory lock on PostgreSQL, so that two machines do not migrate at once


class Store:
    """One installation's store; cheap to make, safe in threads, and pickles to another process as its settings."""

    def __init__(self, settings: Settings, engine: sa.Engine) -> None:
        self.settings = settings
        self.engine = engine
        self._ready = False

    def __reduce__(self) -> tuple[Any, tuple[Settings]]:
        return open_store, (self.settings,)

    @contextmanager
    def begin(self) -> Iterator[sa.Connection]:
        """A transaction that may write: committed at the end of the block, rolled back when it raises.

        On SQLite it takes the write lock at once; taking it later, after a read, could fail with "database is locked".
        """
        self._check()
        with self._whole_tables(), self.engine.execution_options(hotline_writes=True).begin() as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """A transaction that only reads; it sees one state of the store and holds up no writer."""
        self._check()
        engine = self.engine
        if engine.dialect.name == "postgresql":
            engine = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        with self._whole_tables(), engine.connect() as connection:
            yield connection

    def lacks(self) -> list[str]:
        """Tables and columns (``table.column``) of the schema that the database has not got, in the schema's order."""
        self._check()
        with _plain_errors(self.engine), self.engine.connect() as connection:
            return _lacking(connection)

    def migrate(self) -> None:
        """Bring the tables to this version of Hotline, in one transaction.

        Raises BadInput when they are newer, MissingPart when they lack something that no migration adds.
        """
        # What is stored is personal: on a machine with several users only this account may read it.
        self.settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.settings.parquet.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self.engine.dialect.name == "sqlite" and self.engine.url.database:
            file = Path(self.engine.url.database).absolute()
            file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            file.touch(mode=0o600)
        config = migration_config()
        with _plain_errors(self.engine), self.engine.execution_options(hotline_writes=True).begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_MIGRATION_LOCK)))
            self._refuse_newer(_version(connection))
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            if lacking := _lacking(connection):
                raise MissingPart(self._name, f"the store has not got {', '.join(lacking)}", REMAKE)
        self._ready = True

    def close(self) -> None:
        """Close pooled connections; the store may be used again afterwards."""
        self.engine.dispose()

    @property
    def _name(self) -> str:
        return self.engine.url.render_as_string(hide_password=True)

    @contextmanager
    def _whole_tables(self) -> Iterator[None]:
        """Say in one line that a table or column is missing: a fault of the installation, which no other try mends."""
        try:
            yield
        except sa.exc.DBAPIError as error:
            if not _is_missing(error):
                raise
            said = str(error.orig).splitlines()[0]
            # from None: workers look at the cause, and would take an OperationalError for one that passes
            raise MissingPart(self._name, f"the store's tables are not those of this Hotline ({said})", "run: hotline doctor") from None

    def _check(self) -> None:
        if self._ready:
            return
        name = self._name
        database = self.engine.url.database
        if self.engine.dialect.name == "sqlite" and database and not Path(database).exists():
            raise MissingPart(name, "there is no store yet", "run: hotline init")
        with _plain_errors(self.engine), self.engine.connect() as connection:
            version = _version(connection)
        if version is None:
            raise MissingPart(name, "the store has no tables yet", "run: hotline init")
        self._refuse_newer(version)
        if version != _head():
            raise MissingPart(name, f"the store is at version {version}, this Hotline needs {_head()}", "run: hotline init")
        self._ready = True

    def _refuse_newer(self, version: str | None) -> None:
        known = {script.revision for script in ScriptDirectory.from_config(migration_config()).walk_revisions()}
        if version is not None and version not in known:
            raise BadInput(
                self._name, f"the store was made by a newer Hotline (version {version})", "upgrade Hotline, then run: hotline init"
            )


def open_store(settings: Settings) -> Store:
    """The store of ``settings.database_url``; nothing is read or made until it is used.

    Raises BadInput for a URL that cannot be read, MissingPart when PostgreSQL is asked for without the extra.
    """
    try:
        url = sa.make_url(settings.database_url)
    except sa.exc.ArgumentError:
        raise BadInput("database", "not a database URL", "use sqlite:///… or postgresql://user@host/name") from None
    if url.get_backend_name() == "postgresql":
        if importlib.util.find_spec("psycopg") is None:
            raise MissingPart("database", "PostgreSQL needs psycopg, which is not installed", 'pip install "hotline[postgres]"')
        engine = sa.create_engine(url.set(drivername="postgresql+psycopg"), pool_pre_ping=True)
    elif url.get_backend_name() == "sqlite":
        engine = sa.create_engine(url, connect_args={"timeout": _BUSY_MS / 1000})
        sa.event.listen(engine, "connect", _prepare_sqlite)
        sa.event.listen(engine, "begin", _begin_sqlite)
    else:
        raise BadInput("database", f"{url.get_backend_name()} is not supported", "use sqlite:///… or postgresql://user@host/name")
    return Store(settings, engine)


def migration_config() -> Config:
    """Alembic's configuration, made here so that no ini file has to be found."""
    config = Config()
    config.set_main_option("script_location", str(resources.files("hotline.store") / "migrations").replace("%", "%%"))
    return config


def _head() -> str:
    head = ScriptDirectory.from_config(migration_config()).get_current_head()
    assert head is not None
    return head


def _lacking(connection: sa.Connection) -> list[str]:
    from hotline.store.schema import metadata

    there = {table: {column["name"] for column in columns} for (_, table), columns in sa.inspect(connection).get_multi_columns().items()}
    tables = [table for table in metadata.sorted_tables if table.name not in there]
    known = [table for table in metadata.sorted_tables if table.name in there]
    columns = [f"{table.name}.{column.name}" for table in known for column in table.columns if column.name not in there[table.name]]
    return [table.name for table in tables] + columns


def _is_missing(error: sa.exc.DBAPIError) -> bool:
    state = getattr(error.orig, "sqlstate", None)
    return state in _NOT_THERE_STATES or (state is None and any(said in str(error.orig) for said in _NOT_THERE))


def _version(connection: sa.Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _prepare_sqlite(connection: sqlite3.Connection, _: object) -> None:
    # The driver's own transactions begin late and skip DDL; with None we say BEGIN ourselves (below).
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {_BUSY_MS}")
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = NORMAL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def _begin_sqlite(connection: sa.Connection) -> None:
    writes = connection.get_execution_options().get("hotline_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def _plain_errors(engine: sa.Engine) -> Iterator[None]:
    """Say in one line that the database cannot be reached, opened or written."""
    try:
        yield
    except (sa.exc.OperationalError, sa.exc.DatabaseError) as error:
        name = engine.url.render_as_string(hide_password=True)
        raise MissingPart(
            name, f"the database cannot be used ({error.orig})", "check that it runs, its address, and who may write"
        ) from None
