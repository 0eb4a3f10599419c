"""Rooms side by side: doors, joints, closed doors and walls exchange what theory says."""

from __future__ import annotations

import numpy as np
import pytest

from soundwalk.envs.acoustics.bands import octaves_to_bands
from soundwalk.envs.acoustics.cells import Cells
from soundwalk.envs.acoustics.diffusion import DiffusionModes, assemble, solve
from soundwalk.envs.acoustics.statistics import furniture_areas, one_room, room_statistics
from soundwalk.envs.interface import F64, SPEED_OF_SOUND
from soundwalk.envs.scenes import Scene, generate, joined, set_doors, shoebox
from soundwalk.envs.scenes.scene import Box2

from .conftest import HEIGHT, build

DRY_AIR = np.zeros(4)


def cells_of(scene: Scene, transmit: bool = True) -> Cells:
    absorption, transmission = (
        octaves_to_bands(np.array([getattr(s, name) for s in scene.surfaces]), 16_000)
        for name in ("absorption", "transmission")
    )
    stats = room_statistics(scene.plan, absorption, furniture_areas(scene.plan, absorption))
    return assemble(scene.plan, stats, (absorption, transmission), transmit)


def exact(cells: Cells, band: int) -> tuple[F64, F64]:
    """Rates and shapes of the whole equation of one band, leaks included, in double precision."""
    matrix = cells.matrix + np.diag(cells.loss[band])
    for leak in cells.leaks:
        for a, b in ((leak.one, leak.other), (leak.other, leak.one)):
            np.add.at(matrix, (a, a), leak.conductance[band])
            np.add.at(matrix, (a, b), -leak.conductance[band])
    root = np.sqrt(cells.volumes)
    rates, shapes = np.linalg.eigh(matrix / (root[:, None] * root))
    return rates, shapes / root[:, None]


def between(modes: DiffusionModes, band: int = 0) -> F64:
    """(cells, cells) energy density integrated over all time, per unit energy emitted."""
    shapes = modes.shapes[band].astype(np.float64)
    return np.asarray((shapes / modes.rates[band]) @ shapes.T)


def closed(scene: Scene) -> Scene:
    return set_doors(scene, [False] * len(scene.plan.doors))


PAIRS: list[tuple[Box2, Box2, float, float]] = [
    ((0, 0, 4, 4), (4.1, 0, 8.1, 4), 0.15, 0.9),
    ((0, 0, 6, 5), (6.1, 0, 9.1, 5), 0.1, 0.9),
    ((0, 0, 5, 4), (5.1, 0, 10.1, 6), 0.3, 1.2),
    ((0, 0, 8, 6), (8.1, 0, 12.1, 4), 0.05, 0.9),
]


@pytest.mark.parametrize(("first", "second", "alpha", "width"), PAIRS)
def test_two_rooms_behave_as_two_reservoirs(
    first: Box2, second: Box2, alpha: float, width: float
) -> None:
    """Kuttruff, Room Acoustics, 6th edition, section 5.8, with Eyring's absorption areas."""
    door = (first[2], 1.5, second[0], 1.5 + width)
    modes = solve(cells_of(build([first, second], [((0, 1), door, 0)], alpha)), DRY_AIR)
    opening = width * 2.05
    matrix, volumes = np.zeros((2, 2)), np.zeros(2)
    for i, box in enumerate((first, second)):
        x, y = box[2] - box[0], box[3] - box[1]
        volumes[i] = x * y * HEIGHT
        solid = 2 * (x * y + x * HEIGHT + y * HEIGHT) - opening
        matrix[i, i] = opening - solid * np.log(1 - alpha)
    matrix[0, 1] = matrix[1, 0] = -opening
    matrix *= SPEED_OF_SOUND / 4 / volumes[:, None]
    rates = np.sort(np.linalg.eigvals(matrix).real)
    np.testing.assert_allclose(modes.rates[0, :2], rates, rtol=0.1)
    assert modes.rates[0, 0] == pytest.approx(rates[0], rel=0.04)  # the late slope
    density = np.linalg.solve(matrix, [1 / volumes[0], 0])
    split, cell = modes.grid[1, 0], modes.volumes
    from_first = between(modes)[:, :split] @ cell[:split] / cell[:split].sum()
    means = [from_first[:split] @ cell[:split], from_first[split:] @ cell[split:]]
    found = np.array(means) / [cell[:split].sum(), cell[split:].sum()]
    np.testing.assert_allclose(10 * np.log10(found / density), 0.0, atol=0.8)


def test_a_room_cut_in_two_by_a_joint_is_the_same_room() -> None:
    whole = solve(cells_of(shoebox((8, 5, 2.6))), DRY_AIR)
    parts = solve(cells_of(joined([(0, 0, 3.5, 5), (3.5, 0, 8, 5)])), DRY_AIR)
    np.testing.assert_allclose(parts.rates[:, :8], whole.rates[:, :8], rtol=2e-3)
    ends = between(whole)[0, -1], between(parts)[0, -1]
    assert ends[0] == pytest.approx(ends[1], rel=0.01)


def test_the_parts_of_an_l_shaped_room_share_mean_free_path_and_absorption() -> None:
    scene = joined([(0, 0, 5, 3), (5, 0, 8, 6)], 2.5, 0.2)
    stats = cells_of(scene).stats
    volume, surface = (15 + 18) * 2.5, 2 * 33 + (5 + 3 + 6 + 3 + 3 + 8) * 2.5
    for stat in stats:
        assert stat.free_path == pytest.approx(4 * volume / surface)
        np.testing.assert_allclose(stat.eyring, -np.log(0.8) / 0.2)
    modes = solve(cells_of(scene), DRY_AIR)
    eyring = -np.log(0.8) * SPEED_OF_SOUND * surface / (4 * volume)
    np.testing.assert_allclose(modes.rates[:, 0], eyring, rtol=0.05)
    assert one_room(scene.plan).tolist() == [0, 0]


@pytest.mark.parametrize("shut", [False, True])
def test_few_modes_suffice_in_homes_with_open_and_with_closed_doors(shut: bool) -> None:
    for seed in (0, 2):
        scene = generate(seed, 5)
        cells = cells_of(closed(scene) if shut else scene)
        modes = solve(cells, DRY_AIR)
        assert modes.shapes.shape[2] < len(cells.volumes) / 2
        for band in (0, 3):
            rates, shapes = exact(cells, band)
            few = modes.shapes[band].astype(np.float64)
            for time in (0.1, 0.2, 0.4):
                truth = (shapes * np.exp(-rates * time)) @ shapes.T
                ours = (few * np.exp(-modes.rates[band] * time)) @ few.T
                heard = truth > 1e-4 * truth.max(0)
                errors = 10 * np.log10(ours[heard] / truth[heard])
                assert np.sqrt((errors**2).mean()) < 0.25
                assert np.abs(errors).max() < 1.5


@pytest.mark.parametrize("shut", [False, True])
def test_all_that_is_emitted_is_absorbed_whatever_walls_let_through(shut: bool) -> None:
    scene = generate(1, 5)
    cells = cells_of(closed(scene) if shut else scene)
    assert len(cells.leaks) > 5
    modes = solve(cells, DRY_AIR)
    for band in range(4):
        np.testing.assert_allclose(cells.loss[band] @ between(modes, band), 1.0, atol=1e-3)


def test_swapping_places_on_both_sides_of_a_closed_door_changes_nothing() -> None:
    density = between(solve(cells_of(closed(generate(3, 4))), DRY_AIR))
    np.testing.assert_allclose(density, density.T, rtol=1e-9)


def test_a_closed_door_lets_through_what_its_transmission_says() -> None:
    """Level difference of two rooms: transmission times area over absorption area, ISO 12354-1."""
    scene = closed(generate(3, 2))
    cells = cells_of(scene)
    modes = solve(cells, DRY_AIR)
    split, cell = int(modes.grid[1, 0]), modes.volumes
    for band in range(4):
        density = between(modes, band)
        near, far = cell[:split], cell[split:]
        first = near @ density[:split, :split] @ near / near.sum()
        second = far @ density[split:, :split] @ near / far.sum()
        through = sum(leak.conductance[band].sum() for leak in cells.leaks)
        lost = cells.loss[band][split:].sum() + through
        expected = 10 * np.log10(through / lost)
        found = 10 * np.log10(second / first)
        assert found == pytest.approx(expected, abs=1.5)
        assert found < -15


def test_without_transmission_nothing_passes_closed_doors() -> None:
    scene = closed(generate(3, 2))
    modes = solve(cells_of(scene, transmit=False), DRY_AIR)
    split = int(modes.grid[1, 0])
    assert np.abs(between(modes)[:split, split:]).max() < 1e-6 * between(modes).max()


def test_a_closed_door_absorbs_like_its_leaf_and_an_open_one_not_at_all() -> None:
    scene = generate(3, 2)
    opened, shut = cells_of(scene, transmit=False), cells_of(closed(scene), transmit=False)
    assert (shut.loss.sum(1) > opened.loss.sum(1)).all()
    assert opened.stats[0].openings.sum() > 1.5
    assert shut.stats[0].openings.sum() == 0.0


def test_the_flux_of_a_mode_points_away_from_where_its_energy_flows() -> None:
    """In the second room sound comes from the door: from the west, most of all beside it."""
    scene = build([(0, 0, 4, 4), (4.1, 0, 8.1, 4)], [((0, 1), (4.0, 1.5, 4.1, 2.4), 0)])
    modes = solve(cells_of(scene), DRY_AIR)
    shapes, leans = modes.shapes[0].astype(np.float64), modes.leans[0].astype(np.float64)
    weight = shapes[0] * np.exp(-0.05 * modes.rates[0])  # 50 ms after a shot in a far corner
    density, flux = shapes @ weight, leans @ weight  # (cells,), (cells, 2)
    first, nx, ny = modes.grid[1]
    lean = (flux / density[:, None])[first:].reshape(nx, ny, 2)
    assert (lean[..., 0] < 0.0).all()
    assert lean[0, ny // 2, 0] < 2 * lean[-1, ny // 2, 0] - 0.03
    assert np.abs(lean).max() < 0.5
