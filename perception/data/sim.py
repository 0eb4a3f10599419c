"""Samples that are computed while a training runs, ahead of it, and samples of any environment."""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType

from ...envs.interface import ClipSource, SoundwalkError
from .sample import Sample

__all__ = ["SimClips"]


class SimClips:
    """Batches of a source in order, computed ahead by one thread in the background.

    Kernels and Fourier transforms hold no lock, so that a second core computes clips while the
    first one trains. What goes wrong in the thread is raised where the batch is asked for.

    Args:
        source: of the samples.
        batch_size: samples of a batch.
        start: number of the first batch; a training that was interrupted after n goes on at n.
        prefetch: batches computed ahead.

    Raises:
        SoundwalkError: a number has no meaning.

    >>> class Counter:
    ...     def batch(self, index, size):
    ...         return {"index": [index] * size}
    >>> with SimClips(Counter(), 2, start=7) as clips:
    ...     next(clips)["index"], next(clips)["index"], clips.index
    ([7, 7], [8, 8], 9)
    """

    def __init__(
        self, source: ClipSource, batch_size: int, *, start: int = 0, prefetch: int = 2
    ) -> None:
        for name, value, least in (
            ("batch_size", batch_size, 1), ("start", start, 0), ("prefetch", prefetch, 1),
        ):  # fmt: skip
            if value < least:
                raise SoundwalkError(f"{name}={value}: expected {least} or more")
        self.index = start  # of the batch that comes next
        self._source, self._size, self._prefetch = source, batch_size, prefetch
        self._asked = start
        self._coming: deque[Future[Sample]] = deque()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="clips")
        self._closed = False

    def __enter__(self) -> SimClips:
        """Itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close."""
        self.close()

    def __iter__(self) -> SimClips:
        """Itself: batches without end."""
        return self

    def __next__(self) -> Sample:
        """The next batch.

        Raises:
            StopIteration: it was closed.
        """
        if self._closed:
            raise StopIteration
        while len(self._coming) <= self._prefetch:
            self._coming.append(self._thread.submit(self._source.batch, self._asked, self._size))
            self._asked += 1
        self.index += 1
        return self._coming.popleft().result()

    def close(self) -> None:
        """Stop the thread; a batch that it has begun is finished first. The source stays open."""
        self._closed = True
        self._thread.shutdown(wait=True, cancel_futures=True)
        self._coming.clear()
