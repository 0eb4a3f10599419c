"""Echolocation: what comes back, when, and only when something was emitted."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from scipy.signal import correlate

from soundwalk.envs.interface import EMIT, F32, F64, SENSOR_HEIGHT, Action, SoundwalkError
from soundwalk.envs.scenes import shoebox
from soundwalk.envs.scenes.materials import uniform
from soundwalk.envs.scenes.quads import quad_triangles
from soundwalk.envs.scenes.scene import EAST, WEST, Scene
from soundwalk.envs.simulators.echo import AHEAD, BELOW, load_emission, sweep
from soundwalk.envs.simulators.emitters import Sound
from soundwalk.envs.simulators.native import NativeSimulator
from soundwalk.envs.simulators.options import pressure

from .worlds import Make

RATE, SPEED = 16_000, 343.0
ONE = np.zeros(1, np.int32)
HALL = shoebox((20.0, 20.0, 8.0), absorption=0.1, scattering=0.0)
ALONE: dict[str, Any] = {
    "receiver": "mono", "echolocation": "always", "ear_height": 2.2, "acoustics": {"late": False},
}  # fmt: skip
SILENCE = Sound(np.ones(1, np.float32), np.array([1.0, 1.0, 1.0]), onset=1000.0)


def place(world: NativeSimulator, x: float, y: float, heading: float = 0.0) -> None:
    world.settle(0, 0, np.array([x, y, heading]), [SILENCE])


def echo(world: NativeSimulator) -> F32:
    assert world.heard is not None
    assert world.heard.echo is not None
    first: F32 = world.heard.echo[0]
    return first


def matched(heard: F32) -> F64:
    """Correlation with the sweep: entry n is what arrived n samples after emission."""
    filtered: F64 = correlate(heard.astype(float), sweep(RATE).astype(float), "full")
    return np.abs(filtered[len(sweep(RATE)) - 1 :])


@pytest.mark.parametrize("distance", [0.8, 1.0, 1.5, 2.0])
def test_the_first_echo_comes_from_the_wall_ahead_twice_its_distance_later(
    make: Make, distance: float
) -> None:
    """In a large room with ears high up, so that the floor answers later."""
    world = make(HALL, **ALONE)
    place(world, 20.0 - distance, 10.0)
    world.begin_hearing(ONE)
    response = matched(echo(world)[0])
    direct = np.hypot(AHEAD, BELOW)
    assert abs(int(response[:30].argmax()) - direct / SPEED * RATE) <= 1.0
    after = 60 + int(response[60:].argmax())
    back = np.hypot(2 * distance - AHEAD, BELOW)  # from the mirror image of the emitter
    assert abs(after - back / SPEED * RATE) <= 1.5
    assert response[after] / response[:30].max() == pytest.approx(
        np.sqrt(0.9) * direct / back, rel=0.25
    )


def with_wardrobe(distance: float | None) -> Scene:
    """A hall with soft walls, and a cabinet whose front is so far east of its middle."""
    hall = shoebox((20.0, 20.0, 8.0), absorption=0.999, scattering=0.0)
    if distance is None:
        return hall
    x0, x1 = 10.0 + distance, 10.6 + distance
    flat = np.array([[x, 8.5, 0.0, x, 11.5, 4.0] for x in (x0, x1)])
    triangles = quad_triangles(flat, np.array([WEST, EAST]))
    return dataclasses.replace(
        hall,
        triangles=np.concatenate([hall.triangles, triangles]),
        surface=np.append(hall.surface, [len(hall.surfaces)] * 4).astype(np.int32),
        instance=np.append(hall.instance, [1] * 4).astype(np.int32),
        surfaces=(*hall.surfaces, uniform("wardrobe", (0.1,), (0.0,))),
        obstacles=np.concatenate([hall.obstacles, [[x0, 8.5, x1, 11.5]]]),
    )


@pytest.mark.parametrize("distance", [0.8, 1.0, 1.5])
def test_a_wardrobe_ahead_is_heard_twice_its_distance_later(make: Make, distance: float) -> None:
    """Off the triangles that the camera sees; the walls are soft, and without it nothing is."""
    levels = []
    for scene in (with_wardrobe(distance), with_wardrobe(None)):
        world = make(scene, **ALONE)
        place(world, 10.0, 10.0)
        world.begin_hearing(ONE)
        response = matched(echo(world)[0])
        later = response[60:160] / response[:30].max()  # the floor answers after 200 samples
        levels.append(later.max())
        if len(levels) == 1:
            back = np.hypot(2 * distance - AHEAD, BELOW)
            assert abs(60 + int(later.argmax()) - back / SPEED * RATE) <= 2.0
            direct = np.hypot(AHEAD, BELOW)
            assert levels[0] == pytest.approx(np.sqrt(0.9) * direct / back, rel=0.3)
    assert levels[1] < 0.05 * levels[0]


def test_turning_away_from_the_wall_moves_the_emitter_with_the_head(make: Make) -> None:
    world = make(HALL, **ALONE)
    times = []
    for heading in (0.0, np.pi):
        place(world, 18.5, 10.0, heading)
        world.begin_hearing(ONE)
        times.append(60 + int(matched(echo(world)[0])[60:].argmax()))
    assert times[1] - times[0] == pytest.approx(2 * AHEAD / SPEED * RATE, abs=1.5)


def test_only_who_chooses_to_emit_hears_an_echo_and_it_rings_on(make: Make) -> None:
    world = make(shoebox((6.0, 5.0, 2.7), absorption=0.1), echolocation="action")
    place(world, 3.0, 2.0)
    assert not world.begin_hearing(ONE).any()
    levels = []
    for action in (int(Action.STOP), EMIT, int(Action.STOP), int(Action.STOP)):
        before = world.poses.copy()
        world.act(np.array([action]))
        np.testing.assert_array_equal(world.poses, before)
        heard = world.hear()[0]
        np.testing.assert_allclose(heard, echo(world), atol=1e-7)
        levels.append(float(np.abs(heard).max()))
    assert levels[0] == 0.0
    assert levels[1] > 20 * levels[2] > 0.0
    assert levels[3] < levels[2]


def test_the_echo_is_in_the_audio_beside_what_else_sounds(make: Make) -> None:
    room, goal = shoebox((6.0, 5.0, 2.7), absorption=0.3), np.array([1.0, 1.0, 1.0])
    noise = np.random.default_rng(0).standard_normal(9_000).astype(np.float32)
    heard = []
    for echolocation in ("always", "off"):
        world = make(room, echolocation=echolocation)
        world.settle(0, 0, np.array([3.0, 2.0, 0.3]), [Sound(noise, goal)])
        world.begin_hearing(ONE)
        world.act(np.array([int(Action.TURN_LEFT)]))
        heard.append(world.hear()[0])
        if echolocation == "always":
            mine = echo(world)
    np.testing.assert_allclose(heard[0] - heard[1], mine, atol=1e-5)


def test_the_emission_has_the_peak_it_is_said_to_have(make: Make) -> None:
    world = make(
        shoebox((20.0, 20.0, 8.0), absorption=1.0),
        receiver="mono", echolocation="always", emission_level=80.0, acoustics={"late": False},
    )  # fmt: skip
    place(world, 10.0, 10.0)
    world.begin_hearing(ONE)
    peak = np.abs(echo(world)).max() * np.hypot(AHEAD, BELOW)
    assert peak == pytest.approx(pressure(80.0), rel=0.15)


def test_the_sweep_lasts_three_milliseconds_and_rises() -> None:
    signal = sweep(48_000)
    assert len(signal) == 144
    assert np.abs(signal).max() == 1.0
    crossings = np.flatnonzero(np.diff(np.sign(signal)) != 0)
    gaps = np.diff(crossings)
    assert gaps[0] > gaps[-1]
    assert SENSOR_HEIGHT - BELOW > 0


def test_a_recording_can_be_the_emission(tmp_path: Path) -> None:
    path = tmp_path / "click.wav"
    click = np.zeros(100, np.float32)
    click[10] = 0.25
    soundfile.write(path, click, RATE)
    emission = load_emission(str(path), RATE, 4_000)
    assert emission.argmax() == 10
    assert emission.max() == 1.0


@pytest.mark.parametrize(
    ("rate", "samples", "level", "message"),
    [
        (44_100, 100, 0.5, "has 44100 samples per second: expected 16000"),
        (16_000, 5_000, 0.5, "at most one step, 4000 samples"),
        (16_000, 100, 0.0, "a peak of 0"),
    ],
)
def test_a_recording_that_cannot_be_the_emission_is_refused(
    tmp_path: Path, rate: int, samples: int, level: float, message: str
) -> None:
    path = tmp_path / "bad.wav"
    soundfile.write(path, np.full(samples, level), rate)
    with pytest.raises(SoundwalkError, match=message):
        load_emission(str(path), RATE, 4_000)


def test_an_emission_that_is_no_sound_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SoundwalkError, match="expected 'sweep' or a sound file"):
        load_emission("chirp", RATE, 4_000)
    path = tmp_path / "text.wav"
    path.write_text("no sound")
    with pytest.raises(SoundwalkError, match="cannot be read as sound"):
        load_emission(str(path), RATE, 4_000)
