"""Wordings to the letter in many talks: one search for all lists of a plan, with gaps and overlaps settled."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from qa.calls import Role
from qa.rules.batch.table import AGENT, CUSTOMER, Ints, code_points
from qa.rules.batch.talks import Talks
from qa.rules.conditions.matching import Lexicon, Wording
from qa.rules.kernels.sounding import Numbers, Offsets
from qa.rules.kernels.tables import placed
from qa.rules.kernels.trie import Trie, occurrences
from qa.rules.kernels.wordings import ANYBODY, FAR, LONGER, PLAIN, SHORT, Standing, Wordings, first_and_longest, standing

BY = {None: ANYBODY, Role.AGENT: AGENT, Role.CUSTOMER: CUSTOMER}


@dataclass(frozen=True, slots=True, eq=False)
class Places:
    """Plain characters ``begin`` to ``end`` of talks, sorted by talk and begin, overlapping nowhere; ``phrase`` numbers the phrase."""

    talk: Ints
    begin: Ints
    end: Ints
    phrase: Ints


class Index:
    """The wordings of lists, each with what it looks at: what one side says, or everything (``EVERYTHING``). Slots number the lists."""

    def __init__(self, lexicons: Sequence[tuple[Lexicon, int]]) -> None:
        self.lexicons = [words for words, _ in lexicons]
        entries = [entry for words, _ in lexicons for entry in words.wordings]
        sizes = [len(words.wordings) for words, _ in lexicons]
        self.first = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
        slot = np.repeat(np.arange(len(lexicons), dtype=np.int32), sizes)
        strings: dict[str, int] = {}
        parts = [[strings.setdefault(part, len(strings)) for part in entry.phrase.parts] for entry in entries]
        short = np.zeros(len(entries), dtype=np.bool_)
        for number, words in enumerate(self.lexicons):
            short[self.first[number] + np.array(words.lettered, dtype=np.int64)] = True
        alone: list[list[int]] = [[] for _ in strings]
        gapped: dict[int, list[int]] = {}
        opens = np.zeros(len(strings), dtype=np.int8)
        kinds = np.array([_kind(entry) for entry in entries], dtype=np.int8) | np.where(short, SHORT, 0).astype(np.int8)
        for which, mine in enumerate(parts):
            if len(mine) == 1:
                alone[mine[0]].append(which)
            else:
                gapped.setdefault(mine[0] * len(strings) + mine[1], []).append(which)
                opens[mine[0]] = max(opens[mine[0]], 2 if kinds[which] & FAR else 1)
        table, number_of = placed(np.array(list(gapped), dtype=np.int64))
        self.entries = entries
        self.phrase = np.array([entry.phrase.index for entry in entries], dtype=np.int64)
        self.trie = trie(list(strings))
        self.wordings = Wordings(
            _offsets(len(string) for string in strings),
            code_points("".join(strings)).copy(),
            _offsets(map(len, alone)),
            _numbers(which for several in alone for which in several),
            table,
            number_of,
            _offsets(map(len, gapped.values())),
            _numbers(which for several in gapped.values() for which in several),
            opens,
            _offsets(map(len, parts)),
            _numbers(string for mine in parts for string in mine),
            kinds,
            np.array([entry.left for entry in entries], dtype=np.bool_),
            np.array([entry.right for entry in entries], dtype=np.bool_),
            slot,
            np.repeat(np.array([by for _, by in lexicons], dtype=np.int8), sizes),
        )

    def search(self, talks: Talks) -> Search:
        """Everything that stands in the talks."""
        place, string = occurrences(talks.codes, talks.at, self.trie)
        found, far, far_talk, short, short_talk = standing(talks.codes, talks.at, talks.voices, place, string, self.wordings)
        if len(far):
            found = self._with_far(talks, found, far, far_talk)
            mine = (self.wordings.kind[far] & SHORT) != 0
            short, short_talk = np.concatenate([short, far[mine]]), np.concatenate([short_talk, far_talk[mine]])
        kept, at = first_and_longest(found, self.wordings.slot, len(self.lexicons))
        talk, begin, end, which = (column[kept].astype(np.int64) for column in (found.text, found.begin, found.end, found.wording))
        order = np.argsort(self.wordings.slot[short], kind="stable")
        short_at = np.searchsorted(self.wordings.slot[short][order], np.arange(len(self.lexicons) + 1))
        return Search(Places(talk, begin, end, self.phrase[which]), at, short_talk[order].astype(np.int64), short_at)

    def _with_far(self, talks: Talks, found: Standing, far: Numbers, talk: Numbers) -> Standing:
        """With the places of wordings whose gaps are words, which regular expressions know best."""
        more = []
        for which, text_number in zip(far.tolist(), talk.tolist(), strict=True):
            start, text = int(talks.at[text_number]), talks.text(text_number)
            more += [(which, text_number, start + begin, start + end) for begin, end in self.entries[which].spans(text)]
        if not more:
            return found
        columns = [np.concatenate([a, np.array(b, dtype=np.int32)]) for a, b in zip(found, zip(*more, strict=True), strict=True)]
        order = np.argsort(columns[2], kind="stable")
        return Standing(*(column[order] for column in columns))


@dataclass(frozen=True, slots=True, eq=False)
class Search:
    """What was found of an index's wordings in some talks: slot ``s`` has the places from ``at[s]`` to ``at[s + 1]``."""

    found: Places
    at: Offsets
    short_talk: Ints
    short_at: Ints

    def places(self, slot: int) -> Places:
        """Where the wordings of a list stand to the letter: what ``exact_places`` finds."""
        low, high = self.at[slot], self.at[slot + 1]
        return Places(self.found.talk[low:high], self.found.begin[low:high], self.found.end[low:high], self.found.phrase[low:high])

    def adjacent(self, slot: int) -> Ints:
        """The talks in which wordings of single sounds have their parts near enough, a pause between them or not."""
        return self.short_talk[self.short_at[slot] : self.short_at[slot + 1]]


def trie(strings: Sequence[str]) -> Trie:
    """The trie of different, non-empty strings."""
    alphabet = sorted({char for string in strings for char in string})
    number = np.zeros(0x110000, dtype=np.uint16)
    number[[ord(char) for char in alphabet]] = np.arange(1, len(alphabet) + 1)
    width = len(alphabet) + 1
    single, head = np.full(width, -1, dtype=np.int32), np.full(width, -1, dtype=np.int32)
    pairs = np.zeros(width * width // 8 + 1, dtype=np.uint8)
    children: dict[int, int] = {}
    ends = [-1]
    parents = set()
    for which, string in enumerate(strings):
        letters = number[code_points(string)].tolist()
        if len(letters) == 1:
            single[letters[0]] = which
            continue
        pair = letters[0] * width + letters[1]
        pairs[pair >> 3] |= 1 << (pair & 7)
        node = 0
        for letter in letters:
            parents.add(node)
            key = node * width + letter
            if key not in children:
                children[key] = len(ends)
                ends.append(-1)
            if not node:
                head[letter] = children[key]
            node = children[key]
        ends[node] = which
    table, place = placed(np.array(list(children), dtype=np.int64))
    nodes = _numbers(children.values())
    leaf = np.ones(len(ends), dtype=np.bool_)
    leaf[list(parents)] = False
    reached = nodes[place] if len(nodes) else np.zeros(len(place), dtype=np.int32)
    return Trie(width, number, single, head, pairs, table, reached, _numbers(ends), leaf)


def _kind(entry: Wording) -> int:
    far = FAR if len(entry.phrase.parts) > 1 and entry.phrase.literal.isascii() else PLAIN
    return far | (LONGER if len(entry.phrase.parts) > 2 else PLAIN)


def _offsets(sizes: Iterable[int]) -> Numbers:
    return np.concatenate([[0], np.cumsum(list(sizes))]).astype(np.int32)


def _numbers(values: Iterable[int]) -> Numbers:
    return np.array(list(values), dtype=np.int32)
