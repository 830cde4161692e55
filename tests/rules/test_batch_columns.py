"""The columns of many calls hold what the view of each call holds."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from qa.calls import Call, Role
from qa.rules.batch.placement import Placing
from qa.rules.batch.table import of_calls
from qa.rules.batch.talks import talks_of
from qa.rules.model import Doubt
from qa.rules.view import CallView
from tests.rules.random_calls import calls


@settings(max_examples=400, deadline=None)
@given(st.lists(calls(), max_size=5))
def test_talks_of_a_table_are_those_of_each_view(many: list[Call]) -> None:
    table = of_calls(many)
    talks = talks_of(table, Doubt())
    placing = Placing(table, talks, np.zeros(len(many)))
    for number, call in enumerate(many):
        view = CallView(call, Doubt())
        low, high = talks.first[number], talks.first[number + 1]
        assert high - low == len(view.talks)
        assert (talks.of_turn[table.first[number] : table.first[number + 1]] - low).tolist() == list(view.talk_of)
        for talk in view.talks:
            k = low + talk.index
            assert talks.text(k) == talk.text
            places = zip(*(x.tolist() for x in talks.origin(np.arange(talks.at[k], talks.at[k + 1]))), strict=True)
            assert [(t - table.first[number], s, e) for t, s, e in places] == [view.original(talk, c, c + 1) for c in range(len(talk.text))]
            assert bool(talks.sure[k]) == talk.sure
            for role in (None, Role.AGENT, Role.CUSTOMER):
                here = np.array([k])
                assert tuple(int(rank[0]) for rank in placing.rank(role, here)) == view.rank(role, talk.index)
                assert tuple(int(total[number]) for total in placing.total(role)) == view.total(role)
                assert bool(placing.may_speak(role)[k]) == talk.might_be(role)
