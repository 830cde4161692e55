"""Where everything is kept: SQL for facts, Parquet for words; who may read what is decided here.

    from hotline import settings, store
    house = store.open_store(settings.load())
    house.migrate()                      # once, and after an upgrade
    with house.begin() as connection:    # one transaction: all or nothing
        ...

Each file is one subject: ``calls``, ``scores``, ``feeds``, ``rollups``, ``series``, ``forecasts``, ``accounts``,
``audit``, ``jobs``, ``parquet``. Every function that reads for a person takes a :class:`Viewer`.
"""

from hotline.store.access import OPERATOR, Permission, UserRole, Viewer
from hotline.store.engine import Store, open_store

__all__ = ["OPERATOR", "Permission", "Store", "UserRole", "Viewer", "open_store"]
