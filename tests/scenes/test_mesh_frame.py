"""Files of all formats come back the right way up, in metres, with the same geometry."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import trimesh

from soundwalk.envs.interface import F32, SoundwalkError
from soundwalk.envs.rendering.glb import save_glb
from soundwalk.envs.scenes import Scene, generate
from soundwalk.envs.scenes.mesh import ENDINGS, MeshOptions, import_mesh, load_mesh
from soundwalk.envs.scenes.mesh.frame import AXES, turn

from .mesh_files import box, write


@pytest.fixture(scope="module")
def home() -> Scene:
    return generate(3, 2)


def written(home: Scene, path: Path) -> Path:
    """A home in any format: as one mesh with z up, glTF with y up and .glb with its scene graph."""
    if path.suffix != ".glb":
        return write(path, home.triangles.astype(np.float64))
    save_glb(home, path)
    return path


def in_order(triangles: F32) -> F32:
    """Triangles by their middles, to the millimetre."""
    rows = np.rint(1000 * triangles.mean(1)).astype(int)
    middles: F32 = triangles[np.lexsort(rows.T)].mean(1)
    return middles


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_home_comes_back_from_every_format_as_it_was(
    home: Scene, ending: str, tmp_path: Path
) -> None:
    path = written(home, tmp_path / f"home{ending}")
    if ending == ".dae":  # trimesh writes no axis: COLLADA's default is y
        path.write_text(path.read_text().replace("<asset>", "<asset><up_axis>Z_UP</up_axis>", 1))
        text = path.read_text()
        assert text.count("up_axis>") >= 2
    scene, report = import_mesh(path)
    assert report.triangles == (len(home.triangles), len(home.triangles))
    np.testing.assert_allclose(in_order(scene.triangles), in_order(home.triangles), atol=1e-4)
    assert report.up.startswith("y" if ending in (".glb", ".gltf") else "z")
    assert report.unit.startswith("1 m")


@pytest.mark.parametrize("axis", ["x", "y", "z"])
def test_the_up_axis_is_found_from_the_geometry(home: Scene, axis: str, tmp_path: Path) -> None:
    write(tmp_path / "home.ply", home.triangles.astype(np.float64) @ turn(axis))  # turned back
    scene, report = import_mesh(tmp_path / "home.ply")
    assert report.up.startswith(f"{axis} (detected")
    np.testing.assert_allclose(in_order(scene.triangles), in_order(home.triangles), atol=1e-4)


@pytest.mark.parametrize("axis", AXES)
def test_turns_are_rotations_that_bring_the_axis_up(axis: str) -> None:
    matrix = turn(axis)
    assert np.linalg.det(matrix) == pytest.approx(1)
    up = np.zeros(3)
    up["xyz".index(axis[-1])] = -1 if axis[0] == "-" else 1
    np.testing.assert_array_equal(matrix @ up, (0, 0, 1))


@pytest.mark.parametrize(("unit", "metres"), [("cm", 0.01), ("mm", 0.001), ("inch", 0.0254)])
def test_the_unit_is_found_from_the_size(
    home: Scene, unit: str, metres: float, tmp_path: Path
) -> None:
    write(tmp_path / "home.stl", home.triangles.astype(np.float64) / metres)
    scene, report = import_mesh(tmp_path / "home.stl")
    assert report.unit.startswith(f"{metres:g} m (detected: in {unit}")
    size = np.ptp(home.triangles.reshape(-1, 3), axis=0)
    np.testing.assert_allclose(report.size, size, atol=2e-3)
    given = load_mesh(tmp_path / "home.stl", unit=metres)
    np.testing.assert_array_equal(given.triangles, scene.triangles)


def test_a_gltf_in_millimetres_is_read_and_noted(home: Scene, tmp_path: Path) -> None:
    save_glb(home, tmp_path / "home.glb")
    scene = trimesh.load_scene(str(tmp_path / "home.glb"))
    scene.apply_scale(1000)
    scene.export(str(tmp_path / "big.glb"))
    with pytest.warns(UserWarning, match=r"big\.glb: \.glb says that a unit is 1 m"):
        _, report = import_mesh(tmp_path / "big.glb")
    assert report.unit.startswith("0.001 m (detected")
    assert len(report.notes) == 1


def test_an_up_axis_that_geometry_does_not_tell_is_warned_of(tmp_path: Path) -> None:
    path = write(tmp_path / "cube.stl", box(0, 0, 0, 4, 4, 4, inward=True))
    with pytest.warns(UserWarning, match=r"cube\.stl: up='z' is a guess.*give up="):
        scene = load_mesh(path)
    assert scene.free is not None
    assert load_mesh(path, up="x").free is not None  # said, and no warning


def test_what_collada_says_of_its_unit_and_axis_counts(home: Scene, tmp_path: Path) -> None:
    path = write(tmp_path / "home.dae", 100 * home.triangles.astype(np.float64) @ turn("y"))
    said = '<asset><unit name="centimeter" meter="0.01"/><up_axis>Y_UP</up_axis>'
    path.write_text(path.read_text().replace("<asset>", said, 1))
    scene, report = import_mesh(path)
    assert report.unit == "0.01 m (.dae says so)"
    assert report.up == "y (.dae says so)"
    np.testing.assert_allclose(in_order(scene.triangles), in_order(home.triangles), atol=1e-4)


def test_a_size_that_no_home_has_is_refused_with_the_sizes_in_all_units(tmp_path: Path) -> None:
    write(tmp_path / "cube.ply", box(0, 0, 0, 0.3, 0.2, 0.1))
    with pytest.raises(SoundwalkError, match=r"not as large as a home .* in cm 0.003 x .*unit="):
        import_mesh(tmp_path / "cube.ply")


def test_options_without_meaning_are_refused(home: Scene, tmp_path: Path) -> None:
    path = written(home, tmp_path / "home.ply")
    with pytest.raises(SoundwalkError, match=r"unknown up axis 'zz'.*Valid: auto, x"):
        load_mesh(path, up="zz")
    with pytest.raises(SoundwalkError, match=r"unknown unit 'yard'.*Valid: auto, m, cm"):
        load_mesh(path, unit="yard")
    with pytest.raises(SoundwalkError, match="unit=-1: expected a positive number of metres"):
        load_mesh(path, unit=-1)
    with pytest.raises(SoundwalkError, match="triangles=0: expected a positive number"):
        MeshOptions(triangles=0)
