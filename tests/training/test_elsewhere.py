"""One key takes the same agents, training and evaluation to other places."""

from __future__ import annotations

import dataclasses
import gzip
import json
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import av
import numpy as np
import pytest

from soundwalk.agents.baselines import Oracle
from soundwalk.envs.elsewhere import HabitatVectorEnv, SoundSpacesVectorEnv
from soundwalk.envs.interface import SoundwalkError
from soundwalk.envs.navigation import NavMap
from soundwalk.envs.rendering.glb import save_glb
from soundwalk.envs.scenes import generate, save
from soundwalk.envs.scenes.plans import save_plan
from soundwalk.envs.tasks.episodes import load_episodes, save_episodes
from soundwalk.envs.tasks.metrics import METRICS
from soundwalk.envs.vector import AudioGoalVectorEnv
from soundwalk.training.cli import main
from soundwalk.training.config import (
    Config,
    EnvConfig,
    PPOConfig,
    from_dict,
    load_config,
    save_config,
)
from soundwalk.training.elsewhere import kind_of
from soundwalk.training.evaluate import evaluate, fixed_episodes, table, walk
from soundwalk.training.reinforce import train
from soundwalk.training.runs import run_config
from soundwalk.training.video import film_agent
from soundwalk.training.worlds import make_envs

from ..scenes.map_files import survey, write_map
from ..simulators import soundspaces_data as soundspaces
from ..simulators.habitat_fake import fake_library

SMALL = EnvConfig(num_envs=2, resolution=33, max_steps=60, homes=2)
PPO = PPOConfig(batch_size=128)
HOME = generate(5, 3)


def _npz(folder: Path, patch: pytest.MonkeyPatch) -> EnvConfig:
    save(HOME, folder / "home.npz")
    return dataclasses.replace(SMALL, world=str(folder / "home.npz"))


def _plan(folder: Path, patch: pytest.MonkeyPatch) -> EnvConfig:
    save_plan(HOME, folder / "plan.json")
    return dataclasses.replace(SMALL, world=str(folder / "plan.json"))


def _map(folder: Path, patch: pytest.MonkeyPatch) -> EnvConfig:
    grey, origin = survey(HOME, 0.05, furnished=True)
    path = write_map(folder, grey, origin=list(origin))
    return dataclasses.replace(SMALL, world=str(path), world_options={"height": 2.4})


def _mesh(folder: Path, patch: pytest.MonkeyPatch) -> EnvConfig:
    save_glb(HOME, folder / "home.glb")
    return dataclasses.replace(SMALL, world=str(folder / "home.glb"))


def _soundspaces(folder: Path, patch: pytest.MonkeyPatch) -> EnvConfig:
    data = soundspaces.write_metadata(folder)
    soundspaces.write_clicks(data, np.eye(2, 400, dtype=np.float32))
    soundspaces.write_views(data, SMALL.resolution)
    soundspaces.write_sound(data)
    walks = [(0, 11, 0.0), (2, 9, 90.0), (7, 1, 180.0), (9, 5, 270.0), (11, 0, 0.0)]
    soundspaces.write_episodes(data, [data.episode(*w) for w in walks], split="val_telephone")
    return dataclasses.replace(
        SMALL, world=f"soundspaces:{data.root}/replica", world_options={"reach": 0.5}
    )


def _habitat(folder: Path, patch: pytest.MonkeyPatch) -> EnvConfig:
    """A mesh of the home in a fake of habitat-sim, with episodes of PointNav."""
    library = fake_library({"home.glb": HOME})
    patch.setitem(sys.modules, "habitat_sim", library.sim)
    patch.setitem(sys.modules, "magnum", SimpleNamespace(Vector3=library.vector))
    common = SimpleNamespace(quat_from_angle_axis=library.turn)
    patch.setitem(sys.modules, "habitat_sim.utils.common", common)
    save_glb(HOME, folder / "home.glb")
    places = NavMap.from_scene(HOME).sample_free(np.random.default_rng(0), 12)
    rows = [
        {
            "episode_id": str(i),
            "scene_id": "scenes/home.glb",
            "start_position": [a[0], 0.0, -a[1]],
            "start_rotation": [0.0, 0.0, 0.0, 1.0],
            "goals": [{"position": [b[0], 0.0, -b[1]]}],
        }
        for i, (a, b) in enumerate(zip(places[::2], places[1::2], strict=True))
    ]
    path = folder / "episodes" / "val" / "val.json.gz"
    path.parent.mkdir(parents=True)
    path.write_bytes(gzip.compress(json.dumps({"episodes": rows}).encode()))
    options = {"scenes": str(folder / "home.glb"), "simulators": 1, "habitat": {"gpu": -1}}
    return dataclasses.replace(
        SMALL, world=f"habitat:{folder / 'episodes'}", world_options=options, max_steps=150
    )


Make = Callable[[Path, pytest.MonkeyPatch], EnvConfig]
WORLDS: dict[str, Make] = {
    "npz": _npz, "plan": _plan, "map": _map, "mesh": _mesh, "SoundSpaces": _soundspaces,
    "habitat, faked": _habitat,
}  # fmt: skip


@pytest.fixture
def world(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> EnvConfig:
    make: Make = request.param
    return make(tmp_path, monkeypatch)


everywhere = pytest.mark.parametrize("world", WORLDS.values(), ids=WORLDS, indirect=True)


@everywhere
def test_the_oracle_finds_every_sound_and_chance_hardly_any(
    world: EnvConfig, tmp_path: Path
) -> None:
    """`evaluate`, as users call it, on the run of an agent that was made for that world."""
    run = tmp_path / "run"
    run.mkdir()
    save_config(Config(env=world, ppo=PPO), run / "config.yaml")
    results = evaluate(["oracle", "random"], run, episodes=5, num_envs=2)
    assert results["episodes"] == 5
    assert results["config"]["world"] == world.world
    oracle, chance = (results["agents"][name] for name in ("oracle", "random"))
    assert oracle["success"]["mean"] == 1.0
    assert oracle["spl"]["mean"] > 0.85
    assert chance["spl"]["mean"] < 0.3
    assert set(oracle) == set(METRICS)
    assert str(world.world) in str(table(results).title)


@everywhere
def test_episodes_and_walks_are_the_same_again_in_a_batch_of_any_size(world: EnvConfig) -> None:
    walks = fixed_episodes(world, split="val", count=4, seed=3)
    assert walks == fixed_episodes(world, split="val", count=4, seed=3)
    rows = []
    for num_envs in (1, 3):
        envs = make_envs(world, num_envs=num_envs, episodes=walks, homes=2)
        try:
            rows.append(walk(Oracle(num_envs), envs, 4))
        finally:
            envs.close()
    assert rows[0] == rows[1]


def test_each_world_is_an_environment_of_its_kind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kinds = dict.fromkeys(("npz", "plan", "map", "mesh"), AudioGoalVectorEnv) | {
        "SoundSpaces": SoundSpacesVectorEnv, "habitat, faked": HabitatVectorEnv,
    }  # fmt: skip
    spaces = []
    for name, make in WORLDS.items():
        folder = tmp_path / name
        folder.mkdir()
        envs = make_envs(make(folder, monkeypatch), split="val")
        try:
            assert type(envs.unwrapped) is kinds[name]
            spaces.append(envs.single_observation_space)
        finally:
            envs.close()
    assert all(space == spaces[0] for space in spaces)


# Scenes of files


def test_training_runs_on_a_plan_and_goes_on_from_its_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The published configuration `quick`, with another world and small."""
    plan = _plan(tmp_path, monkeypatch).world
    small = [
        f"env.world={plan}", "env.num_envs=4", "env.resolution=16", "env.max_steps=20",
        "total_steps=256", "ppo.n_steps=32", "ppo.batch_size=64", "ppo.n_epochs=1",
        "imitation.steps=128", "imitation.rollout=16", "imitation.updates=1", "policy.width=8",
        "eval.episodes=2", "eval.every=256", "checkpoint_every=256",
    ]  # fmt: skip
    config = load_config("quick", small)
    state = train(config, tmp_path / "run")
    assert state.finished
    assert state.steps == 256
    assert run_config(tmp_path / "run").env.world == plan


def test_episodes_of_scenes_are_data_that_can_be_played_again(tmp_path: Path) -> None:
    for seed in (2, 3):
        save(generate(seed, 2), tmp_path / f"home{seed}.npz")
    config = dataclasses.replace(SMALL, world=str(tmp_path))
    walks = fixed_episodes(config, split="val", count=8, seed=0)
    assert {w.scene for w in walks} == {"home2.npz", "home3.npz"}
    save_episodes(walks, tmp_path / "walks.jsonl")
    assert load_episodes(tmp_path / "walks.jsonl") == walks
    for episode in walks:
        home = generate(int(episode.scene[4]), 2)
        thing = home.plan.objects[episode.target]
        assert (thing.category, thing.position) == (episode.category, episode.source)
        field = NavMap.from_scene(home).field(np.array(episode.goal))
        assert field.distance(np.array(episode.start[:2])) == pytest.approx(episode.geodesic)
    envs = AudioGoalVectorEnv(1, episodes=walks, sensors=())
    with pytest.raises(SoundwalkError, match=r"unknown scene 'home\d.npz': Valid: none"):
        envs.reset(seed=0)
    envs.close()


def test_splits_of_one_scene_have_other_episodes_and_splits_of_scenes_other_scenes(
    tmp_path: Path,
) -> None:
    for name, seed in (("a", 2), ("b", 3)):
        save(generate(seed, 2), tmp_path / f"{name}.npz")
    a, b = str(tmp_path / "a.npz"), str(tmp_path / "b.npz")
    one = dataclasses.replace(SMALL, world=a)
    starts = [
        {w.start for w in fixed_episodes(one, split=split, count=6, seed=0)}
        for split in ("train", "val", "test")
    ]
    assert not set.intersection(*starts)
    lists = from_dict({"env": {"world": {"train": [a], "val": b}}}).env
    for split, scene in (("train", "a.npz"), ("val", "b.npz")):
        walks = fixed_episodes(lists, split=split, count=3, seed=0)
        assert {w.scene for w in walks} == {scene}
    several = from_dict({"env": {"world": [a, b]}}).env
    assert several.world == (a, b)
    assert len({w.scene for w in fixed_episodes(several, split="val", count=9, seed=0)}) == 2


def test_where_nothing_can_sound_sounds_come_from_free_points_at_the_height_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = _map(tmp_path, monkeypatch)
    options = {**config.world_options, "source_height": 0.7}
    walks = fixed_episodes(
        dataclasses.replace(config, world_options=options), split="val", count=10, seed=0
    )
    categories = set()
    for episode in walks:
        assert episode.target == -1
        assert episode.source == (*episode.goal, 0.7)
        assert 2.0 <= episode.geodesic < np.inf
        categories.add(episode.category)
    assert len(categories) > 3


def test_distractors_sound_in_scenes_without_objects_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = dataclasses.replace(_map(tmp_path, monkeypatch), distractors=2, moving=0.5)
    envs = make_envs(config)
    try:
        envs.reset(seed=0)
        world: Any = envs.unwrapped
        for episode in world.current:
            assert (
                len({episode.category, *(d.clip.split("/")[0] for d in episode.distractors)}) == 3
            )
            assert {d.target for d in episode.distractors} == {-1}
            assert len(episode.waypoints) > 0
    finally:
        envs.close()


def test_a_scene_goes_through_gym_by_its_file_or_itself(tmp_path: Path) -> None:
    import gymnasium as gym

    save_plan(HOME, tmp_path / "plan.json")
    first = []
    for scenes in (tmp_path / "plan.json", HOME):
        env = gym.make("soundwalk:soundwalk/AudioGoal-v0", scenes=scenes, sensors=("depth",))
        first.append(env.reset(seed=0)[0]["depth"])
        env.close()
    np.testing.assert_array_equal(first[0], first[1])


# Data of others


def test_an_evaluation_takes_the_episodes_that_there_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = _soundspaces(tmp_path, monkeypatch)
    names = [walk.name for walk in fixed_episodes(config, split="val", count=500, seed=1)]
    assert names == ["0", "2", "7", "9", "11"]
    run = tmp_path / "run"
    run.mkdir()
    flat = dataclasses.replace(SMALL, world="flat.json")
    save_config(Config(env=flat, ppo=PPO), run / "config.yaml")
    results = evaluate(["oracle"], run, episodes=500, num_envs=4, world=str(config.world))
    assert results["episodes"] == 5


def test_splits_are_called_what_the_data_call_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = _soundspaces(tmp_path, monkeypatch)
    with pytest.raises(SoundwalkError, match=r"none of the splits train, train_telephone, tr"):
        make_envs(config)
    named = {"splits": {"train": "val_telephone"}}
    envs = make_envs(dataclasses.replace(config, world_options=named))
    envs.close()
    unheard = dataclasses.replace(config, sounds="unheard")
    with pytest.raises(SoundwalkError, match="none of the splits val_multiple_unheard"):
        make_envs(unheard, split="val")


# Looking at worlds


def told(capsys: pytest.CaptureFixture[str], folder: Path, *args: str) -> dict[str, Any]:
    """What `soundwalk info` says."""
    main(["info", *args, "--json", str(folder / "told.json")])
    capsys.readouterr()
    values: dict[str, Any] = json.loads((folder / "told.json").read_text())
    return values


def test_info_describes_scenes_of_every_kind_and_draws_their_plans(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for make in (_npz, _plan, _map, _mesh):
        world = str(make(tmp_path, monkeypatch).world)
        picture = tmp_path / "plan.png"
        scene = told(capsys, tmp_path, "--scene", world, "--png", str(picture))
        assert picture.read_bytes().startswith(b"\x89PNG")
        picture.unlink()
        area = sum(room.area for room in HOME.plan.rooms)
        assert scene["area"] == pytest.approx(area, rel=0.35)  # a map takes furniture for walls
        (surveyed,) = told(capsys, tmp_path, "--world", world)["scenes"].items()
        assert surveyed[0] == Path(world).name
        assert {key: scene[key] for key in surveyed[1]} == surveyed[1]  # of meshes more is told


def test_info_says_what_there_is_of_the_data_of_others_and_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    config = _soundspaces(tmp_path / "data", monkeypatch)
    world = str(config.world)
    survey = told(capsys, tmp_path, "--world", world)
    assert survey["scenes"] == {soundspaces.SCENE: {"places": 11, "wrong": None}}
    assert survey["episodes"] == {"v1/val_telephone": 5}
    assert (survey["complete"], survey["sounds"], survey["grid_m"]) == (1, 1, 0.5)
    for path in (tmp_path / "data" / "binaural_rirs" / "replica" / soundspaces.SCENE / "90").glob(
        "0_*.wav"
    ):
        path.unlink()
    survey = told(capsys, tmp_path, "--world", world)
    assert survey["complete"] == 0
    assert "11 of 484 impulse responses" in survey["scenes"][soundspaces.SCENE]["wrong"]
    census = told(capsys, tmp_path, "--world", world, "--episodes")
    assert (census["episodes"], census["scenes"]) == (5, 1)
    assert census["categories"] == {"telephone": 5}


def test_info_tells_the_episodes_of_scenes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    world = str(_plan(tmp_path, monkeypatch).world)
    census = told(capsys, tmp_path, "--world", world, "--episodes", "-n", "6")
    assert (census["episodes"], census["homes"]) == (6, 1)
    assert census["geodesic_m"]["mean"] > 2


@pytest.mark.parametrize("make", [_plan, _soundspaces, _habitat])
def test_walks_are_filmed_with_their_sound_wherever_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make: Make
) -> None:
    config = make(tmp_path, monkeypatch)
    run = tmp_path / "run"
    run.mkdir()
    save_config(Config(env=config, ppo=PPO), run / "config.yaml")
    path = film_agent("oracle", run, tmp_path / "film.mp4", 1)
    with av.open(str(path)) as film:
        assert film.streams.video[0].frames > 12
        assert film.streams.audio[0].channels == 2
        picture = next(film.decode(film.streams.video[0])).to_ndarray(format="rgb24")
    assert picture.shape[:2] == (608, 1200)
    assert picture[32:512, 480:].std() > 5  # the plan is not empty


# What cannot be


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        (
            {"world": "generatd"},
            "env.world is 'generatd': no such file or folder; expected 'gen",
        ),
        ({"world": ["gone.json"]}, "no scene file and no folder of scenes at 'gone.json'"),
        ({"world": {"train": "gone"}}, "no scene file and no folder of scenes at 'gone'"),
        ({"world": {"val": "gone"}}, "scenes has none of the split 'train', only of val"),
        (
            {"world": 7},
            "'env.world' is 7: expected text or a list .* or keys and values",
        ),
        ({"world_options": {"height": 3}}, "env.world_options has height, but env.world is 'gener"),
        ({"world": "soundspaces:data"}, "expected soundspaces:FOLDER/replica or …/mp3d"),
        ({"world": "soundspaces:data/replca"}, "unknown dataset 'replca': did you mean 'replica'"),
        ({"world": "soundspaces:gone/mp3d"}, "no SoundSpaces data at 'gone/metadata/mp3d'"),
        ({"world": "habitat:gone"}, "env.world_options has no 'scenes': expected the folder"),
        (
            {"world": "habitat:gone", "world_options": {"scenes": "nowhere"}},
            "env.world_options.scenes: there is no folder of scenes at 'nowhere'",
        ),
        (
            {"world": "habitat:gone", "world_options": {"scene": "x"}},
            "unknown key in env.world_options 'scene': did you mean 'scenes'",
        ),
    ],
)
def test_a_world_that_is_not_there_is_named(keys: dict[str, Any], message: str) -> None:
    with pytest.raises(SoundwalkError, match=message):
        make_envs(from_dict({"env": keys}).env)


def test_what_a_world_cannot_do_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recorded = _soundspaces(tmp_path, monkeypatch)
    for change in ({"distractors": 1}, {"receiver": "mono"}, {"acoustics": {"bands": 7}}):
        with pytest.raises(SoundwalkError, match=f"env.{next(iter(change))} is .*two ears"):
            make_envs(dataclasses.replace(recorded, **change))
    odd = dataclasses.replace(recorded, world_options={"rech": 1.0})
    with pytest.raises(SoundwalkError, match="world_options 'rech': did you mean 'reach'"):
        make_envs(odd)
    low = dataclasses.replace(_npz(tmp_path, monkeypatch), world_options={"source_height": -1})
    with pytest.raises(SoundwalkError, match="source_height=-1: expected metres above the floor"):
        make_envs(low)
    strange = dataclasses.replace(low, world_options={"height": 2.5})
    envs = make_envs(strange)
    with pytest.raises(SoundwalkError, match=r"scenes in \.npz files have no options, but height"):
        envs.reset(seed=0)
    envs.close()


def test_a_scene_too_small_for_a_walk_is_said_to_be_so(tmp_path: Path) -> None:
    plan = {"rooms": [{"kind": "office", "box": [0, 0, 1.2, 1.2]}]}
    (tmp_path / "cell.json").write_text(json.dumps(plan))
    config = dataclasses.replace(SMALL, world=str(tmp_path / "cell.json"))
    with pytest.raises(SoundwalkError, match=r"no episode can be found in cell\.json: a start"):
        fixed_episodes(config, split="val", count=1, seed=0)


def test_the_kind_of_a_world_is_told_by_how_it_begins() -> None:
    kinds = {
        "generated": "generated", "soundspaces:x/mp3d": "soundspaces", "habitat:x.json": "habitat",
        "flat.json": "scenes",
    }  # fmt: skip
    assert {world: kind_of(world) for world in kinds} == kinds
    assert kind_of(("a.json", "b.json")) == kind_of({"train": "a.json"}) == "scenes"
