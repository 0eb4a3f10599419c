"""Maps of robots: rooms and ways come back, and what is wrong with a map is said."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from scipy import ndimage

from soundwalk.envs.interface import F64, U8, Bool, SoundwalkError
from soundwalk.envs.navigation import NavMap
from soundwalk.envs.scenes import Scene, generate, open_scene, surface
from soundwalk.envs.scenes.chambers import Chambers
from soundwalk.envs.scenes.maps import load_map
from soundwalk.envs.scenes.maps.grids import MOST_CELLS
from soundwalk.envs.scenes.maps.reading import MOST_PIXELS

from .map_files import FREE, OCCUPIED, UNKNOWN, grey_of, survey, write_map
from .scene_laws import cast

SEEDS = (3, 5)


def hall(rows: int = 100, columns: int = 160) -> U8:
    """A room of 7 m x 4 m in unknown land, with walls of 10 cm and a table of 1 m x 0.6 m in it."""
    free = np.zeros((rows, columns), np.bool_)
    free[10:90, 10:150] = True
    wall = ndimage.binary_dilation(free, np.ones((5, 5), bool)) & ~free
    table = np.zeros_like(free)
    table[40:52, 60:80] = True
    return grey_of(free & ~table, wall | table)


def holds(scene: Scene, x: float, y: float) -> bool:
    assert scene.free is not None
    return bool(scene.free.holds([[x, y]])[0])


# What comes back


@pytest.fixture(scope="module", params=SEEDS)
def surveyed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A home, and the scenes of its maps without and with furniture."""
    home = generate(request.param, (3, 5))
    scenes = []
    for furnished in (False, True):
        folder = tmp_path_factory.mktemp("map")
        grey, origin = survey(home, 0.05, furnished=furnished)
        scenes.append(load_map(write_map(folder, grey, origin=list(origin))))
    return home, *scenes


def test_rooms_and_doors_of_a_home_come_back_from_its_map(surveyed: Any) -> None:
    home, bare, _ = surveyed
    chambers = Chambers(bare.plan)
    assert chambers.count == len(home.plan.rooms)
    doors = [door for door in bare.plan.doors if door.thickness > 0]
    assert len(doors) == len(home.plan.doors)
    for room in home.plan.rooms:
        x0, y0, x1, y1 = room.box
        found = chambers.at(np.array([(x0 + x1) / 2, (y0 + y1) / 2]))
        area = sum(bare.plan.rooms[i].area for i, of in enumerate(chambers.of) if of == found)
        assert area == pytest.approx(room.area, rel=0.06)  # two cells of each side


def test_ways_in_a_map_are_as_long_as_in_the_home(surveyed: Any) -> None:
    """Ways in the home, judged by the exact visibility graph there; cells are 5 cm."""
    home, _, scene = surveyed
    exact, found = NavMap.from_scene(home), NavMap.from_scene(scene)
    rng = np.random.default_rng(0)
    points: F64 = exact.sample_free(rng, 60)
    points = points[found.reachable(points)]
    assert len(points) > 40
    ratios = []
    for goal in points[:3]:
        fields = exact.field(goal), found.field(goal)
        truth, ways = (np.array([field.distance(p) for p in points]) for field in fields)
        far = truth > 1.5
        ratios += list(ways[far] / truth[far])
    assert np.median(ratios) == pytest.approx(1, abs=0.02)
    assert np.mean(np.abs(np.array(ratios) - 1) < 0.05) > 0.9


def test_what_is_seen_in_a_map_is_as_far_away_as_in_the_home(surveyed: Any) -> None:
    """Rays at eye height meet the walls that were drawn, up to the size of two cells."""
    home, bare, _ = surveyed
    empty = generate(home.seed, (3, 5))
    walls = empty.instance == 0
    shell = Scene(
        empty.triangles[walls], empty.surface[walls], empty.instance[walls], empty.surfaces,
        empty.plan, empty.obstacles,
    )  # fmt: skip
    rng = np.random.default_rng(1)
    eyes = np.column_stack([NavMap.from_scene(home).sample_free(rng, 200), np.full(200, 1.25)])
    angle = rng.uniform(-np.pi, np.pi, 200)
    ways = np.column_stack([np.cos(angle), np.sin(angle), np.zeros(200)])
    gaps = np.abs(cast(bare, eyes, ways)[0] - cast(shell, eyes, ways)[0])
    assert np.mean(gaps < 0.15) > 0.9  # the others pass an edge


def test_walls_floor_and_ceiling_close_every_ray(surveyed: Any) -> None:
    for scene in surveyed[1:]:
        rng = np.random.default_rng(2)
        eyes = np.column_stack([NavMap.from_scene(scene).sample_free(rng, 150), np.full(150, 1.2)])
        distance, _ = cast(scene, eyes, rng.normal(size=(150, 3)))
        assert np.isfinite(distance).all()


def test_boxes_of_rooms_lie_wherever_one_can_stand(surveyed: Any) -> None:
    """Acoustics know boxes: up to half a metre beside them the nearest counts."""
    for scene in surveyed[1:]:
        boxes = np.array([room.box for room in scene.plan.rooms])
        points = scene.free.centres(np.argwhere(scene.free.floor))[::5, None]
        gaps = np.maximum(np.maximum(boxes[:, :2] - points, points - boxes[:, 2:]), 0)
        assert np.hypot(gaps[..., 0], gaps[..., 1]).min(1).max() < 0.5


# What the values of a map mean


def test_the_origin_is_the_lower_left_corner_and_rows_come_from_the_north(tmp_path: Path) -> None:
    grey = np.full((40, 60), OCCUPIED, np.uint8)
    grey[30:38, 5:55] = FREE  # in the south: y 0.1 to 0.5 m above the lower edge
    scene = load_map(write_map(tmp_path, grey, origin=[10.0, -3.0, 0.0]))
    assert scene.plan.bounds == pytest.approx((10.25, -2.9, 12.75, -2.5))
    low, high = scene.triangles.reshape(-1, 3).min(0), scene.triangles.reshape(-1, 3).max(0)
    np.testing.assert_allclose([low, high], [(10.25, -2.9, 0), (12.75, -2.5, 2.5)], atol=1e-5)
    assert holds(scene, 10.3, -2.85)
    assert not holds(scene, 10.2, -2.85)


def test_a_yaw_turns_positions_back_to_the_axes_of_the_image(tmp_path: Path) -> None:
    """A map turned by 90 degrees around its lower left corner at (2, 1): (x, y) are (y, -x)."""
    scene = load_map(write_map(tmp_path, hall(), origin=[2.0, 1.0, np.pi / 2]))
    assert scene.plan.bounds == pytest.approx((1.5, -1.5, 8.5, 2.5))


@pytest.mark.parametrize(
    ("resolution", "cell"), [(0.02, 0.04), (0.025, 0.05), (0.1, 0.05), (0.06, 0.06)]
)
def test_cells_are_about_five_centimetres_whatever_the_resolution(
    tmp_path: Path, resolution: float, cell: float
) -> None:
    scene = load_map(write_map(tmp_path, hall(), resolution=resolution))
    assert scene.free is not None
    assert scene.free.cell == pytest.approx(cell)
    size = np.array(scene.plan.bounds[2:]) - scene.plan.bounds[:2]
    np.testing.assert_allclose(size, np.array([140, 80]) * resolution, atol=2 * cell)


@pytest.mark.parametrize("furniture", ["boxes", "none"])
def test_what_stands_by_itself_is_furniture_or_left_out(tmp_path: Path, furniture: str) -> None:
    scene = load_map(write_map(tmp_path, hall()), furniture=furniture, furniture_height=0.8)
    assert holds(scene, 3.5, 2.3) == (furniture == "none")
    if furniture == "none":
        assert scene.plan.furniture == ()
        return
    (piece,) = scene.plan.furniture
    assert piece.box == pytest.approx((3.0, 2.0, 0.0, 4.0, 2.6, 0.8))
    assert piece.parts == (piece.box,)
    eye = np.array([[3.5, 1.0, 0.5], [3.5, 1.0, 1.0]])
    ahead, _ = cast(scene, eye, np.tile([0.0, 1.0, 0.0], (2, 1)))
    np.testing.assert_allclose(ahead, [1.0, 3.5], atol=1e-5)  # against it, and over it


def test_a_long_thin_thing_that_stands_free_is_a_wall(tmp_path: Path) -> None:
    grey = hall()
    grey[52:55, 20:50] = OCCUPIED
    scene = load_map(write_map(tmp_path, grey))
    assert len(scene.plan.furniture) == 1  # the table
    ahead, _ = cast(scene, np.array([[1.75, 1.0, 2.0]]), np.array([[0.0, 1.0, 0.0]]))
    assert ahead[0] == pytest.approx(1.25)  # as high as the ceiling


def test_unknown_cells_and_other_islands_are_solid(tmp_path: Path) -> None:
    grey = hall()
    grey[20:30, 30:40] = UNKNOWN
    grey[2:6, 2:6] = FREE
    scene = load_map(write_map(tmp_path, grey), furniture="boxes")
    assert not holds(scene, 1.75, 3.75)
    assert not holds(scene, 0.2, 4.8)
    assert scene.plan.bounds == pytest.approx((0.5, 0.5, 7.5, 4.5))


def test_height_and_materials_are_those_asked_for(tmp_path: Path) -> None:
    materials = {"walls": "brickwork", "furniture": "walnut"}
    scene = load_map(write_map(tmp_path, hall()), height=3.2, materials=materials)
    (room,) = {(r.height, r.surfaces) for r in scene.plan.rooms}
    assert room[0] == pytest.approx(3.2)
    names = [scene.surfaces[face].name for face in room[1]]
    assert names == ["brickwork"] * 4 + ["floor_oak", "ceiling"]
    assert scene.surfaces[scene.plan.furniture[0].surface] == surface("walnut")
    normal = np.cross(*np.moveaxis(np.diff(scene.triangles, axis=1), 1, 0))
    shell = scene.instance == 0
    for part, name in ((normal[:, 2] > 0, "floor_oak"), (normal[:, 2] < 0, "ceiling")):
        assert {scene.surfaces[s].name for s in scene.surface[part & shell]} == {name}
    flat = shell & (normal[:, 2] == 0)
    assert {scene.surfaces[s].name for s in scene.surface[flat]} == {"brickwork"}


@pytest.mark.parametrize("angle", [0.2, -0.5])
def test_a_map_at_an_angle_is_turned_to_the_axes_when_asked_and_else_warned_of(
    tmp_path: Path, angle: float
) -> None:
    turned = Image.fromarray(hall()).rotate(np.degrees(angle), expand=True, fillcolor=UNKNOWN)
    path = write_map(tmp_path, np.asarray(turned))
    with pytest.warns(UserWarning, match=r"walls of map 'map' lie at -?\d+ degrees"):
        load_map(path)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        scene = load_map(path, align=True)
    x0, y0, x1, y1 = scene.plan.bounds
    sides = sorted([x1 - x0, y1 - y0])
    assert sides == pytest.approx([4.0, 7.0], abs=0.2)
    assert sum(room.area for room in scene.plan.rooms) == pytest.approx(28, rel=0.05)


def judged(folder: Path, values: list[Any], **keys: Any) -> list[bool]:
    """Which of a few pixels are free, in a hall of pixels that certainly are."""
    sample = np.asarray(values)
    free, solid = keys.pop("free"), keys.pop("solid")
    grey = np.full((30, 60, *sample.shape[1:]), free, sample.dtype)
    grey[:4] = grey[-4:] = grey[:, :4] = grey[:, -4:] = solid
    for i, value in enumerate(sample):
        grey[15, 10 + 4 * i] = value
    scene = load_map(write_map(folder, grey, image="map.png", **keys))
    return [holds(scene, (10.5 + 4 * i) * 0.05, 14.5 * 0.05) for i in range(len(values))]


def test_thresholds_part_free_from_occupied_as_map_server_does(tmp_path: Path) -> None:
    """The occupancy (255 - grey) / 255 < 0.196 is free: grey above 205.02."""
    values = np.array([0, 100, 204, 205, 206, 255], np.uint8)
    free = judged(tmp_path, list(values), free=254, solid=0)
    assert free == [False, False, False, False, True, True]
    free = judged(tmp_path, list(values), free=254, solid=0, free_thresh=0.3)  # above 178.5
    assert free == [False, False, True, True, True, True]


def test_negate_swaps_black_and_white(tmp_path: Path) -> None:
    values = np.array([0, 49, 50, 255], np.uint8)  # 49 / 255 = 0.192
    assert judged(tmp_path, list(values), free=0, solid=255, negate=1) == [True, True, False, False]


def test_scale_takes_what_is_transparent_as_unknown_and_trinary_averages_it(tmp_path: Path) -> None:
    clear, faint = (255, 255, 255, 255), (255, 255, 255, 0)
    values = [np.array(v, np.uint8) for v in (clear, faint, (0, 0, 0, 255))]
    wall = np.array((0, 0, 0, 255), np.uint8)
    ends = {"free": values[0], "solid": wall}
    assert judged(tmp_path, values, mode="scale", **ends) == [True, False, False]
    # trinary: (255 * 3 + 0) / 4 = 191 is occupied by 0.25, unknown
    assert judged(tmp_path, values, mode="trinary", **ends) == [True, False, False]
    half = [np.array((255, 255, 255, 200), np.uint8)]
    assert judged(tmp_path, half, mode="trinary", **ends) == [True]  # (765 + 200) / 4 = 241
    assert judged(tmp_path, half, mode="scale", **ends) == [False]


def test_raw_images_hold_percentages(tmp_path: Path) -> None:
    values = np.array([0, 19, 20, 100, 255], np.uint8)
    free = judged(tmp_path, list(values), free=0, solid=100, mode="raw")
    assert free == [True, True, False, False, False]


def test_images_of_sixteen_bits_and_colours_are_read_as_grey(tmp_path: Path) -> None:
    grey = hall()
    plain = load_map(write_map(tmp_path, grey))
    Image.fromarray(grey.astype(np.uint16) * 257).save(tmp_path / "deep.png")
    Image.fromarray(np.repeat(grey[..., None], 3, 2)).save(tmp_path / "colour.png")
    for name in ("deep.png", "colour.png"):
        text = (tmp_path / "map.yaml").read_text().replace("map.pgm", name)
        (tmp_path / "other.yaml").write_text(text)
        scene = load_map(tmp_path / "other.yaml")
        np.testing.assert_array_equal(scene.triangles, plain.triangles)


def test_a_map_opens_as_a_scene_with_the_options_of_maps(tmp_path: Path) -> None:
    path = write_map(tmp_path, hall())
    assert open_scene(path, height=3.0).plan.rooms[0].height == pytest.approx(3.0)
    with pytest.raises(SoundwalkError, match="unknown option of a scene's file 'hieght': did you"):
        open_scene(path, hieght=3.0)


# What is wrong with a map


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"resolution": 50}, r"resolution is 50: expected metres of a cell, 0\.005 to 0\.5"),
        ({"resolution": 0}, "resolution is 0: expected metres"),
        ({"resolution": "fine"}, "resolution is 'fine': expected a number"),
        ({"resolution": ".nan"}, "resolution is nan: expected a number"),
        ({"origin": [0, 0]}, r"origin is \[0, 0\]: expected \[x, y, yaw\]"),
        ({"origin": "[0, 0, north]"}, "origin is 'north': expected a number"),
        (
            {"free_thresh": 0.7},
            r"free_thresh is 0\.7 and occupied_thresh 0\.65: expected 0 <=",
        ),
        ({"occupied_thresh": 65}, "occupied_thresh 65: expected 0 <= free_thresh < occupied"),
        ({"negate": 2}, "negate is 2: expected 0 or 1"),
        ({"mode": "trinry"}, "unknown mode in .*'trinry': did you mean 'trinary'"),
        ({"image": "gone.pgm"}, r"names the image .*gone\.pgm', which is not there"),
        ({"negate": 1}, r"no free space|measures|has no free"),
    ],
)
def test_a_value_without_meaning_is_named(
    tmp_path: Path, keys: dict[str, Any], message: str
) -> None:
    grey = hall()
    if keys.get("negate") == 1:
        grey[grey == OCCUPIED] = UNKNOWN
    path = write_map(tmp_path, grey)
    text = path.read_text()
    for key, value in keys.items():
        lines = [line for line in text.splitlines() if not line.startswith(f"{key}:")]
        text = "\n".join([*lines, f"{key}: {value}"])
    path.write_text(text)
    with pytest.raises(SoundwalkError, match=message):
        load_map(path)


@pytest.mark.parametrize("key", ["image", "resolution", "origin", "negate", "free_thresh"])
def test_a_missing_key_is_named(tmp_path: Path, key: str) -> None:
    with pytest.raises(SoundwalkError, match=f"has no '{key}': expected the YAML file of a map"):
        load_map(write_map(tmp_path, hall(), drop=(key,)))


@pytest.mark.parametrize("name", ["map.pgm", "map.png"])
@pytest.mark.parametrize("share", [0.0, 0.001, 0.5])
def test_an_image_that_is_cut_short_is_damaged(tmp_path: Path, name: str, share: float) -> None:
    path = write_map(tmp_path, hall(), image=name)
    whole = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(SoundwalkError, match=r"damaged or cut short|no image that can be read"):
        load_map(path)


def test_a_map_without_free_space_says_what_it_holds(tmp_path: Path) -> None:
    grey = np.full((20, 20), UNKNOWN, np.uint8)
    grey[:5] = OCCUPIED
    with pytest.raises(SoundwalkError, match=r"no free space .25% is occupied, the rest unk"):
        load_map(write_map(tmp_path, grey))


def test_a_passage_too_narrow_for_anybody_is_no_place(tmp_path: Path) -> None:
    grey = np.full((40, 40), OCCUPIED, np.uint8)
    grey[20:24, 5:35] = FREE
    with pytest.raises(SoundwalkError, match=r"an agent of radius 0\.15 m fits nowhere"):
        load_map(write_map(tmp_path, grey))


def test_a_huge_map_is_refused_before_it_is_read(tmp_path: Path) -> None:
    side = int(MOST_PIXELS**0.5) + 8
    header = f"P5\n{side} {side}\n255\n".encode()
    path = write_map(tmp_path, hall())
    (tmp_path / "map.pgm").write_bytes(header)
    with pytest.raises(SoundwalkError, match=r"pixels: at most 64,000,000 are read"):
        load_map(path)
    wide = np.full((1000, 1100), FREE, np.uint8)
    with pytest.raises(SoundwalkError, match=rf"at most {MOST_CELLS:,} are read; cut it"):
        load_map(write_map(tmp_path, wide, resolution=0.1))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"furniture": "box"}, "unknown furniture 'box': did you mean 'boxes'"),
        ({"height": 1.0}, r"height=1\.0: expected metres, more than 1\.4"),
        ({"furniture_height": 3.0}, r"furniture_height=3\.0: expected metres, less than"),
        ({"materials": {"wall": "brickwork"}}, "unknown key of materials 'wall': did you mean"),
        ({"materials": {"walls": "brikwork"}}, "unknown material 'brikwork': did you mean 'bri"),
    ],
)
def test_an_option_without_meaning_is_named(
    tmp_path: Path, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(SoundwalkError, match=message):
        load_map(write_map(tmp_path, hall()), **options)


@pytest.mark.parametrize(
    ("text", "message"),
    [("a: [", "is not YAML"), ("- 1", "expected the keys image"), ("", "expected the keys image")],
)
def test_a_file_that_is_no_map_says_so(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "map.yaml").write_text(text)
    with pytest.raises(SoundwalkError, match=message):
        load_map(tmp_path / "map.yaml")


def test_free_cells_of_a_scene_are_those_of_its_image(tmp_path: Path) -> None:
    """The free space lies where the pixels say, cell by cell, and nowhere else."""
    grey = hall()
    scene = load_map(write_map(tmp_path, grey))
    rows, columns = np.indices(grey.shape)
    centres = np.stack([(columns + 0.5) * 0.05, (grey.shape[0] - rows - 0.5) * 0.05], -1)
    assert scene.free is not None
    held: Bool = scene.free.holds(centres.reshape(-1, 2)).reshape(grey.shape)
    np.testing.assert_array_equal(held, grey == FREE)
