"""更正: mend the words or the role of a turn, or swap both sides; the call is judged again at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import polars as pl
import streamlit as st

from hotline.errors import BadInput
from hotline.locale import messages, t, term
from hotline.store import Store, Viewer, corrections
from hotline.store.calls import OpenedCall
from hotline.store.parquet_files import part_of
from hotline.ui.markup import literal
from qa import corrections as room
from qa.calls import Call, Role, Turn
from qa.corrections import Corrected, TurnChange
from qa.scoring import ItemResult

_SHOWN = 30
"""Characters of a turn in the list to choose from."""


@dataclass(frozen=True, slots=True)
class Mended:
    """What a correction changed, for the page that shows the call anew; ``items`` are (title, outcome before, after)."""

    call_id: str
    was: tuple[float, float] | None
    now: tuple[float, float]
    turns: tuple[int, ...]
    items: tuple[tuple[str, str, str], ...]


def form(store: Store, viewer: Viewer, opened: OpenedCall, chosen: int | None, again: Callable[[Corrected], None]) -> None:
    """Where somebody with CORRECT mends a turn; ``chosen`` is the turn picked in the player, ``again`` shows the call anew."""
    call = opened.call
    key = f"mend_{call.id}"
    places = {turn.index: turn for turn in call.turns}
    if chosen in places:
        st.session_state[f"{key}_turn"] = chosen
        st.session_state[f"{key}_open"] = True
    if not st.toggle(t("mend.title"), key=f"{key}_open", help=t("mend.help")):
        return
    act: Callable[[], Corrected] | None = None
    with st.container(border=True):
        index = st.selectbox(t("mend.turn"), list(places), format_func=lambda n: _named(places[n]), key=f"{key}_turn")
        change = _asked(places[index], f"{key}_{index}_{part_of(opened.turns_file)}")
        if change is not None:
            edit, note = change
            act = partial(room.correct, store, viewer, call.id, [edit], note, seen=opened.turns_file)
        with st.popover(t("mend.swap"), icon=":material/swap_vert:", help=t("mend.swap_help")):
            st.markdown(t("mend.swap_sure"))
            if st.button(t("mend.swap_now"), type="primary", key=f"{key}_swap"):
                act = partial(room.swap_roles, store, viewer, call.id, seen=opened.turns_file)
    if act is not None:
        _try(store, opened, again, act)


def _asked(turn: Turn, state: str) -> tuple[TurnChange, str] | None:
    """The form for one turn; what was asked for once it is sent, with the note.

    ``state`` names the turn as it is now: what was typed for another turn, or before a correction, must not stay in the fields.
    """
    with st.form(f"{state}_form", border=False):
        left, right = st.columns([1, 4])
        roles = list(Role)
        role = left.selectbox(
            t("mend.role"), roles, index=roles.index(turn.role), format_func=lambda r: term("side", r.value), key=f"{state}_role"
        )
        text = right.text_area(t("mend.text"), turn.text, max_chars=room.LONGEST_TEXT, key=f"{state}_text", help=t("mend.text_help"))
        note = st.text_input(t("mend.note"), max_chars=room.LONGEST_NOTE, key=f"{state}_note", placeholder=t("mend.note_hint"))
        sent = st.form_submit_button(t("mend.save"), type="primary", icon=":material/edit_note:")
    return (TurnChange(turn.index, _on_one_line(text), role), note) if sent else None


def compared(before: OpenedCall, after: OpenedCall, result: Corrected, titles: Mapping[str, str]) -> Mended:
    """What the correction changed: score, turns and the items that came out otherwise."""
    old = {item.item_id: item for item in before.items}
    changed = [item for item in after.items if _told(item) != _told(old.get(item.item_id))]
    items = tuple((titles.get(item.item_id, item.item_id), _told(old.get(item.item_id)), _told(item)) for item in changed)
    return Mended(result.call_id, result.was, result.now, result.turns, items)


def told(mended: Mended, score_words: Callable[[float | None, float | None], str]) -> None:
    """Say what a correction changed."""
    was = score_words(*mended.was) if mended.was else "–"
    now = score_words(*mended.now)
    numbers = ", ".join(str(turn + 1) for turn in mended.turns[:10]) + ("…" if len(mended.turns) > 10 else "")
    lines = [t("mend.done", turns=numbers, was=was, now=now)]
    lines += [f"- {literal(title)}: {literal(before)} → {literal(after)}" for title, before, after in mended.items]
    if not mended.items:
        lines.append(f"- {t('mend.same')}")
    st.success("\n".join(lines), icon=":material/task_alt:")


def history(rows: Sequence[Mapping[str, Any]], call: Call) -> None:
    """Who corrected what in this call, and when."""
    if not rows:
        return
    with st.expander(t("mend.history", count=len(rows)), icon=":material/history:"):
        starts = {turn.index: turn.span.start for turn in call.turns if turn.span is not None}
        columns = {
            t("mend.at"): [f"{row['at']:%Y-%m-%d %H:%M:%S}" for row in rows],
            t("mend.who"): [row["who"] for row in rows],
            t("mend.turn"): [f"{row['turn'] + 1} ({_clock(starts.get(row['turn']))})" for row in rows],
            t("mend.what"): [_what(row) for row in rows],
            t("mend.note"): [row["note"] for row in rows],
        }
        st.dataframe(pl.DataFrame(columns), hide_index=True, height="content")


def _try(store: Store, opened: OpenedCall, again: Callable[[Corrected], None], act: Callable[[], Corrected]) -> None:
    """Correct the call and show it anew; a correction that somebody else was faster than is refused with what to do."""
    try:
        result = act()
    except BadInput as error:
        with store.read() as connection:
            present = corrections.turns_file(connection, opened.row.id)
        if present is not None and part_of(present) != part_of(opened.turns_file):
            st.session_state.pop("visit", None)  # the next look at the call shows what the other one did
            st.warning(t("mend.overtaken"), icon=":material/group:")
            st.button(t("mend.reload"), icon=":material/refresh:")
        else:
            st.error(literal(messages.told(error)), icon=":material/error:")
        return
    again(result)


def _named(turn: Turn) -> str:
    said = turn.text if len(turn.text) <= _SHOWN else turn.text[:_SHOWN] + "…"
    when = _clock(turn.span.start if turn.span is not None else None)
    return f"{turn.index + 1}. {when} {term('side', turn.role.value)}: {said or t('player.noText')}"


def _what(row: Mapping[str, Any]) -> str:
    parts = []
    if row["role_before"] != row["role_after"]:
        parts.append(f"{term('side', row['role_before'])} → {term('side', row['role_after'])}")
    if row["text_changed"]:
        parts.append(t("mend.words"))
    return " · ".join(parts)


def _told(item: ItemResult | None) -> str:
    """An item's outcome and what it costs."""
    if item is None:
        return "–"
    words = term("outcome", item.outcome.value)
    return f"{words} (−{item.lost_high:g})" if item.lost_high else words


def _on_one_line(text: str) -> str:
    return " ".join(line.strip() for line in text.splitlines() if line.strip())


def _clock(seconds: float | None) -> str:
    return "–" if seconds is None else f"{int(seconds) // 60}:{int(seconds) % 60:02d}"
