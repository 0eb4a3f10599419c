"""The reference engine: its walls, images, rays, and what it leaves of pyroomacoustics' globals."""

from __future__ import annotations

import dataclasses

import numpy as np
import pyroomacoustics as pra
import pytest

from soundwalk.envs.acoustics import AcousticConfig, GeometricEngine, PyroomEngine
from soundwalk.envs.acoustics.images import image_coordinate, lattice
from soundwalk.envs.acoustics.pyroom_room import BIN, borrowed_globals
from soundwalk.envs.acoustics.pyroom_walls import Panel, furniture, shell
from soundwalk.envs.interface import F64, SPEED_OF_SOUND, SoundwalkError
from soundwalk.envs.scenes import generate, shoebox
from soundwalk.envs.scenes.scene import Scene

from .conftest import build

SIZE = (6.0, 5.0, 2.7)
SOURCE, EARS = (1.0, 2.0, 1.5), (4.0, 3.0, 1.3)


def area_vector(panel: Panel) -> F64:
    """Outward normal times area, by Newell's sum."""
    corners = panel.corners
    total: F64 = 0.5 * np.cross(np.roll(corners, 1, axis=0), corners).sum(0)
    return total


def volume(panels: list[Panel]) -> float:
    """By the divergence theorem."""
    return float(sum(area_vector(p) @ p.corners[0] for p in panels) / 3)


@pytest.mark.parametrize("seed", [3, 7, 11])
def test_the_walls_of_a_home_close_round_exactly_its_air(seed: int) -> None:
    plan = generate(seed, 5).plan
    air = sum(room.area * room.height for room in plan.rooms)
    for x0, y0, x1, y1 in (door.box for door in plan.doors):
        air += (x1 - x0) * (y1 - y0) * plan.doors[0].height
    panels = shell(plan)
    assert volume(panels) == pytest.approx(air, rel=1e-9)
    assert np.abs(sum(area_vector(p) for p in panels)).max() < 1e-9
    for panel in panels:
        off = (panel.corners - panel.corners[0]) @ area_vector(panel)
        assert np.abs(off).max() < 1e-9, "a panel is flat"


def test_furniture_takes_its_volume_from_the_air() -> None:
    plan = generate(7, 3).plan
    boxes = np.array([b for piece in plan.furniture for b in piece.parts or (piece.box,)])
    taken = volume(furniture(plan))  # bottoms on the floor, z = 0, add nothing to this sum
    assert taken == pytest.approx(-(boxes[:, 3:] - boxes[:, :3]).prod(1).sum(), rel=1e-6)


def mirrored(order: int) -> F64:
    """Sorted distances of all images in the box, by the lattice of Allen and Berkley."""
    places = [
        [
            image_coordinate(int(n), x, 0.0, top)
            for n, x, top in zip(image, SOURCE, SIZE, strict=True)
        ]
        for image in lattice(order)
    ]
    return np.sort(np.linalg.norm(np.array(places) - EARS, axis=1))


@pytest.fixture(scope="module")
def cut_box() -> Scene:
    """The box of SIZE as two rooms with nothing between them."""
    x, y, z = SIZE
    scene = build([(0, 0, 2.5, y), (2.5, 0, x, y)], [((0, 1), (2.5, 0, 2.5, y), 0)], 0.2, z)
    rooms = tuple(dataclasses.replace(room, height=z) for room in scene.plan.rooms)
    return dataclasses.replace(scene, plan=dataclasses.replace(scene.plan, rooms=rooms))


def test_a_box_has_the_images_of_the_lattice_whole_or_as_two_joined_polygon_rooms(
    cut_box: Scene,
) -> None:
    for scene in (shoebox(SIZE, 0.2), cut_box):
        engine = PyroomEngine(scene, order=2, receiver="mono", late=False)
        images = engine.images(SOURCE, EARS)
        length = np.linalg.norm(images.places - EARS, axis=1)
        np.testing.assert_allclose(np.sort(length), mirrored(2), atol=1e-4)
        kept = np.sort(images.gains[:, 3])[::-1]
        assert kept[0] == pytest.approx(1.0)
        assert kept[-1] == pytest.approx(0.8, abs=1e-6)  # two walls: sqrt(0.8) ** 2


def test_rays_fill_a_box_with_the_energy_of_a_diffuse_field_and_decay_like_eyring() -> None:
    """After some reflections 4 pi c / V of squared pressure, whatever the walls scatter."""
    box, surface = np.prod(SIZE), 2 * (30 + 16.2 + 13.5)
    for scattering in (0.1, 0.9):
        engine = PyroomEngine(shoebox(SIZE, 0.2, scattering), air=False, rays=10_000)
        energy = engine.rays(SOURCE, EARS).sum(0)[3]
        times = (np.arange(len(energy)) + 0.5) * BIN
        rate = -np.log(0.8) * SPEED_OF_SOUND * surface / (4 * box)
        theory = 4 * np.pi * SPEED_OF_SOUND / box * np.exp(-rate * times) * BIN
        use = slice(10, 60)
        assert 10 * np.log10(energy[use].sum() / theory[use].sum()) == pytest.approx(0, abs=1.5)
        slope = np.polyfit(times[use], np.log(energy[use]), 1)[0]
        assert slope == pytest.approx(-rate, rel=0.1)


def test_what_we_make_of_images_is_what_pyroomacoustics_makes_of_them() -> None:
    engine = PyroomEngine(shoebox(SIZE, 0.2), receiver="mono", late=False)
    ours, theirs = engine.rir(SOURCE, EARS)[0], engine.microphone(SOURCE, EARS)
    a, b = (np.fft.rfft(h, 16_384)[200:7000] for h in (ours, theirs))
    error = np.sum(np.abs(a - b) ** 2) / np.sum(np.abs(b) ** 2)
    assert 10 * np.log10(error) < -25
    assert np.argmax(ours) == np.argmax(theirs)


def test_rays_go_on_alone_where_no_image_is_visible_and_an_error_says_so_where_none_arrive() -> (
    None
):
    rooms = [(0.0, 0.0, 4.0, 4.0), (4.1, 0.0, 8.1, 4.0)]
    far = build(rooms, [((0, 1), (4.0, 3.0, 4.1, 3.9), 0)])
    engine = PyroomEngine(far, order=0, receiver="mono", rays=3000)
    a, b = (1.0, 0.5, 1.2), (7.0, 0.5, 1.2)
    assert len(engine.images(a, b).places) == 0
    heard = engine.rir(a, b)[0]
    assert np.abs(heard).max() > 1e-4
    around = (np.hypot(3.0, 2.5) + np.hypot(2.9, 2.5)) / SPEED_OF_SOUND
    level = np.cumsum(heard.astype(float) ** 2)
    first = np.argmax(level > 1e-3 * level[-1]) / 16_000
    assert first > around - BIN
    with pytest.raises(SoundwalkError, match="no image is visible"):
        engine.microphone(a, b)
    shut = PyroomEngine(build(rooms, []), order=0, receiver="mono", rays=100)
    with pytest.raises(SoundwalkError, match="GeometricEngine"):
        shut.rir(a, b)


def test_rays_from_the_left_are_louder_at_the_left_ear() -> None:
    """Without images the direction of rays is all there is."""
    far = build(
        [(0.0, 0.0, 4.0, 4.0), (4.1, 0.0, 8.1, 4.0)], [((0, 1), (4.0, 3.0, 4.1, 3.9), 0)], 0.7
    )
    engine = PyroomEngine(far, order=0, rays=3000)
    for heading, louder in ((np.pi / 2, 0), (-np.pi / 2, 1)):  # the door lies to the west
        energy = (engine.rir((3.0, 2.0, 1.2), (6.0, 3.4, 1.2), heading)[:, :800] ** 2).sum(1)
        assert energy[louder] > 1.5 * energy[1 - louder]


def test_the_globals_of_pyroomacoustics_are_as_they_were() -> None:
    before = pra.constants.get("c"), pra.constants.get("rir_hpf_enable")
    pra.random.seed(numpy=5, libroom=6)
    dice = pra.random.get_rng()
    engine = PyroomEngine.from_config(
        shoebox(SIZE), AcousticConfig(temperature=0.0, receiver="mono"), rays=200
    )
    engine.microphone(SOURCE, EARS)
    with pytest.raises(RuntimeError), borrowed_globals(1):
        raise RuntimeError
    assert (pra.constants.get("c"), pra.constants.get("rir_hpf_enable")) == before
    assert pra.random.get_rng() is dice


def test_sound_is_slower_in_the_cold_in_both_engines() -> None:
    cold = AcousticConfig(order=0, temperature=-10.0, receiver="mono", late=False)
    way = np.linalg.norm(np.subtract(SOURCE, EARS))
    scene = shoebox(SIZE)
    engines = PyroomEngine.from_config(scene, cold), GeometricEngine.from_config(scene, cold)
    for engine in engines:
        rir = engine.rir(SOURCE, EARS)[0]
        assert np.argmax(rir) / 16_000 == pytest.approx(
            way / (SPEED_OF_SOUND * np.sqrt(263.15 / 293.15)), abs=1 / 16_000
        )


def test_settings_that_would_take_hours_or_say_nothing_are_refused() -> None:
    with pytest.raises(SoundwalkError, match="rays=10"):
        PyroomEngine(shoebox(SIZE), rays=10)
    home = generate(7, 5)
    engine = PyroomEngine(home, furniture=True)
    spots = [thing.position for thing in home.plan.objects]
    with pytest.raises(SoundwalkError, match="lower the order"):
        engine.rir(spots[0], spots[1])
