"""What every operator is: a name, its parameters, how they are read and how hits are found."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from functools import lru_cache
from typing import Any

from qa.rules.fields import Fields, near
from qa.rules.model import Title
from qa.rules.phrases import Phrase, PhraseError, compile_phrase, expand
from qa.rules.variables import Variable
from qa.rules.verdict import Found
from qa.rules.view import CallView
from qa.rules.windows import Look

MAX_WORDINGS = 5_000


@dataclass(slots=True)
class Budget:
    """What a whole rule set may ask for, so that no file can keep the engine busy for minutes."""

    wordings: int = 60_000
    patterns: int = 1_000


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The named phrase lists of a rule set, resolved, its variables, and what is left of its budget."""

    lists: Mapping[str, tuple[str, ...]]
    synonyms: Mapping[str, tuple[str, ...]]
    budget: Budget = field(default_factory=Budget)
    variables: Mapping[str, Variable] = field(default_factory=dict)

    def phrases(self, source: Fields, key: str) -> tuple[str, ...]:
        """The phrases under ``key`` with ``$name`` filled in. Raises BadRule for unknown names and unreadable phrases."""
        found: list[str] = []
        for text, line in source.texts(key):
            if text.startswith("$"):
                name = text[1:]
                if name not in self.lists:
                    source.refuse(key, f"vocabulary '{text}' is not defined", near(name, self.lists))
                found.extend(self.lists[name])
                continue
            try:
                compile_phrase(text, 0)
            except PhraseError as error:
                source.lines[key] = line
                source.refuse(key, error.problem, error.mend)
            found.append(text)
        phrases = tuple(dict.fromkeys(self._with_synonyms(found)))
        wordings = sum(count_wordings(p) for p in phrases)
        self.budget.wordings -= wordings
        if wordings > MAX_WORDINGS or self.budget.wordings < 0:
            source.refuse(key, f"stands for {wordings:,} wordings, more than can be searched", "write fewer alternatives in brackets")
        return phrases

    def _with_synonyms(self, phrases: list[str]) -> list[str]:
        out: list[str] = []
        for phrase in phrases:
            out.append(phrase)
            for word, others in self.synonyms.items():
                if word in phrase:
                    out.extend(phrase.replace(word, other) for other in others)
        return out


@dataclass(frozen=True, slots=True)
class Operator:
    """One kind of condition.

    ``read`` turns fields into the frozen ``params``; ``prepare`` compiles them once per rule set;
    ``find`` looks at one call; ``describe`` says for people what is
    looked for. ``place`` is ``turn`` (hits are in sentences), ``gap`` (between them) or
    ``call`` (of the whole call: no window, no anchor). ``direct`` tells whether the value may be
    written without naming a parameter (``say: 您好``). ``speaker`` tells whether ``by:`` has a meaning.
    """

    name: str
    summary: Title
    params: type
    read: Callable[[Fields, Vocabulary], Any]
    find: Callable[[Any, CallView, Look], Found]
    prepare: Callable[[Any], Any] = lambda params: params
    describe: Callable[[Any], str] = lambda params: ""
    place: str = "turn"
    speaker: bool = True
    once: bool = False
    """Whether each excuse of ``unless`` covers one hit only, unless it says otherwise."""

    values: Callable[[Any], tuple[str, ...]] = lambda params: ()
    """The kinds of value its hits carry (``duration``, ``phone``, ``text`` …); none where ``.value`` has no meaning."""
    spoken: bool = False
    """Whether its hits are words, of which the recogniser may be unsure."""
    joins: bool = False
    """Whether ``join_turns`` has a meaning: what is said in pieces over several turns of one side."""

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(f.metadata.get("key", f.name) for f in fields(self.params) if f.metadata)


def of_call(
    name: str,
    summary: Title,
    params: type,
    read: Callable[[Fields, Vocabulary], Any],
    find: Callable[[Any, CallView, Look], Found],
    describe: Callable[[Any], str] = lambda params: "",
) -> Operator:
    """A condition on the whole call: it has no window and no anchor, and nobody says it."""
    return Operator(name, summary, params, read, find, describe=describe, place="call", speaker=False)


@lru_cache(maxsize=8192)
def count_wordings(phrase: str) -> int:
    """How many wordings a written phrase stands for."""
    return len(expand(phrase))


def param(zh: str, en: str, *, key: str | None = None, shown: str = "", **kwargs: Any) -> Any:
    """A dataclass field with its line of the reference; ``key`` is its name in YAML where that differs, ``shown`` its default."""
    metadata = {"zh": zh, "en": en, "shown": shown, **({"key": key} if key else {})}
    return field(metadata=metadata, **kwargs)


def compile_all(written: tuple[str, ...]) -> tuple[Phrase, ...]:
    """All wordings of all phrases, the longest first."""
    phrases = [p for index, text in enumerate(written) for p in compile_phrase(text, index)]
    unique = {p.parts: p for p in reversed(phrases)}
    return tuple(sorted(unique.values(), key=lambda p: (-len(p.literal), p.index)))


@lru_cache(maxsize=4096)
def shown(phrases: tuple[str, ...], most: int = 4) -> str:
    """The first few phrases for people, each in its shortest wording."""
    head = "、".join(min(expand(p), key=len) for p in phrases[:most])
    return f"{head}…" if len(phrases) > most else head
