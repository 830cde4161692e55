"""Tasks are done once each; one that kills its process is named and harms no other."""

import os
import signal

import pytest

from hotline.errors import MissingPart
from qa.workers import Workers

_offset = 0


def _start(offset: int) -> None:
    global _offset
    _offset = offset


def _attempt(task: int) -> int:
    if task < 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return task + _offset


def _died(task: int) -> int:
    return 0


def _work() -> Workers[int, int]:
    return Workers(_attempt, _start, (100,), _died)


@pytest.mark.parametrize("workers", [1, 2])
def test_every_task_once(workers: int) -> None:
    assert sorted(_work().run(range(1, 8), workers)) == [(n, n + 100) for n in range(1, 8)]


def test_no_task_is_no_work() -> None:
    assert list(_work().run([], 2)) == []


def test_a_killer_is_found_and_the_rest_is_done() -> None:
    tasks = [1, 2, 3, -4, 5, 6, 7, 8, 9, -10, 11]
    results = dict(_work().run(tasks, 2))
    assert results == {n: (n + 100 if n > 0 else 0) for n in tasks}


def test_workers_that_cannot_start_are_not_the_tasks_fault() -> None:
    work: Workers[int, int] = Workers(_attempt, _die, (), _died)
    with pytest.raises(MissingPart, match="die as they start"):
        list(work.run([1, 2, 3], 2))


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)
