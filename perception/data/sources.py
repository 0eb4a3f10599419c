"""Sources of samples made of other sources: fewer distinct samples, or one process's share."""

from __future__ import annotations

import numpy as np

from ...envs.interface import ClipSource, SoundwalkError
from .sample import Sample


class Repeated:
    """The first batches of a source again and again, kept in memory.

    Args:
        source: where they come from.
        batches: how many are distinct.

    Raises:
        SoundwalkError: there is none.
    """

    def __init__(self, source: ClipSource, batches: int) -> None:
        if batches < 1:
            raise SoundwalkError(f"batches={batches}: expected at least 1 to repeat")
        self._source, self._batches = source, batches
        self._kept: dict[tuple[int, int], Sample] = {}

    def batch(self, index: int, size: int) -> Sample:
        """Batch number `index` modulo the number of distinct ones; its arrays are shared."""
        key = (index % self._batches, size)
        if key not in self._kept:
            self._kept[key] = self._source.batch(*key)
        return self._kept[key]


class Parted:
    """One process's share of batches that do not depend on how many processes there are.

    A batch is made of `parts` smaller ones; process `rank` of `world` gets the parts rank,
    rank + world, …

    Args:
        source: where the parts come from.
        parts: of a batch.
        rank: of this process.
        world: how many processes there are.

    Raises:
        SoundwalkError: parts do not divide evenly among the processes.
    """

    def __init__(self, source: ClipSource, parts: int, rank: int = 0, world: int = 1) -> None:
        if parts < 1 or parts % world:
            raise SoundwalkError(
                f"parts={parts}: expected a multiple of the {world} processes, so that each gets "
                "as many"
            )
        self._source, self.parts = source, parts
        self.mine = range(rank, parts, world)

    def batch(self, index: int, size: int) -> Sample:
        """This process's parts of batch number `index` of `size` samples, one after the other.

        Raises:
            SoundwalkError: the batch cannot be cut into equal parts.
        """
        if size % self.parts:
            raise SoundwalkError(
                f"batch_size is {size}: expected a multiple of parts, {self.parts}"
            )
        each = size // self.parts
        samples = [self._source.batch(index * self.parts + part, each) for part in self.mine]
        if len(samples) == 1:
            return samples[0]
        return {key: np.concatenate([s[key] for s in samples]) for key in samples[0]}
