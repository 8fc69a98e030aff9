"""Doing several things at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")

THREADS = 12


def together(jobs: Mapping[str, Callable[[], R]], threads: int = THREADS) -> dict[str, R]:
    """Run jobs at once and return their results by name; the first error ends it."""
    with ThreadPoolExecutor(threads) as pool:
        futures = {name: pool.submit(job) for name, job in jobs.items()}
        try:
            for future in as_completed(futures.values()):
                future.result()
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
        return {name: future.result() for name, future in futures.items()}


def each(work: Callable[[T], R], items: Iterable[T], threads: int) -> Iterator[R]:
    """Do a piece of work for each item and yield the results as they come; an error ends it."""
    with ThreadPoolExecutor(threads) as pool:
        futures: list[Future[R]] = [pool.submit(work, item) for item in items]
        try:
            for future in as_completed(futures):
                yield future.result()
        finally:
            pool.shutdown(cancel_futures=True)
