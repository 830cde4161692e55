"""Run tasks in worker processes; a task that kills its process is found out and the others go on.

``start`` runs once in each process (load what is slow to load), ``attempt`` runs once a task. Both must be
importable functions. With one worker everything happens in this process.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from hotline.errors import MissingPart

Task = TypeVar("Task")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Workers(Generic[Task, Result]):
    """How to work: ``died`` makes the result of a task that killed its process twice."""

    attempt: Callable[[Task], Result]
    start: Callable[..., None]
    start_with: tuple[Any, ...]
    died: Callable[[Task], Result]

    def run(self, tasks: Sequence[Task], workers: int) -> Iterator[tuple[Task, Result]]:
        """Each task with its result, as they come. At most two tasks a worker are under way: results never pile up."""
        if workers == 1 or len(tasks) <= 1:
            self.start(*self.start_with)
            for task in tasks:
                yield task, self.attempt(task)
            return
        queue = list(reversed(tasks))
        while queue:
            suspects: list[Task] = []
            yield from self._until_one_dies(queue, suspects, workers)
            for task in suspects:  # each alone: the one that kills its process names itself, the others were bystanders
                yield task, self._alone(task)

    def _until_one_dies(self, queue: list[Task], suspects: list[Task], workers: int) -> Iterator[tuple[Task, Result]]:
        """Work ``queue`` off from its end; when a process dies, leave what was under way in ``suspects``."""
        with self._pool(workers) as pool:
            _see_alive(pool)
            under_way: dict[Future[Result], Task] = {}
            while (queue or under_way) and not suspects:
                while queue and len(under_way) < 2 * workers:
                    try:
                        under_way[pool.submit(self.attempt, queue[-1])] = queue[-1]
                    except BrokenProcessPool:
                        break
                    queue.pop()
                if not under_way:
                    return  # the pool broke between two tasks: the caller starts another
                done, _ = wait(under_way, return_when=FIRST_COMPLETED)
                for future in done:
                    task = under_way.pop(future)
                    try:
                        yield task, future.result()
                    except BrokenProcessPool:
                        suspects.append(task)
            suspects.extend(under_way.values())

    def _alone(self, task: Task) -> Result:
        with self._pool(1) as pool:
            _see_alive(pool)
            try:
                return pool.submit(self.attempt, task).result()
            except BrokenProcessPool:
                return self.died(task)

    def _pool(self, workers: int) -> ProcessPoolExecutor:
        # spawn: a forked child would inherit the database connection and torch's locked threads
        context = multiprocessing.get_context("spawn")
        return ProcessPoolExecutor(workers, mp_context=context, initializer=self.start, initargs=self.start_with)


def _see_alive(pool: ProcessPoolExecutor) -> None:
    """Raise MissingPart when a process cannot even start: then no task is to blame."""
    try:
        pool.submit(_ready).result()
    except BrokenProcessPool:
        raise MissingPart("worker processes", "die as they start", "run with --workers 1 to see why") from None


def _ready() -> None:
    """Does nothing; that it ran shows that ``start`` did."""
