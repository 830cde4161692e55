"""Publish a draft: what it changes in words, the impact where it was previewed, a note and the day from which it judges."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

import streamlit as st

from hotline.errors import HotlineError
from hotline.locale import messages, t
from hotline.store import Permission, Store, Viewer
from hotline.store.publishing import LONGEST_NOTE, publish
from hotline.ui.markup import literal
from hotline.ui.rules import draft as drafts
from hotline.ui.rules import preview, shelf
from hotline.ui.rules.changes import changes
from hotline.ui.rules.shelf import Shown
from qa import rules
from qa.rules import RuleSet
from qa.rules.diff import rule_changes


def show(store: Store, viewer: Viewer, one: Shown, shown: Sequence[Shown]) -> None:
    """Needs PUBLISH_RULES, here and in the store."""
    viewer.require(Permission.PUBLISH_RULES, "rules")
    if message := st.session_state.pop("rules_published", None):
        st.success(literal(message), icon=":material/verified:")
    draft = drafts.of(one)
    checked = drafts.checked(draft, one.rule_set.file)
    new = checked.rule_set
    if new is None or checked.errors:
        st.error(t("publishing.has_errors", count=checked.errors), icon=":material/error:")
        return
    published = [s for s in shown if s.published is not None and s.rule_set.id == new.id]
    if any(s.rule_set.content_hash == new.content_hash for s in published):
        st.info(t("publishing.is_published", version=new.version), icon=":material/verified:")
        return
    base = shelf.judging(list(shown), new)
    if base is not None and base.rule_set.content_hash != new.content_hash:
        st.subheader(t("publishing.changes", old=base.rule_set.version), anchor=False)
        changes(rule_changes(base.rule_set, new), base.rule_set, new)
        known = preview.previewed(base.rule_set, new)
        if known is not None:
            preview.summary(known.found)
        else:
            st.warning(t("publishing.not_previewed"), icon=":material/compare:")
    else:
        st.caption(t("publishing.first"))
    _form(store, viewer, draft, new, max((s.rule_set.version for s in published), default=0))


def _form(store: Store, viewer: Viewer, draft: drafts.Draft, new: RuleSet, newest: int) -> None:
    """The number, the day and the note; errors in one line."""
    number = new.version if new.version > newest else newest + 1
    with st.form("rules_publish", enter_to_submit=False):
        if number != new.version:
            st.caption(t("publishing.renumbered", number=number, newest=newest))
        left, right = st.columns([1, 3])
        start = new.effective.start
        day = left.date_input(
            t("publishing.day"),
            value=start.date() if isinstance(start, datetime) else start,
            help=t("publishing.day_help"),
            key="rules_publish_day",
        )
        note = right.text_input(
            t("publishing.note"), max_chars=LONGEST_NOTE, key="rules_publish_note", placeholder=t("publishing.note_hint")
        )
        if not st.form_submit_button(t("publishing.publish", id=new.id, version=number), type="primary", icon=":material/publish:"):
            return
    if not note.strip():
        st.warning(t("publishing.no_note"), icon=":material/edit:")
        return
    try:
        text = final(draft.text, new, day if isinstance(day, date) else None, number)
        made = publish(store, viewer, rules.load_text(text, new.file, draft.folder), note.strip())
    except HotlineError as error:
        st.error(literal(messages.told(error)), icon=":material/error:")
        return
    st.session_state.rules_published = t("publishing.done", id=made.rule_set.id, version=made.rule_set.version)
    st.session_state.pop("rules_drafts", None)
    st.session_state.rules_set_go = shelf.key_of(made.rule_set)
    st.rerun()


def final(text: str, rule_set: RuleSet, day: date | None, number: int) -> str:
    """The draft's text with its version number and the day from which it judges; None: from now on."""
    if number != rule_set.version:
        text = drafts.with_setting(text, "version", str(number))
    start = rule_set.effective.start
    before = start.date() if isinstance(start, datetime) else start
    return text if day == before else drafts.begins(text, day)
