"""``similar_to`` over many calls: every different talk is compared once, with all model sentences of a plan."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from qa.calls import Role
from qa.rules.batch.hits import Hits, spoken
from qa.rules.batch.placement import CODE, Placing, Weak
from qa.rules.batch.plaintext import LATIN
from qa.rules.batch.table import OTHER, ROLES, Bools, Floats, Ints, Table, pieces
from qa.rules.batch.talks import Talks
from qa.rules.conditions import similar_to
from qa.rules.conditions.matching import exact_places
from qa.rules.likeness import Model
from qa.rules.likeness import Models as Sentences
from qa.rules.model import Doubt
from qa.rules.plan import Key, Plan, Step
from qa.rules.view import Talk

_ANYBODY = sum(1 << code for code in range(len(ROLES)) if code != OTHER)


class Models:
    """The model sentences of a plan's ``similar_to`` conditions."""

    def __init__(self, plan: Plan) -> None:
        self.steps: dict[Key, Step] = {
            k: s for k, s in plan.steps.items() if s.operator.name == "similar_to" and s.prepared.meaning is None
        }
        self.owner = {key: number for number, key in enumerate(self.steps)}
        self.sentences = Sentences(
            [
                Model(text, heard.loose, self.owner[key], similar_to.floor(step.prepared.params), _sides(step.condition.by))
                for key, step in self.steps.items()
                for text, _, heard in step.prepared.sentences
            ]
        )


def _sides(by: Role | None) -> int:
    """The roles meant, as bits."""
    return _ANYBODY if by is None else 1 << CODE[by]


class Alike:
    """The ``similar_to`` conditions over one table."""

    def __init__(self, models: Models, table: Table, talks: Talks, placing: Placing, weak: Weak, doubt: Doubt) -> None:
        from qa.rules import soundrows
        from qa.rules.kernels.distinct import distinct

        self.models, self.table, self.talks, self.placing, self.weak, self.doubt = models, table, talks, placing, weak, doubt
        which, first = distinct(talks.codes, talks.at[:-1], talks.at[1:])
        order = np.argsort(which, kind="stable")
        self._talk, self._talk_at = order, np.searchsorted(which[order], np.arange(len(first) + 1))
        self._first = first
        speakers = np.zeros(len(first), dtype=np.int64)
        for code in range(len(ROLES)):
            speakers[which[talks.role == code]] |= 1 << code
        speakers[which[placing.may_speak(Role.AGENT) & ~talks.sure]] |= _ANYBODY
        sizes = talks.at[first + 1] - talks.at[first]
        at = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
        codes = talks.codes[pieces(sizes, talks.at[first])]
        heard = soundrows.rows(codes, at)
        letters = (codes.astype(np.int32), at[:-1], at[1:])
        sounds = (soundrows.tables().loose[heard.sounds], heard.row_at[:-1], heard.row_at[1:])
        found = models.sentences.nearest(letters, sounds, speakers)
        begin, end = at[found.text] + found.begin, at[found.text] + found.end
        by_sound = np.flatnonzero(found.by_sound)
        row = heard.row_at[found.text[by_sound]]
        begin[by_sound] = heard.places[row + found.begin[by_sound]]
        end[by_sound] = heard.places[row + found.end[by_sound] - 1] + 1
        words = by_sound
        while len(words):  # the last sound may be a whole word
            words = words[end[words] < at[found.text[words] + 1]]
            words = words[LATIN[codes[end[words]]] & LATIN[codes[end[words] - 1]]]
            end[words] += 1
        owner = np.array([m.owner for m in models.sentences.listed], dtype=np.int64)[found.sentence]
        by_owner = np.argsort(owner, kind="stable")
        self._at = np.searchsorted(owner[by_owner], np.arange(len(models.steps) + 1))
        self._text: Ints = found.text[by_owner]
        self._begin: Ints = (begin - at[found.text])[by_owner]
        self._end: Ints = (end - at[found.text])[by_owner]
        self._score: Floats = found.score[by_owner]

    def hits(self, step: Step, found: Callable[[str], Hits]) -> Hits:
        """The hits of a step, as ``similar_to.find`` has them."""
        owner = self.models.owner[step.key]
        mine = np.arange(self._at[owner], self._at[owner + 1])
        mine = mine[~self._void(step, mine)]
        text = self._text[mine]
        counts = self._talk_at[text + 1] - self._talk_at[text]
        row, talk = np.repeat(mine, counts), self._talk[pieces(counts, self._talk_at[text])]
        speaks = self.placing.may_speak(step.condition.by)[talk]
        row, talk = row[speaks], talk[speaks]
        order = np.argsort(talk)
        row, talk = row[order], talk[order]
        certain = self._score[row] >= step.prepared.params.at_least
        none = np.full(len(row), -1, dtype=np.int64)
        hits = spoken(
            self.table, self.talks, self.doubt, self.talks.at[talk] + self._begin[row], self._end[row] - self._begin[row], none, certain
        )
        hits = self.placing.keep(step.condition, hits.take(np.lexsort((hits.begin, hits.turn, hits.call))), found)
        return replace(hits, unsure=self.weak.unsure(step, found))

    def _void(self, step: Step, rows: Ints) -> Bools:
        """Which of the rows overlap what the condition excludes."""
        void: npt.NDArray[np.bool_] = np.zeros(len(rows), dtype=np.bool_)
        if not step.prepared.params.exclude:
            return void
        for place, row in enumerate(rows.tolist()):
            talk = Talk(0, Role.UNKNOWN, True, (), self.talks.text(int(self._first[self._text[row]])), ())
            begin, end = int(self._begin[row]), int(self._end[row])
            void[place] = any(v.start < end and begin < v.end for v in exact_places(step.prepared.exclude, [talk]))
        return void
