"""One call, opened: its verdict, the player, and the scorecard by section and item.

What is shown is read once when the call is opened (the audit trail gets one line a visit, not one a click)
and kept in this browser session only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import isfinite
from typing import Any

import polars as pl
import streamlit as st

from hotline.errors import BadRule, HotlineError
from hotline.locale import current, messages, pick, t, term
from hotline.store import Permission, Store, Viewer, corrections
from hotline.store import calls as call_store
from hotline.store.calls import CallRow, OpenedCall
from hotline.ui import components, mending, player, reviewing, session, turns, voice
from hotline.ui.components import Badge, Card
from hotline.ui.markup import literal
from qa import audio, rules
from qa.calls import TextSource
from qa.corrections import Corrected
from qa.rules import RuleSet
from qa.rules.verdict import in_language
from qa.scoring import ItemResult, Outcome, section_loss


@dataclass(frozen=True, slots=True)
class Visit:
    """A call as it was when it was opened, for whom, and its audio as FLAC (empty with ``silence`` saying why).

    ``corrections`` are those made so far, ``mended`` is what this viewer's last one changed.
    """

    viewer: Viewer
    opened: OpenedCall
    rule_set: RuleSet | None
    flac: bytes
    silence: str
    corrections: tuple[Mapping[str, Any], ...] = ()
    mended: mending.Mended | None = None


def show(store: Store, viewer: Viewer, call_id: str) -> None:
    """The whole page of one call. Raises AccessDenied when it is outside the viewer's scope."""
    visit = _visit(store, viewer, call_id)
    row = visit.opened.row
    _headline(row)
    if visit.mended is not None:
        mending.told(visit.mended, score_words)
    _verdict(row)
    _provenance(visit.opened)
    for warning in visit.opened.warnings:
        st.warning(literal(messages.message(warning)), icon=":material/warning:")
    if visit.silence and row.recorded:
        st.warning(literal(messages.line(visit.silence)), icon=":material/volume_off:")
    if not row.recorded:
        st.info(t("call.not_recorded"), icon=":material/mic_off:")
        return
    if turns.is_small_model(row.text_source) or any(turns.is_small_model(turn.source) for turn in visit.opened.call.turns):
        st.warning(t("call.small_model"), icon=":material/science:")
    may_mend = viewer.may(Permission.CORRECT)
    chosen = player.show(
        visit.opened.call, visit.opened.items, titles(visit.rule_set), visit.flac, synthetic=row.synthetic, start=_asked(), mend=may_mend
    )
    if may_mend and visit.opened.call.turns:
        mending.form(store, viewer, visit.opened, chosen, lambda result: _again(store, visit, result))
    mending.history(visit.corrections, visit.opened.call)
    voice.show(visit.opened.call)
    if visit.opened.items:
        scorecard(visit.opened.items, visit.rule_set)
        reviewing.show(store, viewer, visit.opened, titles(visit.rule_set))
    if viewer.may(Permission.EXPORT_CALLS):
        _export(store, viewer, row)


def _asked() -> float | None:
    """The second that the address asks for with ``&at=``, as links to a single sentence do."""
    try:
        at = float(st.query_params.get("at", ""))
    except ValueError:
        return None
    return at if isfinite(at) and at >= 0 else None


def titles(rule_set: RuleSet | None) -> dict[str, str]:
    """Item titles in this language by id."""
    return {item.id: item.title[current()] for item in rule_set.items} if rule_set else {}


def source_words(source: TextSource | None) -> str:
    """Where the words come from, for people."""
    if source is None:
        return t("call.no_recording")
    name = t("player.small_model") if turns.is_small_model(source) else source.name
    return " ".join(part for part in (term("source", source.kind.value), name, source.version) if part)


def score_words(low: float | None, high: float | None) -> str:
    """``88–93``, one number where nothing is in doubt, a dash without a score."""
    if low is None or high is None:
        return "–"
    return f"{high:g}" if low == high else f"{low:g}–{high:g}"


def _visit(store: Store, viewer: Viewer, call_id: str) -> Visit:
    kept = st.session_state.get("visit")
    if isinstance(kept, Visit) and kept.opened.row.id == call_id and kept.viewer == viewer:
        return kept
    opened = call_store.open_call(store, viewer, call_id)
    flac, silence = b"", ""
    if opened.row.recorded:
        try:
            flac = audio.playable(call_store.audio_path(store, viewer, call_id))
        except HotlineError as error:
            silence = str(error)
    st.session_state.visit = Visit(viewer, opened, _rules_of(opened), flac, silence, tuple(corrections.of_opened(store, opened)))
    return st.session_state.visit


def _again(store: Store, visit: Visit, result: Corrected) -> None:
    """Show the call as it is after a correction, with what changed; the audio stays."""
    opened = call_store.open_call(store, visit.viewer, visit.opened.row.id)
    rule_set = _rules_of(opened)
    st.session_state.visit = replace(
        visit,
        opened=opened,
        rule_set=rule_set,
        corrections=tuple(corrections.of_opened(store, opened)),
        mended=mending.compared(visit.opened, opened, result, titles(rule_set)),
    )
    st.rerun()


def _rules_of(opened: OpenedCall) -> RuleSet | None:
    """The rule set as it was when it judged; None without one, or when this version cannot read it any more."""
    if opened.rule_source is None:
        return None
    try:
        return rules.load_text(opened.rule_source, opened.row.rule_set_id or "rules")
    except BadRule:
        return None


def team_words(row: CallRow) -> str:
    """The team's name in this language."""
    return pick(row.team or "", row.team_en or "")


def queue_words(row: CallRow) -> str:
    """The queue's name in this language."""
    return pick(row.queue_name or "", row.queue_name_en or "")


def _headline(row: CallRow) -> None:
    who = " · ".join(part for part in (row.agent_name or row.agent_id, team_words(row), queue_words(row), row.topic) if part)
    st.subheader(f"{literal(row.id)}　{row.started_at:%Y-%m-%d %H:%M}", anchor=False)
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.markdown(literal(who), width="content")
        if row.synthetic:
            st.badge(t("app.synthetic"), color="gray")


def _verdict(row: CallRow) -> None:
    if row.low is None or row.passed is None:
        st.info(t("call.not_scored"))
        return
    verdict("call_verdict", row.low, row.high, row.passed, row.fatal_certain or 0, row.fatal_possible or 0, row.doubtful_items or 0)


def verdict(key: str, low: float | None, high: float | None, passed: str, fatal: int, fatal_possible: int, doubtful: int) -> None:
    """A scorecard's outcome as cards: the score interval, passed or not, fatal and doubtful items."""
    kinds = {"yes": "good", "no": "bad"}
    components.cards(
        key,
        [
            Card(
                t("call.score"), score_words(low, high), t("call.score_help"), Badge(term("passed", passed), kinds.get(passed, "neutral"))
            ),
            Card(t("call.fatal"), str(fatal), t("call.fatal_help"), lines=(t("call.fatal_possible", count=fatal_possible),)),
            Card(t("call.doubtful"), str(doubtful), t("call.doubtful_help")),
        ],
    )


def _provenance(opened: OpenedCall) -> None:
    row = opened.row
    facts = {
        "rules": f"{row.rule_set_id} v{row.rule_version}" if row.rule_set_id else "–",
        "hash": (row.rule_hash or "–")[:12],
        "text": source_words(row.text_source),
        "diarizer": _ways(opened.diarizer, lambda way: term("diarizer", way)),
        "roles": _ways(opened.role_method, lambda way: term("role_method", way))
        + (f" ({row.role_confidence:.0%})" if row.role_confidence is not None else ""),
        "layout": term("layout", row.layout or "none"),
    }
    st.caption("　".join(f"{t(f'provenance.{name}')}: {literal(value)}" for name, value in facts.items()))


def _ways(ways: str, name: Callable[[str], str]) -> str:
    """What a stored ``channels, fsmn-vad-offline`` lists, for people; names of models stay."""
    return t("provenance.and").join(name(way) for way in ways.split(", ")) if ways else "–"


def section_rows(items: Sequence[ItemResult], rule_set: RuleSet | None) -> list[dict[str, object]]:
    """Points at stake, lost and in doubt, a row a section, in the order of the scorecard. N/A items are out of the stake.

    A section loses no more than its floor leaves, whatever its items lose together.
    """
    known = {section.id: section for section in rule_set.sections} if rule_set else {}
    rows: dict[str, dict[str, object]] = {}
    for section in dict.fromkeys(item.section_id for item in items):
        own = [item for item in items if item.section_id == section]
        judged = [item for item in own if item.outcome is not Outcome.NA]
        low, high = sum(item.lost_low for item in judged), sum(item.lost_high for item in judged)
        if section in known:
            low, high = section_loss(known[section], judged)
        counts: Mapping[Outcome, int] = {outcome: sum(item.outcome is outcome for item in own) for outcome in Outcome}
        rows[section] = {
            "section": known[section].title[current()] if section in known else section,
            "at_stake": sum(item.points for item in judged),
            "lost": low,
            "in_doubt": high - low,
            "passed": counts[Outcome.PASS],
            "failed": counts[Outcome.FAIL],
            "doubtful": counts[Outcome.DOUBTFUL],
            "na": counts[Outcome.NA],
        }
    return list(rows.values())


def scorecard(items: Sequence[ItemResult], rule_set: RuleSet | None) -> None:
    """The results by section, and every item on demand."""
    st.subheader(t("call.scorecard"), anchor=False)
    sections = pl.DataFrame(section_rows(items, rule_set))
    st.dataframe(
        sections.rename({name: t(f"section.{name}") for name in sections.columns}),
        hide_index=True,
        height="content",
        column_config={t(f"section.{name}"): st.column_config.NumberColumn(format="%g") for name in ("at_stake", "lost", "in_doubt")},
    )
    with st.expander(t("call.all_items", count=len(items))):
        names = titles(rule_set)
        clauses = {item.id: item.clause for item in rule_set.items} if rule_set else {}
        columns = {
            t("item.title"): [names.get(item.item_id, item.item_id) for item in items],
            t("item.outcome"): [term("outcome", item.outcome.value) for item in items],
            t("item.points"): [None if item.fatal else item.points for item in items],
            t("item.lost"): [score_words(item.lost_low, item.lost_high) for item in items],
            t("item.reason"): [in_language(item.reason, current()) for item in items],
            t("item.clause"): [clauses.get(item.item_id, "") for item in items],
        }
        st.dataframe(pl.DataFrame(columns), hide_index=True, height="content")


def _export(store: Store, viewer: Viewer, row: CallRow) -> None:
    """Words and results as CSV; the recording only with every personal value silenced."""
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button(t("call.export"), icon=":material/download:", help=t("call.export_help")):
            session.offer_file(t("call.save_again"), call_store.export_call(store, viewer, row.id), f"{row.id}.csv", "text/csv")
        if st.button(t("call.export_audio"), icon=":material/volume_off:", help=t("call.export_audio_help")):
            with st.spinner(t("call.muting")):
                sound = call_store.export_audio(store, viewer, row.id)
            session.offer_file(t("call.save_again"), sound, f"{row.id}.wav", "audio/wav")
