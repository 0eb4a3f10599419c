"""Objects drawn elsewhere look like a home in which they stand there."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from soundwalk.envs.interface import F32, I32, SENSOR_HEIGHT, U8, SoundwalkError
from soundwalk.envs.rendering import Camera, MeshPool, Moves, RenderMesh, render
from soundwalk.envs.scenes import Scene, generate

VIEWS = 48


def drawn(scene: Scene, poses: F32, moves: Moves | None = None) -> tuple[U8, F32, I32]:
    pool = MeshPool(2)
    pool.put(0, RenderMesh.from_scene(generate(0, (4, 4))))  # larger: the other slot has padding
    pool.put(1, RenderMesh.from_scene(scene))
    n = len(poses)
    rgb, depth = np.empty((n, 64, 64, 3), np.uint8), np.empty((n, 64, 64), np.float32)
    names = np.empty((n, 64, 64), np.int32)
    slots = np.ones(n, np.int32)
    render(pool, slots, poses, Camera(), rgb=rgb, depth=depth, instance=names, moves=moves)
    return rgb, depth, names


@pytest.fixture(scope="module")
def home() -> Scene:
    return generate(3, (2, 2))


@pytest.fixture(scope="module")
def poses(home: Scene) -> F32:
    """Level cameras that look at the first objects of a home from within their rooms."""
    rng = np.random.default_rng(0)
    views = np.zeros((VIEWS, 5), np.float32)
    for n in range(VIEWS):
        thing = home.plan.objects[n % len(home.plan.objects)]
        x0, y0, x1, y1 = home.plan.rooms[thing.room].box
        x, y = rng.uniform((x0 + 0.2, y0 + 0.2), (x1 - 0.2, y1 - 0.2))
        towards = np.arctan2(thing.position[1] - y, thing.position[0] - x)
        views[n] = x, y, SENSOR_HEIGHT, towards + rng.uniform(-0.5, 0.5), 0.0
    return views


def displaced(scene: Scene, instance: int, shift: tuple[float, ...]) -> Scene:
    """The home in which the corners of one object are elsewhere."""
    mine = scene.instance == instance
    corners = scene.triangles[mine].astype(np.float64)
    low, high = corners[..., 2].min(), corners[..., 2].max()
    corners[..., 2] += shift[3] * (corners[..., 2] - low) / (high - low)
    triangles = scene.triangles.copy()
    triangles[mine] = corners + np.array(shift[:3])
    return dataclasses.replace(scene, triangles=triangles)


def same_for_all(instances: list[int], shifts: list[tuple[float, ...]]) -> Moves:
    return Moves(
        np.tile(np.array(instances, np.int32), (VIEWS, 1)),
        np.tile(np.array(shifts, np.float32), (VIEWS, 1, 1)),
    )


@pytest.mark.parametrize(
    "shift",
    [(0.3, -0.2, 0.0, 0.0), (0.0, 0.0, 0.4, 0.0), (0.0, 0.0, 0.0, 0.5), (-0.2, 0.1, 0.1, -0.1)],
)
def test_a_moved_object_looks_as_if_the_home_had_been_built_with_it_there(
    home: Scene, poses: F32, shift: tuple[float, ...]
) -> None:
    things = home.plan.objects[:2]
    moves = same_for_all([t.instance for t in things], [shift, shift])
    rebuilt = home
    for thing in things:
        rebuilt = displaced(rebuilt, thing.instance, shift)
    rgb, depth, names = drawn(home, poses, moves)
    other_rgb, other_depth, other_names = drawn(rebuilt, poses)
    assert (names != drawn(home, poses)[2]).sum() > 500  # it moves in many of the pictures
    assert (names != other_names).mean() < 1e-4  # pixels on edges, by rounding
    same = names == other_names
    np.testing.assert_allclose(depth[same], other_depth[same], rtol=1e-3)
    assert (np.abs(rgb[same].astype(int) - other_rgb[same]) > 2).mean() < 1e-3


def test_slanted_faces_are_stretched_rightly_too() -> None:
    """A pyramid, whose planes turn when its top rises, before a wall."""
    base = np.array([(3, -1, 0), (5, -1, 0), (5, 1, 0), (3, 1, 0)], np.float32)
    top = np.array((4, 0, 1), np.float32)
    sides = [(base[k], base[(k + 1) % 4], top) for k in range(4)]
    wall = [((8, -9, -1), (8, 9, 9), (8, -9, 9)), ((8, -9, -1), (8, 9, -1), (8, 9, 9))]
    triangles = np.array([*sides, *wall], np.float32)
    room = generate(0, (1, 1))
    scene = dataclasses.replace(
        room,
        triangles=triangles,
        surface=np.zeros(6, np.int32),
        instance=np.array([1] * 4 + [0] * 2, np.int32),
    )
    poses = np.zeros((VIEWS, 5), np.float32)
    poses[:, 2] = np.linspace(0.2, 3.0, VIEWS)
    shift = (0.0, 0.3, 0.0, 1.0)
    moved = drawn(scene, poses, same_for_all([1], [shift]))
    rebuilt = drawn(displaced(scene, 1, shift), poses)
    assert (rebuilt[2] == 1).sum() > 1000
    assert (moved[2] != rebuilt[2]).mean() < 1e-4
    same = moved[2] == rebuilt[2]
    np.testing.assert_allclose(moved[1][same], rebuilt[1][same], rtol=1e-3)


def test_no_displacement_changes_no_bit(home: Scene, poses: F32) -> None:
    still = drawn(home, poses)
    thing = home.plan.objects[0].instance
    for moves in (
        same_for_all([thing, -1], [(0.0,) * 4, (1.0,) * 4]),
        same_for_all([999], [(1.0,) * 4]),
        Moves(np.zeros((VIEWS, 0), np.int32), np.zeros((VIEWS, 0, 4), np.float32)),
    ):
        for found, expected in zip(drawn(home, poses, moves), still, strict=True):
            np.testing.assert_array_equal(found, expected)


def test_each_camera_has_its_own_displacements(home: Scene, poses: F32) -> None:
    """Every other camera sees the home as it is, and nothing is left over for it."""
    thing = home.plan.objects[0].instance
    moves = same_for_all([thing], [(0.3, 0.0, 0.3, 0.2)])
    moves.instance[::2] = -1
    mixed = drawn(home, poses, moves)[0]
    np.testing.assert_array_equal(mixed[::2], drawn(home, poses)[0][::2])
    everywhere = same_for_all([thing], [(0.3, 0.0, 0.3, 0.2)])
    np.testing.assert_array_equal(mixed[1::2], drawn(home, poses, everywhere)[0][1::2])


@pytest.mark.parametrize(
    ("instance", "shift", "message"),
    [
        (np.zeros((3, 1), np.int32), np.zeros((3, 1, 4), np.float32), r"expected \(48, M\) int32"),
        (np.zeros((VIEWS, 1), np.int64), np.zeros((VIEWS, 1, 4), np.float32), "type int64"),
        (np.zeros((VIEWS, 1), np.int32), np.zeros((VIEWS, 1, 3), np.float32), r"1, 4\) float32"),
        (np.zeros((VIEWS, 1), np.int32), np.full((VIEWS, 1, 4), np.nan, np.float32), "finite"),
    ],
)
def test_displacements_that_cannot_be_drawn_are_refused(
    home: Scene, poses: F32, instance: I32, shift: F32, message: str
) -> None:
    with pytest.raises(SoundwalkError, match=message):
        drawn(home, poses, Moves(instance, shift))
