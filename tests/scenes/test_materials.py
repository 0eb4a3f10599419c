"""Coefficients: compared to the table they come from."""

from __future__ import annotations

import numpy as np
import pytest

from soundwalk.envs.interface import SoundwalkError
from soundwalk.envs.scenes import OCTAVES, surface
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
