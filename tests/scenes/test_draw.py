"""The plan as a picture, and the scene in words."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from soundwalk.envs.scenes import describe, generate, plan_figure, shoebox


@pytest.mark.filterwarnings("default")
def test_the_plan_shows_every_room_and_object_by_name() -> None:
    from matplotlib.figure import Figure

    from soundwalk.envs.scenes import draw_plan

    scene = generate(7, 5)
    axes = Figure().add_subplot()
    draw_plan(axes, scene)
    words = " ".join(text.get_text() for text in axes.texts)
    for room in scene.plan.rooms:
        assert f"{room.kind.replace('_', ' ')}\n{room.area:.1f} m²" in words
    for number, thing in enumerate(scene.plan.objects, 1):
        assert f"{number}  {thing.category.replace('_', ' ')}" in words
    assert "2 m" in words
    assert "N" in words


@pytest.mark.filterwarnings("default")
def test_the_scale_bar_is_as_long_as_it_says() -> None:
    from matplotlib.figure import Figure
    from matplotlib.patches import Rectangle

    from soundwalk.envs.scenes import draw_plan

    axes = Figure().add_subplot()
    draw_plan(axes, generate(7, 5))
    assert axes.get_aspect() == 1.0
    bars = [p for p in axes.patches if isinstance(p, Rectangle) and p.get_height() < 0.11]
    bars = [bar for bar in bars if bar.get_y() < 0]
    assert sum(bar.get_width() for bar in bars) == pytest.approx(2.0)


@pytest.mark.filterwarnings("default")
def test_a_figure_is_written_without_a_display(tmp_path: Path) -> None:
    for scene in (generate(3, 3), shoebox((4, 3, 2.5))):
        plan_figure(scene, tmp_path / "plan.png")
        assert (tmp_path / "plan.png").read_bytes().startswith(b"\x89PNG")


def test_a_description_is_plain_json_and_agrees_with_the_plan() -> None:
    scene = generate(7, 5)
    told = json.loads(json.dumps(describe(scene)))
    assert told["area"] == pytest.approx(sum(room.area for room in scene.plan.rooms), abs=0.01)
    assert [room["kind"] for room in told["rooms"]] == [room.kind for room in scene.plan.rooms]
    assert sum(told["furniture"].values()) == len(scene.plan.furniture)
    assert len(told["objects"]) == len(scene.plan.objects)
    assert told["triangles"] == len(scene.triangles)
