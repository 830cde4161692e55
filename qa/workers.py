"""Run tasks in worker processes; one that dies, hangs or grows too large costs its own task a try and nothing else.

    source.take() ─► worker 1  (at most two tasks a worker under way: results never pile up, no worker waits for the next)
                  ─► worker 2  ─► (task, result) as they come
                  ─► …

``start`` runs once in each process (load what is slow to load), ``attempt`` runs once a task and gets a function to say how
long the task may take once that is known. Both must be importable functions. With one worker everything happens in
this process, where nobody can stop what hangs.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

from hotline.errors import MissingPart

Task = TypeVar("Task")
Result = TypeVar("Result")
TaskFrom = TypeVar("TaskFrom", covariant=True)
SetLimit = Callable[[float], None]
IN_FLIGHT = 2
"""Tasks a worker has at most: the one it works on and the next."""
TICK_S = 1.0
_START_S = 600.0
"""Longer than this no process takes to load its libraries."""
_DEATHS_AT_START = 3
_STATUS = Path("/proc/self/status")


class Source(Protocol[TaskFrom]):
    """Where tasks come from; asked again after every result, so that a result may lead to more tasks."""

    def take(self) -> TaskFrom | None:
        """The next task; None when there is none at the moment."""

    def wait_s(self) -> float | None:
        """Seconds until ``take`` is worth asking again; None when nothing will come unless a result brings it."""


@dataclass(frozen=True, slots=True)
class Workers(Generic[Task, Result]):
    """How to work. ``failed`` makes the result of a task whose process died ("died") or was too slow ("slow").

    ``limit_s`` is how long a task may take until its ``attempt`` says better; the first of a process, which loads what is slow to load,
    ``load_s`` longer. A worker is replaced after ``most_tasks`` tasks or when
    it has taken ``most_mb`` megabytes of memory. ``on_tick`` is called about every second.
    """

    attempt: Callable[[Task, SetLimit], Result]
    start: Callable[..., None]
    start_with: tuple[Any, ...]
    failed: Callable[[Task, str], Result]
    limit_s: Callable[[Task], float] = lambda task: float("inf")
    load_s: float = 0.0
    most_tasks: int = 500
    most_mb: float = float("inf")
    on_tick: Callable[[], None] = lambda: None

    def run(self, source: Source[Task], workers: int, crew: Crew[Task, Result] | None = None) -> Iterator[tuple[Task, Result]]:
        """Each task with its result, as they come. Raises MissingPart when processes cannot start.

        A ``crew`` that is given keeps its processes, with all that they have loaded, for the next run.
        """
        if workers == 1:
            yield from self._here(source)
            return
        hired = crew is None
        crew = crew or Crew(workers)
        crew.how = self
        try:
            while True:
                crew.hand_out(source)
                if not crew.busy:
                    seconds = source.wait_s()
                    if seconds is None:
                        return
                    time.sleep(min(seconds, TICK_S))
                else:
                    yield from crew.results()
                self.on_tick()
        finally:
            if hired or crew.busy:
                crew.dismiss()

    def _here(self, source: Source[Task]) -> Iterator[tuple[Task, Result]]:
        self.start(*self.start_with)
        while True:
            task = source.take()
            if task is not None:
                yield task, self.attempt(task, lambda seconds: None)
            elif (seconds := source.wait_s()) is None:
                return
            else:
                time.sleep(min(seconds, TICK_S))
            self.on_tick()


@dataclass(slots=True)
class _Worker(Generic[Task]):
    process: Any
    pipe: Connection
    tasks: deque[Task] = field(default_factory=deque)
    ready: bool = False
    retiring: bool = False
    done: int = 0
    since: float = field(default_factory=time.monotonic)
    """When it started, and then when its present task did."""
    limit: float = _START_S


class Crew(Generic[Task, Result]):
    """Worker processes, hired as they are needed, at most ``size``."""

    how: Workers[Task, Result]

    def __init__(self, size: int) -> None:
        self.size = size
        self.workers: list[_Worker[Task]] = []
        self.back: deque[Task] = deque()
        """Tasks that a dead worker had not begun."""
        self.deaths_at_start = 0

    @property
    def busy(self) -> bool:
        return any(worker.tasks for worker in self.workers)

    def hand_out(self, source: Source[Task]) -> None:
        """Give tasks to the least busy until all have enough; starts processes as they are needed."""
        while True:
            free = [w for w in self.workers if not w.retiring and len(w.tasks) < IN_FLIGHT]
            worker = min(free, key=lambda w: len(w.tasks), default=None)
            if (worker is None or worker.tasks) and len(self.workers) < self.size:
                worker = None
            elif worker is None:
                return
            task = self.back.popleft() if self.back else source.take()
            if task is None:
                return
            worker = worker or self._hire()
            worker.tasks.append(task)
            try:
                worker.pipe.send(task)
            except OSError:
                return  # it has died: results() will notice

    def results(self) -> Iterator[tuple[Task, Result]]:
        """What has come in within a tick, and the tasks of those that died or were too slow."""
        wait([*(w.pipe for w in self.workers), *(w.process.sentinel for w in self.workers)], timeout=TICK_S)
        for worker in list(self.workers):
            yield from self._heard(worker)
            if not worker.process.is_alive():
                yield from self._heard(worker)  # what it said before it died
                yield from self._lost(worker, "died")
            elif worker.tasks and time.monotonic() - worker.since > worker.limit:
                worker.process.kill()
                yield from self._lost(worker, "slow")
            elif worker.retiring and not worker.tasks:
                self._remove(worker)

    def _heard(self, worker: _Worker[Task]) -> Iterator[tuple[Task, Result]]:
        try:
            while worker.pipe.poll():
                what, value, megabytes = worker.pipe.recv()
                if what == "ready":
                    worker.ready, self.deaths_at_start = True, 0
                elif what == "began":
                    worker.since, worker.limit = time.monotonic(), self.how.limit_s(worker.tasks[0]) + self._loading(worker)
                elif what == "limit":
                    worker.limit = value + self._loading(worker)
                else:
                    worker.done += 1
                    worker.limit = float("inf")
                    worker.retiring = worker.done >= self.how.most_tasks or megabytes > self.how.most_mb
                    yield worker.tasks.popleft(), value
        except (EOFError, OSError):
            return

    def _loading(self, worker: _Worker[Task]) -> float:
        return 0.0 if worker.done else self.how.load_s

    def _lost(self, worker: _Worker[Task], why: str) -> Iterator[tuple[Task, Result]]:
        """A worker is gone: its present task failed, the next one goes back."""
        tasks = list(worker.tasks)
        worker.tasks.clear()
        self._remove(worker)
        if not worker.ready:
            self.back.extend(tasks)
            self.deaths_at_start += 1
            if self.deaths_at_start >= _DEATHS_AT_START:
                raise MissingPart("worker processes", "die as they start", "run with --workers 1 to see why")
        elif tasks:
            self.back.extend(tasks[1:])
            yield tasks[0], self.how.failed(tasks[0], why)

    def _hire(self) -> _Worker[Task]:
        # spawn: a forked child would inherit the database connection and torch's locked threads
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        arguments = (theirs, self.how.attempt, self.how.start, self.how.start_with, os.getpid())
        process = context.Process(target=_work, args=arguments, daemon=True)
        process.start()
        theirs.close()
        worker: _Worker[Task] = _Worker(process, ours)
        self.workers.append(worker)
        return worker

    def _remove(self, worker: _Worker[Task]) -> None:
        self.workers.remove(worker)
        worker.pipe.close()  # it ends when it finds nobody at the other end
        worker.process.join(5)
        if worker.process.is_alive():
            worker.process.kill()
            worker.process.join()
        worker.process.close()

    def dismiss(self) -> None:
        """End all processes; what they were at is abandoned."""
        for worker in self.workers:
            worker.process.kill()
        for worker in list(self.workers):
            self._remove(worker)


def _work(pipe: Connection, attempt: Callable[..., Any], start: Callable[..., None], start_with: tuple[Any, ...], parent: int) -> None:
    """A worker process: ready, then began → (limit) → done for each task, until the pipe is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the driver decides
    threading.Thread(target=_leave_with, args=(parent,), daemon=True).start()
    try:
        start(*start_with)
        pipe.send(("ready", None, 0.0))
        while True:
            task = pipe.recv()
            pipe.send(("began", None, 0.0))
            result = attempt(task, lambda seconds: pipe.send(("limit", seconds, 0.0)))
            pipe.send(("done", result, peak_mb()))
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return


def _leave_with(parent: int) -> None:
    """End this process soon after the driver has been killed, whatever it is at."""
    while os.getppid() == parent:
        time.sleep(TICK_S)
    os._exit(1)


def peak_mb() -> float:
    """The most memory this process has had in use, megabytes; 0 where the system does not tell.

    Linux says it of the program that runs (``VmHWM``). ``getrusage`` would begin with what the driver had in use when it started it.
    """
    with suppress(OSError), _STATUS.open(encoding="ascii", errors="replace") as status:
        for line in status:
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / (1 << 10)
    try:
        import resource
    except ImportError:  # Windows: workers are replaced by the number of their tasks alone
        return 0.0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1 << 20) if sys.platform == "darwin" else peak / (1 << 10)
