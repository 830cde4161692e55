"""Who is looking, in which language, at which store.

The store is opened once for the whole server. A sign-in is a token: the browser keeps it in a cookie
(SameSite=Strict) so that a reload does not sign out, and the store's session table alone decides whether
it is still good. The token is checked on every script run, before anything is read.
"""

from __future__ import annotations

import base64
import hashlib
from urllib.parse import unquote

import streamlit as st

from hotline import locale, settings
from hotline.locale import t
from hotline.store import Store, accounts, open_store
from hotline.store.access import Viewer
from hotline.ui import components

TOKEN_COOKIE = "hotline_session"  # noqa: S105 - the name of a cookie, not a secret
LANGUAGE_COOKIE = "hotline_language"
YEAR_S = 365 * 86400


def store() -> Store:
    """The store of the installation ``$HOTLINE_HOME`` names, opened once a server."""
    return _open(settings.load())


@st.cache_resource(show_spinner=False, hash_funcs={settings.Settings: repr})
def _open(chosen: settings.Settings) -> Store:
    return open_store(chosen)


def viewer() -> Viewer | None:
    """The person signed in, or None; a token that has expired is forgotten."""
    if "token" not in st.session_state:
        st.session_state.token = unquote(st.context.cookies.get(TOKEN_COOKIE, ""))
    token = st.session_state.token
    if not token:
        return None
    found = accounts.viewer_of(store(), token)
    if found is None:
        _forget()
        st.session_state.drop_cookie = st.session_state.expired = True
    return found


def begin(token: str) -> None:
    """Remember a fresh sign-in; nothing of whoever used this browser tab before stays, but the language."""
    _forget()
    st.session_state.token = token


def end() -> None:
    """Sign out: the session row, this browser session's memory and, with the next run, the cookie."""
    token = st.session_state.get("token", "")
    if token:
        accounts.sign_out(store(), token)
    _forget()
    st.session_state.drop_cookie = True


def _forget() -> None:
    language = st.session_state.get("language")
    st.session_state.clear()
    st.session_state.token = ""
    if language:
        st.session_state.language = language


def speak() -> None:
    """Set the language of this run: the one chosen here, else the cookie's, else the installation's."""
    if "language" not in st.session_state:
        wanted = st.context.cookies.get(LANGUAGE_COOKIE, "")
        st.session_state.language = wanted if wanted in locale.LANGUAGES else store().settings.language
    locale.use(st.session_state.language)


def language_switch() -> None:
    """The one switch between Chinese and English."""
    chosen = st.segmented_control(
        t("app.language"),
        locale.LANGUAGES,
        default=locale.current(),
        format_func=lambda code: locale.catalogue()[f"language.{code}"][code],
        key=f"language_switch_{locale.current()}",
        label_visibility="collapsed",
    )
    if chosen and chosen != locale.current():
        st.session_state.language = chosen
        st.rerun()


def write_cookies() -> None:
    """Put token and language into the browser's cookies.

    The token's cookie is taken out only after this very session signed out or its token expired: a sign-in
    screen left open in another tab must not sign the first one out.
    """
    token = st.session_state.get("token", "")
    cookies = [{"name": LANGUAGE_COOKIE, "value": locale.current(), "maxAge": YEAR_S}]
    if token or st.session_state.get("drop_cookie"):
        cookies.append({"name": TOKEN_COOKIE, "value": token, "maxAge": int(store().settings.session_hours * 3600)})
    components.cookie(key="cookies", data={"cookies": cookies})


def offer_file(label: str, content: bytes, name: str, mime: str, *, at_once: bool = True) -> None:
    """A button that saves ``content`` on the reader's machine; ``at_once`` also presses it, once."""
    data = {"label": label, "content": base64.b64encode(content).decode(), "mime": mime, "name": name}
    data["nonce"] = hashlib.sha256(content).hexdigest() if at_once else ""
    components.save(key=f"save_{name}", data=data, width="content")


def go_to(screen: str, **query: str) -> None:
    """Leave for another screen, with what its address asks for."""
    st.switch_page(st.session_state.pages[screen], query_params=query)
