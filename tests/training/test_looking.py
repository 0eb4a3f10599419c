"""What is shown is what is there."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from soundwalk.envs.interface import SoundwalkError
from soundwalk.envs.scenes import generate, save, shoebox
from soundwalk.envs.vector import AudioGoalVectorEnv
from soundwalk.training.census import census
from soundwalk.training.config import EnvConfig
from soundwalk.training.frames import Frames
from soundwalk.training.looking import describe_home, home, view


def test_a_home_is_found_by_seed_and_by_file(tmp_path: Path) -> None:
    scene = generate(7, (2, 2))
    save(scene, tmp_path / "home.npz")
    assert np.array_equal(home("7", (2, 2)).triangles, scene.triangles)
    assert np.array_equal(home(str(tmp_path / "home.npz"), None).triangles, scene.triangles)


def test_a_scene_that_is_neither_is_refused() -> None:
    with pytest.raises(SoundwalkError, match=r"--scene 'home.npz': expected the seed"):
        home("home.npz", None)


def test_a_mesh_is_described_with_how_it_was_understood(tmp_path: Path) -> None:
    glb, plan = tmp_path / "new" / "home.glb", tmp_path / "plan.png"
    made = describe_home("7", (2, 2), glb=glb)
    found = describe_home(str(glb), settings=["materials={default: brickwork}"], png=plan)
    assert found["mesh"]["up"] == "y (.glb says so)"
    assert found["mesh"]["triangles"] == (made["triangles"], made["triangles"])
    assert len(found["rooms"]) == len(made["rooms"]) == 2
    assert found["area"] == pytest.approx(made["area"], rel=0.02)
    assert found["furniture"] == made["furniture"]
    assert plan.stat().st_size > 10_000
    with pytest.raises(SoundwalkError, match=r"unknown option of a scene's file 'unti'.*'unit'"):
        describe_home(str(glb), settings=["unti=cm"])
    with pytest.raises(SoundwalkError, match="--set 'cm': expected key=value"):
        describe_home(str(glb), settings=["cm"])
    with pytest.raises(SoundwalkError, match="generated homes have no such settings"):
        describe_home("7", settings=["unit=cm"])


def test_looking_up_shows_the_ceiling_and_down_the_floor() -> None:
    scene = shoebox((6, 5, 2.7), absorption=0.15)
    pose = (3.0, 2.5, 0.0)
    down, up = (view(scene, pose, pitch=p, size=32, hfov=1.0) for p in (-1.2, 1.2))
    assert not np.array_equal(down, up)
    turned = [view(scene, (3.0, 2.5, h), pitch=0.0, size=32, hfov=1.0) for h in (0.0, 2 * np.pi)]
    assert np.abs(turned[0].astype(int) - turned[1]).max() <= 1  # a full turn changes nothing


def test_a_pose_in_a_wall_is_answered_with_the_nearest_free_point() -> None:
    scene = shoebox((6, 5, 2.7), absorption=0.15)
    with pytest.raises(SoundwalkError, match=r"no agent can stand at \(6, 2.5\).*\(5.8"):
        view(scene, (6.0, 2.5, 0.0), pitch=0.0, size=16, hfov=1.0)


def test_validation_asks_for_walks_through_doors() -> None:
    figures = census(EnvConfig(), split="val", count=24, seed=0, path=None)
    assert figures["homes"] == 6  # four episodes each
    assert figures["through_doors"] >= 0.5
    assert figures["geodesic_m"]["p10"] >= 2.0  # no start is nearer
    assert sum(figures["categories"].values()) == 24


def test_a_film_shows_the_view_the_path_and_the_source() -> None:
    envs = AudioGoalVectorEnv(1, split="val", rooms=1, homes=1, sensors=("audio",))
    try:
        frames = Frames(envs)
        assert not frames.picture().any()  # nothing has begun
        envs.reset(seed=0)
        first = frames.picture()
        for _ in range(3):
            envs.step(np.array([2]))  # turn left on the spot
        turned = frames.picture()
        assert first.shape == turned.shape == (512, 1200, 3)
        assert not np.array_equal(first[32:, :480], turned[32:, :480])  # the view turns
        changed = (first[32:, 480:] != turned[32:, 480:]).any(-1)
        rows, columns = np.nonzero(changed)
        assert changed.any()
        assert np.ptp(rows) < 30  # on the plan only the arrow has turned
        assert np.ptp(columns) < 30
        crimson = (np.abs(first[32:, 480:].astype(int) - (220, 20, 60)) < 3).all(-1)
        assert crimson.sum() > 50  # the source
        noted = frames.caption(turned, "found it")
        assert np.array_equal(noted[32:], turned[32:])
        assert not np.array_equal(noted[:32], turned[:32])
    finally:
        envs.close()
