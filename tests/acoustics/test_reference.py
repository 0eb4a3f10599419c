"""The kernels against a second implementation, written for the reader and not for speed."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from soundwalk.envs.acoustics import AcousticConfig, AcousticModel, AcousticPool, GeometricEngine
from soundwalk.envs.acoustics.bands import band_spectra, octaves_to_bands
from soundwalk.envs.acoustics.head import surface_gain, surface_pressure
from soundwalk.envs.acoustics.medium import air_attenuation
from soundwalk.envs.acoustics.model import knots
from soundwalk.envs.interface import F64, SPEED_OF_SOUND
from soundwalk.envs.scenes import shoebox
from soundwalk.envs.scenes.scene import Scene

RATE, SIZE = 16_000, 16_384
ALPHA = (0.1, 0.1, 0.1, 0.3, 0.5, 0.7, 0.7)
DIMENSIONS = (5.0, 4.0, 2.6)


def mirror(point: F64, order: int) -> list[tuple[F64, int]]:
    """All images of a point in a box, by mirroring images in walls until nothing new appears."""
    found = {tuple(point): 0}
    frontier = [tuple(point)]
    for reflections in range(1, order + 1):
        following = []
        for image, axis, side in itertools.product(frontier, range(3), (0, 1)):
            wall = DIMENSIONS[axis] * side
            mirrored = list(image)
            mirrored[axis] = 2 * wall - mirrored[axis]
            key = tuple(round(v, 9) for v in mirrored)
            if not any(np.allclose(key, old) for old in found):
                found[key] = reflections
                following.append(key)
        frontier = following
    return [(np.array(image), count) for image, count in found.items()]


EDGES = ((0, 707.1), (707.1, 1414.2), (1414.2, 2828.4), (2828.4, 8000))  # Hz, of the bands


def ear_delay(cosine: float, band: int, radius: float) -> float:
    """Woodworth: straight to the lit side, round the sphere to the shaded side; and what is left.

    The delay that fits the phase of the pressure on a sphere over the band.
    """
    angle = math.acos(max(-1.0, min(1.0, cosine)))
    way = -math.cos(angle) if angle < math.pi / 2 else angle - math.pi / 2
    woodworth = way * radius / SPEED_OF_SOUND
    above, below = 0.0, 0.0
    for f in np.linspace(EDGES[band][0], EDGES[band][1], 25)[1::2]:
        pressure = surface_pressure(f, np.array([cosine]), radius)[0]
        omega, weight = 2 * math.pi * f, abs(pressure) ** 2
        above -= weight * omega * float(np.angle(pressure * np.exp(1j * omega * woodworth)))
        below += weight * omega**2
    return woodworth + above / below


def ear_gain(cosine: float, band: int) -> float:
    """Power average over a band of the pressure on a rigid sphere."""
    steps = np.linspace(EDGES[band][0], EDGES[band][1], 25)[1::2]
    return float(
        np.sqrt(np.mean([surface_gain(f, np.array([cosine]), 0.0875)[0] ** 2 for f in steps]))
    )


def reference_spectrum(source: F64, receiver: F64, heading: float, ear: int) -> F64:
    """Spectrum of the early response at an ear: sum over images of delay, gain and band filters."""
    frequency = np.fft.rfftfreq(SIZE, 1 / RATE)
    filters = band_spectra(RATE, SIZE)
    reflectance = np.sqrt(1 - octaves_to_bands(ALPHA, RATE))
    air = [
        air_attenuation(np.linspace(edges[0], edges[1], 200), 20.0, 50.0).mean() for edges in EDGES
    ]
    side = 1 if ear == 0 else -1
    normal = side * np.array([-math.sin(heading), math.cos(heading), 0.0])
    total = np.zeros(len(frequency), complex)
    for image, reflections in mirror(source, 2):
        way = image - receiver
        distance = float(np.linalg.norm(way))
        cosine = float(way @ normal) / distance
        for band in range(4):
            gain = reflectance[band] ** reflections * math.exp(-0.5 * air[band] * distance)
            gain *= ear_gain(cosine, band) / distance
            delay = distance / SPEED_OF_SOUND + ear_delay(cosine, band, 0.0875)
            total += gain * filters[band] * np.exp(-2j * np.pi * frequency * delay)
    return total


@pytest.mark.parametrize("heading", [0.0, 2.1])
def test_the_early_response_agrees_with_the_reference(heading: float) -> None:
    source, receiver = np.array([1.1, 2.7, 1.3]), np.array([3.4, 1.6, 1.5])
    engine = GeometricEngine(shoebox(DIMENSIONS, absorption=ALPHA), order=2, late=False)
    response = engine.rir(source, receiver, heading)
    use = slice(0, int(0.85 * SIZE / 2))  # the window of the sinc rolls off near Nyquist
    for ear in range(2):
        ours = np.fft.rfft(response[ear], SIZE)[use]
        theirs = reference_spectrum(source, receiver, heading, ear)[use]
        error = np.abs(ours - theirs) ** 2
        assert 10 * np.log10(error.sum() / (np.abs(theirs) ** 2).sum()) < -35


def bilinear(model: AcousticModel, room: int, point: F64, band: int) -> F64:
    """Diffusion modes at a point of a room, from the cell centres round it."""
    x0, y0, x1, y1 = model.scene.plan.rooms[room].box
    first, nx, ny = model.home.grid[room]
    shapes = model.home.shapes[band, first : first + nx * ny].reshape(nx, ny, -1).astype(float)
    total = np.zeros(shapes.shape[2])
    u = np.clip((point[0] - x0) / (x1 - x0) * nx - 0.5, 0, nx - 1)
    v = np.clip((point[1] - y0) / (y1 - y0) * ny - 0.5, 0, ny - 1)
    for i, j in itertools.product(range(nx), range(ny)):
        total += max(0.0, 1 - abs(u - i)) * max(0.0, 1 - abs(v - j)) * shapes[i, j]
    return total


def test_the_late_level_in_a_box_agrees_with_the_reference() -> None:
    scene = shoebox(DIMENSIONS, absorption=ALPHA)
    engine = GeometricEngine(scene)
    source, receiver = np.array([1.1, 2.7, 1.3]), np.array([3.4, 1.6, 1.5])
    level = engine.late_level(source, receiver)
    home = engine.model.home
    for band in range(4):
        modes = bilinear(engine.model, 0, source, band) * bilinear(engine.model, 0, receiver, band)
        density = np.array([modes @ home.decay[band, :, q] for q in range(home.decay.shape[2])])
        expected = 4 * np.pi * SPEED_OF_SOUND / RATE * density * home.undrawn[0, band]
        np.testing.assert_allclose(level[band], np.maximum(expected, 0), rtol=2e-3, atol=1e-12)


def test_the_late_field_in_the_response_has_the_level_that_the_engine_tells() -> None:
    scene = shoebox(DIMENSIONS, absorption=0.2)
    whole = GeometricEngine(scene, receiver="mono", air=False)
    early = GeometricEngine(scene, receiver="mono", air=False, late=False)
    points = (1.1, 2.7, 1.3), (3.4, 1.6, 1.5)
    late = (whole.rir(*points) - early.rir(*points))[0].astype(float) ** 2
    level = whole.late_level(*points).mean(0)  # flat material: bands share the white spectrum
    samples = knots(whole.config)
    for start, end in ((10, 20), (20, 25)):
        heard = late[samples[start] : samples[end]].mean()
        told = np.trapezoid(level[start : end + 1], samples[start : end + 1])
        told /= samples[end] - samples[start]
        assert 10 * np.log10(heard / told) == pytest.approx(0, abs=0.6)


def test_the_model_is_a_pure_function_of_scene_and_config(apartment: Scene) -> None:
    config = AcousticConfig()
    first, second = (AcousticModel.from_scene(apartment, config) for _ in range(2))
    for a, b in zip(first.home, second.home, strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_slot_that_is_filled_again_forgets_its_old_home(apartment: Scene) -> None:
    config = AcousticConfig()
    small = AcousticModel.from_scene(shoebox((4, 3, 2.5)), config)
    pool, fresh = AcousticPool(1, config), AcousticPool(1, config)
    pool.put(0, AcousticModel.from_scene(apartment, config))
    pool.put(0, small)
    fresh.put(0, small)
    assert pool.home is not None
    assert fresh.home is not None
    arrays: list[npt.NDArray[Any]] = list(pool.home)
    fresh_arrays: list[npt.NDArray[Any]] = list(fresh.home)
    for used, new in zip(arrays, fresh_arrays, strict=True):
        inside = tuple(slice(n) for n in new.shape)
        np.testing.assert_array_equal(used[inside], new)
        outside = used.copy()
        outside[inside] = 0
        assert not outside.any()
