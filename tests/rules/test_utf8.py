"""Code points are written as Python writes them."""

from __future__ import annotations

from hypothesis import example, given, settings
from hypothesis import strategies as st

from qa.rules.batch.table import code_points
from qa.rules.kernels import utf8
from qa.rules.likeness import symbols


@settings(deadline=None)
@given(st.lists(st.text(st.characters(codec=None)), max_size=6))
@example(["\x7f\x80\u07ff\u0800\uffff\U00010000\U0010ffff", "", "\ud800a\udfff", "您好𠮷"])
@example([])
def test_every_code_point_as_python_writes_it(texts: list[str]) -> None:
    at = symbols(texts)[2].tolist()
    codes, bounds = code_points("".join(texts)).copy(), symbols(["", *texts])[2]
    assert bounds.tolist() == [0, *at]
    written, begins = utf8.lines(codes, bounds)
    wanted = [text.encode("utf-8", "replace") + b"\n" for text in texts]
    assert written.tobytes() == b"".join(wanted)
    assert begins.tolist() == [sum(map(len, wanted[:number])) for number in range(len(wanted) + 1)]
    plainly = getattr(utf8.lines, "py_func", utf8.lines)(codes, bounds)
    assert plainly[0].tobytes() == written.tobytes() and plainly[1].tolist() == begins.tolist()
