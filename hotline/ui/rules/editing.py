"""Edit a draft: problems while typing, examples proven with one button. Nothing in force changes here."""

from __future__ import annotations

from typing import Any

import streamlit as st

from hotline.locale import current, t
from hotline.ui import components, session
from hotline.ui.markup import literal
from hotline.ui.rules import draft as drafts
from hotline.ui.rules import item
from hotline.ui.rules.draft import LONGEST, Checked, Draft
from hotline.ui.rules.shelf import Shown
from qa.rules import proving
from qa.rules.checks import ERROR


def show(one: Shown) -> None:
    """The editor with what it finds below it."""
    st.caption(t("editing.about"))
    _panel(one)


@st.fragment
def _panel(one: Shown) -> None:
    """Runs by itself at every pause in typing, without the frame that knows the language and who is there."""
    session.speak()
    if session.viewer() is None:
        st.rerun()
    draft = drafts.of(one)
    name = one.rule_set.file
    key = f"rules_editor_{one.key}_{draft.generation}"
    typed = _typed(key)
    if typed is not None:
        draft.text = typed[:LONGEST]
    found = drafts.checked(draft, name)
    components.editor(key=key, data=_data(draft, found, key), on_text_change=lambda: None)
    _state(found, draft)
    with st.container(horizontal=True):
        prove = st.button(t("editing.prove"), icon=":material/science:", type="primary", disabled=found.rule_set is None)
        if st.button(t("editing.reset"), icon=":material/undo:", disabled=draft.text == draft.began_as):
            drafts.replace(draft, draft.began_as)
            st.rerun()
        session.offer_file(t("editing.download"), draft.text.encode(), f"{one.rule_set.id}.draft.yaml", "application/yaml", at_once=False)
    if prove and found.rule_set is not None:
        _prove(found)


def _typed(key: str) -> str | None:
    """What the editor has told since the last run; None when nothing was typed."""
    state: Any = st.session_state.get(key)
    text = None if state is None else state.get("text")
    return text if isinstance(text, str) else None


def _data(draft: Draft, found: Checked, key: str) -> dict[str, Any]:
    problems = [
        {"line": int(problem.line), "level": problem.level, "name": problem.name, "text": drafts.words(problem)}
        for problem in found.problems
    ]
    labels = {name: t(f"editor.{name}") for name in ("editor", "line", "whole", "error", "warning", "fine")}
    return {"text": draft.text, "nonce": key, "problems": problems, "labels": labels}


def _state(found: Checked, draft: Draft) -> None:
    """In one line: can it be read, what does it hold, is it changed."""
    if found.rule_set is None:
        st.error(t("editing.unreadable", count=len(found.problems)), icon=":material/error:")
        return
    warnings = sum(problem.level != ERROR for problem in found.problems)
    items = found.rule_set.items
    examples = sum(len(one.examples) for one in items)
    words = t("editing.state", version=found.rule_set.version, items=len(items), examples=examples, errors=found.errors, warnings=warnings)
    changed = t("editing.changed") if draft.text != draft.began_as else t("editing.unchanged")
    (st.warning if found.errors else st.success)(f"{words} · {changed}", icon=":material/rule:")


def _prove(found: Checked) -> None:
    """Every example of the draft; those that do not come out as written are shown."""
    assert found.rule_set is not None
    with st.spinner(t("editing.proving")):
        proofs = list(proving.prove(found.rule_set))
    failed = [proof for proof in proofs if not proof.held]
    if not failed:
        st.success(t("editing.all_hold", count=len(proofs)), icon=":material/task_alt:")
        return
    st.error(t("editing.some_fail", failed=len(failed), count=len(proofs)), icon=":material/error:")
    for item_id in dict.fromkeys(proof.item.id for proof in failed):
        own = [proof for proof in failed if proof.item.id == item_id]
        st.markdown(f"**{literal(own[0].item.title[current()])}**")
        for outcome in dict.fromkeys(proof.example.outcome for proof in own):
            item.examples([proof for proof in own if proof.example.outcome == outcome], outcome)
