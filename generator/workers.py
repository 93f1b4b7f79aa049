"""Work in several processes, through `concurrent.futures`."""

import gc
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from contextlib import contextmanager
from itertools import chain
from typing import TypeVar

from generator.errors import BriefbookError

WORTH_PROCESSES = 300  # items: with fewer, starting processes of a large one takes longer than it saves
CHUNK = 40  # items that a process takes at a time

Item = TypeVar("Item")
Result = TypeVar("Result")


def spread(
    work: Callable[[Sequence[Item]], Sequence[Result]],
    items: Sequence[Item],
    executor: Executor | None = None,
    meanwhile: Callable[[], object] = lambda: None,
) -> Iterator[Result]:
    """Yield what comes of items, in their order; `work` takes some of them at a time.

    `executor` does it, if one is given; otherwise processes that are forked do, where the system has them and there are
    enough items. So `work` may use what was made before, and must be a function of a module. `meanwhile` is
    done here, when they have begun.
    Raises: what `work` does; BriefbookError when a process was ended.
    """
    chunks = [items[start : start + CHUNK] for start in range(0, len(items), CHUNK)]
    if executor:
        found = executor.map(work, chunks)
        meanwhile()
        yield from chain.from_iterable(found)
    elif len(items) < WORTH_PROCESSES or not _can_fork():
        meanwhile()
        yield from chain.from_iterable(map(work, chunks))
    else:
        yield from _in_processes(work, chunks, meanwhile)


def _in_processes(
    work: Callable[[Sequence[Item]], Sequence[Result]],
    chunks: Sequence[Sequence[Item]],
    meanwhile: Callable[[], object],
) -> Iterator[Result]:
    from concurrent.futures.process import BrokenProcessPool, ProcessPoolExecutor  # take a while to load
    from multiprocessing import get_context

    gc.freeze()  # what is there is the same for all of them: none looks through it for what is no longer used
    processes = ProcessPoolExecutor(mp_context=get_context("fork"), initializer=_ignore_interrupts)
    try:
        with _interrupts_held():
            found = processes.map(work, chunks)  # forks them all
        meanwhile()
        yield from chain.from_iterable(found)
    except BrokenProcessPool as error:
        raise BriefbookError("A process at work was ended: is there too little memory?") from error
    finally:
        processes.shutdown(cancel_futures=True)


def _can_fork() -> bool:
    """Tell whether processes can be forked and are of use: of other threads, a fork would keep the locks for ever."""
    return hasattr(os, "fork") and (os.cpu_count() or 1) > 1 and threading.active_count() == 1


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Let Ctrl+C wait: a process that is forked meanwhile is not to meet it before it knows to ignore it."""
    held = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, held)


def _ignore_interrupts() -> None:
    """Leave Ctrl+C to the process that waits for this one, and then takes its work away."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
