"""规则: read the rule sets in force, and try one on a conversation typed or pasted in."""

from __future__ import annotations

import re

import polars as pl
import streamlit as st

from hotline.errors import BadInput
from hotline.locale import catalogue, current, messages, t, term
from hotline.store import Store, Viewer
from hotline.ui import opened, player
from hotline.ui.markup import literal
from qa import scoring
from qa.calls import Call
from qa.rulebook import RuleBook
from qa.rules import RuleSet, examples
from qa.rules.model import Item

LONGEST = 20_000
"""Characters of a conversation that may be pasted in."""
_GIVEN = re.compile(r"\s*([\w.]+)\s*=\s*(.+?)\s*")


def show(store: Store, viewer: Viewer) -> None:
    """Choose a rule set; read it, read its source, or try it. Raises BadRule when a file of the folder is wrong."""
    st.title(t("rules.title"), anchor=False)
    book = RuleBook.load(store.settings.rules)
    sets = {rule_set.id: rule_set for rule_set in sorted(book.rule_sets, key=lambda r: r.language != current())}
    chosen = st.selectbox(
        t("rules.set"),
        list(sets),
        format_func=lambda name: f"{sets[name].title[current()]}　{name}",
        key="rules_set",
        width=480,
        persist_state="session",
    )
    rule_set = sets[chosen]
    items = rule_set.items
    st.caption(
        t("rules.about", version=literal(rule_set.version), hash=rule_set.content_hash[:12],
          start=f"{rule_set.start:g}", mark=f"{rule_set.pass_mark:g}",
          sections=len(rule_set.sections), items=len(items), fatal=sum(item.fatal for item in items))
    )  # fmt: skip
    part = st.segmented_control(
        t("rules.part"), ["card", "try", "source"], default="card", format_func=lambda p: term("rule_part", p), key="rules_part",
        label_visibility="collapsed", required=True,
    )  # fmt: skip
    if part == "try":
        _try(rule_set)
    elif part == "source":
        st.code(rule_set.source, language="yaml", line_numbers=True, height=720)
    else:
        _card(rule_set)


def _card(rule_set: RuleSet) -> None:
    for section in rule_set.sections:
        points = sum(item.points for item in section.items if not item.fatal)
        st.subheader(
            t("rules.section", title=literal(section.title[current()]), count=len(section.items), points=f"{points:g}"), anchor=False
        )
        for item in section.items:
            with st.expander(_name(item)):
                _item(item, rule_set)


def _name(item: Item) -> str:
    stake = t("rules.fatal") if item.fatal else t("rules.points", points=f"{item.points:g}")
    return f"{literal(item.title[current()])} · {stake}"


def _item(item: Item, rule_set: RuleSet) -> None:
    with st.container(horizontal=True, gap="medium"):
        st.caption(literal(item.id), width="content")
        if item.clause:
            st.caption(t("rules.clause", clause=literal(item.clause)), width="content")
    if item.coaching[current()]:
        st.markdown(literal(item.coaching[current()]))
    st.code(_source_of(item, rule_set), language="yaml")
    for outcome in ("pass", "fail", "doubtful", "na"):
        shown = [example for example in item.examples if example.outcome == outcome]
        if shown:
            st.markdown(f"**{t('rules.examples', outcome=term('outcome', outcome))}**")
        for example in shown:
            lines = [{t("rules.who"): term("side", turn.role.value), t("rules.says"): turn.text} for turn in example.call.turns]
            st.dataframe(
                pl.DataFrame(lines), hide_index=True, height="content", column_config={t("rules.who"): st.column_config.Column(width=70)}
            )


def _source_of(item: Item, rule_set: RuleSet) -> str:
    """The item as its author wrote it: from its first line to where the next item or section begins."""
    lines = rule_set.source.splitlines()
    heads = (f"- id: {item.id}", f"id: {item.id}")  # the source of a set that includes others has lines of its own
    first = next((n for n, line in enumerate(lines) if line.strip() in heads), min(item.line, len(lines)) - 1)
    indent = len(lines[first]) - len(lines[first].lstrip())
    last = first + 1
    while last < len(lines) and (not lines[last].strip() or len(lines[last]) - len(lines[last].lstrip()) > indent):
        last += 1
    return "\n".join(line[indent:] for line in lines[first:last]).rstrip()


def _try(rule_set: RuleSet) -> None:
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
    card = scoring.score(rule_set, call)
    doubtful = sum(item.outcome is scoring.Outcome.DOUBTFUL for item in card.items)
    opened.verdict("rules_verdict", card.low, card.high, card.passed, card.fatal_certain, card.fatal_possible, doubtful)
    st.caption(t("rules.no_times"))
    player.show(call, card.items, opened.titles(rule_set), b"")
    opened.scorecard(card.items, rule_set)


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
