"""声纹: whose voices are kept, with whose consent; enrol one from a call, forget one. No voice leaves the store for this screen."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import streamlit as st

from hotline.errors import AccessDenied, BadInput, HotlineError, NotFound
from hotline.locale import messages, t
from hotline.store import OPERATOR, Permission, Store, Viewer, voiceprints
from hotline.store import calls as call_store
from hotline.store.voiceprints import Consent
from hotline.ui.markup import literal
from qa import audio
from qa import voiceprints as voice_room


def show(store: Store, viewer: Viewer) -> None:
    """The voices kept, each with its consent, and the form for another. Raises AccessDenied without ENROL_VOICES."""
    viewer.require(Permission.ENROL_VOICES, "voiceprints")
    st.caption(t("voices.about"))
    if message := st.session_state.pop("voices_message", None):
        st.success(literal(message), icon=":material/task_alt:")
    people = _people(store, viewer)
    kept = [person for person in people if person["enrolled_at"] is not None]
    st.subheader(t("voices.kept", count=len(kept)), anchor=False)
    if not kept:
        st.info(t("voices.none"), icon=":material/voice_over_off:")
    for person in kept:
        _kept(store, viewer, person)
    st.subheader(t("voices.enrol"), anchor=False)
    if not voice_room.available(store.settings.models):
        st.info(t("voices.no_model", name=voice_room.MODEL), icon=":material/download:")
    elif people:
        _form(store, viewer, people)


def left() -> None:
    """Forget the list when another part is shown, so that the next look reads it anew."""
    st.session_state.pop("voices", None)


def _people(store: Store, viewer: Viewer) -> list[dict[str, Any]]:
    """The list, read once a visit: the audit trail gets a line a visit, not one a click."""
    known = st.session_state.get("voices")
    if not known or known[0] != viewer:
        known = st.session_state.voices = (viewer, voiceprints.listing(store, viewer))
    return list(known[1])


def _kept(store: Store, viewer: Viewer, person: dict[str, Any]) -> None:
    with st.container(border=True):
        words, buttons = st.columns([5, 1.4], vertical_alignment="center")
        with words:
            st.markdown(f"**{literal(person['name'])}** {literal(person['id'])}")
            consent = t("voices.consent", by=person["consent_by"], on=person["consent_on"], note=person["consent_note"])
            st.markdown(f":material/verified_user: {literal(consent)}")
            at = person["enrolled_at"].astimezone(store.settings.zone)
            facts = t(
                "voices.facts",
                source=person["source"],
                seconds=f"{person['seconds']:.0f}",
                who=person["enrolled_by"],
                at=f"{at:%Y-%m-%d %H:%M}",
            )
            st.caption(literal(facts) + ("" if person["version"] == voice_room.VERSION else f"　:material/warning: {t('voices.outdated')}"))
        right = buttons.container(horizontal=True, horizontal_alignment="right")
        with right.popover(t("voices.forget"), icon=":material/delete_forever:", width="content"):
            st.markdown(t("voices.forget_sure", name=literal(person["name"])))
            if st.button(t("voices.forget_now"), type="primary", key=f"forget_{person['id']}"):
                voiceprints.forget(store, viewer, person["id"])
                _done(t("voices.forgotten", name=f"{person['name']} {person['id']}"))


def _form(store: Store, viewer: Viewer, people: list[dict[str, Any]]) -> None:
    names = {person["id"]: f"{person['name']} {person['id']}" for person in people}
    with st.form("voices_form"):
        first, second = st.columns(2)
        agent = first.selectbox(t("voices.agent"), list(names), format_func=lambda known: names[known], key="voices_agent")
        call_id = second.text_input(t("voices.call"), key="voices_call", help=t("voices.call_help", seconds=f"{voice_room.LEAST_S:.0f}"))
        by, on, note = st.columns([1.2, 1, 2])
        who = by.text_input(t("voices.by"), key="voices_by")
        day = on.date_input(t("voices.day"), value=datetime.now(store.settings.zone).date(), key="voices_on")
        how = note.text_input(t("voices.note"), key="voices_note", placeholder=t("voices.note_hint"))
        if not st.form_submit_button(t("voices.save"), type="primary", icon=":material/record_voice_over:"):
            return
    missing = [label for label, value in (("call", call_id), ("by", who), ("note", how)) if not value.strip()]
    if missing or not isinstance(day, date):
        st.warning(t("voices.missing", what="、".join(t(f"voices.{label}") for label in missing)), icon=":material/edit:")
        return
    try:
        with st.spinner(t("voices.reading")):
            seconds = _enrol(store, viewer, agent, call_id.strip(), Consent(who.strip(), day, how.strip()))
    except HotlineError as error:
        st.error(literal(messages.told(error)), icon=":material/error:")
        return
    _done(t("voices.enrolled", name=names[agent], seconds=f"{seconds:.0f}"))


def _enrol(store: Store, viewer: Viewer, agent: str, call_id: str, consent: Consent) -> float:
    """Keep the agent's voice from a call of theirs; returns the seconds of speech.

    Who minds voiceprints need not be allowed to hear calls. Then the server reads the call by itself and hands back nothing of it; what
    is refused looks the same for a call of somebody else and for none.
    """
    reader = viewer if viewer.may(Permission.OPEN_CALLS) else OPERATOR
    try:
        opened = call_store.open_call(store, reader, call_id)
    except (AccessDenied, NotFound):
        opened = None
    if opened is None or opened.call.agent_id != agent:
        raise BadInput(f"call {call_id}", f"is no recorded call of {agent}", "name one of this agent's calls")
    recording = audio.decode(call_store.audio_path(store, reader, call_id))
    found = voice_room.of_turns(recording, opened.call.turns, f"call {call_id}", store.settings.models)
    voiceprints.enrol(store, viewer, agent, found, source=f"call {call_id}", consent=consent)
    return found.seconds


def _done(message: str) -> None:
    left()
    st.session_state.voices_message = message
    st.rerun()
