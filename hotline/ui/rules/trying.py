"""Try a rule set on a conversation typed or pasted in, or on a stored call, and see why it comes out as it does."""

from __future__ import annotations

import re

import streamlit as st

from hotline.errors import BadInput, HotlineError
from hotline.locale import catalogue, messages, t, term
from hotline.store import Permission, Store, Viewer
from hotline.store import calls as call_store
from hotline.ui import opened, player
from hotline.ui.markup import literal
from hotline.ui.rules import explanation
from qa import scoring
from qa.calls import Call
from qa.rules import RuleSet, examples

LONGEST = 20_000
"""Characters of a conversation that may be pasted in."""
_NEWEST = 30
_GIVEN = re.compile(r"\s*([\w.]+)\s*=\s*(.+?)\s*")


def show(store: Store, viewer: Viewer, rule_set: RuleSet) -> None:
    """A conversation of the viewer's own, or a stored call; opening one is written to the audit trail."""
    source = "pasted"
    if viewer.may(Permission.OPEN_CALLS):
        source = st.radio(
            t("rules.try_on"), ["pasted", "stored"], format_func=lambda s: term("try_on", s), key="rules_try_on", horizontal=True,
            label_visibility="collapsed",
        )  # fmt: skip
    _stored(store, viewer, rule_set) if source == "stored" else _pasted(rule_set)


def _pasted(rule_set: RuleSet) -> None:
    """Judge a pasted conversation; nothing of it is kept."""
    left, right = st.columns([3, 2])
    text = left.text_area(
        t("rules.conversation"),
        value=catalogue()["rules.sample"][rule_set.language],
        height=240,
        max_chars=LONGEST,
        help=t("rules.conversation_help"),
        key=f"rules_text_{rule_set.id}",
    )
    given = right.text_area(t("rules.metadata"), value="", height=240, max_chars=2000, help=t("rules.metadata_help"), key="rules_metadata")
    if not st.button(t("rules.judge"), type="primary", icon=":material/gavel:"):
        return
    try:
        call = conversation(text, given)
    except BadInput as error:
        st.error(literal(messages.told(error)), icon=":material/error:")
        return
    _judged(rule_set, call, with_player=True)


def _stored(store: Store, viewer: Viewer, rule_set: RuleSet) -> None:
    """A call by its id, or one of the newest."""
    newest = {row.id: row for row in call_store.page(store, viewer, recorded_only=True, limit=_NEWEST).rows}
    left, right = st.columns(2)
    chosen = left.selectbox(
        t("rules.stored_newest"),
        [None, *newest],
        format_func=lambda i: f"{i}　{newest[i].started_at:%m-%d %H:%M}　{newest[i].topic}" if i else t("rules.stored_choose"),
        key="rules_stored",
    )
    named = right.text_input(t("rules.stored_id"), key="rules_stored_id", placeholder="S001")
    call_id = named.strip() or chosen
    pressed = st.button(t("rules.judge_stored"), type="primary", icon=":material/gavel:", disabled=not call_id, help=t("rules.audited"))
    kept = st.session_state.get("rules_tried")
    if pressed and call_id:
        try:
            kept = st.session_state.rules_tried = (viewer, call_store.open_call(store, viewer, call_id).call)
        except HotlineError as error:
            st.session_state.pop("rules_tried", None)
            st.error(literal(messages.told(error)), icon=":material/error:")
            return
    if not kept or kept[0] != viewer or kept[1].id != call_id:
        return
    call: Call = kept[1]
    if not call.turns:
        st.info(t("rules.no_words"), icon=":material/mic_off:")
        return
    if call.metadata.get("language", "zh") != rule_set.language:
        st.warning(t("rules.other_language"), icon=":material/translate:")
    _judged(rule_set, call, with_player=False)


def _judged(rule_set: RuleSet, call: Call, *, with_player: bool) -> None:
    card = scoring.score(rule_set, call)
    doubtful = sum(item.outcome is scoring.Outcome.DOUBTFUL for item in card.items)
    opened.verdict("rules_verdict", card.low, card.high, card.passed, card.fatal_certain, card.fatal_possible, doubtful)
    if with_player:
        st.caption(t("rules.no_times"))
        player.show(call, card.items, opened.titles(rule_set), b"")
    opened.scorecard(card.items, rule_set)
    explanation.show(rule_set, call)


def conversation(text: str, given: str = "") -> Call:
    """``客服：…`` and ``客户：…`` lines (times may be given as ``客服@1.5-3：…``) as a call; ``given`` holds ``name = value`` lines.

    Raises BadInput naming the line that says neither who speaks nor what.
    """
    try:
        turns = examples.turns_of(text)
    except examples.ExampleError as error:
        raise BadInput(t("rules.line", number=error.line + 1), t("rules.no_turn"), t("rules.write_so")) from None
    metadata = {}
    for number, line in enumerate(given.splitlines(), 1):
        found = _GIVEN.fullmatch(line)
        if line.strip() and not found:
            raise BadInput(f"{t('rules.metadata')} {t('rules.line', number=number)}", t("rules.no_value"), t("rules.metadata_so"))
        if found:
            metadata[found[1].removeprefix("meta.")] = found[2]
    return examples.call_of("pasted", turns, meta=metadata)
