"""规则: read the rule sets, see what their items come to, try, edit, preview and publish them.

A part a file: ``card`` and ``item`` to read, ``versions``, ``trying`` on a conversation, ``editing``, ``preview`` and ``publishing``
for those who draft rules. ``shelf`` says which rule sets there are, ``draft`` what this viewer has changed in them.
"""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from hotline.locale import current, messages, t, term
from hotline.store import Permission, Store, Viewer
from hotline.store import publishing as publishing_store
from hotline.ui.markup import literal
from hotline.ui.rules import card, editing, item, preview, publishing, shelf, trying, versions
from hotline.ui.rules.shelf import Shown
from hotline.ui.rules.trying import conversation
from qa.rulebook import Unreadable
from qa.rules.model import Effective

__all__ = ["conversation", "show"]


def show(store: Store, viewer: Viewer) -> None:
    """Choose a rule set and what to do with it. Raises BadRule when a file of the folder is wrong."""
    viewer.require(Permission.SEE_RULES, "rules")
    st.title(t("rules.title"), anchor=False)
    if go := st.session_state.pop("rules_go", None):
        st.session_state.rules_part = go
    _lost(publishing_store.unreadable(store))
    shown = shelf.shelf(store)
    sets = {one.key: one for one in sorted(shown, key=lambda one: (shelf.ORDER.index(one.status), one.rule_set.language != current()))}
    if (go := st.session_state.pop("rules_set_go", None)) in sets:
        st.session_state.rules_set = go
    elif st.session_state.get("rules_set") not in sets:
        st.session_state.pop("rules_set", None)  # its file has changed
    chosen = st.selectbox(
        t("rules.set"), list(sets), format_func=lambda key: _name(sets[key]), key="rules_set", width=640, persist_state="session"
    )
    one = sets[chosen]
    judges = shelf.judging(shown, one.rule_set)
    in_force = None if judges is None else judges.rule_set.version
    _about(one)
    part = st.segmented_control(
        t("rules.part"), parts(viewer), default="card", format_func=lambda p: term("rule_part", p), key="rules_part",
        label_visibility="collapsed", required=True,
    )  # fmt: skip
    if part == "item":
        item.show(store, viewer, one, in_force)
    elif part == "versions":
        versions.show(shown, one)
    elif part == "try":
        trying.show(store, viewer, one.rule_set)
    elif part == "source":
        st.code(one.text, language="yaml", line_numbers=True, height=720)
    elif part == "edit":
        editing.show(one)
    elif part == "impact":
        preview.show(store, viewer, one, shown)
    elif part == "publish":
        publishing.show(store, viewer, one, shown)
    else:
        card.show(store, viewer, one, in_force)


def parts(viewer: Viewer) -> list[str]:
    """The parts of the screen for this viewer: everybody reads and tries, some draft, few publish."""
    found = ["card", "item", "versions", "try", "source"]
    if viewer.may(Permission.DRAFT_RULES):
        found += ["edit", "impact"]
    return [*found, "publish"] if viewer.may(Permission.PUBLISH_RULES) else found


def _lost(versions_lost: Sequence[Unreadable]) -> None:
    """Published versions that this release cannot read: which, since when they judge, and what is wrong with each."""
    if not versions_lost:
        return
    lines = [t("rules.unreadable")]
    for one in versions_lost:
        begins = f" ({one.begins:%Y-%m-%d %H:%M})" if one.begins is not None else ""
        lines.append(f"- **{literal(one.id)} v{one.version}**{begins}: {literal(messages.told(one.error))}")
    st.error("\n".join(lines), icon=":material/error:")


def _name(one: Shown) -> str:
    rule_set = one.rule_set
    return f"{rule_set.title[current()]}　{rule_set.id} v{rule_set.version} · {term('rule_status', one.status)}"


def _about(one: Shown) -> None:
    rule_set = one.rule_set
    items = rule_set.items
    st.caption(
        t("rules.about", version=literal(rule_set.version), hash=rule_set.content_hash[:12],
          start=f"{rule_set.start:g}", mark=f"{rule_set.pass_mark:g}",
          sections=len(rule_set.sections), items=len(items), fatal=sum(item.fatal for item in items))
    )  # fmt: skip
    facts = [_dates(rule_set.effective)]
    meant = rule_set.applies_to
    for name, values in (("queues", meant.queues), ("directions", meant.directions), ("channels", meant.channels)):
        if values:
            facts.append(t(f"rules_for.{name}", names=literal(t("rules.and").join(values))))
    if not meant.named:
        facts.append(t("rules.for_all"))
    if rule_set.bands:
        bands = t("rules.and").join(f"{band.title[current()]} ≥ {band.at_least:g}" for band in rule_set.bands)
        facts.append(t("rules.bands", bands=literal(bands)))
    if one.published is not None:
        facts.append(
            t("rules.published_by", who=literal(one.published.published_by), at=f"{one.published.published_at:%Y-%m-%d %H:%M}")
            + (f" · {literal(one.published.note)}" if one.published.note else "")
        )
    st.caption("　".join(facts))


def _dates(effective: Effective) -> str:
    if effective.start is None and effective.end is None:
        return t("rules.always")
    start, end = ("…" if moment is None else str(moment)[:16] for moment in (effective.start, effective.end))
    return t("rules.in_force_dates", start=start, end=end)
