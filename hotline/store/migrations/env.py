"""Alembic's entry: run the versions on the connection that ``Store.migrate`` hands over, in its transaction."""

from alembic import context

from hotline.store.schema import metadata

connection = context.config.attributes["connection"]
# SQLite can roll back DDL once the driver is kept from committing in between (see engine.py).
context.configure(connection=connection, target_metadata=metadata, transactional_ddl=True)
with context.begin_transaction():
    context.run_migrations()
