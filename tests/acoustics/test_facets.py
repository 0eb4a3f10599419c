"""Facets of single pieces of furniture and of rough walls, worked out by hand."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from soundwalk.envs.acoustics.facets import Facets, find_facets
from soundwalk.envs.interface import F64
from soundwalk.envs.scenes import Scene, shoebox
from soundwalk.envs.scenes.quads import face_of, quad_triangles
from soundwalk.envs.scenes.scene import Box3

SIZE = (6.0, 5.0, 2.7)
CHEST: Box3 = (2.0, 1.5, 0.5, 3.2, 2.3, 1.3)  # 1.2 m x 0.8 m x 0.8 m in the air
BANDS = 4


def with_boxes(*boxes: Box3) -> Scene:
    """A bare room and closed boxes in it, each an instance with a surface of its own."""
    room = shoebox(SIZE)
    quads = np.array([face_of(box, side) for box in boxes for side in range(6)])
    triangles = quad_triangles(quads, np.tile(np.arange(6), len(boxes)))
    owner = np.repeat(np.arange(len(boxes), dtype=np.int32), 12)
    return dataclasses.replace(
        room,
        triangles=np.concatenate([room.triangles, triangles]),
        surface=np.concatenate([room.surface, owner + np.int32(1)]),
        instance=np.concatenate([room.instance, owner + np.int32(1)]),
        surfaces=room.surfaces * (1 + len(boxes)),
    )


def facets(scene: Scene, absorption: float = 0.2, scattering: float = 0.1) -> Facets:
    shape = len(scene.surfaces), BANDS
    return find_facets(scene, np.full(shape, absorption), np.full(shape, scattering))


def rows(found: Facets) -> F64:
    return found.panels[0, : found.used[0]]


def test_a_box_in_the_air_has_six_facets_of_its_sides() -> None:
    found = rows(facets(with_boxes(CHEST)))
    assert len(found) == 6
    low, high = np.array(CHEST[:3]), np.array(CHEST[3:])
    middle, half = (low + high) / 2, (high - low) / 2
    for row in found:
        normal, first = row[3:6], row[6:9]
        axis = int(np.abs(normal).argmax())
        assert abs(normal[axis]) == pytest.approx(1.0)
        np.testing.assert_allclose(row[:3], middle + half * normal, atol=1e-6)
        second = np.cross(normal, first)
        assert first @ normal == pytest.approx(0.0, abs=1e-9)
        np.testing.assert_allclose(
            row[9:11], [half @ np.abs(first), half @ np.abs(second)], rtol=1e-5
        )
        assert row[11] == pytest.approx(4 * np.prod(np.delete(half, axis)))
        assert abs(row[12]) == 1.0
    assert len({tuple(row[3:6].round(6)) for row in found}) == 6
    assert (np.diff(found[:, 11]) <= 1e-9).all()  # the largest come first


@pytest.mark.parametrize("absorption", [0.0, 0.2, 0.6])
@pytest.mark.parametrize("scattering", [0.0, 0.05, 0.14])
def test_energy_that_is_not_absorbed_is_mirrored_or_scattered(
    absorption: float, scattering: float
) -> None:
    found = facets(with_boxes(CHEST), absorption, scattering)
    box = np.flatnonzero(found.mirrors[0, :, 0] > 0)
    assert len(box) == 6
    mirrored, scattered = found.mirrors[0, box] ** 2, found.scatters[0, box] ** 2
    np.testing.assert_allclose(mirrored + scattered, 1 - absorption, rtol=1e-5)
    np.testing.assert_allclose(scattered, (1 - absorption) * scattering, rtol=1e-5)


def test_what_absorbs_everything_reflects_nothing() -> None:
    found = facets(with_boxes(CHEST), 1.0, 0.5)
    assert found.used[0] > 6
    assert found.mirrors.max() == found.scatters.max() == 0


def test_a_large_facet_mirrors_whole_and_scatters_in_equal_pieces_that_cover_it() -> None:
    """A screen of 3.2 m by 1.5 m by 0.2 m: its large sides scatter in 3 x 2 pieces."""
    found = facets(with_boxes((1.0, 2.0, 0.6, 4.2, 2.2, 2.1)))
    panels = rows(found)
    south = np.flatnonzero(panels[:, 4] < -0.5)
    whole = [k for k in south if found.mirrors[0, k, 0] > 0]
    pieces = [k for k in south if found.scatters[0, k, 0] > 0]
    assert len(whole) == 1
    assert panels[whole[0], 11] == pytest.approx(3.2 * 1.5)
    assert found.scatters[0, whole[0]].max() == 0
    assert len(pieces) == 6
    assert found.mirrors[0, pieces].max() == 0
    np.testing.assert_allclose(panels[pieces, 11], 3.2 * 1.5 / 6, rtol=1e-5)
    centres = sorted((round(float(x), 6), round(float(z), 6)) for x, z in panels[pieces][:, [0, 2]])
    wide, high = 3.2 / 3, 1.5 / 2
    expected = [(1 + (i + 0.5) * wide, 0.6 + (j + 0.5) * high) for i in range(3) for j in range(2)]
    np.testing.assert_allclose(centres, expected, atol=1e-5)


@pytest.mark.parametrize(("gap", "hidden"), [(0.0, True), (0.14, True), (0.16, False)])
@pytest.mark.parametrize("axis", range(3))
def test_a_side_close_to_a_wall_that_it_looks_at_reflects_nothing(
    gap: float, hidden: bool, axis: int
) -> None:
    box = np.array(CHEST)
    box[[axis, axis + 3]] += gap - box[axis]
    x0, y0, z0, x1, y1, z1 = (float(v) for v in box)
    normals = rows(facets(with_boxes((x0, y0, z0, x1, y1, z1))))[:, 3 + axis]
    assert (normals < -0.5).sum() == (0 if hidden else 1)
    assert (normals > 0.5).sum() == 1


def test_faces_smaller_than_eight_hundredths_of_a_square_metre_are_left_out() -> None:
    """A post of 0.2 m by 0.2 m: its sides count from a height of 0.4 m on, its ends never."""
    for height, sides in ((0.38, 0), (0.42, 4)):
        found = rows(facets(with_boxes((3.0, 2.0, 1.0, 3.2, 2.2, 1.0 + height))))
        assert len(found) == sides
        assert (np.abs(found[:, 5]) < 0.5).all()


def test_neighbours_in_one_plane_reflect_as_one_and_those_of_other_surfaces_do_not() -> None:
    """Two drawers side by side: six sides together, or ten that are not inside."""
    pair = with_boxes((2.0, 1.5, 0.5, 2.5, 2.3, 1.0), (2.5, 1.5, 0.5, 3.0, 2.3, 1.0))
    owner = pair.instance > 0
    inner = owner & (np.abs(pair.triangles[:, :, 0] - 2.5).max(1) < 1e-6)
    keep = ~inner  # as scenes are made: what two solids share is not drawn
    apart = dataclasses.replace(
        pair,
        triangles=pair.triangles[keep],
        surface=pair.surface[keep],
        instance=pair.instance[keep],
    )
    one = np.minimum(apart.instance, 1).astype(np.int32)
    joined = dataclasses.replace(apart, instance=one, surface=one)
    assert facets(apart).used.tolist() == [10]
    found = rows(facets(joined))
    assert len(found) == 6
    areas = sorted(found[:, 11])
    np.testing.assert_allclose(areas, [0.4, 0.4, 0.5, 0.5, 0.8, 0.8], rtol=1e-5)


def test_rough_walls_scatter_in_patches_whose_areas_add_up_to_the_room() -> None:
    """From a mean scattering of 0.15 on; patches are at most 1.8 m long."""
    smooth, rough = (facets(shoebox(SIZE), 0.1, s) for s in (0.14, 0.16))
    assert smooth.used.tolist() == [0]
    panels = rows(rough)
    assert rough.mirrors.max() == 0
    # 6 x 5 m in 4 x 3 pieces twice, 6 x 2.7 m in 4 x 2 twice, 5 x 2.7 m in 3 x 2 twice: 52,
    # of which the 48 largest are kept; the smallest are those of 6 x 2.7 m
    assert len(panels) == 48
    assert 2 * panels[:, 9:11].max() <= 1.8
    whole = 2 * (6 * 5 + 6 * 2.7 + 5 * 2.7)
    assert panels[:, 11].sum() == pytest.approx(whole - 4 * 6 * 2.7 / 8)
    middle = np.array(SIZE) / 2
    inward = ((middle - panels[:, :3]) * panels[:, 3:6]).sum(1)
    assert (inward > 0).all()


def test_where_only_walls_are_wanted_nothing_else_reflects() -> None:
    scene = with_boxes(CHEST)
    share = np.full((len(scene.surfaces), BANDS), 0.3)
    assert find_facets(scene, share, share, wanted=False).used.tolist() == [0]
