"""What a simulator of agents that see, walk and hear promises, whoever wrote it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy.signal import butter, sosfilt

from soundwalk.envs.interface import (
    AGENT_RADIUS,
    F32,
    F64,
    FORWARD_STEP,
    MAX_DEPTH,
    SAMPLE_RATE,
    SENSOR_HEIGHT,
    SPEED_OF_SOUND,
    STEP_SECONDS,
    TURN_ANGLE,
    Action,
)

from ..scenes.scene_laws import cast
from .geometry import ahead, before_a_wall, beside, clearance, standing
from .worlds import PIXELS, WORLDS, World

NOISE = np.random.default_rng(0).standard_normal(SAMPLE_RATE).astype(np.float32) * 0.1
MIDDLE = PIXELS // 2


def placed(world: World, pose: F64, source: F64 | None = None, dry: F32 = NOISE) -> World:
    """All agents at one pose, hearing one source (by default where their own head is)."""
    here = np.array([pose[0], pose[1], SENSOR_HEIGHT]) if source is None else source
    for agent in range(world.agents):
        world.put(agent, pose, here, dry)
    return world


def everyone(world: World, action: Action) -> F64:
    """All agents act; where the first one is then."""
    world.simulator.act(np.full(world.agents, int(action), np.int64))
    pose: F64 = world.simulator.poses[0].copy()
    return pose


# Seeing


def test_a_wall_one_metre_ahead_reads_one_metre(world: World) -> None:
    for pose in before_a_wall(world.scene, distance=1.0, room=0.2, count=8):
        depth = placed(world, pose).depth()
        assert depth[MIDDLE, MIDDLE] == pytest.approx(1.0, abs=2e-3)


def test_images_are_upright_left_is_left_and_depth_is_measured_along_the_axis(
    world: World,
) -> None:
    """Each pixel against a ray cast by Möller and Trumbore's method; a few graze an edge."""
    rows, columns = np.mgrid[0:PIXELS:4, 0:PIXELS:4].reshape(2, -1)
    right, down = ((v + 0.5 - PIXELS / 2) / (PIXELS / 2) for v in (columns, rows))
    for pose in standing(world.scene, 0.3, 4, seed=2):
        c, s = np.cos(pose[2]), np.sin(pose[2])
        rays = np.column_stack([c + right * s, s - right * c, -down])
        eyes = np.tile([pose[0], pose[1], SENSOR_HEIGHT], (len(rays), 1))
        expected = np.minimum(cast(world.scene, eyes, rays)[0], MAX_DEPTH)
        seen = placed(world, pose).depth()[rows, columns]
        assert np.mean(np.abs(seen - expected) < 2e-3) > 0.97


def test_images_have_the_promised_shape_and_type_and_stay_in_range(world: World) -> None:
    placed(world, standing(world.scene, 0.3, 1)[0])
    rgb, depth = world.simulator.see(world.everyone)
    assert rgb is not None
    assert depth is not None
    assert rgb.shape == (world.agents, PIXELS, PIXELS, 3)
    assert depth.shape == (world.agents, PIXELS, PIXELS)
    assert rgb.dtype == np.uint8
    assert depth.dtype == np.float32
    assert depth.min() > 0
    assert depth.max() <= MAX_DEPTH
    assert rgb.max() > 30, "it is not dark"


# Moving


def test_a_step_ahead_brings_the_wall_a_step_nearer(world: World) -> None:
    for pose in before_a_wall(world.scene, distance=1.0, room=FORWARD_STEP + 0.2, count=3):
        depth = placed(world, pose)
        everyone(world, Action.MOVE_FORWARD)
        assert depth.depth()[MIDDLE, MIDDLE] == pytest.approx(1.0 - FORWARD_STEP, abs=2e-3)


@pytest.mark.parametrize(
    ("action", "distance", "turn"),
    [
        (Action.STOP, 0.0, 0.0),
        (Action.MOVE_FORWARD, FORWARD_STEP, 0.0),
        (Action.TURN_LEFT, 0.0, TURN_ANGLE),
        (Action.TURN_RIGHT, 0.0, -TURN_ANGLE),
    ],
)
def test_an_action_moves_a_quarter_metre_or_turns_15_degrees_counter_clockwise(
    world: World, action: Action, distance: float, turn: float
) -> None:
    for pose in standing(world.scene, FORWARD_STEP + 0.2, 5, seed=3):
        after = everyone(placed(world, pose), action)
        ideal = pose[:2] + distance * np.array([np.cos(pose[2]), np.sin(pose[2])])
        np.testing.assert_allclose(after[:2], ideal, atol=1e-6)
        assert np.exp(1j * (after[2] - pose[2] - turn)) == pytest.approx(1, abs=1e-6)


def test_after_a_turn_to_the_left_the_middle_shows_what_lay_to_the_left(world: World) -> None:
    poses = standing(world.scene, 0.3, 6, seed=4)
    expected = np.minimum(ahead(world.scene, poses, TURN_ANGLE), MAX_DEPTH)
    for pose, distance in zip(poses, expected, strict=True):
        everyone(placed(world, pose), Action.TURN_LEFT)
        assert world.depth()[MIDDLE, MIDDLE] == pytest.approx(distance, abs=2e-3)


def test_a_full_turn_shows_the_first_view_again(world: World) -> None:
    placed(world, standing(world.scene, 0.3, 1, seed=5)[0])
    before = world.depth()
    for _ in range(round(2 * np.pi / TURN_ANGLE)):
        everyone(world, Action.TURN_LEFT)
    assert np.mean(np.abs(world.depth() - before) < 1e-3) > 0.99


def test_nobody_comes_nearer_to_an_obstacle_than_its_radius_or_moves_more_than_a_step(
    world: World,
) -> None:
    rng = np.random.default_rng(6)
    bumps = 0
    for pose in standing(world.scene, 0.3, 4, seed=6):
        placed(world, pose)
        for _ in range(60):
            before = world.simulator.poses.copy()
            actions = rng.choice([1, 1, 1, 2, 3], world.agents)
            collided = world.simulator.act(actions.astype(np.int64))
            moved = np.linalg.norm(world.simulator.poses[:, :2] - before[:, :2], axis=1)
            assert (
                clearance(world.scene, world.simulator.poses[:, :2]) > AGENT_RADIUS - 1e-6
            ).all()
            assert (moved <= FORWARD_STEP + 1e-9).all()
            free = (actions == Action.MOVE_FORWARD) & ~collided
            np.testing.assert_allclose(moved[free], FORWARD_STEP, atol=1e-6)
            assert (moved[actions != Action.MOVE_FORWARD] == 0).all()
            bumps += int(collided.sum())
    assert bumps > 10


# Hearing


def hear_first(world: World) -> F32:
    return world.simulator.begin_hearing(world.everyone)


def treble(audio: F32) -> F64:
    """(C,) energy above 2 kHz, where the head casts a shadow."""
    sections = butter(4, 2000, "highpass", fs=SAMPLE_RATE, output="sos")
    energy: F64 = (sosfilt(sections, audio, axis=-1) ** 2).sum(-1)
    return energy


@pytest.mark.parametrize(("azimuth", "louder"), [(np.pi / 2, 0), (-np.pi / 2, 1)])
def test_a_source_beside_the_head_is_louder_in_the_treble_of_that_ear(
    world: World, azimuth: float, louder: int
) -> None:
    differences = []  # dB, reverberation included
    for pose in standing(world.scene, 0.3, 12, seed=7):
        source = beside(world.scene, pose, azimuth, 1.0)
        if source is None:
            continue
        energy = treble(hear_first(placed(world, pose, source))[0])
        differences.append(10 * np.log10(energy[louder] / energy[1 - louder]))
    assert len(differences) >= 3
    assert min(differences) > 0
    assert np.mean(differences) > 1


def test_a_step_of_sound_lasts_a_quarter_second_at_two_ears(world: World) -> None:
    placed(world, standing(world.scene, 0.3, 1)[0])
    for heard in (hear_first(world), world.simulator.hear()):
        assert heard.shape == (world.agents, 2, round(STEP_SECONDS * SAMPLE_RATE))
        assert heard.dtype == np.float32
        assert np.isfinite(heard).all()
        assert np.abs(heard).max() > 1e-4
    assert world.simulator.block == heard.shape[2]


def test_a_silent_source_is_silence_and_never_nan(world: World) -> None:
    for pose in standing(world.scene, 0.3, 3, seed=8):
        placed(world, pose, dry=np.zeros(100, np.float32))
        assert (hear_first(world) == 0).all()
        for action in Action:
            everyone(world, action)
            assert (world.simulator.hear() == 0).all()


def test_a_click_arrives_after_its_distance_at_the_speed_of_sound(world: World) -> None:
    """A click of one sample in each second that begins with this step."""
    click = np.zeros(SAMPLE_RATE, np.float32)
    click[0] = 1
    tried = 0
    for pose in standing(world.scene, 0.3, 12, seed=9):
        source = beside(world.scene, pose, 0.0, 1.5)
        if source is None:
            continue
        heard = hear_first(placed(world, pose, source, click))[0]
        first = np.argmax(np.abs(heard).max(0) > 0.3 * np.abs(heard).max())
        assert abs(first / SAMPLE_RATE - 1.5 / SPEED_OF_SOUND) < 5e-4  # half a head
        tried += 1
    assert tried >= 3


def test_when_its_time_is_over_a_source_falls_silent_and_the_room_rings_out(world: World) -> None:
    pose = standing(world.scene, 0.3, 1, seed=10)[0]
    source = np.array([pose[0], pose[1], SENSOR_HEIGHT + 0.5])
    for agent in range(world.agents):
        world.put(agent, pose, source, NOISE, duration=0.6 + 0.5 * agent)
    levels = [np.abs(hear_first(world)).max((1, 2))]
    silent = [world.simulator.silent()]
    for _ in range(9):
        levels.append(np.abs(world.simulator.hear()).max((1, 2)))
        silent.append(world.simulator.silent())
    level, quiet = np.array(levels), np.array(silent)
    assert (level[:2] > 0.01).all()
    assert (level[-2:] < 1e-6).all()  # responses of 0.5 s are over
    for agent in range(world.agents):
        steps = int(np.ceil((0.6 + 0.5 * agent) / STEP_SECONDS))
        assert list(quiet[:, agent]) == [step + 1 >= steps for step in range(10)]


# Repeating


def walk(world: World, agent: int) -> list[np.ndarray[tuple[int, ...], np.dtype[np.generic]]]:
    """Everything one agent meets on a fixed walk; the others do something else."""
    poses = standing(world.scene, 0.3, 8, seed=11)
    source = np.array([poses[5, 0], poses[5, 1], 0.9])
    for other in range(world.agents):
        world.put(other, poses[0 if other == agent else 1 + other], source, NOISE)
    met: list[np.ndarray[tuple[int, ...], np.dtype[np.generic]]] = [hear_first(world)[agent]]
    rng = np.random.default_rng(12)
    for action in (1, 2, 1, 1, 3, 0, 1, 1):
        actions = rng.integers(0, 4, world.agents)
        actions[agent] = action
        collided = world.simulator.act(actions)
        rgb, depth = world.simulator.see(world.everyone)
        assert rgb is not None
        assert depth is not None
        met += [collided[agent], rgb[agent], depth[agent], world.simulator.hear()[agent]]
    return [*met, world.simulator.poses[agent].copy()]


@pytest.mark.parametrize("make", WORLDS.values(), ids=WORLDS)
def test_the_same_walk_is_met_again_in_a_new_world_beside_any_number_of_others(
    make: Callable[[int], World],
) -> None:
    worlds = [make(1), make(1), make(3)]
    alone, again, third = (
        walk(world, agent) for world, agent in zip(worlds, (0, 0, 2), strict=True)
    )
    for first, second, beside_others in zip(alone, again, third, strict=True):
        np.testing.assert_array_equal(first, second)
        np.testing.assert_array_equal(first, beside_others)
    for world in worlds:
        world.close()


def test_what_was_seen_and_heard_is_not_overwritten_by_the_next_step(world: World) -> None:
    placed(world, standing(world.scene, 0.5, 1, seed=13)[0])
    met = [hear_first(world), world.simulator.hear(), *world.simulator.see(world.everyone)]
    kept = [array for array in met if array is not None]
    copies = [array.copy() for array in kept]
    everyone(world, Action.TURN_LEFT)
    everyone(world, Action.MOVE_FORWARD)
    world.simulator.hear()
    world.simulator.see(world.everyone)
    for array, copy in zip(kept, copies, strict=True):
        np.testing.assert_array_equal(array, copy)
