"""Mask telephone and identity numbers in names of files, so that lists of recordings do not show whom they belong to."""

from __future__ import annotations

import re

_NUMBER = re.compile(r"(?<![0-9A-Za-z])(?:(?P<mobile>(?:\+?86|0086)?1[3-9]\d{9})|(?P<id>[1-9]\d{16}[\dXx]))(?![0-9A-Za-z])")


def masked_name(path: str) -> str:
    """The path for people: of a number that is somebody's, the first three and the last four digits stay, enough to find the file.

    Dates, times and serial numbers stay; what is stored and what opens the file is the path itself.

    >>> masked_name("in/20261109_13800004517_a01.wav")
    'in/20261109_138****4517_a01.wav'
    """
    return _NUMBER.sub(_hidden, path)


def _hidden(found: re.Match[str]) -> str:
    number = found["mobile"][-11:] if found["mobile"] else found["id"]
    return f"{found[0][: len(found[0]) - len(number)]}{number[:3]}{'*' * (len(number) - 7)}{number[-4:]}"
