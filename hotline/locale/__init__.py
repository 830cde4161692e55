"""Every sentence of the screens, in Chinese and English, from one catalogue: the YAML files beside this one, a file an area.

A file holds groups of entries; ``{names in braces}`` are filled in. A test sees to it that every key is used and none is missing.

``t("review.title")`` gives the sentence in the language of this run, ``term("outcome", "fail")`` the name
of a value. The language is a context variable: each script run of Streamlit has a context of its own, so
two people with two languages do not meet.

>>> use("en"); t("app.name")
'Hotline'
>>> use("zh"); term("role", "agent")
'座席'
"""

from __future__ import annotations

from contextvars import ContextVar
from functools import cache
from importlib import resources
from typing import Any

import yaml

LANGUAGES = ("zh", "en")
_language: ContextVar[str] = ContextVar("language", default="zh")


@cache
def catalogue() -> dict[str, dict[str, str]]:
    """All entries: ``{"review.title": {"zh": …, "en": …}}``."""
    files = sorted((file for file in resources.files("hotline.locale").iterdir() if file.name.endswith(".yaml")), key=lambda f: f.name)
    groups = [group for file in files for group in yaml.safe_load(file.read_text(encoding="utf-8")).items()]
    return {f"{group}.{name}": entry for group, entries in groups for name, entry in entries.items()}


def use(language: str) -> None:
    """Speak ``zh`` or ``en`` from here on in this context. Raises ValueError for another language."""
    if language not in LANGUAGES:
        raise ValueError(f"{language!r} is not one of {LANGUAGES}")
    _language.set(language)


def current() -> str:
    """The language of this context, ``zh`` or ``en``."""
    return _language.get()


def t(key: str, **values: Any) -> str:
    """The sentence ``key`` with ``values`` filled in. Raises KeyError for a key the catalogue lacks."""
    sentence = catalogue()[key][current()]
    return sentence.format(**values) if values else sentence


def term(family: str, value: Any) -> str:
    """The name of an enumerated value (``term("passed", "yes")``); the value itself where it has no entry."""
    entry = catalogue().get(f"{family}.{value}")
    return entry[current()] if entry else str(value)


def pick(zh: str, en: str) -> str:
    """The one of two names that suits the language; the other where it is empty."""
    return (en or zh) if current() == "en" else (zh or en)
