"""The screens of Hotline: ``streamlit run app.py`` (or ``make app``).

Wires language, sign-in and navigation; each screen is a file in ``hotline/ui/``.
"""

import streamlit as st

from hotline.ui import session, shell, sign_in

st.set_page_config(page_title="Hotline", page_icon=shell.ICON, layout="wide")
session.speak()
viewer = session.viewer()
page = shell.navigation(viewer, when_signed_out=sign_in.show)
shell.frame(viewer)
session.write_cookies()
page.run()
