"""The history of the tables, run by Alembic. A published version is never edited; a change is a new file."""
