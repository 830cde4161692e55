"""Stored calls for a look at what other rules would make of them; every call that is read stands in the audit trail."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from hotline.store import audit
from hotline.store import calls as call_store
from hotline.store.access import Permission, Viewer
from hotline.store.engine import Store
from qa.calls import Call
from qa.rules import RuleSet

_PAGE = 200


def selected(
    store: Store,
    viewer: Viewer,
    *,
    first_day: date | None = None,
    last_day: date | None = None,
    queue: str | None = None,
    team: str | None = None,
    most: int = 2_000,
) -> list[str]:
    """Ids of recorded calls in the viewer's scope, newest first, at most ``most``. Needs OPEN_CALLS."""
    found: list[str] = []
    while len(found) < most:
        page = call_store.page(
            store,
            viewer,
            queue=queue,
            team=team,
            first_day=first_day,
            last_day=last_day,
            recorded_only=True,
            limit=min(_PAGE, most - len(found)),
            offset=len(found),
        )
        if not page.rows:
            break
        found += [row.id for row in page.rows]
    return found


def opened(store: Store, viewer: Viewer, call_ids: Sequence[str], old: RuleSet, new: RuleSet) -> Iterator[Call]:
    """The calls that both rule sets are for (by language), one by one. The trail names each call, and the comparison itself.

    Needs DRAFT_RULES. Raises NotFound or AccessDenied as :func:`hotline.store.calls.open_call` does.
    """
    viewer.require(Permission.DRAFT_RULES, f"rule set {new.id}")
    with store.begin() as connection:
        audit.record(connection, viewer.name, "preview_rules", new.id, calls=len(call_ids), old=old.content_hash, new=new.content_hash)
    for call_id in call_ids:
        call = call_store.open_call(store, viewer, call_id).call
        if call.metadata.get("language", "zh") == new.language:
            yield call
