"""The frame round every screen: navigation by role, brand, account and language.

Navigation shows only what the role may do. That is a courtesy: the store's read functions enforce it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from urllib.parse import quote

import streamlit as st

from hotline.errors import AccessDenied, HotlineError
from hotline.locale import messages, t, term
from hotline.store import Permission, Store, Viewer
from hotline.ui import board, ingestion, overview, planning, reports, review, rules, session
from hotline.ui.markup import literal


@dataclass(frozen=True, slots=True)
class Screen:
    """``name`` is the URL and the catalogue group; anyone with one of ``needs`` may open it (empty: everyone)."""

    name: str
    icon: str
    show: Callable[[Store, Viewer], None]
    needs: tuple[Permission, ...] = ()

    def open_to(self, viewer: Viewer) -> bool:
        return not self.needs or any(viewer.may(p) for p in self.needs)


SCREENS = (
    Screen("overview", ":material/dashboard:", overview.show),
    Screen("review", ":material/hearing:", review.show, (Permission.OPEN_CALLS,)),
    Screen("board", ":material/leaderboard:", board.show, (Permission.SEE_BOARD, Permission.SEE_TEAM_BOARD)),
    Screen("planning", ":material/calendar_month:", planning.show, (Permission.SEE_FORECAST,)),
    Screen("rules", ":material/rule:", rules.show, (Permission.SEE_RULES,)),
    Screen("reports", ":material/description:", reports.show, (Permission.SEE_REPORTS,)),
    Screen("ingestion", ":material/graphic_eq:", ingestion.show, (Permission.IMPORT, Permission.ENROL_VOICES)),
)

_DRAWN = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="8" fill="#0F766E"/>'
    '<path d="M8 17a8 8 0 0 1 16 0" fill="none" stroke="#fff" stroke-width="2.6"/>'
    '<rect x="6" y="16" width="5" height="8" rx="2.2" fill="#fff"/>'
    '<rect x="21" y="16" width="5" height="8" rx="2.2" fill="#fff"/></svg>'
)
ICON = "data:image/svg+xml," + quote(_DRAWN)
"""The icon of the browser tab. A named Material icon would be fetched from the internet, a file would get a media URL."""

_STYLE = """
[data-testid="stSidebarHeader"]::before { content: "NAME"; font-weight: 700; font-size: 1.15rem; color: #12897f; }
[data-testid="stMainBlockContainer"] { padding: 3rem 2.5rem 4rem; max-width: 96rem; }
.st-key-cookies { display: none; }
[data-testid="stMetricLabel"] p { white-space: normal; }
"""


def navigation(viewer: Viewer | None, *, when_signed_out: Callable[[], None]) -> st.Page:
    """The page to run. Signed out, every address shows the sign-in, so that a link survives it."""
    pages = {
        screen.name: st.Page(
            when_signed_out if viewer is None else partial(run, screen, viewer),
            title=term("screen", screen.name),
            icon=screen.icon,
            url_path=screen.name,
            default=screen is SCREENS[0],
        )
        for screen in SCREENS
        if viewer is None or screen.open_to(viewer)
    }
    st.session_state.pages = pages
    return st.navigation(list(pages.values()), position="hidden" if viewer is None else "sidebar")


def run(screen: Screen, viewer: Viewer) -> None:
    """Show a screen; what goes wrong is one line, never a traceback."""
    try:
        screen.show(session.store(), viewer)
    except AccessDenied as denied:
        st.error(t("app.denied", reason=literal(messages.told(denied))), icon=":material/lock:")
    except HotlineError as error:
        st.error(literal(messages.told(error)), icon=":material/error:")


def frame(viewer: Viewer | None) -> None:
    """Brand, account, language and the way out, in the sidebar."""
    st.html(f"<style>{_STYLE.replace('NAME', t('app.name'))}</style>")
    if viewer is None:
        return
    with st.sidebar:
        who = t("app.signed_in", name=literal(viewer.name), role=term("role", viewer.role.value))
        st.caption(who, help=t("app.scope", scope=literal(viewer.scope)))
        session.language_switch()
        if st.button(t("app.sign_out"), icon=":material/logout:", width="stretch"):
            session.end()
            st.rerun()
