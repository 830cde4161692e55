"""Tasks are done once each; one that kills its process or hangs is named and harms no other; workers are replaced in time."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterable
from pathlib import Path

import pytest

from hotline.errors import MissingPart
from qa.workers import SetLimit, Workers, peak_mb

_offset = 0


class Listed:
    """Tasks of a list, and those that come back."""

    def __init__(self, tasks: Iterable[int]) -> None:
        self.tasks = deque(tasks)
        self.under_way = self.most = 0

    def take(self) -> int | None:
        if not self.tasks:
            return None
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        return self.tasks.popleft()

    def wait_s(self) -> float | None:
        return None


def _start(offset: int) -> None:
    global _offset
    _offset = offset


def _attempt(task: int, limit: SetLimit) -> int:
    if task < -100:
        limit(0.5)
        time.sleep(600)
    if task < 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return task + _offset


def _failed(task: int, why: str) -> int:
    return {"died": 0, "slow": -1}[why]


def _pid(task: int, limit: SetLimit) -> int:
    return os.getpid()


def _work() -> Workers[int, int]:
    return Workers(_attempt, _start, (100,), _failed)


@pytest.mark.parametrize("workers", [1, 2])
def test_every_task_once(workers: int) -> None:
    assert sorted(_work().run(Listed(range(1, 8)), workers)) == [(n, n + 100) for n in range(1, 8)]


@pytest.mark.parametrize("workers", [1, 2])
def test_no_task_is_no_work(workers: int) -> None:
    assert list(_work().run(Listed([]), workers)) == []


def test_a_killer_is_found_and_the_rest_is_done() -> None:
    tasks = [1, 2, 3, -4, 5, 6, 7, 8, 9, -10, 11]
    assert sorted(_work().run(Listed(tasks), 2)) == sorted((n, n + 100 if n > 0 else 0) for n in tasks)


def test_what_hangs_is_ended_and_the_rest_is_done() -> None:
    begun = time.monotonic()
    assert dict(_work().run(Listed([1, -101, 2, 3]), 2)) == {1: 101, -101: -1, 2: 102, 3: 103}
    assert time.monotonic() - begun < 60


def test_the_first_task_may_load_what_is_slow_to_load() -> None:
    work: Workers[int, int] = Workers(_slowly, _start, (0,), _failed, limit_s=lambda task: 0.3, load_s=60.0)
    assert dict(work.run(Listed([1]), 2)) == {1: 1}
    work = Workers(_slowly, _start, (0,), _failed, limit_s=lambda task: 0.3)
    assert dict(work.run(Listed([1]), 2)) == {1: -1}


def _slowly(task: int, limit: SetLimit) -> int:
    time.sleep(3.0)
    return task


def test_results_that_wait_hold_up_the_source() -> None:
    """Back-pressure: whoever takes results slowly keeps no more under way than two a worker."""
    source = Listed(range(1, 30))
    for _ in _work().run(source, 2):
        source.under_way -= 1
        time.sleep(0.02)
    assert source.most <= 5


def test_a_result_may_bring_another_task() -> None:
    source = Listed([1])
    seen = []
    for task, _ in _work().run(source, 2):
        seen.append(task)
        if task < 4:
            source.tasks.append(task + 1)
    assert seen == [1, 2, 3, 4]


def test_workers_are_replaced_after_their_tasks() -> None:
    work: Workers[int, int] = Workers(_pid, _start, (0,), _failed, most_tasks=3)
    pids = [pid for _, pid in work.run(Listed(range(12)), 2)]
    assert len(pids) == 12
    assert all(pids.count(pid) <= 4 for pid in pids), "three, and one that was under way already"
    assert len(set(pids)) >= 3


def test_workers_that_take_too_much_memory_are_replaced() -> None:
    work: Workers[int, int] = Workers(_pid, _start, (0,), _failed, most_mb=1.0)
    assert len({pid for _, pid in work.run(Listed(range(6)), 2)}) >= 3


def _peak(task: int, limit: SetLimit) -> int:
    return int(peak_mb())


def test_the_memory_of_the_driver_is_not_the_workers() -> None:
    """The system hands the driver's peak on to the programs it starts."""
    ballast = b"x" * (200 << 20)
    work: Workers[int, int] = Workers(_peak, _start, (0,), _failed)
    (worker,) = {peak for _, peak in work.run(Listed([1]), 2)}
    assert worker < peak_mb() - 100 and len(ballast) == 200 << 20


def test_workers_that_cannot_start_are_not_the_tasks_fault() -> None:
    work: Workers[int, int] = Workers(_attempt, _die, (), _failed)
    with pytest.raises(MissingPart, match="die as they start"):
        list(work.run(Listed([1, 2, 3]), 2))


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_killed_driver_takes_its_workers_along(tmp_path: Path) -> None:
    program = f"""
import sys, pathlib
sys.path.insert(0, {str(Path(__file__).parent)!r})
import test_workers as t
from qa.workers import Workers
if __name__ == "__main__":
    list(Workers(t._sleep, t._note, ({str(tmp_path)!r},), t._failed).run(t.Listed([1, 2]), 2))
"""
    (tmp_path / "program.py").write_text(program, encoding="utf-8")
    driver = subprocess.Popen([sys.executable, str(tmp_path / "program.py")])
    deadline = time.monotonic() + 60
    while len(list(tmp_path.glob("*.pid"))) < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    pids = [int(path.stem) for path in tmp_path.glob("*.pid")]
    assert len(pids) == 2
    driver.kill()
    driver.wait()
    while any(_alive(pid) for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not any(_alive(pid) for pid in pids)


def _note(folder: str) -> None:
    (Path(folder) / f"{os.getpid()}.pid").touch()


def _sleep(task: int, limit: SetLimit) -> int:
    time.sleep(600)
    return task


def _alive(pid: int) -> bool:
    try:
        status = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return status != "Z"
