"""Sources and listeners that move smoothly: the pitch is Doppler's, and nothing clicks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.signal import hilbert

from soundwalk.envs.acoustics.trajectory import (
    REACH,
    Trajectory,
    interpolation_table,
    read_delayed,
)
from soundwalk.envs.interface import F32, F64, Action, SoundwalkError
from soundwalk.envs.scenes import shoebox
from soundwalk.envs.simulators.emitters import Sound
from soundwalk.envs.simulators.gliding import best_parts

from .worlds import Make

RATE = 16_000
ONE = np.zeros(1, np.int32)


def tone(frequency: float, seconds: float = 1.0) -> F32:
    time = np.arange(round(RATE * seconds)) / RATE
    return np.sin(2 * np.pi * frequency * time).astype(np.float32)


def emission_times(path: Trajectory, ear: F64, time: F64, speed: float = 343.0) -> F64:
    """T - |path(t_e) - ear| / c solved for t_e by iteration."""
    emitted = time.copy()
    for _ in range(40):
        emitted = time - np.linalg.norm(path.at(emitted) - ear, axis=1) / speed
    return emitted


@pytest.mark.parametrize(("speed", "within"), [(1.0, 0.01), (5.0, 0.02), (14.0, 0.1)])
def test_a_source_that_passes_is_heard_at_the_doppler_frequency(
    make: Make, speed: float, within: float
) -> None:
    """In the free field p(t) = sin(2 pi f t_e) / r(t_e): phase and with it pitch, in radians."""
    ear, seconds = np.array([30.0, 10.0, 1.25]), 4.0
    half = speed * seconds / 2
    path = Trajectory(np.array([(30.0 - half, 13.0, 1.25), (30.0 + half, 13.0, 1.25)]), speed)
    world = make(
        shoebox((60.0, 20.0, 5.0), absorption=1.0),
        moving=speed, receiver="mono", acoustics={"late": False, "order": 0, "air": False},
    )  # fmt: skip
    world.settle(0, 0, np.array([30.0, 10.0, 0.0]), [Sound(tone(1000), path.points[0], path=path)])
    blocks = [world.begin_hearing(ONE)]
    for _ in range(round(4 * seconds) - 1):
        world.act(np.array([0]))
        blocks.append(world.hear())
    heard = np.concatenate(blocks, 2)[0, 0].astype(float)
    time = np.arange(len(heard)) / RATE - 0.25  # it moves from the first action on
    emitted = emission_times(path, ear, time)
    distance = np.linalg.norm(path.at(emitted) - ear, axis=1)
    expected = np.sin(2 * np.pi * 1000 * emitted) / distance
    inside = slice(RATE // 2, -RATE // 4)  # its start from rest is smoothed
    phase = np.unwrap(np.angle(hilbert(heard) * np.conj(hilbert(expected))))[inside]
    assert np.abs(phase).max() < within
    pitch = np.gradient(np.unwrap(np.angle(hilbert(heard))), 1 / RATE)[inside] / (2 * np.pi)
    assert pitch[2000] == pytest.approx(1000 * np.gradient(emitted, time)[inside][2000], rel=3e-3)
    level = np.abs(hilbert(heard))[inside] * distance[inside]
    assert np.abs(20 * np.log10(level)).max() < 0.7


@pytest.mark.parametrize("frequency", [440.0, 3000.0])
@pytest.mark.parametrize("walks", ["source", "listener"])
def test_smooth_motion_leaves_nothing_outside_the_doppler_band(
    make: Make, frequency: float, walks: str
) -> None:
    path = Trajectory(np.array([(1.0, 1.0, 1.2), (1.0, 4.0, 1.2), (5.0, 4.0, 1.2)]), 1.0)
    moving = {"moving": 1.0} if walks == "source" else {"doppler": True}
    world = make(shoebox((6.0, 5.0, 2.7), absorption=0.3), **moving)
    sound = Sound(tone(frequency), path.points[0], path=path if walks == "source" else None)
    world.settle(0, 0, np.array([1.2, 2.5, 0.0]), [sound])
    blocks = [world.begin_hearing(ONE)]
    for step in range(12):
        action = Action.STOP if walks == "source" else Action(1 + step % 3)
        world.act(np.array([int(action)]))
        blocks.append(world.hear())
    heard = np.concatenate(blocks, 2)[0, :, 4_000:].astype(float)
    spectra = np.abs(np.fft.rfft(heard * np.blackman(heard.shape[1]))) ** 2
    off = np.abs(np.fft.rfftfreq(heard.shape[1], 1 / RATE) - frequency)
    assert 10 * np.log10(spectra[:, off > 40].sum() / spectra.sum()) < -50


def test_one_who_stands_still_hears_the_same_with_and_without_smooth_motion(make: Make) -> None:
    room = shoebox((6.0, 5.0, 2.7), absorption=0.3)
    heard = []
    each: list[dict[str, Any]] = [{}, {"doppler": True}, {"doppler": True, "substeps": 4}]
    for options in each:
        world = make(room, **options, acoustics={"late": False})
        world.settle(0, 0, np.array([3.0, 2.0, 0.4]), [Sound(tone(700.0), np.array([1, 4, 1.0]))])
        blocks = [world.begin_hearing(ONE)]
        for _ in range(4):
            world.act(np.array([0]))
            blocks.append(world.hear())
        heard.append(np.concatenate(blocks, 2)[0])
    for other in heard[1:]:
        error = np.sum((other - heard[0]) ** 2) / np.sum(heard[0] ** 2)
        assert 10 * np.log10(error) < -40  # arrivals are rounded to parts of a sample


def test_a_walk_goes_there_and_back_at_its_speed() -> None:
    path = Trajectory(np.array([(0.0, 0.0, 1.0), (3.0, 0.0, 1.0), (3.0, 4.0, 1.0)]), 2.0)
    assert path.length == 7.0
    np.testing.assert_allclose(
        path.at([-1.0, 0.0, 1.0, 2.0, 3.5, 4.0, 7.0]),
        [(0, 0, 1), (0, 0, 1), (2, 0, 1), (3, 1, 1), (3, 4, 1), (3, 3, 1), (0, 0, 1)],
    )
    steps = np.linalg.norm(np.diff(path.at(np.linspace(0, 20, 4001)), axis=0), axis=1)
    assert steps.max() <= 2.0 * 20 / 4000 + 1e-12
    assert (Trajectory(path.points[:1], 2.0).at([0.0, 9.0]) == path.points[0]).all()


@pytest.mark.parametrize("frequency", [100.0, 1000.0, 4000.0, 6000.0])
def test_a_sine_read_with_a_delay_is_that_sine_with_the_delay_in_its_phase(
    frequency: float,
) -> None:
    """A constant delay, and one that grows linearly, against the sine itself."""
    table, samples = interpolation_table(), 600
    assert table.shape[1] == 2 * REACH
    turn = 2 * np.pi * frequency / RATE
    signal = np.sin(turn * np.arange(-100, samples + 100)).astype(np.float32)[None]
    for low, high in ((20.37, 20.37), (20.0, 26.0)):
        out, slopes = np.empty((1, samples), np.float32), np.array([(high - low) / samples])
        delays = np.linspace(low, high, 5)[None]
        read_delayed(signal, np.array([-100]), 0, delays, slopes, table, out)
        tau = low + (high - low) * np.arange(samples) / samples
        np.testing.assert_allclose(out[0], np.sin(turn * (np.arange(samples) - tau)), atol=2e-3)
        assert slopes[0] == pytest.approx((high - low) / samples, abs=1e-12)


def test_a_slope_carries_on_from_block_to_block() -> None:
    """One block of 8 intervals or two of 4 differ only by how their middle slope is estimated."""
    table = interpolation_table()
    delays = 30.0 + 5.0 * np.sin(np.linspace(0, 1.5, 9))[None]
    noise = np.random.default_rng(0).standard_normal((1, 2_200))
    signal = (np.cumsum(noise, axis=1) / 10).astype(np.float32)
    first, whole = np.array([-100]), np.empty((1, 1_600), np.float32)
    slopes = np.zeros(1)
    read_delayed(signal, first, 0, delays, slopes, table, whole)
    halves = [np.empty((1, 800), np.float32) for _ in range(2)]
    slopes = np.zeros(1)
    for i, half in enumerate(halves):
        part = np.ascontiguousarray(delays[:, 4 * i : 4 * i + 5])
        read_delayed(signal, first, 800 * i, part, slopes, table, half)
    np.testing.assert_allclose(np.concatenate(halves, 1), whole, atol=2e-2)


def test_fast_sources_are_cut_into_more_parts() -> None:
    assert [best_parts(v) for v in (0.0, 1.0, 2.0, 2.1, 8.0)] == [1, 1, 1, 2, 4]


@pytest.mark.parametrize(
    ("points", "speed", "message"),
    [
        (np.zeros((0, 3)), 1.0, r"path of shape \(0, 3\)"),
        (np.zeros((2, 2)), 1.0, r"path of shape \(2, 2\)"),
        (np.full((2, 3), np.nan), 1.0, "found NaN"),
        (np.zeros((2, 3)), -1.0, "speed=-1.0: expected 0 or more"),
    ],
)
def test_a_path_that_cannot_be_walked_is_refused(points: F64, speed: float, message: str) -> None:
    with pytest.raises(SoundwalkError, match=message):
        Trajectory(points, speed)
