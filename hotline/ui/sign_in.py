"""The sign-in: name and password, one answer to every failure."""

from __future__ import annotations

import streamlit as st

from hotline.errors import AccessDenied
from hotline.locale import t
from hotline.store import OPERATOR, accounts
from hotline.ui import session


def show() -> None:
    """Ask who is there. What is said never tells whether an account exists."""
    store = session.store()
    _, middle, _ = st.columns([1, 1.3, 1])
    with middle:
        st.space("large")
        with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
            st.title(t("sign_in.title"), anchor=False, width="content")
            session.language_switch()
        st.caption(t("sign_in.about"))
        if not accounts.list_users(store, OPERATOR):
            st.info(t("sign_in.no_accounts"), icon=":material/person_add:")
            return
        if st.session_state.get("expired"):
            st.warning(t("sign_in.expired"), icon=":material/schedule:")
        with st.form("sign_in", border=True):
            name = st.text_input(t("sign_in.name"), autocomplete="username", key="sign_in_name")
            password = st.text_input(t("sign_in.password"), type="password", autocomplete="current-password", key="sign_in_password")
            pressed = st.form_submit_button(t("sign_in.enter"), type="primary", width="stretch")
        if not pressed:
            return
        try:
            token = accounts.sign_in(store, name, password)
        except AccessDenied:
            limits = {"tries": store.settings.lockout_attempts, "minutes": f"{store.settings.lockout_minutes:g}"}
            st.error(t("sign_in.refused", **limits), icon=":material/lock:")
            return
        session.begin(token)
        st.rerun()
