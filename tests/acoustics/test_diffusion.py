"""The diffusion field conserves energy, decays as Eyring says, and agrees with a full solution."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.linalg import expm

from soundwalk.envs.acoustics import GeometricEngine
from soundwalk.envs.acoustics.bands import octaves_to_bands
from soundwalk.envs.acoustics.cells import Cells
from soundwalk.envs.acoustics.diffusion import (
    MODES,
    DiffusionModes,
    assemble,
    solve,
)
from soundwalk.envs.acoustics.statistics import (
    RoomAcoustics,
    face_areas,
    furniture_areas,
    room_statistics,
)
from soundwalk.envs.acoustics.thinning import slowest
from soundwalk.envs.interface import F64, SPEED_OF_SOUND
from soundwalk.envs.scenes import shoebox
from soundwalk.envs.scenes.scene import Scene

DRY_AIR = np.zeros(4)


def statistics(scene: Scene) -> list[RoomAcoustics]:
    absorption = octaves_to_bands(np.array([s.absorption for s in scene.surfaces]), 16_000)
    return room_statistics(scene.plan, absorption, furniture_areas(scene.plan, absorption))


def cells_of(scene: Scene, transmit: bool = True) -> Cells:
    """Exchange matrix, losses, volumes of a home, before any truncation."""
    surfaces = tuple(
        octaves_to_bands(np.array([getattr(s, name) for s in scene.surfaces]), 16_000)
        for name in ("absorption", "transmission")
    )
    return assemble(scene.plan, statistics(scene), (surfaces[0], surfaces[1]), transmit)


def modes_of(scene: Scene, air: F64 = DRY_AIR, modes: int = MODES) -> DiffusionModes:
    return solve(cells_of(scene), air, modes)


def assembled(scene: Scene) -> tuple[F64, F64, F64]:
    cells = cells_of(scene)
    return cells.matrix, cells.loss, cells.volumes


def density(modes: DiffusionModes, source: int, time: float, band: int = 0) -> F64:
    """Energy density in all cells after a unit impulse in cell `source`."""
    shapes = modes.shapes[band].astype(np.float64)
    found: F64 = shapes @ (shapes[source] * np.exp(-modes.rates[band] * time))
    return found


def test_what_leaves_one_cell_enters_another(apartment: Scene) -> None:
    matrix, _, _ = assembled(apartment)
    np.testing.assert_allclose(matrix, matrix.T, atol=1e-9)
    np.testing.assert_allclose(matrix.sum(0), 0.0, atol=1e-9 * np.abs(matrix).max())


def test_the_total_loss_is_little_more_than_eyrings_over_all_solid_surfaces(
    two_rooms: Scene,
) -> None:
    _, loss, volumes = assembled(two_rooms)
    solid = sum(face_areas(room).sum() for room in two_rooms.plan.rooms) - 2 * 0.9 * 2.05
    eyring = SPEED_OF_SOUND / 4 * -np.log(1 - 0.15) * solid
    assert np.ptp(loss.sum(1)) < 1e-9 * eyring
    # A little more: near walls there is less energy than on average.
    assert 1.0 < loss.sum(1)[0] / eyring < 1.02
    assert volumes.sum() == pytest.approx(2 * 4 * 4 * 2.6)


def test_the_energy_lost_at_the_walls_is_the_energy_that_was_emitted(apartment: Scene) -> None:
    _, loss, volumes = assembled(apartment)
    modes = modes_of(apartment, modes=len(volumes))
    few = modes_of(apartment)
    for solution in (modes, few):
        for source in (0, len(volumes) // 2):
            shapes = solution.shapes[1].astype(np.float64)
            exposure = shapes @ (shapes[source] / solution.rates[1])  # integrated over all time
            assert loss[1] @ exposure == pytest.approx(1.0, abs=1e-3)


def test_few_modes_agree_with_the_matrix_exponential_once_sound_has_spread(
    apartment: Scene,
) -> None:
    matrix, loss, volumes = assembled(apartment)
    modes = modes_of(apartment)
    assert modes.shapes.shape[2] < len(volumes) / 2
    source = 5
    start = np.zeros(len(volumes))
    start[source] = 1.0 / volumes[source]
    for time in (0.03, 0.1, 0.4):
        exact = expm(-time * (matrix + np.diag(loss[2])) / volumes[:, None]) @ start
        ours = density(modes, source, time, band=2)
        audible = exact > 1e-5 * exact.max()
        level = 10 * np.log10(ours[audible] / exact[audible])
        assert np.abs(level).max() < 0.2


@pytest.mark.parametrize("size", [(6.0, 5.0, 2.7), (20.0, 3.0, 2.5), (1.0, 1.0, 2.5)])
@pytest.mark.parametrize("alpha", [0.08, 0.2, 0.4, 0.7])
def test_a_box_decays_at_eyrings_rate(size: tuple[float, float, float], alpha: float) -> None:
    x, y, z = size
    modes = modes_of(shoebox(size, absorption=alpha))
    surface, volume = 2 * (x * y + x * z + y * z), x * y * z
    eyring = -np.log(1 - alpha) * SPEED_OF_SOUND * surface / (4 * volume)
    np.testing.assert_allclose(modes.rates[:, 0], eyring, rtol=1e-3)


def test_a_box_of_six_materials_decays_at_the_rate_of_its_mean_absorption() -> None:
    names = ("wall_white", "curtain", "glass", "wall_panels", "floor_carpet", "ceiling")
    scene = shoebox((8, 3.5, 3), materials=names)
    (room,) = statistics(scene)
    areas = face_areas(scene.plan.rooms[0])
    eyring = -np.log(1 - areas @ room.absorption / areas.sum()) * SPEED_OF_SOUND * areas.sum()
    np.testing.assert_allclose(modes_of(scene).rates[:, 0], eyring / (4 * 84.0), rtol=1e-3)


@pytest.mark.parametrize("cells", [1, 2, 9])
def test_the_slowest_phase_is_the_slowest_mode_of_the_matrix(cells: int) -> None:
    for low, high in ((0.01, 0.01), (0.3, 0.0), (0.9, 0.2)):
        row = 2 * np.eye(cells) - np.eye(cells, k=1) - np.eye(cells, k=-1)
        row[0, 0] += low - 1
        row[-1, -1] += high - 1
        start = np.array(np.sqrt((low + high) / cells))
        phase = slowest(np.array([low, high]), np.array(float(cells)), start)
        for _ in range(5):
            phase = slowest(np.array([low, high]), np.array(float(cells)), phase)
        expected = np.linalg.eigvalsh(row)[0]
        assert 2 * (1 - np.cos(phase)) == pytest.approx(expected, rel=1e-6)


def test_swapping_source_and_listener_leaves_the_density_unchanged(apartment: Scene) -> None:
    modes = modes_of(apartment)
    last = len(modes.volumes) - 1
    assert density(modes, 0, 0.2)[last] == pytest.approx(density(modes, last, 0.2)[0], rel=1e-12)


def test_air_shortens_the_decay_of_every_mode_alike() -> None:
    scene = shoebox((6, 5, 2.7), absorption=0.1)
    dry = modes_of(scene)
    damp = modes_of(scene, np.full(4, 0.01))
    np.testing.assert_allclose(damp.rates - dry.rates, 0.01 * SPEED_OF_SOUND, rtol=1e-6)


@pytest.mark.parametrize(("home", "tolerance"), [("apartment", 0.8), ("two_rooms", 1.6)])
def test_arrivals_and_late_field_together_hold_the_energy_of_the_diffusion_equation(
    home: str, tolerance: float, request: pytest.FixtureRequest
) -> None:
    """Weighting by the share not drawn must neither count energy twice nor lose it at the seam."""
    scene: Scene = request.getfixturevalue(home)
    engine = GeometricEngine(scene, receiver="mono", length=2.0, air=False)
    modes = modes_of(scene, modes=1000)
    shapes = modes.shapes[1].astype(np.float64)

    def cell(x: float, y: float, room: int) -> int:
        first, nx, ny = modes.grid[room]
        x0, y0, x1, y1 = scene.plan.rooms[room].box
        return int(first + int((x - x0) / (x1 - x0) * nx) * ny + int((y - y0) / (y1 - y0) * ny))

    source, rng = (1.2, 1.1, 1.4), np.random.default_rng(0)
    for index, room in enumerate(scene.plan.rooms):
        errors = []
        for _ in range(10):
            x, y = (rng.uniform(room.box[k] + 0.4, room.box[k + 2] - 0.4) for k in range(2))
            exposure = shapes[cell(x, y, index)] @ (shapes[cell(*source[:2], 0)] / modes.rates[1])
            heard = (engine.rir(source, (x, y, rng.uniform(0.8, 1.8)))[0] ** 2).sum()
            errors.append(10 * np.log10(heard / (4 * np.pi * SPEED_OF_SOUND * exposure)))
        assert abs(np.mean(errors)) < tolerance
