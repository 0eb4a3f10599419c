"""A source of clips that needs no homes: a square of a colour and a tone of a pitch.

The square's colour says the pitch of the tone, its column which ear hears it louder; the delay of
an echo says how far everything is.
"""

from __future__ import annotations

from typing import Any

import numpy as np

SIZE, RATE, SECONDS = 32, 16_000, 0.1
COLOURS = ((220, 30, 30), (30, 220, 30), (30, 30, 220), (220, 220, 30))


class Toy:
    """See the module; takes the arguments that every source does."""

    def __init__(self, split: str = "train", sounds: str = "heard", seed: int = 0) -> None:
        self._seed = [seed, sum(split.encode())]

    def batch(self, index: int, size: int) -> dict[str, np.ndarray[Any, Any]]:
        rng = np.random.default_rng([*self._seed, index])
        column, colour = rng.integers(0, 4, (2, size))
        metres = rng.uniform(1.0, 5.0, size).astype(np.float32)
        rgb = rng.integers(0, 40, (size, 1, 1, SIZE, SIZE, 3)).astype(np.uint8)
        mask = np.zeros((size, 1, 1, SIZE, SIZE), bool)
        time = np.arange(round(RATE * SECONDS)) / RATE
        audio = np.zeros((size, 1, 2, len(time)), np.float32)
        echo = 1e-3 * rng.standard_normal((size, 1, 2, 640)).astype(np.float32)
        for i in range(size):
            left = 8 * int(column[i])
            mask[i, 0, 0, 10:18, left : left + 8] = True
            rgb[i, 0, 0][mask[i, 0, 0]] = COLOURS[colour[i]]
            tone = 0.1 * np.sin(2 * np.pi * (800 + 1500 * colour[i]) * time + rng.uniform(0, 6))
            audio[i, 0] = tone * np.array([[1.0 - 0.25 * column[i]], [0.25 + 0.25 * column[i]]])
            echo[i, 0, :, int(metres[i] * 100) :][..., :20] += 0.3
        return {
            "rgb": rgb,
            "mask": mask,
            "audio": audio,
            "echo": echo,
            "depth": np.broadcast_to(metres[:, None, None, None], (size, 1, SIZE, SIZE)).copy(),
            "kind": np.zeros(size, np.int64),
            "in_view": np.full((size, 1), 3),
            "azimuth": (0.6 - 0.4 * column[:, None, None]).astype(np.float32),
            "distance": metres[:, None, None],
            "category": colour[:, None].astype(np.int64),
        }


class ShortToy(Toy):
    """A data set of 30 samples."""

    def __len__(self) -> int:
        return 30
