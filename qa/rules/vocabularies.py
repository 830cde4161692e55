"""Reading the phrase lists of a rule set: vocabularies, synonyms, hotwords."""

from __future__ import annotations

from qa.rules.conditions.operator import Budget, Vocabulary
from qa.rules.fields import Fields, near
from qa.rules.phrases import PhraseError, compile_phrase, expand
from qa.rules.reading import NAME
from qa.rules.source import Scalar

MAX_HOTWORDS = 500
HOTWORD_LENGTH = 10
"""Characters; recognisers are trained on short ones, and a long one is a sentence that they would hear everywhere."""


def read_hotwords(fields: Fields, vocabulary: Vocabulary) -> tuple[str, ...]:
    """The words under ``hotwords``; of a vocabulary (``$name``) every wording that is short enough to be one."""
    if not fields.has("hotwords"):
        return ()
    words: list[str] = []
    for text, line in fields.texts("hotwords", limit=MAX_HOTWORDS):
        at = Scalar(text, line)
        if text.startswith("$"):
            if text[1:] not in vocabulary.lists:
                fields.refuse("hotwords", f"vocabulary '{text}' is not defined", near(text[1:], vocabulary.lists), at)
            wordings = [wording for phrase in vocabulary.lists[text[1:]] for wording in expand(phrase)]
            words += [wording for wording in wordings if len(wording) <= HOTWORD_LENGTH and wording.isalnum()]
        elif len(text) > HOTWORD_LENGTH or not text.replace(" ", "").isalnum():
            fields.refuse("hotwords", f"'{text[:40]}' is no single word", f"write letters and digits only, at most {HOTWORD_LENGTH}", at)
        else:
            words.append(text)
    return tuple(dict.fromkeys(words))


def read_vocabulary(fields: Fields) -> Vocabulary:
    """Phrase lists with the lists they mention filled in, and synonyms."""
    written: dict[str, list[tuple[str, int]]] = {}
    owner = fields.child("vocabularies") if fields.has("vocabularies") else None
    for name, node in fields.children("vocabularies"):
        assert owner is not None
        if not NAME.fullmatch(name):
            owner.refuse(name, f"'{name}' is not a name", "use letters, digits and _")
        written[name] = owner.texts(name, node)
    lists: dict[str, tuple[str, ...]] = {}
    budget = Budget()

    def resolve(name: str, path: tuple[str, ...]) -> tuple[str, ...]:
        assert owner is not None
        if name in lists:
            return lists[name]
        phrases: list[str] = []
        for text, line in written[name]:
            at = Scalar(text, line)
            if text.startswith("$"):
                other = text[1:]
                if other not in written:
                    owner.refuse(name, f"vocabulary '{text}' is not defined", near(other, written), at)
                if other in (*path, name):
                    owner.refuse(name, f"'{text}' leads back to itself", "remove one of the references", at)
                phrases.extend(resolve(other, (*path, name)))
                continue
            try:
                budget.wordings -= len(compile_phrase(text, 0))
            except PhraseError as error:
                owner.refuse(name, error.problem, error.mend, at)
            if budget.wordings < 0:
                owner.refuse(name, "brings the vocabularies above what can be searched", "write fewer alternatives in brackets", at)
            phrases.append(text)
        if len(phrases) > 2_000:
            owner.refuse(name, "holds more than 2,000 phrases", "split it")
        lists[name] = tuple(dict.fromkeys(phrases))
        return lists[name]

    for name in written:
        resolve(name, ())
    synonyms = {}
    if fields.has("synonyms"):
        inner = fields.child("synonyms")
        for word, node in inner.nodes.items():
            synonyms[word] = tuple(other for other, _ in inner.texts(word, node, limit=50))
    return Vocabulary(lists, synonyms)
