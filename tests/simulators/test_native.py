"""What agents hear over time: the clip, looped, through the room, for as long as it sounds."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from scipy.signal import fftconvolve

from soundwalk.envs.acoustics import AcousticConfig
from soundwalk.envs.interface import F32, F64, I32, SENSOR_HEIGHT, Action, SoundwalkError
from soundwalk.envs.rendering import Camera
from soundwalk.envs.simulators.homes import HomePool
from soundwalk.envs.simulators.native import NativeSimulator

CONFIG = AcousticConfig()
RATE = CONFIG.sample_rate
AGENTS = 2
EVERYONE = np.arange(AGENTS, dtype=np.int32)


@pytest.fixture(scope="module")
def pool() -> Iterator[HomePool]:
    pool = HomePool(3, AGENTS, CONFIG)
    pool.acquire(4, (2, 2))
    yield pool
    pool.close()


@pytest.fixture
def simulator(pool: HomePool) -> NativeSimulator:
    return NativeSimulator(pool, AGENTS, Camera(8, 8, 1.5), CONFIG)


@pytest.fixture
def dry_room(simulator: NativeSimulator, monkeypatch: pytest.MonkeyPatch) -> NativeSimulator:
    """A simulator whose ears are at the source: left hears it as it is, right at half of it."""

    def identity(agents: I32) -> F32:
        out = np.zeros((len(agents), 2, CONFIG.samples), np.float32)
        out[:, 0, 0], out[:, 1, 0] = 1.0, 0.5
        return out

    monkeypatch.setattr(simulator.hearing, "renewed", identity)
    return simulator


def clip(samples: int, seed: int = 0) -> F32:
    return np.random.default_rng(seed).standard_normal(samples).astype(np.float32)


def pose(pool: HomePool, seed: int = 0) -> F64:
    point = pool.home(0).nav.sample_free(np.random.default_rng(seed), 1)[0]
    return np.array([*point, 0.7])


def settle(
    simulator: NativeSimulator, dry: F32, offset: int = 0, duration: float = 0.0, seed: int = 0
) -> None:
    """All agents at one place with one sound, the source at the home's first object."""
    source = np.array(simulator.pool.home(0).scene.plan.objects[0].position)
    for agent in range(AGENTS):
        simulator.place(agent, 0, pose(simulator.pool, seed), source, dry, offset, duration)


def listen(simulator: NativeSimulator, steps: int) -> F32:
    """(N, 2, steps * block) from the first step on."""
    blocks = [simulator.begin_hearing(EVERYONE)]
    blocks += [simulator.hear() for _ in range(steps - 1)]
    return np.concatenate(blocks, axis=2)


def looped(dry: F32, first: int, samples: int) -> F32:
    """Samples first ... first + samples of the clip repeated for ever, before 0 too."""
    return dry[np.arange(first, first + samples) % len(dry)]


@pytest.mark.parametrize("length", [1, 7, 700, 3_999, 4_000, 4_160, 4_161, 9_001, 40_000])
@pytest.mark.parametrize("offset", [0, 1, 650])
def test_the_blocks_put_together_are_the_clip_looped_without_a_seam(
    dry_room: NativeSimulator, length: int, offset: int
) -> None:
    dry = clip(length)
    settle(dry_room, dry, offset)
    heard = listen(dry_room, 5)
    expected = looped(dry, offset, heard.shape[2])
    np.testing.assert_allclose(heard[0, 0], expected, atol=2e-5)
    np.testing.assert_allclose(heard[0, 1], expected / 2, atol=2e-5)


@pytest.mark.parametrize("duration", [0.1, 0.25, 0.255, 0.6, 1.0])
def test_a_sound_of_some_duration_ends_to_the_sample(
    dry_room: NativeSimulator, duration: float
) -> None:
    dry = clip(5_000)
    settle(dry_room, dry, offset=123, duration=duration)
    heard = listen(dry_room, 6)[0, 0]
    end = round(duration * RATE)
    np.testing.assert_allclose(heard[:end], looped(dry, 123, end), atol=2e-5)
    assert np.abs(heard[end:]).max() < 2e-5


def test_a_source_says_that_it_is_silent_once_the_agent_has_heard_all_of_it(
    dry_room: NativeSimulator,
) -> None:
    settle(dry_room, clip(5_000), duration=0.6)
    dry_room.begin_hearing(EVERYONE)
    said = [bool(dry_room.silent()[0])]
    for _ in range(4):
        dry_room.hear()
        said.append(bool(dry_room.silent()[0]))
    assert said == [False, False, True, True, True]  # after 0.25, 0.5, 0.75 s …


def test_a_sound_without_duration_never_ends(dry_room: NativeSimulator) -> None:
    settle(dry_room, clip(50))
    assert not dry_room.silent().any()
    listen(dry_room, 12)
    assert not dry_room.silent().any()


@pytest.mark.parametrize("length", [900, 20_000])
def test_from_the_first_sample_on_one_hears_a_sound_that_has_always_been_on(
    simulator: NativeSimulator, length: int
) -> None:
    """One long offline convolution, cut where the episode begins."""
    dry, offset, steps = clip(length), 345, 4
    settle(simulator, dry, offset)
    rirs = simulator.rirs(EVERYONE)
    heard = listen(simulator, steps)
    before = CONFIG.samples
    signal = looped(dry, offset - before, before + heard.shape[2])
    for agent in range(AGENTS):
        for ear in range(2):
            whole = fftconvolve(signal.astype(float), rirs[agent, ear].astype(float))
            expected = whole[before : before + heard.shape[2]]
            scale = np.abs(expected).max()
            assert scale > 1e-3
            np.testing.assert_allclose(heard[agent, ear], expected, atol=2e-5 * max(scale, 1))


def test_a_walker_hears_each_step_through_the_response_of_where_it_is(
    simulator: NativeSimulator,
) -> None:
    """In the middle of a click train's steps the response is that of the present pose."""
    click = np.zeros(simulator.block, np.float32)
    click[1_000] = 1.0  # once in each step, well after the cross-fade
    settle(simulator, click, seed=3)
    simulator.begin_hearing(EVERYONE)
    past = [simulator.rirs(EVERYONE)] * 2
    for action in (Action.TURN_LEFT, Action.TURN_LEFT, Action.MOVE_FORWARD):
        simulator.act(np.full(AGENTS, int(action)))
        present = simulator.rirs(EVERYONE)
        heard = simulator.hear()
        expected = np.zeros_like(heard)
        expected[:, :, 1_000:] += present[:, :, :3_000]
        for age, rirs in enumerate(reversed(past[-2:]), 1):
            tail = rirs[:, :, age * 4_000 - 1_000 :][:, :, :4_000]
            expected[:, :, : tail.shape[2]] += tail
        np.testing.assert_allclose(heard, expected, atol=1e-4 * np.abs(expected).max())
        past.append(present)


def test_what_one_agent_does_is_not_heard_by_the_other(pool: HomePool) -> None:
    heard = []
    for other in (Action.STOP, Action.MOVE_FORWARD):
        simulator = NativeSimulator(pool, AGENTS, Camera(8, 8, 1.5), CONFIG)
        settle(simulator, clip(6_000))
        blocks = [simulator.begin_hearing(EVERYONE)]
        for action in (Action.TURN_LEFT, Action.MOVE_FORWARD, Action.TURN_RIGHT):
            simulator.act(np.array([int(action), int(other)]))
            blocks.append(simulator.hear())
        heard.append(np.stack(blocks))
    np.testing.assert_array_equal(heard[0][:, 0], heard[1][:, 0])
    assert (heard[0][:, 1] != heard[1][:, 1]).any()


def test_placing_one_agent_anew_forgets_its_past_and_leaves_the_other_alone(
    simulator: NativeSimulator, pool: HomePool
) -> None:
    loud, quiet = 100 * clip(3_000), np.zeros(10, np.float32)
    settle(simulator, loud)
    listen(simulator, 2)
    source = np.array(pool.home(0).scene.plan.objects[0].position)
    simulator.place(1, 0, pose(pool), source, quiet, 0, 0.0)
    assert (simulator.begin_hearing(np.array([1], np.int32)) == 0).all()
    heard = simulator.hear()
    assert (heard[1] == 0).all()
    alone = NativeSimulator(pool, AGENTS, Camera(8, 8, 1.5), CONFIG)
    settle(alone, loud)
    np.testing.assert_array_equal(heard[0], listen(alone, 3)[0, :, -simulator.block :])


def test_ears_and_eyes_are_at_the_same_height_wherever_one_stands(
    simulator: NativeSimulator,
) -> None:
    """The response is the engine's own for a head at SENSOR_HEIGHT."""
    from soundwalk.envs.acoustics import GeometricEngine

    settle(simulator, clip(100), seed=5)
    x, y, heading = simulator.poses[0]
    engine = GeometricEngine(simulator.pool.home(0).scene)
    source = simulator.pool.home(0).scene.plan.objects[0].position
    expected = engine.rir(source, (x, y, SENSOR_HEIGHT), heading)
    np.testing.assert_allclose(simulator.rirs(EVERYONE)[0], expected, atol=1e-6)


def test_an_empty_clip_is_refused(simulator: NativeSimulator) -> None:
    with pytest.raises(SoundwalkError, match="sound of an episode is empty"):
        settle(simulator, np.zeros(0, np.float32))
