"""What is wrong with a mesh is said: in an error that names it, or in the report if it can live."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import trimesh
from PIL import Image

from soundwalk.envs.interface import SoundwalkError
from soundwalk.envs.rendering.glb import save_glb
from soundwalk.envs.scenes import generate, open_scene
from soundwalk.envs.scenes.mesh import ENDINGS, MeshOptions, import_mesh, load_mesh

from .mesh_files import box, export, level, mesh_of, room, sheet, write


@pytest.fixture(scope="module")
def home_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("home") / "home.glb"
    save_glb(generate(3, 2), path)
    return path


def test_a_file_that_is_not_there_or_of_another_kind_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SoundwalkError, match=r"there is no mesh at .*none\.glb"):
        load_mesh(tmp_path / "none.glb")
    other = tmp_path / "home.fbx"
    other.write_bytes(b"Kaydara")
    with pytest.raises(SoundwalkError, match=r"unknown ending of a mesh '\.fbx'.*Valid: \.glb"):
        load_mesh(other)


@pytest.mark.parametrize("ending", [".glb", ".ply", ".stl", ".dae"])
def test_half_a_file_is_called_damaged(ending: str, tmp_path: Path) -> None:
    whole = write(tmp_path / f"whole{ending}", *room()).read_bytes()
    half = tmp_path / f"half{ending}"
    half.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(
        SoundwalkError, match=rf"half{ending}' is not a {ending} file or is damaged"
    ):
        load_mesh(half)


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_file_of_something_else_is_refused(ending: str, tmp_path: Path) -> None:
    file = tmp_path / f"notes{ending}"
    file.write_text("bread, milk, two lemons\n")
    with pytest.raises(SoundwalkError, match=re.escape(f"notes{ending}'")):
        load_mesh(file)


def test_a_mesh_without_faces_is_refused(tmp_path: Path) -> None:
    export(trimesh.PointCloud(np.random.default_rng(0).random((50, 3))), tmp_path / "points.ply")
    with pytest.raises(SoundwalkError, match=r"points.ply' holds no triangles.*point clouds"):
        load_mesh(tmp_path / "points.ply")
    (tmp_path / "empty.obj").write_text("v 0 0 0\nv 1 0 0\nv 0 1 0\n")
    with pytest.raises(SoundwalkError, match=r"empty.obj' (holds no triangles|is not a .obj)"):
        load_mesh(tmp_path / "empty.obj")


def test_faces_with_corners_that_are_no_numbers_are_left_out_and_counted(tmp_path: Path) -> None:
    broken = box(2, 2, 0, 3, 3, 1)
    broken[3, 1, 2] = np.nan
    broken[5, 0, 0] = np.inf
    scene, report = import_mesh(write(tmp_path / "room.ply", *room(), broken))
    assert report.left_out == 2
    assert "2 of 24 triangles had a corner that is not finite" in report.notes[0]
    assert np.isfinite(scene.triangles).all()
    nothing = np.full((4, 3, 3), np.nan)
    with pytest.raises(SoundwalkError, match=r"none of the 4 triangles .*: 4 have corners that"):
        load_mesh(write(tmp_path / "nan.ply", nothing))


def test_a_mesh_of_faces_without_area_is_refused(tmp_path: Path) -> None:
    line = np.zeros((3, 3, 3))
    line[:, 1, 0] = line[:, 2, 0] = 5
    with pytest.raises(SoundwalkError, match=r"none of the 3 triangles .* 3 have no area"):
        load_mesh(write(tmp_path / "line.stl", line))


def test_open_and_crowded_edges_are_counted_and_the_mesh_still_loads(tmp_path: Path) -> None:
    shell = room()
    _, closed = import_mesh(write(tmp_path / "closed.ply", *shell))
    assert (closed.open_edges, closed.crowded_edges) == (0, 0)
    fin = np.array([[[0.0, 0, 0], [5, 0, 0], [2, 1, 0.5]]])  # a third face on an edge of the floor
    _, report = import_mesh(write(tmp_path / "fin.ply", *shell, fin))
    assert (report.open_edges, report.crowded_edges) == (2, 1)
    without_ceiling = [face for face in shell[0] if not (face[:, 2] > 2.6).all()]
    _, open_above = import_mesh(
        write(tmp_path / "open.ply", np.array(without_ceiling)), MeshOptions(up="z")
    )
    assert open_above.open_edges == 4
    assert open_above.storeys[0].roofed == 0.0


def test_walls_without_a_floor_are_refused_with_what_was_looked_for(tmp_path: Path) -> None:
    walls = [face for face in room()[0] if np.ptp(face[:, 2]) > 1]
    path = write(tmp_path / "walls.ply", np.array(walls))
    with pytest.raises(
        SoundwalkError, match=r"no floor was found .*1\.4 m of headroom.*radius 0\.15"
    ):
        load_mesh(path, up="z")


def test_a_floor_on_which_no_agent_fits_is_none(tmp_path: Path) -> None:
    shelves = [sheet(x, 0, x, 4, 0, 2.7) for x in np.arange(0.2, 5, 0.25)]
    path = write(tmp_path / "stacks.ply", level(0, 0, 5, 4, 0), *shelves)
    with pytest.raises(
        SoundwalkError, match=r"no floor was found .*for an agent of radius 0\.15 m"
    ):
        load_mesh(path, up="z")


def test_a_start_outside_is_refused_by_name(home_file: Path) -> None:
    scene = open_scene(home_file)
    with pytest.raises(SoundwalkError, match=r"\(-9\.00, 2\.00\) lies inside a wall or outside"):
        scene.plan.room_at(-9.0, 2.0)


def textured(path: Path, picture: str) -> Path:
    """An OBJ of a room that refers to a picture."""
    write(path, *room())
    lines = [line for line in path.read_text().splitlines() if not line.startswith("vn")]
    faces = [re.sub(r"(\d+)(?:/\S*)?", r"\1/1", line) for line in lines if line.startswith("f")]
    rest = [line for line in lines if not line.startswith("f")]
    path.write_text("\n".join(["mtllib room.mtl", *rest, "vt 0.5 0.5", "usemtl wood", *faces]))
    (path.parent / "room.mtl").write_text(f"newmtl wood\nKd 0.2 0.2 0.2\nmap_Kd {picture}\n")
    return path


def test_missing_pictures_are_named_in_a_warning_and_the_mesh_loads(tmp_path: Path) -> None:
    path = textured(tmp_path / "room.obj", "oak planks.png")
    with pytest.warns(UserWarning, match=r"room\.obj names 1 files.* not there: oak planks\.png"):
        scene, report = import_mesh(path)
    assert report.missing == ("oak planks.png",)
    assert scene.skin is not None
    assert (scene.skin.image == -1).all()
    Image.new("RGB", (4, 4), (200, 30, 30)).save(tmp_path / "oak planks.png")
    scene, report = import_mesh(path)
    assert report.missing == ()
    assert scene.skin is not None
    assert (scene.skin.image == 0).all()


def test_missing_pictures_and_buffers_of_a_gltf_are_told_apart(tmp_path: Path) -> None:
    path = write(tmp_path / "room.gltf", *room())
    buffers = sorted(tmp_path.glob("*.bin"))
    for buffer in buffers[:1]:
        buffer.unlink()
    named = re.escape(buffers[0].name)
    with pytest.raises(SoundwalkError, match=rf"geometry in other files, and 1 .* {named}; put"):
        load_mesh(path)


def test_a_damaged_face_index_is_found(tmp_path: Path) -> None:
    text = write(tmp_path / "room.obj", *room()).read_text()
    (tmp_path / "bad.obj").write_text(text + "\nf 1 2 999999\n")
    with pytest.raises(SoundwalkError, match=r"bad\.obj' is not a \.obj file or is damaged"):
        load_mesh(tmp_path / "bad.obj")


def test_a_mesh_in_metres_of_a_hill_is_no_home(tmp_path: Path) -> None:
    hill = mesh_of(level(0, 0, 2000, 2000, 0), level(0, 0, 2000, 2000, 40000))
    export(hill, tmp_path / "hill.ply")
    with pytest.raises(SoundwalkError, match="not as large as a home"):
        load_mesh(tmp_path / "hill.ply", up="z")
