"""Runs in worker processes; every run is a line in a folder, so that a second call goes on where the first stopped."""

from __future__ import annotations

import itertools
import multiprocessing
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from multiprocessing.process import BaseProcess
from multiprocessing.queues import Queue
from pathlib import Path
from queue import Empty
from typing import Final

from benchmarks.generation.dwelling import NoRoom
from benchmarks.inference.attackers import attack
from benchmarks.inference.office import Office
from benchmarks.inference.reckoned import RECKONED, Reckoned
from benchmarks.inference.records import Run, from_json, to_json
from benchmarks.inference.rig import rig_in
from benchmarks.inference.worlds import NATIONAL, TINY, World, new_world
from service.settings import Settings

__all__ = ["FILE", "Job", "carry_out", "in_order", "kept_runs", "run_job", "world_of"]

FILE: Final = "runs.jsonl"
_FIRST: Final = ("all_on", "naive")
_LOOK_S: Final = 2.0
_LITTLE: Final = {"admission_kommuner": 5, "admission_lan": 2, "admission_facilities": 5}
"""Admission where there are few facilities."""
_ATTEMPTS: Final = 20
_NEXT_ATTEMPT: Final = 10_007

Key = tuple[str, str, int, int]


@dataclass(frozen=True)
class Job:
    """One run that is wanted.

    Parameters
    ----------
    mode : of the service
    play : of the attackers
    vacancy : percent
    number : names the world, and all dice
    per_unit : questions each unit asks
    is_tiny : a small world, for tests
    """

    mode: str
    play: str
    vacancy: int
    number: int
    per_unit: int
    is_tiny: bool = False

    @property
    def key(self) -> Key:
        """Which run it makes."""
        return self.mode, self.play, self.vacancy, self.number


def in_order(jobs: Iterable[Job]) -> list[list[Job]]:
    """Jobs by world, the first world of every vacancy before the second of any: a call that is stopped is balanced.

    In each round the service with all defences on and the naive one come first, then the other modes; what is
    reckoned comes last.
    """

    def turn(job: Job) -> tuple[bool, int, bool, int, bool]:
        return job.mode in RECKONED, job.number, job.mode not in _FIRST, -job.vacancy, job.is_tiny

    return [list(own) for _, own in itertools.groupby(sorted(jobs, key=turn), key=turn)]


def kept_runs(folder: Path) -> list[Run]:
    """Runs that a folder has; a line that was cut off is passed over."""
    found: dict[Key, Run] = {}
    file = folder / FILE
    for line in file.read_text(encoding="utf-8").splitlines() if file.is_file() else ():
        try:
            run = from_json(line)
        except ValueError:
            continue
        found[run.key] = run
    return list(found.values())


def run_job(job: Job, office: Office | None) -> Run:
    """Attack the real service; in a reckoned mode what it would tell.

    Parameters
    ----------
    office : open; none: only reckoned modes can be run
    """
    attacked = partial(
        attack,
        play=job.play,
        seed=job.number,
        per_unit=job.per_unit,
        mode=job.mode,
        number=job.number,
        clock=time.perf_counter,
    )
    if job.mode in RECKONED:
        begun = _reckoned(job.vacancy, job.number, job.is_tiny)
        return attacked(begun.anew(Settings.model_validate(RECKONED[job.mode]), job.number))
    if office is None:
        raise ValueError("a run of the real service needs an office")
    spec, reads_trail = _world(job).spec, job.play == "triangulation"
    more = _LITTLE if job.is_tiny else None
    with rig_in(office, job.vacancy, spec.seed, job.mode, spec=spec, more=more, reads_trail=reads_trail) as rig:
        return attacked(rig)


@lru_cache(maxsize=1)
def _world_of(vacancy: int, number: int, is_tiny: bool) -> World:
    spec = replace(TINY if is_tiny else NATIONAL, vacancy_percent=vacancy)
    for attempt in range(_ATTEMPTS):
        try:
            return new_world(replace(spec, seed=number + attempt * _NEXT_ATTEMPT))
        except NoRoom:
            if attempt == _ATTEMPTS - 1:
                raise
    raise AssertionError("unreachable")


@lru_cache(maxsize=1)
def _reckoned(vacancy: int, number: int, is_tiny: bool) -> Reckoned:
    return Reckoned(_world_of(vacancy, number, is_tiny))


def _world(job: Job) -> World:
    """Of the first seed with room for everybody: with few vacancies not every dealing of people is a safe one."""
    return _world_of(job.vacancy, job.number, job.is_tiny)


def world_of(run: Run) -> World:
    """The world a run was in."""
    return _world_of(run.vacancy, run.number, len(run.public.facilities) == TINY.facilities)


def _work(wanted: Queue[list[Job] | None], found: Queue[str | None]) -> None:
    """One worker: its own register, jobs until there are none."""
    parent = multiprocessing.parent_process()

    def is_wanted() -> bool:
        return parent is None or parent.is_alive()

    with Office() as office:
        while (jobs := wanted.get()) is not None:
            for job in jobs:
                if not is_wanted():
                    return  # whoever started this is gone
                try:
                    found.put(to_json(run_job(job, office)))
                except Exception as error:
                    # One world that cannot be played is no reason to lose the others; it is told and counted.
                    print(f"failed: {job.key}: {type(error).__name__}: {error}", file=sys.stderr, flush=True)
                    found.put("")
    found.put(None)


def carry_out(jobs: Sequence[Job], folder: Path, workers: int) -> int:
    """Do what is not done yet; returns how many runs failed.

    Parameters
    ----------
    folder : gets a line for each run as soon as it is there
    workers : processes
    """
    folder.mkdir(parents=True, exist_ok=True)
    done = {run.key for run in kept_runs(folder)}
    groups = in_order(job for job in jobs if job.key not in done)
    count = sum(map(len, groups))
    if not count:
        return 0
    spawned = multiprocessing.get_context("spawn")
    wanted: Queue[list[Job] | None] = spawned.Queue()
    found: Queue[str | None] = spawned.Queue()
    for group in [*groups, *([None] * workers)]:
        wanted.put(group)
    processes = [spawned.Process(target=_work, args=(wanted, found)) for _ in range(workers)]
    for process in processes:
        process.start()
    try:
        _keep(folder / FILE, _lines(found, processes), count)
    except BaseException:
        for process in processes:
            process.terminate()
        raise
    finally:
        for process in processes:
            process.join()
    made = {run.key for run in kept_runs(folder)}
    return sum(job.key not in made for group in groups for job in group)


def _keep(file: Path, lines: Iterable[str], count: int) -> None:
    began = time.monotonic()
    with file.open("a", encoding="utf-8") as kept:
        for number, line in enumerate(lines, 1):
            if line:
                kept.write(line + "\n")
                kept.flush()
            print(f"{number} of {count} runs, {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)


def _lines(found: Queue[str | None], processes: Sequence[BaseProcess]) -> Iterator[str]:
    """What the workers say until all have ended."""
    left = len(processes)
    while left:
        try:
            line = found.get(timeout=_LOOK_S)
        except Empty:
            if not any(process.is_alive() for process in processes):
                return  # a worker was killed
            continue
        if line is None:
            left -= 1
        else:
            yield line
