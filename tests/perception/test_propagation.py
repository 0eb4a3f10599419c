"""Values carried to outlines: against loops, within bounds, and learned where blur hides a step."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d, pad

from soundwalk.envs.interface import SoundwalkError
from soundwalk.perception.scores.propagation import Propagation

torch.set_num_threads(1)


def random(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def net(steps: tuple[int, ...] = (2, 1), dim: int = 3) -> Propagation:
    torch.manual_seed(0)
    return Propagation(dim, 8, steps).eval()


def test_each_step_is_the_weighted_mean_of_nine_places() -> None:
    carry, values, guide = net(), random(1, 2, 5, 7), random(1, 3, 5, 7, seed=1)
    with torch.no_grad():
        logits = carry.look(guide)[0].numpy().reshape(2, 9, 5, 7)
        found = carry(values, guide)[0].numpy()
    now = values[0].numpy().astype(np.float64)
    every = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    for step, weights in zip((2, 1), every, strict=True):
        before, now = now, np.zeros_like(now)
        for row in range(5):
            for column in range(7):
                for i in range(9):
                    r = min(max(row + (i // 3 - 1) * step, 0), 4)
                    c = min(max(column + (i % 3 - 1) * step, 0), 6)
                    now[:, row, column] += weights[i, row, column] * before[:, r, c]
    np.testing.assert_allclose(found, now, atol=1e-5)


def test_values_stay_between_the_least_and_the_largest_around() -> None:
    carry, guide = net((4, 2, 1)), 9 * random(2, 3, 16, 16, seed=1)
    same = torch.full((2, 1, 16, 16), 2.5)
    torch.testing.assert_close(carry(same, guide), same)
    values = random(2, 1, 16, 16)
    found = carry(values, guide)
    assert found.min() >= values.min() - 1e-5
    assert found.max() <= values.max() + 1e-5
    assert not torch.allclose(found, values)


def test_values_are_carried_in_full_precision() -> None:
    carry, values, guide = net(), random(1, 1, 8, 8), random(1, 3, 8, 8, seed=1)
    with torch.autocast("cpu", torch.bfloat16):
        found = carry(values.bfloat16(), guide)
    assert found.dtype == torch.float32
    torch.testing.assert_close(found, carry(values, guide), atol=0.05, rtol=0.05)


def rooms(count: int, seed: int) -> tuple[Tensor, Tensor, Tensor]:
    """Depth with a step, the same blurred over 3 pixels, and colours of both sides (N, ·, 16, 16).

    Which side is the nearer one, and by how much, the colours do not say.
    """
    rng = np.random.default_rng(seed)
    side = np.arange(16)[None] >= rng.integers(4, 13, count)[:, None]  # (N, 16)
    depth = np.where(side, *rng.uniform(1, 5, (2, count, 1)))
    colour = np.where(side[..., None], *rng.uniform(0, 1, (2, count, 1, 3)))
    truth = torch.tensor(depth, dtype=torch.float32)[:, None, None].expand(-1, 1, 16, 16)
    seen = torch.tensor(colour, dtype=torch.float32).mT[:, :, None].expand(-1, 3, 16, 16)
    return truth, avg_pool2d(pad(truth, (1, 1, 1, 1), mode="replicate"), 3, 1), seen


def test_blurred_steps_are_sharpened_where_colours_say_so() -> None:
    torch.manual_seed(0)
    carry = Propagation(3, 16, (2, 1))
    rate = torch.optim.Adam(carry.parameters(), 0.02)
    for step in range(200):
        truth, blurred, seen = rooms(32, step)
        rate.zero_grad()
        (carry(blurred, seen) - truth).abs().mean().backward()
        rate.step()
    truth, blurred, seen = rooms(200, 999)
    carry.eval()
    with torch.no_grad():
        error = float((carry(blurred, seen) - truth).abs().mean())
        control = float((carry(blurred, seen.roll(1, 0)) - truth).abs().mean())
    before = float((blurred - truth).abs().mean())
    assert error < 0.35 * before
    assert control > 2 * error


@pytest.mark.parametrize("steps", [(), (0,), (2, -1), (1.5,), (True,)])
def test_steps_are_pixels(steps: tuple[int, ...]) -> None:
    with pytest.raises(SoundwalkError, match="expected pixels"):
        Propagation(3, steps=steps)
