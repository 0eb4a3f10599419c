"""Sounding objects move as their sound swells, and nothing else does."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.ndimage import uniform_filter1d

from soundwalk.envs.clips import ClipWorld
from soundwalk.envs.clips.motion import BOUNCE, MANNERS, OPEN, VIBRATE
from soundwalk.envs.interface import CATEGORIES, F64

from .conftest import Make

FRAMES, RATE = 8, 16_000
OPTIONS: dict[str, Any] = {
    "frames": FRAMES, "fps": 15.0, "seconds": 0.6, "wants": ("rgb", "mask", "stems"), "homes": 8,
    "least_pixels": 0.008,
}  # fmt: skip
Batch = dict[str, np.ndarray[Any, Any]]


@pytest.fixture(scope="module")
def pair(make: Make) -> tuple[ClipWorld, Batch, Batch]:
    """The same clips with and without motion."""
    world = make(**OPTIONS, motion=0.25)
    return world, world.batch(0, 96), make(**OPTIONS).batch(0, 96)


def envelopes(world: ClipWorld, batch: Batch) -> F64:
    """(N, F) level of what is sent around each frame over the loudest such level of the clip."""
    width = round(RATE / 15)
    times = 0.3 + (np.arange(FRAMES) - (FRAMES - 1) / 2) / 15
    out = np.empty((len(batch["clip"]), FRAMES))
    for n, (dry, clip) in enumerate(zip(batch["dry"][:, 0, 0], batch["clip"][:, 0], strict=True)):
        whole = world.voices.bank.load(world.voices.bank.all_clips[clip]).astype(float)
        peak = np.sqrt(uniform_filter1d(whole**2, width, mode="wrap").max())
        power = uniform_filter1d(dry.astype(float) ** 2, width)
        out[n] = np.sqrt(np.maximum(power[np.rint(times * RATE).astype(int)], 0.0)) / peak
    return out


def test_without_motion_every_frame_is_the_same(pair: tuple[ClipWorld, Batch, Batch]) -> None:
    rgb = pair[2]["rgb"]
    assert rgb.shape == (96, 1, FRAMES, 64, 64, 3)
    np.testing.assert_array_equal(rgb, np.repeat(rgb[:, :, :1], FRAMES, 2))


def test_an_objects_displacement_follows_the_envelope_of_its_sound(
    pair: tuple[ClipWorld, Batch, Batch],
) -> None:
    """What bounces rises in the image by its displacement over its depth, unless it is cut off."""
    world, moving, still = pair
    np.testing.assert_array_equal(moving["pose"], still["pose"])
    level = envelopes(world, moving)[:, -1]
    expected, found = [], []
    for n in range(96):
        if MANNERS[moving["category"][n, 0]] != BOUNCE:
            continue
        rows = [np.nonzero(b["mask"][n, 0, 0])[0] for b in (still, moving)]
        if min(len(r) for r in rows) < 8 or min(r.min() for r in rows) == 0:
            continue
        depth = moving["distance"][n, 0, 0] * np.cos(moving["azimuth"][n, 0, 0])
        found.append((rows[0].mean() - rows[1].mean()) * depth / 32)
        expected.append(0.25 * np.sqrt(level[n]) * (level[n] > 0.01))
    assert len(found) >= 8
    assert np.corrcoef(expected, found)[0, 1] > 0.8
    assert np.polyfit(expected, found, 1)[0] == pytest.approx(1.0, abs=0.4)


def test_what_is_silent_for_the_moment_stands_still(pair: tuple[ClipWorld, Batch, Batch]) -> None:
    world, moving, still = pair
    level = envelopes(world, moving)
    same = (moving["rgb"] == still["rgb"]).all((1, 3, 4, 5))
    assert (level < 0.008).sum() > 10
    assert same[level < 0.008].all()
    assert (~same[level > 0.1]).mean() > 0.9


def test_nothing_but_the_source_moves(pair: tuple[ClipWorld, Batch, Batch]) -> None:
    """What changes in the last frame is where the object was or is."""
    _, moving, still = pair
    changed = (moving["rgb"][:, 0, -1] != still["rgb"][:, 0, -1]).any(-1)
    places = moving["mask"][:, 0, 0] | still["mask"][:, 0, 0]
    assert changed.any((1, 2)).sum() > 40
    assert not (changed & ~places).any()


def test_every_manner_occurs_and_people_open_their_mouths() -> None:
    assert set(MANNERS.tolist()) == {VIBRATE, BOUNCE, OPEN}
    assert MANNERS[CATEGORIES.index("speech")] == OPEN
    assert MANNERS[CATEGORIES.index("washing_machine")] == VIBRATE


def test_vibration_goes_to_and_fro_and_back_to_its_place(
    pair: tuple[ClipWorld, Batch, Batch],
) -> None:
    """Even frames lie on the other side of the middle than odd ones: three distinct pictures."""
    moving = pair[1]
    shaking = [n for n in range(96) if MANNERS[moving["category"][n, 0]] == VIBRATE]
    rgb = moving["rgb"][shaking, 0].astype(int)
    flips = (rgb[:, 0] != rgb[:, 1]).any((1, 2, 3))
    alike = np.abs(rgb[:, 0] - rgb[:, 2]).mean((1, 2, 3)) <= np.abs(rgb[:, 0] - rgb[:, 1]).mean(
        (1, 2, 3)
    )
    assert flips.mean() > 0.7
    assert alike[flips].mean() > 0.9


def test_what_is_off_screen_does_not_move_into_view(make: Make) -> None:
    batch = make(**{**OPTIONS, "rates": {"offscreen": 1.0}, "motion": 0.5}).batch(0, 32)
    assert not batch["mask"].any()
    np.testing.assert_array_equal(batch["rgb"], np.repeat(batch["rgb"][:, :, :1], FRAMES, 2))


def test_what_does_not_sound_does_not_move(make: Make) -> None:
    batch = make(**{**OPTIONS, "rates": {"silent": 1.0, "noise": 1.0}, "motion": 0.5}).batch(0, 8)
    np.testing.assert_array_equal(batch["rgb"], np.repeat(batch["rgb"][:, :, :1], FRAMES, 2))
