"""What a condition looks for: operators of SCA to and from the operators of the rule language.

| SCA                                      | here                                                         |
|------------------------------------------|--------------------------------------------------------------|
| HIT_ANY_KEYWORDS, INCLUDE_KEYWORDS       | say (any, all, n of, none); in one sentence: a pattern       |
| REGULAR_EXPRESSION                       | regex; notRegex voids the whole sentence                     |
| SIMILAR_MATCH                            | similar_to                                                   |
| ADVANCED_REPEAT_DETECT                   | repeats                                                      |
| INTERVAL_GREATER                         | silence                                                      |
| SPEECH_SPEED_CHECK                       | speech_rate                                                  |
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import permutations
from typing import Any

from qa.rules.conditions.regex import MAX_PATTERN
from qa.rules.exchange import Cannot
from qa.rules.model import Condition
from qa.rules.phrases import compile_phrase
from qa.rules.plaintext import plain
from qa.rules.sca import exclusions
from qa.rules.sca.document import Record
from qa.rules.sca.patterns import alternatives, escaped, phrases_pattern

MOST_IN_ONE_SENTENCE = 4
"""Keywords that can be asked for in one sentence in any order: n! alternatives."""
MOST_KEYWORDS = 2_000
_SHOWN = 60
"""Characters of a pattern that people are shown."""
_NOTATION = re.compile(r"[()（）|｜…]|\.{3,}|^\s*\$")


@dataclass(frozen=True, slots=True)
class Looked:
    """The keys of a condition (its operator and parameters), how many hits it needs, and what is put otherwise (field, zh, en)."""

    keys: dict[str, Any]
    count: int = 1
    changed: tuple[tuple[str, str, str], ...] = ()


def read_operator(operator: Record) -> Looked:
    """The condition for an operator object. Raises Cannot for what has no equal."""
    kind = operator.text("type").upper()
    if kind not in _READERS:
        raise Cannot(
            operator.name("type"), f"算子 {kind[:40] or '（无）'} 没有对应", f"the operator {kind[:40] or '(none)'} has no equal here"
        )
    params = operator.record("param") or Record({}, operator.name("param"))
    return _READERS[kind](kind, params)


def _keywords(kind: str, params: Record) -> Looked:
    words = [spoken for word in params.texts("keywords") or params.texts("operKeyWords") if (spoken := _plain_phrase(word))]
    if not words or len(words) > MOST_KEYWORDS:
        raise Cannot(params.name("keywords"), f"有 {len(words)} 个关键词", f"holds {len(words)} keywords")
    size = params.whole("keywordMatchSize", 1 if kind == "HIT_ANY_KEYWORDS" else -1)
    together, count = params.flag("in_sentence", True), params.whole("threshold", 1)
    params.flag("contextChatMatch")
    changed = []
    if params.flag("case_sensitive") and any(c.isascii() and c.isalpha() for w in words for c in w):
        changed.append((params.name("case_sensitive"), "不再区分大小写", "capitals make no difference here"))
    if params.whole("keywordExtension", 0):
        changed.append((params.name("keywordExtension"), "不做关键词扩展", "keywords are not extended"))
    words = _with_synonyms(words, params)
    need = len(words) if size == -1 else size
    if need < 0 or need > len(words):
        raise Cannot(params.name("keywordMatchSize"), f"要求 {need} 个，只有 {len(words)} 个", f"asks for {need} of {len(words)}")
    if count > 1 and need != 1:
        raise Cannot(params.name("threshold"), "命中总数只能与“任意一个”同用", "a total of hits goes with any keyword only")
    if need == 0:
        return Looked({"say": {"none": words}}, 1, tuple(changed))
    if need == 1:
        return Looked({"say": words}, max(1, count), tuple(changed))
    if together:
        return Looked({"regex": _together(words, need, params), "says": _said_together(words, need)}, 1, tuple(changed))
    return Looked({"say": {"all": words}} if need == len(words) else {"say": {"at_least": need, "of": words}}, 1, tuple(changed))


def _together(words: list[str], need: int, params: Record) -> str:
    """A pattern for ``need`` of the words in one sentence, in any order."""
    if len(words) > MOST_IN_ONE_SENTENCE:
        zh, en = f"同一句里要求 {len(words)} 个关键词，过多", f"asks for {len(words)} keywords in one sentence, which are too many"
        raise Cannot(params.name("in_sentence"), zh, en)
    return "|".join(".*".join(escaped(w) for w in order) for order in permutations(words, need))


def _said_together(words: list[str], need: int) -> dict[str, str]:
    """What such a pattern looks for, for people."""
    listed = "、".join(words)
    if need == len(words):
        return {"zh": f"一句话里同时说 {listed}", "en": f"{' and '.join(words)} in one sentence"}
    return {"zh": f"一句话里说 {listed} 中的 {need} 个", "en": f"{need} of {', '.join(words)} in one sentence"}


def _plain_phrase(word: str) -> str:
    """The keyword without the signs of the phrase notation, which plain text does not have either; empty when nothing is left."""
    bare = _NOTATION.sub(" ", word).strip()
    return bare if plain(bare).text else ""


def _with_synonyms(words: list[str], params: Record) -> list[str]:
    table = params.raw("synonyms")
    if table in (None, {}, []):
        return words
    if not isinstance(table, dict) or not all(isinstance(v, list) and all(isinstance(w, str) for w in v) for v in table.values()):
        raise Cannot(params.name("synonyms"), "应为“词 → 词表”", "should be a table of lists")
    found = list(words)
    for word, others in table.items():
        for other in others[:50]:
            found += [spoken for w in words if word and word in w and (spoken := _plain_phrase(w.replace(word, other)))]
    return list(dict.fromkeys(found))[:MOST_KEYWORDS]


def _regex(kind: str, params: Record) -> Looked:
    del kind
    pattern, voids = params.text("regex"), params.text("notRegex")
    if not pattern:
        raise Cannot(params.name("regex"), "没有表达式", "there is no expression")
    changed = []
    if not params.flag("in_sentence", True):
        changed.append((params.name("in_sentence"), "逐句匹配，不跨句", "matched sentence by sentence, not across them"))
    keys: dict[str, Any] = {"regex": alternatives(pattern) if len(pattern) > MAX_PATTERN else pattern}
    shown = pattern if len(pattern) <= _SHOWN else f"{pattern[:_SHOWN]}…"
    keys["says"] = {"zh": f"符合“{shown}”", "en": f"a match of '{shown}'"}
    if voids:
        keys["exclude"] = exclusions.around(voids)
    return Looked(keys, 1, tuple(changed))


def _similar(kind: str, params: Record) -> Looked:
    del kind
    sentences = [spoken for s in params.texts("similarlySentences") or params.texts("references") if (spoken := _plain_phrase(s))]
    closeness = params.number("score", 80) / 100
    if not sentences or not 0.5 <= closeness <= 1:
        raise Cannot(params.name("score"), "需要话术，相似度 50–100", "needs sentences and a score of 50 to 100")
    params.flag("in_sentence")
    return Looked({"similar_to": sentences, "at_least": closeness})


def _repeats(kind: str, params: Record) -> Looked:
    del kind
    keys: dict[str, Any] = {"similarity": params.number("similarity_threshold", 0.85), "times": params.whole("hit_time", 1)}
    if params.whole("from", 0):
        keys["look_back"] = f"{params.whole('from')} turns"
    if params.number("threshold", 0):
        keys["min_chars"] = int(params.number("threshold"))
    if exempt := [spoken for e in params.texts("excludes") if (spoken := _plain_phrase(e))]:
        keys["exempt"] = exempt
    if params.has("target_role"):
        raise Cannot(params.name("target_role"), "重复对方的话按角色区分", "repeats of a named role have no equal here")
    return Looked({"repeats": keys})


def _silence(kind: str, params: Record) -> Looked:
    del kind
    if params.text("compareOperator", "gt") != "gt":
        raise Cannot(params.name("compareOperator"), "只能查过长的静音", "only silences above a limit can be asked for")
    changed = []
    if not params.flag("from_end", True):
        changed.append((params.name("from_end"), "从上一句结束算起", "measured from the end of the sentence before"))
    for key in ("different_role", "near_dialogue", "checkFirstSentence"):
        params.flag(key)
    params.whole("target", 0)
    return Looked({"silence": {"over": f"{params.number('interval') / 1000:g} s"}}, 1, tuple(changed))


def _rate(kind: str, params: Record) -> Looked:
    del kind
    faster = params.text("compareOperator", "gt") == "gt"
    keys = {"over" if faster else "under": params.whole("velocityInMint"), "per": "call" if params.flag("average") else "sentence"}
    if size := params.whole("minWordSize", 0):
        keys["min_chars"] = size
    return Looked({"speech_rate": keys})


_READERS: dict[str, Callable[[str, Record], Looked]] = {
    "HIT_ANY_KEYWORDS": _keywords,
    "INCLUDE_KEYWORDS": _keywords,
    "REGULAR_EXPRESSION": _regex,
    "SIMILAR_MATCH": _similar,
    "ADVANCED_REPEAT_DETECT": _repeats,
    "INTERVAL_GREATER": _silence,
    "SPEECH_SPEED_CHECK": _rate,
}


def write_operator(condition: Condition, count: int = 1) -> tuple[str, dict[str, Any]]:
    """(type, param) of a condition that needs ``count`` hits. Raises Cannot for what SCA has no operator for."""
    if condition.operator not in _WRITERS:
        raise Cannot(condition.operator, f"SCA 没有 {condition.operator} 的算子", f"SCA has no operator for {condition.operator}")
    if count > 1 and (condition.operator != "say" or condition.params.need != 1):
        raise Cannot("count", "SCA 只能计关键词的命中数", "SCA counts the hits of keywords only")
    kind, params = _WRITERS[condition.operator](condition)
    if count > 1 and kind != "HIT_ANY_KEYWORDS":
        raise Cannot("count", "SCA 只能计关键词的命中数", "SCA counts the hits of keywords only")
    return kind, params | ({"threshold": count} if count > 1 else {})


def _write_say(condition: Condition) -> tuple[str, dict[str, Any]]:
    params = condition.params
    wordings = [p for phrase in params.phrases for p in compile_phrase(phrase, 0)]
    gaps = any(len(p.parts) > 1 for p in wordings)
    if params.exclude:
        raise exclusions.whole_sentence()
    if params.need == 1 and gaps:
        return "REGULAR_EXPRESSION", {"regex": phrases_pattern(params.phrases), "in_sentence": True}
    if gaps or (params.need > 1 and len(wordings) != len(params.phrases)):
        raise Cannot("say", "带间隔或可选词的“全部/至少 n 个”没有对应", "all or n of phrases with gaps or options has no equal")
    words = list(dict.fromkeys(p.written for p in wordings))
    size = -1 if params.need == len(params.phrases) and params.need > 1 else params.need
    kind = "HIT_ANY_KEYWORDS" if params.need == 1 else "INCLUDE_KEYWORDS"
    return kind, {"keywords": words, "keywordMatchSize": size, "in_sentence": params.need == 1}


def _write_regex(condition: Condition) -> tuple[str, dict[str, Any]]:
    params = condition.params
    if params.plain:
        raise Cannot("text", "SCA 的正则看原文，不看规范文本", "patterns of SCA see the text as it is, not plain text")
    voids = exclusions.written(params.patterns, params.exclude)
    pattern = params.patterns[0] if len(params.patterns) == 1 else "|".join(f"(?:{p})" for p in params.patterns)
    return "REGULAR_EXPRESSION", {"regex": pattern, **voids, "in_sentence": True}


def _write_similar(condition: Condition) -> tuple[str, dict[str, Any]]:
    params = condition.params
    if params.exclude:
        raise Cannot("exclude", "SCA 的相似度没有排除项", "a likeness of SCA has no exclusion")
    if params.similarity != "text":
        raise Cannot("similarity", "只有字面相似度有对应", "only closeness of the text has an equal")
    sentences = list(dict.fromkeys(p.written for s in params.sentences for p in compile_phrase(s, 0)))
    return "SIMILAR_MATCH", {"similarlySentences": sentences, "score": round(params.at_least * 100), "in_sentence": True}


def _write_repeats(condition: Condition) -> tuple[str, dict[str, Any]]:
    params = condition.params
    back = re.fullmatch(r"(\d+) turns?", params.look_back or "0 turns")
    if params.of != "own" or back is None:
        raise Cannot("repeats", "SCA 只按句数回看本方的话", "SCA looks back a number of sentences of the same side only")
    keys: dict[str, Any] = {"from": int(back[1]), "similarity_threshold": params.similarity, "hit_time": params.times}
    return "ADVANCED_REPEAT_DETECT", keys | {"threshold": params.min_chars, "excludes": list(params.exempt)}


def _write_silence(condition: Condition) -> tuple[str, dict[str, Any]]:
    return "INTERVAL_GREATER", {"interval": round(condition.params.over * 1000), "compareOperator": "gt", "from_end": True}


def _write_rate(condition: Condition) -> tuple[str, dict[str, Any]]:
    params = condition.params
    if params.words:
        raise Cannot("unit", "SCA 按字计语速", "SCA counts characters, not words")
    limit, sign = (params.over, "gt") if params.over else (params.under, "lt")
    keys = {"velocityInMint": round(limit), "minWordSize": params.least, "average": params.per_call, "compareOperator": sign}
    return "SPEECH_SPEED_CHECK", keys


_WRITERS: dict[str, Callable[[Condition], tuple[str, dict[str, Any]]]] = {
    "say": _write_say,
    "regex": _write_regex,
    "similar_to": _write_similar,
    "repeats": _write_repeats,
    "silence": _write_silence,
    "speech_rate": _write_rate,
}
