"""判定复核: under the scorecard, whoever reviews says of each lost or doubtful item whether the rules were right."""

from __future__ import annotations

import streamlit as st

from hotline.errors import HotlineError
from hotline.locale import current, messages, t, term
from hotline.store import Permission, Store, Viewer, item_reviews
from hotline.store.calls import OpenedCall
from hotline.store.item_reviews import Review
from hotline.ui.markup import literal
from qa.rules.verdict import in_language
from qa.scoring import ItemResult, Outcome


def show(store: Store, viewer: Viewer, opened: OpenedCall, titles: dict[str, str]) -> None:
    """Each lost or doubtful item with what was said of it; with REVIEW_ITEMS two buttons, but for one's own call."""
    flagged = [item for item in opened.items if item.outcome in (Outcome.FAIL, Outcome.DOUBTFUL)]
    if not flagged or opened.row.rule_hash is None:
        return
    reviews = item_reviews.of_call(store, viewer, opened.row.id, opened.row.rule_hash)
    may = viewer.may(Permission.REVIEW_ITEMS) and not (viewer.agent_id and viewer.agent_id == opened.row.agent_id)
    if not may and not reviews:
        return
    st.subheader(t("reviewing.title"), anchor=False)
    if may:
        st.caption(t("reviewing.about"))
    for item in flagged:
        with st.container(border=True):
            words, buttons = st.columns([3, 2], vertical_alignment="center")
            with words:
                _item(item, titles, reviews.get(item.item_id))
            if may:
                with buttons:
                    _buttons(store, viewer, opened.row.id, item, reviews.get(item.item_id))


def _item(item: ItemResult, titles: dict[str, str], review: Review | None) -> None:
    st.markdown(f"**{literal(titles.get(item.item_id, item.item_id))}** · {term('outcome', item.outcome.value)}")
    st.caption(literal(in_language(item.reason, current())))
    if review is not None:
        said = t("reviewing.right") if review.agreed else t("reviewing.wrong")
        note = f" · {literal(review.note)}" if review.note else ""
        icon = ":material/check_circle:" if review.agreed else ":material/cancel:"
        st.markdown(f"{icon} {said} · {literal(review.by)} · {review.at:%Y-%m-%d %H:%M}{note}")


def _buttons(store: Store, viewer: Viewer, call_id: str, item: ItemResult, review: Review | None) -> None:
    note = st.text_input(
        t("reviewing.note"),
        key=f"review_note_{call_id}_{item.item_id}",
        placeholder=t("reviewing.note"),
        label_visibility="collapsed",
        max_chars=item_reviews.LONGEST_NOTE,
    )
    with st.container(horizontal=True):
        for agreed, name in ((True, "right"), (False, "wrong")):
            chosen = review is not None and review.agreed == agreed
            pressed = st.button(
                t(f"reviewing.{name}"),
                icon=":material/thumb_up:" if agreed else ":material/thumb_down:",
                type="primary" if chosen else "secondary",
                key=f"review_{call_id}_{item.item_id}_{name}",
                help=t(f"reviewing.{name}_help"),
            )
            if not pressed:
                continue
            try:
                item_reviews.judge(store, viewer, call_id, item.item_id, agreed, note)
            except HotlineError as error:
                st.error(literal(messages.told(error)), icon=":material/error:")
                return
            st.rerun()
