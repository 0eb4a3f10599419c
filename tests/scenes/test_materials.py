"""Coefficients: compared to the table they come from."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from soundwalk.envs.interface import SoundwalkError
from soundwalk.envs.scenes import OCTAVES, Surface, surface
from soundwalk.envs.scenes.insulation import CONSTRUCTIONS, TRANSMISSION_LOSS, transmission
from soundwalk.envs.scenes.materials import ABSORPTION, SURFACES, material_of


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_absorption_is_that_of_pyroomacoustics_with_the_last_octave_repeated() -> None:
    pra = pytest.importorskip("pyroomacoustics")
    for name, coefficients in ABSORPTION.items():
        published = np.asarray(pra.materials_absorption_table[name]["coeffs"], float)
        padded = np.append(published, [published[-1]] * (len(OCTAVES) - len(published)))
        np.testing.assert_allclose(coefficients, padded, atol=1e-12, err_msg=name)
        table = pra.Material(name).absorption_coeffs
        np.testing.assert_allclose(coefficients[: len(published)], table[: len(published)])


def test_every_material_is_used_and_every_surface_has_seven_octaves_within_bounds() -> None:
    assert {material_of(name) for name in SURFACES} == set(ABSORPTION)
    for name, entry in SURFACES.items():
        assert entry.name == name
        assert len(entry.absorption) == len(entry.scattering) == len(OCTAVES)
        assert all(0 < value <= 1 for value in entry.absorption)
        assert all(0 <= value <= 1 for value in entry.scattering)
        assert all(0 <= value <= 1 for value in entry.colour)


def test_walls_are_no_perforated_absorbers() -> None:
    for name in SURFACES:
        if name.startswith(("wall_", "ceiling")):
            assert max(surface(name).absorption) < 0.3, name


def test_furniture_scatters_more_than_walls() -> None:
    assert min(surface("sofa_grey").scattering) > max(surface("wall_white").scattering[:6])


def test_an_unknown_surface_is_named_with_its_nearest() -> None:
    with pytest.raises(SoundwalkError, match=r"unknown surface 'wall_whit': did you mean 'wall_w"):
        surface("wall_whit")


def test_the_shell_lets_sound_through_as_its_construction_does_and_furniture_does_not() -> None:
    assert set(CONSTRUCTIONS) <= set(SURFACES)
    assert set(CONSTRUCTIONS.values()) == set(TRANSMISSION_LOSS)
    for name, entry in SURFACES.items():
        shell = name.startswith(("wall_", "floor_", "ceiling", "glass", "frame", "front", "door_"))
        assert (max(entry.transmission) > 0) == shell, name
        assert all(t <= a for t, a in zip(entry.transmission, entry.absorption, strict=True))
    losses = -10 * np.log10(surface("door_leaf").transmission)
    np.testing.assert_allclose(losses, TRANSMISSION_LOSS["hollow_door"])


def test_heavy_walls_stop_more_than_the_mass_law_says_of_light_ones() -> None:
    """Mean loss rises with mass per area: hollow door, glass, studs, brick, concrete."""
    order = ("hollow_door", "glass_6mm", "boarded_studs", "plastered_studs", "plastered_brick")
    means = [np.mean(TRANSMISSION_LOSS[name]) for name in (*order, "concrete_slab")]
    assert sorted(means) == means


def test_an_unknown_construction_is_named_with_its_nearest() -> None:
    with pytest.raises(SoundwalkError, match="unknown construction 'brick': did you mean"):
        transmission("brick")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"absorption": (0.1,) * 4}, "absorption of 'felt' has 4 values: expected 7"),
        ({"absorption": (1.1,) * 7}, "absorption of 'felt' holds 1.1: expected 0 to 1"),
        ({"scattering": (-0.1,) * 7}, "scattering of 'felt' holds -0.1"),
        ({"transmission": (float("nan"),) * 7}, "transmission of 'felt' holds nan"),
        ({"transmission": (0.3,) * 7}, "'felt' lets 0.3 through but absorbs 0.2"),
    ],
)
def test_coefficients_that_cannot_be_are_refused(values: Any, message: str) -> None:
    with pytest.raises(SoundwalkError, match=message):
        Surface("felt", **{"absorption": (0.2,) * 7, **values})
