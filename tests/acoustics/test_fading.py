"""Short cuts of the kernels against the plain formulas that they stand for."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from soundwalk.envs.acoustics import AcousticConfig, GeometricEngine
from soundwalk.envs.acoustics.edges import screen_gain
from soundwalk.envs.acoustics.fading import FARTHEST, air_fades, fade
from soundwalk.envs.acoustics.images import lattice
from soundwalk.envs.acoustics.model import air_absorption
from soundwalk.envs.acoustics.reflections import bounce_table, reflect
from soundwalk.envs.scenes import shoebox
from soundwalk.envs.scenes.scene import Box3, Furniture


@pytest.mark.parametrize(("rate", "bands", "tolerance"), [(16_000, 4, 1e-6), (48_000, 7, 2e-5)])
def test_air_takes_from_an_arrival_what_the_exponential_says(
    rate: int, bands: int, tolerance: float
) -> None:
    absorbed = air_absorption(AcousticConfig(sample_rate=rate, bands=bands))
    table = air_fades(absorbed)
    for metres in np.random.default_rng(0).uniform(0.0, 100.0, 300):
        gains = np.ones(bands)
        fade(float(metres), table, gains, 0.5)
        expected = 0.5 * np.exp(-0.5 * absorbed * metres)
        np.testing.assert_allclose(gains, expected, rtol=tolerance)


def test_air_takes_no_more_beyond_the_farthest_way() -> None:
    table = air_fades(np.array([0.01, 0.02]))
    last, beyond = np.ones(2), np.ones(2)
    fade(FARTHEST, table, last, 1.0)
    fade(3 * FARTHEST, table, beyond, 1.0)
    np.testing.assert_allclose(beyond, last, rtol=1e-4)


def test_an_image_keeps_the_product_of_the_walls_that_it_has_met() -> None:
    rng, order = np.random.default_rng(1), 6
    faces = rng.uniform(0.2, 1.0, (6, 4)).astype(np.float32)
    met, gains = np.zeros((3, 2 * order + 1, 4)), np.zeros(4)
    bounce_table.py_func(faces, order, met)  # type: ignore[attr-defined]
    for image in lattice(order)[::7]:
        expected = np.ones(4)
        for axis, count in enumerate(image):
            for bounce in range(abs(count)):  # in turn, the last one by the sign
                upper = (bounce % 2 == 0) == (count > 0)
                expected *= faces[2 * axis + int(upper)]
        reflect.py_func(met, order, image, gains)  # type: ignore[attr-defined]
        np.testing.assert_allclose(gains, expected, rtol=1e-5)


def test_the_shadow_of_an_edge_is_the_sum_of_both_waves() -> None:
    """Pierce's f - i g of the wave and of its mirror image, written out."""
    for direct, mirrored, wave in np.random.default_rng(2).uniform(0, 20, (200, 3)).tolist():
        f = g = 0.0
        for v in (math.sqrt(direct * wave), math.sqrt(mirrored * wave)):
            f += (1 + 0.926 * v) / (2 + 1.792 * v + 3.104 * v**2)
            g += 1 / (2 + 4.142 * v + 3.492 * v**2 + 6.67 * v**3)
        expected = math.sqrt((f * f + g * g) / 2)
        assert screen_gain(direct, mirrored, wave) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("crowd", [0, 5, 30, 90])
def test_a_box_is_in_the_way_whatever_else_is_in_the_room(crowd: int) -> None:
    """The kernel keeps the boxes that a way meets in the bits of one number."""
    screen: Box3 = (9.9, 9.0, 0.0, 10.1, 11.0, 1.8)
    others = [(0.2 * i + 0.5, 18.0, 0.3, 0.2 * i + 0.6, 19.0, 1.5) for i in range(crowd)]
    found = []
    for boxes in ([screen, *others], [*others, screen]):
        scene = shoebox((20.0, 20.0, 10.0), absorption=0.9)
        pieces = tuple(Furniture("box", 0, b, 0, i + 1, (b,)) for i, b in enumerate(boxes))
        scene = dataclasses.replace(scene, plan=dataclasses.replace(scene.plan, furniture=pieces))
        config = AcousticConfig(order=0, air=False, late=False, scattering=False)
        engine = GeometricEngine.from_config(scene, config)
        found.append(engine.arrival((8.0, 10.0, 1.0), (12.0, 10.0, 1.0)).gains)
    free = 1 / 4.0
    assert (found[0] < 0.7 * free).all()
    np.testing.assert_allclose(found[0], found[1], rtol=1e-6)
