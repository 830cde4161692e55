"""What SQLite and PostgreSQL write differently: the time between two instants, and a date some days on.

>>> import sqlalchemy as sa
>>> from sqlalchemy.dialects import sqlite
>>> print(days_later(sa.column("day"), 3).compile(dialect=sqlite.dialect(), compile_kwargs={"literal_binds": True}))
date(day, 3 || ' days')
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import GenericFunction


class seconds_between(GenericFunction[float]):
    """Seconds from the first instant to the second, to the millisecond; NULL where either is NULL."""

    type = sa.Float()
    inherit_cache = True


class days_later(GenericFunction[Any]):
    """The date in the first argument, as many days later as the second says."""

    type = sa.Date()
    inherit_cache = True


@compiles(seconds_between, "sqlite")
def _seconds_sqlite(element: seconds_between, compiler: Any, **options: Any) -> str:
    first, second = (compiler.process(clause, **options) for clause in element.clauses)
    # A Julian day is good to some 40 microseconds; without rounding, exactly in time would sometimes be late.
    return f"round(86400.0 * (julianday({second}) - julianday({first})), 3)"


@compiles(seconds_between, "postgresql")
def _seconds_postgresql(element: seconds_between, compiler: Any, **options: Any) -> str:
    first, second = (compiler.process(clause, **options) for clause in element.clauses)
    return f"round(extract(epoch from ({second} - {first})), 3)::float8"


@compiles(days_later, "sqlite")
def _days_sqlite(element: days_later, compiler: Any, **options: Any) -> str:
    day, number = (compiler.process(clause, **options) for clause in element.clauses)
    return f"date({day}, {number} || ' days')"


@compiles(days_later, "postgresql")
def _days_postgresql(element: days_later, compiler: Any, **options: Any) -> str:
    day, number = (compiler.process(clause, **options) for clause in element.clauses)
    return f"({day} + {number})"
