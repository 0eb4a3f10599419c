"""The adapter to habitat-sim: axes, settings, islands, ways, images, and episodes in it."""

from __future__ import annotations

import dataclasses
import importlib.util
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import soundwalk.envs.simulators.habitat as package
from soundwalk.envs.acoustics import AcousticConfig, AcousticModel
from soundwalk.envs.acoustics.sounds import SoundBank
from soundwalk.envs.elsewhere import HabitatVectorEnv
from soundwalk.envs.interface import F64, MAX_DEPTH, SoundwalkError
from soundwalk.envs.navigation import NavMap
from soundwalk.envs.rendering import Camera
from soundwalk.envs.scenes import Scene, generate, shoebox
from soundwalk.envs.simulators.habitat import HabitatOptions, HabitatScene, HabitatSimulator
from soundwalk.envs.simulators.habitat.axes import (
    from_habitat,
    heading_of,
    rotation_of,
    to_habitat,
)
from soundwalk.envs.simulators.habitat.binding import Habitat, Library, load_library
from soundwalk.envs.simulators.habitat.settings import action_plan, sensor_plans, stage_file
from soundwalk.envs.simulators.habitat.stages import floor_island
from soundwalk.envs.simulators.habitat.ways import colours, metres
from soundwalk.envs.tasks.habitat_episodes import HabitatEpisode

from .habitat_fake import FLOOR, LIFT, fake_library

BOX = (6.0, 5.0, 2.7)
SMALL = HabitatOptions(camera=Camera(9, 9), gpu=-1)


@pytest.fixture(scope="module")
def home() -> Scene:
    return generate(11, 3)


@pytest.fixture
def glb(tmp_path: Path) -> Path:
    path = tmp_path / "home.glb"
    path.touch()
    return path


@pytest.fixture
def library(home: Scene) -> Library:
    return fake_library({"home.glb": home, "box.glb": shoebox(BOX)})


# Axes


def test_axes_keep_lengths_and_handedness() -> None:
    """The map is a rotation: its matrix is orthogonal with determinant 1, and up goes to up."""
    matrix = to_habitat(np.eye(3)).T
    np.testing.assert_allclose(matrix @ matrix.T, np.eye(3))
    assert np.linalg.det(matrix) == pytest.approx(1.0)
    np.testing.assert_array_equal(to_habitat([0, 0, 1]), [0, 1, 0])
    points = np.random.default_rng(0).normal(size=(5, 2, 3))
    np.testing.assert_array_equal(from_habitat(to_habitat(points)), points)


@pytest.mark.parametrize("heading", np.linspace(-3.1, 3.1, 9))
def test_a_heading_is_the_way_that_habitats_forward_axis_is_turned(heading: float) -> None:
    """Forward is -z there; a quaternion q turns v to q v q*."""
    w, x, y, z = rotation_of(heading)
    axis, forward = np.array([x, y, z]), np.array([0.0, 0.0, -1.0])
    turned = forward + 2 * np.cross(axis, np.cross(axis, forward) + w * forward)
    np.testing.assert_allclose(
        from_habitat(turned), [np.cos(heading), np.sin(heading), 0], atol=1e-12
    )
    assert heading_of((w, x, y, z)) == pytest.approx(heading)
    assert np.exp(1j * heading_of((-w, -x, -y, -z))) == pytest.approx(np.exp(1j * heading))


# Settings


def test_cameras_are_asked_for_in_degrees_and_metres_above_the_feet() -> None:
    options = HabitatOptions(Camera(48, 64, np.pi / 3), sensors=("depth", "semantic"))
    depth, semantic = sensor_plans(options)
    assert (depth.uuid, depth.kind, semantic.kind) == ("depth", "DEPTH", "SEMANTIC")
    assert depth.resolution == (48, 64)
    assert depth.hfov == pytest.approx(60.0)
    assert depth.position == (0.0, 1.25, 0.0)
    assert action_plan() == {"move_forward": 0.25, "turn_left": 15.0, "turn_right": 15.0}


def test_a_bare_glb_gets_a_stage_config_that_says_what_is_up(glb: Path, tmp_path: Path) -> None:
    folder = tmp_path / "made" / "here"
    path = stage_file(glb, SMALL, folder)
    config = json.loads(path.read_text())
    assert path.name.endswith(".stage_config.json")
    assert config["up"] == [0.0, 1.0, 0.0]
    assert config["front"] == [0.0, 0.0, -1.0]
    assert Path(config["render_asset"]) == glb
    other = dataclasses.replace(SMALL, up=(0.0, 0.0, 1.0), front=(0.0, 1.0, 0.0))
    assert stage_file(glb, other, folder) != path
    ply = tmp_path / "mesh_semantic.ply"
    ply.touch()
    assert stage_file(ply, SMALL, folder) == ply
    with pytest.raises(SoundwalkError, match="does not exist"):
        stage_file(tmp_path / "none.glb", SMALL, folder)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"radius": 0.0}, "radius=0"),
        ({"far": float("inf")}, "far=inf"),
        ({"front": (0.0, 1.0, 0.0)}, "right angles"),
        ({"up": (0.0, 0.0, 0.0)}, "right angles"),
    ],
)
def test_settings_without_meaning_are_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(SoundwalkError, match=message):
        HabitatOptions(**change)
    with pytest.raises(SoundwalkError, match="'smell': expected some of rgb, depth, semantic"):
        sensor_plans(HabitatOptions(sensors=("smell",)))


def test_one_module_alone_imports_habitat_sim_and_not_before_it_is_used() -> None:
    root = Path(package.__path__[0]).parents[1]
    naming = re.compile(
        r"^\s*(import|from) (habitat_sim|magnum)|import_module\(.habitat_sim", re.MULTILINE
    )
    found = [path.name for path in root.rglob("*.py") if naming.search(path.read_text())]
    assert found == ["binding.py"]


@pytest.mark.skipif(bool(importlib.util.find_spec("habitat_sim")), reason="habitat-sim is here")
def test_without_habitat_sim_the_error_says_how_to_get_it_and_what_works_instead() -> None:
    with pytest.raises(SoundwalkError, match=r"conda install .*aihabitat.*SoundSpacesVectorEnv"):
        load_library()
    with pytest.raises(SoundwalkError, match="habitat-sim is not installed"):
        HabitatSimulator(1)


# What habitat says


def test_a_bare_glb_lies_on_its_side_and_only_the_stage_config_rights_it(
    library: Library, glb: Path, tmp_path: Path, home: Scene
) -> None:
    a, b = NavMap.from_scene(home).sample_free(np.random.default_rng(0), 2)
    start, goal = np.array([*a, 0.0]), np.array([*b, 0.0])
    assert Habitat(library, glb, SMALL).way(start, goal)[0] == np.inf
    upright = Habitat(library, stage_file(glb, SMALL, tmp_path), SMALL)
    assert upright.way(start, goal)[0] < np.inf


def test_ways_are_as_long_as_the_exact_ones_and_end_where_they_should(
    library: Library, glb: Path, tmp_path: Path, home: Scene
) -> None:
    nav = NavMap.from_scene(home)
    habitat = Habitat(library, stage_file(glb, SMALL, tmp_path), SMALL)
    points = nav.sample_free(np.random.default_rng(1), 6)
    for a, b in zip(points[::2], points[1::2], strict=True):
        length, corners = habitat.way(np.array([*a, 0.0]), np.array([*b, 0.0]))
        assert length == pytest.approx(nav.field(b).distance(a), rel=1e-5)
        np.testing.assert_allclose(corners[[0, -1], :2], [a, b], atol=1e-5)
        assert np.linalg.norm(np.diff(corners, axis=0), axis=1).sum() == pytest.approx(length, 1e-4)


def test_agents_walk_on_the_floor_and_not_on_the_roof_which_is_larger(
    library: Library, glb: Path, tmp_path: Path
) -> None:
    habitat = Habitat(library, stage_file(glb, SMALL, tmp_path), SMALL)
    heights = [habitat.random_point()[2] for _ in range(200)]
    assert np.mean(np.array(heights) > 2.0) > 0.5, "most of the navigation mesh is roof"
    assert floor_island(habitat) == FLOOR
    simulator = HabitatSimulator(1, SMALL, engine="none", library=library)
    slot = simulator.open(HabitatScene(glb))
    assert max(simulator.random_place(slot)[2] for _ in range(50)) == pytest.approx(LIFT)
    chosen = dataclasses.replace(SMALL, island=0)
    roofed = HabitatSimulator(1, chosen, engine="none", library=library)
    assert roofed.random_place(roofed.open(HabitatScene(glb)))[2] > 2.0


def test_an_empty_scene_has_no_place_to_stand(library: Library) -> None:
    with pytest.raises(SoundwalkError, match="no place to stand: is the scene upright"):
        Habitat(library, "NONE", SMALL).random_point()


def test_images_lose_their_transparency_and_holes_are_far() -> None:
    image = np.arange(2 * 3 * 4, dtype=np.uint8).reshape(2, 3, 4)
    np.testing.assert_array_equal(colours(image), image[:, :, :3])
    depth = metres(np.array([[0.0, 0.5], [60.0, np.inf]], np.float32))
    np.testing.assert_array_equal(depth, np.array([[MAX_DEPTH, 0.5], [MAX_DEPTH, MAX_DEPTH]]))
    assert depth.dtype == np.float32


def test_ids_of_what_is_seen_are_there_where_they_are_asked_for(
    library: Library, glb: Path
) -> None:
    options = dataclasses.replace(SMALL, sensors=("semantic",))
    simulator = HabitatSimulator(1, options, engine="none", library=library)
    slot = simulator.open(HabitatScene(glb))
    simulator.settle(0, slot, simulator.random_place(slot), 0.0, [])
    ids = simulator.semantic(np.zeros(1, np.int32))
    assert ids.shape == (1, 9, 9)
    assert ids.dtype == np.int32


def test_agents_stop_at_what_they_bump_into_where_sliding_is_off(
    library: Library, tmp_path: Path
) -> None:
    path = tmp_path / "box.glb"
    path.touch()
    for sliding in (True, False):
        options = dataclasses.replace(SMALL, sliding=sliding)
        simulator = HabitatSimulator(1, options, engine="none", library=library)
        slot = simulator.open(HabitatScene(path))
        simulator.settle(0, slot, np.array([5.8, 2.0, 0.0]), 0.7, [])
        assert simulator.act(np.ones(1, np.int64))[0]
        moved = float(np.hypot(*(simulator.poses[0, :2] - [5.8, 2.0])))
        assert (moved > 0.1) == sliding


def test_simulators_are_used_again_for_other_scenes(
    library: Library, glb: Path, tmp_path: Path
) -> None:
    (tmp_path / "box.glb").touch()
    scenes = HabitatScene(glb), HabitatScene(tmp_path / "box.glb")
    simulator = HabitatSimulator(2, SMALL, engine="none", simulators=1, library=library)
    first = simulator.open(scenes[0])
    assert simulator.open(scenes[0]) == first
    with pytest.raises(SoundwalkError, match=r"agents are in 1 scenes.*raise `simulators`"):
        simulator.open(scenes[1])
    simulator.stages.release(first)
    simulator.stages.release(first)
    assert simulator.open(scenes[1]) == first
    assert library.sim.Simulator.started == 1
    habitat = simulator.stages[first].habitat
    simulator.close()
    assert habitat._sim.closed


# Hearing


def test_without_acoustics_the_error_says_what_to_give(library: Library, glb: Path) -> None:
    with pytest.raises(SoundwalkError, match="no acoustics: give HabitatScene an AcousticModel"):
        HabitatSimulator(1, SMALL, library=library).open(HabitatScene(glb))
    deaf = HabitatSimulator(1, SMALL, engine="none", library=library)
    deaf.open(HabitatScene(glb))
    with pytest.raises(SoundwalkError, match="engine='none' hears nothing"):
        deaf.hear()
    with pytest.raises(SoundwalkError, match="engine='loud': expected"):
        HabitatSimulator(1, SMALL, engine="loud", library=library)


@pytest.mark.parametrize(("azimuth", "louder"), [(1.2, 0), (-1.2, 1)])
@pytest.mark.parametrize("heading", [0.0, 1.0, 2.5, -2.0])
@pytest.mark.parametrize("floor", [0.0, -3.0])
def test_habitats_own_audio_hears_a_source_where_it_is(
    library: Library, tmp_path: Path, azimuth: float, louder: int, heading: float, floor: float
) -> None:
    (tmp_path / "box.glb").touch()
    simulator = HabitatSimulator(1, SMALL, engine="rlr", library=library)
    slot = simulator.open(HabitatScene(tmp_path / "box.glb", floor=floor))
    click = np.zeros(16_000, np.float32)
    click[0] = 1.0
    distance, angle = 1.5, heading + azimuth
    source = np.array([3 + distance * np.cos(angle), 2.5 + distance * np.sin(angle), 1.25])
    simulator.place(0, slot, np.array([3.0, 2.5, heading]), source, click, 0, 0.0)
    heard = simulator.begin_hearing(np.zeros(1, np.int32))[0]
    arrival = np.abs(heard).argmax(1)
    assert (np.abs(arrival / 16_000 - distance / 343.0) < 1e-4).all()
    assert np.abs(heard[louder]).max() > 1.2 * np.abs(heard[1 - louder]).max()
    assert np.abs(heard).max(1).sum() == pytest.approx(2 / distance, rel=1e-3)
    simulator.close()


def test_a_build_without_audio_is_said_to_have_none(home: Scene, glb: Path) -> None:
    library = fake_library({"home.glb": home}, audio=False)
    simulator = HabitatSimulator(1, SMALL, engine="rlr", library=library)
    slot = simulator.open(HabitatScene(glb))
    simulator.place(
        0, slot, np.array([3.0, 2.5, 0.0]), np.array([4, 2.5, 1.2]), np.ones(9, np.float32), 0, 0.0
    )
    with pytest.raises(SoundwalkError, match="this build of habitat-sim has no audio"):
        simulator.hear()


# Episodes


def point(home: Scene, seed: int) -> F64:
    place: F64 = NavMap.from_scene(home).sample_free(np.random.default_rng(seed), 1)[0]
    return place


def episodes(home: Scene, count: int = 3) -> list[HabitatEpisode]:
    nav, found = NavMap.from_scene(home), []
    for seed in range(40):
        start, goal = point(home, 2 * seed), point(home, 2 * seed + 1)
        distance = nav.field(goal).distance(start)
        if 2.5 < distance < 9.0:
            found.append(
                HabitatEpisode(
                    str(seed),
                    "gibson/home.glb",
                    (start[0], start[1], 0.4 * seed),
                    0.0,
                    (goal[0], goal[1], 0.0),
                    geodesic=distance,
                )
            )
    return found[:count]


@pytest.fixture(scope="module")
def model(home: Scene) -> AcousticModel:
    return AcousticModel.from_scene(home, AcousticConfig())


def env(
    library: Library, glb: Path, model: AcousticModel, walks: Any, **options: Any
) -> HabitatVectorEnv:
    scenes = {"home.glb": HabitatScene(glb, model)}
    given = {"resolution": 9, "habitat": {"gpu": -1}, "library": library, **options}
    return HabitatVectorEnv(scenes, walks, **given)


def test_the_oracle_walks_to_the_sound_on_nearly_the_shortest_way(
    library: Library, glb: Path, model: AcousticModel, home: Scene
) -> None:
    walks = episodes(home)
    assert len(walks) == 3
    envs = env(library, glb, model, walks, num_envs=3, privileged=True, sensors=("depth",))
    _, infos = envs.reset(seed=0)
    np.testing.assert_allclose(infos["geodesic_distance"], [w.geodesic for w in walks], rtol=1e-3)
    ended: dict[int, Any] = {}
    for _ in range(150):
        _, _, _, _, infos = envs.step(infos["oracle_action"])
        for i in np.flatnonzero(infos.get("_final_info", np.zeros(0))):
            final = {k: v[i] for k, v in infos["final_info"].items() if k[0] != "_"}
            ended.setdefault(int(final["episode_index"]), final)
        if len(ended) == 3:
            break
    assert {i: float(f["success"]) for i, f in ended.items()} == {0: 1.0, 1: 1.0, 2: 1.0}
    assert min(float(f["spl"]) for f in ended.values()) > 0.9
    assert min(float(f["sna"]) for f in ended.values()) > 0.6
    envs.close()


def test_episodes_of_point_navigation_sound_and_always_alike(
    library: Library, glb: Path, model: AcousticModel, home: Scene
) -> None:
    heard = []
    for _ in range(2):
        envs = env(library, glb, model, episodes(home), num_envs=2, sensors=("audio",))
        heard.append(envs.reset(seed=1)[0]["audio"])
        assert heard[-1].shape == (2, 2, 4000)
        assert (np.abs(heard[-1]).max((1, 2)) > 1e-5).all()
        envs.close()
    np.testing.assert_array_equal(heard[0], heard[1])


def test_a_sound_that_an_episode_names_is_that_of_the_bank(
    library: Library, glb: Path, model: AcousticModel, home: Scene
) -> None:
    named = [dataclasses.replace(episodes(home)[0], clip="telephone", category="telephone")]
    envs = env(library, glb, model, named, sensors=("audio",))
    envs.reset(seed=0)
    bank, rate = SoundBank.synthetic(), 16_000
    clips = [bank.load(c) for c in bank.clips("train") if c.category == "telephone"]
    assert any(np.array_equal(envs._dry(named[0]), clip) for clip in clips)
    assert envs.bank.sample_rate == rate
    odd = [dataclasses.replace(named[0], clip="kazoo", category="kazoo")]
    with pytest.raises(SoundwalkError, match="unknown sound 'kazoo'"):
        env(library, glb, model, odd).reset()
    lost = [dataclasses.replace(named[0], scene="gibson/house.glb")]
    with pytest.raises(SoundwalkError, match=r"unknown scene .*did you mean|Valid: home\.glb"):
        env(library, glb, model, lost).reset()


@pytest.mark.parametrize(
    "option", [{"distractors": 1}, {"moving": 1.0}, {"echolocation": "action"}, {"stems": True}]
)
def test_options_that_work_at_home_only_are_refused(
    library: Library, glb: Path, model: AcousticModel, home: Scene, option: dict[str, Any]
) -> None:
    with pytest.raises(SoundwalkError, match=rf"{next(iter(option))}=.* in generated homes only"):
        env(library, glb, model, episodes(home), **option)
