"""A corrected turn is judged at once, keeps its times where its words stayed, and what stood there before can be opened."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from hotline import settings
from hotline.errors import AccessDenied, BadInput, NotFound
from hotline.store import OPERATOR, Store, UserRole, Viewer, audit, calls, compaction, corrections, open_store, parquet, schema
from qa.calls import Call, Channel, Layout, Role, SourceKind, Span, TextSource, Token, Turn, Word
from qa.corrections import TurnChange, correct, swap_roles
from qa.realign import moved, realigned
from qa.rulebook import RuleBook
from qa.scoring import score

RULES = (Path(__file__).parents[1] / "small_rules.yaml").read_text(encoding="utf-8")
QA = Viewer("anna", UserRole.QA, "/")
STARTED = datetime(2026, 11, 9, 2, tzinfo=UTC)
SUPPLIED = TextSource(SourceKind.SUPPLIED, "vendor", "1")


def _turn(index: int, role: Role, text: str, start: float) -> Turn:
    words = tuple(Word(c, n, Span(start + n * 0.2, start + n * 0.2 + 0.2), 0.9) for n, c in enumerate(text))
    return Turn(index, role, text, Span(start, start + 0.2 * len(text)), 0.7, 0.8, Channel.LEFT, "A", SUPPLIED, words)


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    file = tmp_path / "small.yaml"
    file.write_text(RULES, encoding="utf-8")
    return file


@pytest.fixture
def store(tmp_path: Path, rules: Path) -> Store:
    """A store with one judged call of two turns."""
    store = open_store(settings.load(tmp_path / "home"))
    store.migrate()
    turns = (_turn(0, Role.AGENT, "您好吵死了", 1.0), _turn(1, Role.CUSTOMER, "家里停电了", 4.0))
    call = Call("C1", turns, 9.0, Layout.STEREO, STARTED, metadata={"language": "zh"})
    rule_set = RuleBook.load(rules).choose(call)
    card = score(rule_set, call)
    assert card.high == 70
    with store.begin() as connection:
        calls.save_heard(
            connection,
            {"id": "C1", "started_at": STARTED, "day": date(2026, 11, 9), "metadata": {"language": "zh"}},
            {
                "call_id": "C1",
                "content_hash": "0" * 64,
                "path": "/nowhere",
                "codec": "pcm",
                "layout": "stereo",
                "duration_s": 9.0,
                "text_kind": "supplied",
                "role_method": "phrases",
                "turns_file": parquet.write_turns(store, call),
                "ingested_at": STARTED,
            },
        )
        calls.save_score(connection, rule_set, card, parquet.write_hits(store, call, card))
    return store


def test_a_corrected_text_is_judged_kept_and_recorded(store: Store, rules: Path) -> None:
    done = correct(store, QA, "C1", [TurnChange(0, "您好抄好了")], "电话13800001234听错")
    assert (done.was, done.now, done.turns) == ((70.0, 70.0), (100.0, 100.0), (0,))
    opened = calls.open_call(store, OPERATOR, "C1")
    turn = opened.call.turns[0]
    assert (turn.text, str(turn.source), turn.confidence, turn.role_confidence) == ("您好抄好了", "typed: anna", None, 0.7)
    assert [word.text for word in turn.words] == list("您好抄好了")
    assert turn.words[4].span == Span(1.8, 2.0) and turn.words[4].confidence == 0.9
    assert turn.words[2].confidence is None and opened.row.high == 100
    assert opened.call.turns[1] == _turn(1, Role.CUSTOMER, "家里停电了", 4.0)
    (row,) = corrections.history(store, QA, "C1")
    assert (row["who"], row["turn"], row["text_changed"], row["role_after"]) == ("anna", 0, True, "agent")
    assert "138" not in row["note"] and "听错" in row["note"]
    assert corrections.earlier_turns(store, QA, "C1", row["id"])[0].text == "您好吵死了"
    assert audit.read(store, OPERATOR, action="correct_call")[0].detail["turns"] == [0]
    with store.read() as connection:
        current = sa.select(sa.func.count()).select_from(schema.scores).where(schema.scores.c.current)
        assert connection.scalar(current) == 1


def _stored(store: Store, *turns: Turn) -> None:
    """Let the call have other turns."""
    reference = parquet.write_turns(store, replace(calls.open_call(store, OPERATOR, "C1").call, turns=turns))
    with store.begin() as connection:
        connection.execute(schema.recordings.update().values(turns_file=reference))


def test_a_correction_masks_what_it_shows_to_be_personal_in_other_turns(store: Store, rules: Path) -> None:
    kept = Token("name", 2, 3, 0, None, "0" * 16, "", 0)
    asked, named = _turn(0, Role.AGENT, "请报一下糊好", 1.0), replace(_turn(1, Role.CUSTOMER, "我姓*", 3.0), text="我姓*", tokens=(kept,))
    answer, last = _turn(2, Role.CUSTOMER, "是204517", 4.0), _turn(3, Role.AGENT, "好的", 7.0)
    _stored(store, asked, named, answer, last)
    done = correct(store, QA, "C1", [TurnChange(0, "请报一下户号")])
    assert done.turns == (0, 2)
    turns = calls.open_call(store, OPERATOR, "C1").call.turns
    assert [turn.text for turn in turns] == ["请报一下户号", "我姓*", "是******", "好的"]
    assert turns[1].tokens == (kept,) and [token.kind for token in turns[2].tokens] == ["account"]
    assert "".join(word.text for word in turns[2].words) == "是******"
    (told, _) = corrections.history(store, QA, "C1")
    assert told["turn"] == 2 and told["text_changed"]
    again = correct(store, QA, "C1", [TurnChange(3, role=Role.CUSTOMER)])
    assert again.turns == (3,), "what is masked stays as it is"
    assert calls.open_call(store, OPERATOR, "C1").call.turns[:3] == turns[:3]


def test_swapped_roles_change_who_said_it(store: Store, rules: Path) -> None:
    done = swap_roles(store, QA, "C1")
    assert done.now == (100.0, 100.0) and done.turns == (0, 1)
    turns = calls.open_call(store, OPERATOR, "C1").call.turns
    assert [(turn.role, turn.role_confidence, turn.source) for turn in turns] == [
        (Role.CUSTOMER, 1.0, SUPPLIED),
        (Role.AGENT, 1.0, SUPPLIED),
    ]
    assert calls.open_call(store, OPERATOR, "C1").role_method == "phrases, corrected by hand"
    swap_roles(store, QA, "C1")
    assert [row["turn"] for row in corrections.history(store, QA, "C1")] == [1, 0, 1, 0]


def test_typed_personal_numbers_are_masked(store: Store, rules: Path) -> None:
    correct(store, QA, "C1", [TurnChange(1, "我的电话是13800001234")])
    turn = calls.open_call(store, OPERATOR, "C1").call.turns[1]
    assert turn.text == "我的电话是***********"
    assert not any(character.isdigit() for word in turn.words for character in word.text)


def test_of_two_people_the_second_is_told(store: Store, rules: Path) -> None:
    seen = calls.open_call(store, OPERATOR, "C1").turns_file
    correct(store, QA, "C1", [TurnChange(0, "您好")], seen=seen)
    with pytest.raises(BadInput, match="somebody else has corrected it"):
        correct(store, QA, "C1", [TurnChange(1, "停电两天了")], seen=seen)
    assert len(corrections.history(store, QA, "C1")) == 1


def test_joining_files_in_between_is_no_conflict_and_history_survives(store: Store, rules: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compaction, "_is_small", lambda name: name.endswith(".parquet"))
    correct(store, QA, "C1", [TurnChange(0, "您好")])
    seen = calls.open_call(store, OPERATOR, "C1").turns_file
    assert parquet.compact(store, date(2026, 11, 9)) > 0
    assert calls.open_call(store, OPERATOR, "C1").turns_file != seen
    correct(store, QA, "C1", [TurnChange(1, "停电两天了")], seen=seen)
    texts = [corrections.earlier_turns(store, QA, "C1", row["id"]) for row in corrections.history(store, QA, "C1")]
    assert [tuple(turn.text for turn in turns) for turns in texts] == [("您好", "家里停电了"), ("您好吵死了", "家里停电了")]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (TurnChange(7, "x"), "turn 7: is not there"),
        (TurnChange(0, "您好吵死了"), "nothing would change"),
        (TurnChange(0, "长" * 4001), "at most 4000"),
        (TurnChange(0, "a\x07b"), "control characters"),
    ],
)
def test_what_cannot_be_is_one_line(store: Store, rules: Path, change: TurnChange, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        correct(store, QA, "C1", [change])
    assert corrections.history(store, QA, "C1") == []


def test_by_other_rules_judges_who_may_judge_again(store: Store, rules: Path) -> None:
    with pytest.raises(AccessDenied):
        correct(store, QA, "C1", [TurnChange(0, "您好")], rules=rules)
    with pytest.raises(AccessDenied):
        swap_roles(store, QA, "C1", rules=rules)
    assert correct(store, Viewer("lead", UserRole.QA_LEAD, "/"), "C1", [TurnChange(0, "您好")], rules=rules).now == (100.0, 100.0)


def test_only_quality_people_in_scope_may_correct(store: Store, rules: Path) -> None:
    for role in (UserRole.TEAM_LEAD, UserRole.MANAGER, UserRole.ADMIN, UserRole.PLANNER):
        with pytest.raises(AccessDenied):
            correct(store, Viewer("x", role, "/"), "C1", [TurnChange(0, "您好")])
    with pytest.raises(AccessDenied):
        correct(store, Viewer("x", UserRole.QA, "/other/"), "C1", [TurnChange(0, "您好")])
    with pytest.raises(NotFound):
        corrections.earlier_turns(store, OPERATOR, "C1", 99)


letters = st.text("我家里停电了吗ab12，。 *", max_size=14)


@given(letters.filter(lambda text: text != ""), letters)
def test_times_stay_in_order_inside_the_turn(before: str, after: str) -> None:
    turn = _turn(0, Role.AGENT, before, 3.0)
    words = realigned(turn, after)
    assert turn.span is not None
    edges = [edge for word in words for edge in (word.span.start, word.span.end)]
    assert all(a <= b + 1e-9 for a, b in itertools.pairwise(edges))
    assert all(turn.span.start - 1e-9 <= edge <= turn.span.end + 1e-9 for edge in edges)
    assert all(after[word.start_char : word.start_char + len(word.text)] == word.text for word in words)
    spoken = sum(character.isalnum() or character == "*" for character in after)
    assert sum(len([c for c in word.text if c.isalnum() or c == "*"]) for word in words) == spoken


@given(letters)
def test_the_same_text_keeps_every_time(text: str) -> None:
    turn = _turn(0, Role.AGENT, text, 3.0)
    own = {word.start_char: word.span for word in turn.words}
    for word in realigned(turn, text):
        assert word.span.start == pytest.approx(own[word.start_char].start)


def test_added_characters_get_time_from_their_neighbours() -> None:
    turn = _turn(0, Role.AGENT, "停电了", 0.0)
    words = realigned(turn, "停电两天了")
    assert [round(word.span.duration, 3) for word in words] == [0.2, 0.1, 0.1, 0.1, 0.1]


def test_a_masked_value_moves_with_its_text() -> None:
    token = Token("phone", 3, 6, 11)
    assert moved((token,), "电话是***", "我的电话是***") == (replace(token, start_char=5, end_char=8),)
    assert moved((token,), "电话是***", "电话没有") == ()
