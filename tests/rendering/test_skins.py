"""Meshes are drawn in their own colours and pictures, and fine ones as coarse ones are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from soundwalk.envs.interface import F32, U8, SoundwalkError
from soundwalk.envs.rendering import Camera, MeshPool, Moves, RenderMesh, render
from soundwalk.envs.rendering.bvh import FINE_MESH
from soundwalk.envs.rendering.mesh import AMBIENT, DIRECTED, LIGHT
from soundwalk.envs.rendering.shade import FALLOFF
from soundwalk.envs.rendering.wardrobe import hang
from soundwalk.envs.scenes.scene import Scene
from soundwalk.envs.scenes.skin import Skin

# A wall two metres wide and high at x = 2, of two triangles, and where its corners lie on it.
_CORNERS = np.array([[2, 1, 0], [2, -1, 0], [2, -1, 2], [2, 1, 2]], np.float32)
_PLACES = np.array([[0, 1], [1, 1], [1, 0], [0, 0]], np.float32)
_FACES = np.array([[0, 1, 2], [0, 2, 3]])
SIZE = 64


@pytest.fixture
def wall(scene_of_triangles: Callable[..., Scene]) -> Scene:
    return scene_of_triangles([_CORNERS[_FACES]])


def picture(scene: Scene, *, behind: bool = False, moves: Moves | None = None) -> tuple[U8, F32]:
    """Colour and depth of the wall seen straight on: 45 degrees to each side fill the view."""
    pool = MeshPool(2)
    pool.put(1, RenderMesh.from_scene(scene))
    pose = (3, 0, 1, np.pi, 0) if behind else (1, 0, 1, 0, 0)
    rgb, depth = np.empty((1, SIZE, SIZE, 3), np.uint8), np.empty((1, SIZE, SIZE), np.float32)
    poses = np.array([pose], np.float32)
    one = np.ones(1, np.int32)
    render(pool, one, poses, Camera(SIZE, SIZE), rgb=rgb, depth=depth, moves=moves)
    return rgb[0], depth[0]


def light_on_wall() -> float:
    """What the light leaves of a colour on the wall, whose normal is -x, one metre away."""
    return (AMBIENT - DIRECTED * LIGHT[0]) * (1 - FALLOFF)


def pixel_places() -> tuple[F32, F32]:
    """Across and down, 0 to 1, of each pixel's centre on the wall."""
    down, across = (np.mgrid[:SIZE, :SIZE] + 0.5) / SIZE
    return across.astype(np.float32), down.astype(np.float32)


def worn(wall: Scene, uv: F32, image: U8, tint: tuple[int, int, int] = (255, 255, 255)) -> Scene:
    colours = np.broadcast_to(np.array(tint, np.uint8), (2, 3, 3)).copy()
    return replace(wall, skin=Skin(colours, np.zeros(2, np.int32), uv[_FACES], (image,)))


def test_colours_of_corners_are_interpolated_over_the_wall(wall: Scene) -> None:
    red_down_green_across = np.array(
        [[200, 0, 40], [200, 240, 40], [0, 240, 40], [0, 0, 40]], np.uint8
    )
    none = np.full(2, -1, np.int32)
    skin = Skin(red_down_green_across[_FACES], none, np.zeros((2, 3, 2), np.float32))
    rgb, depth = picture(replace(wall, skin=skin))
    across, down = pixel_places()
    np.testing.assert_allclose(depth, 1, atol=1e-5)
    expected = np.stack([200 * down, 240 * across, np.full_like(down, 40)], -1) * light_on_wall()
    np.testing.assert_allclose(rgb, expected, atol=1.5)


def test_pictures_lie_where_their_places_say(wall: Scene) -> None:
    rng = np.random.default_rng(1)
    image = rng.integers(0, 256, (16, 32, 3)).astype(np.uint8)
    rgb, _ = picture(worn(wall, _PLACES, image))
    across, down = pixel_places()
    expected = image[(down * 16).astype(int), (across * 32).astype(int)] * light_on_wall()
    np.testing.assert_allclose(rgb, expected, atol=1.5)


def test_pictures_repeat_beyond_their_edges_and_tints_multiply(wall: Scene) -> None:
    image = np.array([[[250, 250, 250], [10, 10, 10]]], np.uint8).repeat(2, 0)
    rgb, _ = picture(worn(wall, 4 * _PLACES - 2, image, tint=(255, 128, 0)))
    across, _ = pixel_places()
    light = np.where((across * 8).astype(int) % 2 == 0, 250, 10) * light_on_wall()
    expected = light[..., None] * np.array([1, 128 / 255, 0])
    np.testing.assert_allclose(rgb, expected, atol=1.5)


def test_fine_patterns_far_away_show_their_mean_and_no_noise(wall: Scene) -> None:
    board = (np.indices((1024, 1024)).sum(0) % 2 * 255).astype(np.uint8)
    rgb, _ = picture(worn(wall, _PLACES, board[..., None].repeat(3, 2)))
    assert abs(float(rgb.mean()) - 127.5 * light_on_wall()) < 2
    assert float(rgb.std()) < 2


def test_walls_of_meshes_are_seen_from_both_sides(wall: Scene) -> None:
    skin = Skin(
        np.full((2, 3, 3), 200, np.uint8), np.full(2, -1, np.int32), np.zeros((2, 3, 2), np.float32)
    )
    _, depth = picture(replace(wall, skin=skin), behind=True)
    np.testing.assert_allclose(depth, 1, atol=1e-5)
    assert (picture(wall, behind=True)[1] == 10).all()  # without a skin: as in generated homes


def test_pictures_move_with_what_wears_them(wall: Scene) -> None:
    rng = np.random.default_rng(2)
    image = rng.integers(0, 256, (64, 64, 3)).astype(np.uint8)
    scene = worn(wall, _PLACES, image)
    still, _ = picture(scene)
    up = Moves(np.zeros((1, 1), np.int32), np.array([[[0, 0, 0.5, 0]]], np.float32))
    moved, _ = picture(scene, moves=up)
    rows = SIZE // 4  # half a metre of two
    assert (np.abs(moved[: SIZE - rows].astype(int) - still[rows:]) <= 1).all()


def test_pictures_of_any_size_keep_their_mean_in_every_version() -> None:
    rng = np.random.default_rng(3)
    images = tuple(
        rng.integers(0, 256, shape).astype(np.uint8)
        for shape in ((37, 21, 3), (1, 700, 3), (64, 64, 3))
    )
    sizes, entries, texels = hang(images)
    assert sizes.tolist() == [[16, 32], [512, 1], [64, 64]]
    for image, (wide, high, last, *starts) in zip(images, entries.tolist(), strict=True):
        assert last == max(wide, high)
        np.testing.assert_allclose(texels[starts[last], :3], image.mean((0, 1)), atol=6)
        first = texels[starts[0] : starts[1], :3]
        assert len(first) == 1 << wide + high


def test_sifting_a_fine_mesh_changes_no_pixel(scene_of_boxes: Callable[..., Scene]) -> None:
    rng = np.random.default_rng(4)
    room = scene_of_boxes((0, 0, 0, 6, 5, 2.6))
    bits = rng.uniform((0, 0, 0), (6, 5, 2.6), (FINE_MESH, 1, 3)) + rng.normal(
        0, 0.03, (FINE_MESH, 3, 3)
    )
    triangles = np.concatenate([room.triangles, bits.astype(np.float32)])
    zeros = np.zeros(len(triangles), np.int32)
    colours = rng.integers(0, 256, (len(triangles), 3, 3)).astype(np.uint8)
    skin = Skin(colours, zeros - 1, np.zeros((len(triangles), 3, 2), np.float32))
    scene = replace(room, triangles=triangles, surface=zeros, instance=zeros, skin=skin)
    pool = MeshPool(1)
    pool.put(0, RenderMesh.from_scene(scene))
    assert pool.fine[0]
    poses = np.column_stack(
        [rng.uniform((1, 1, 0.5), (5, 4, 2), (6, 3)), rng.uniform(-3, 3, 6), rng.uniform(-1, 1, 6)]
    ).astype(np.float32)
    shots = []
    for fine in (True, False):
        pool.fine[0] = fine
        rgb, depth = np.empty((6, 48, 48, 3), np.uint8), np.empty((6, 48, 48), np.float32)
        render(pool, np.zeros(6, np.int32), poses, Camera(48, 48), rgb=rgb, depth=depth)
        shots.append((rgb, depth))
    np.testing.assert_array_equal(shots[0][0], shots[1][0])
    np.testing.assert_array_equal(shots[0][1], shots[1][1])


def test_a_skin_that_does_not_fit_is_refused(wall: Scene) -> None:
    colours, uv = np.zeros((3, 3, 3), np.uint8), np.zeros((3, 3, 2), np.float32)
    with pytest.raises(SoundwalkError, match="the skin dresses 3 faces: expected 2"):
        replace(wall, skin=Skin(colours, np.full(3, -1, np.int32), uv))
    with pytest.raises(SoundwalkError, match="a face has the picture 0 of 0"):
        Skin(colours, np.zeros(3, np.int32), uv)
    with pytest.raises(SoundwalkError, match=r"uv has shape \(2, 3, 2\): expected \(3, 3, 2\)"):
        Skin(colours, np.full(3, -1, np.int32), uv[:2])


def test_meshes_in_one_pool_keep_their_own_pictures_when_others_come_and_go(wall: Scene) -> None:
    rng = np.random.default_rng(5)
    images = [rng.integers(0, 256, (8, 8 * k, 3)).astype(np.uint8) for k in (1, 2, 4)]
    scenes = [worn(wall, _PLACES, image) for image in images]
    alone = [picture(scene)[0] for scene in scenes]
    pool = MeshPool(3)
    pose, camera = np.array([(1, 0, 1, 0, 0)], np.float32), Camera(SIZE, SIZE)
    rgb = np.empty((1, SIZE, SIZE, 3), np.uint8)
    here: dict[int, int] = {}
    for slot, which in ((0, 0), (2, 1), (0, 2), (1, 0), (2, 0)):
        pool.put(slot, RenderMesh.from_scene(scenes[which]))
        here[slot] = which
        for each, expected in here.items():
            render(pool, np.array([each], np.int32), pose, camera, rgb=rgb)
            np.testing.assert_array_equal(rgb[0], alone[expected])
    pool.put(0, RenderMesh.from_scene(wall))
    render(pool, np.ones(1, np.int32), pose, camera, rgb=rgb)
    np.testing.assert_array_equal(rgb[0], alone[0])
