"""The transforms agree with scipy's in double precision, by any library and number of rows."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
import scipy.fft

from soundwalk.envs.acoustics import fourier
from soundwalk.envs.acoustics.fourier import LIBRARIES, backward, fast_length, forward, padded


@pytest.fixture(params=LIBRARIES)
def library(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Transforms by each library that is installed."""
    if request.param == "ducc":
        pytest.importorskip("ducc0")
    chosen = LIBRARIES[request.param]()
    monkeypatch.setattr(fourier, "_library", lambda: chosen)
    return str(request.param)


@pytest.mark.usefixtures("library")
@pytest.mark.parametrize("rows", [1, 3, 4, 17])
def test_spectra_are_those_of_scipy_and_come_back(rows: int) -> None:
    signal = np.random.default_rng(0).standard_normal((padded(rows), 1000)).astype(np.float32)
    spectra = forward(signal, rows)
    np.testing.assert_allclose(spectra, scipy.fft.rfft(signal[:rows].astype(float)), atol=1e-4)
    room = np.zeros((padded(rows), 501), np.complex64)
    room[:rows] = spectra
    np.testing.assert_allclose(backward(room, rows, 1000), signal[:rows], atol=1e-6)


@pytest.mark.usefixtures("library")
def test_a_row_is_transformed_the_same_way_beside_any_number_of_others() -> None:
    signal = np.random.default_rng(1).standard_normal((64, 8192)).astype(np.float32)
    together = forward(signal, 64)
    for rows in (1, 2, 5, 33):
        np.testing.assert_array_equal(forward(signal, rows), together[:rows])


@pytest.mark.parametrize("samples", [1, 2, 1000, 4097, 6400, 8193, 8799, 20_799, 999_999])
@pytest.mark.parametrize("name", LIBRARIES)
def test_lengths_suffice_are_even_and_waste_little(samples: int, name: str) -> None:
    length = fast_length(samples, name)
    assert samples <= length <= max(1.34 * samples, 2)
    assert length % 2 == 0
    assert name == "torch" or length % 1024  # rows would lie pages apart


def test_the_length_of_a_step_of_sound_is_the_least_there_is() -> None:
    assert [fast_length(12_799, name) for name in LIBRARIES] == [12_800] * len(LIBRARIES)


@pytest.mark.parametrize(
    ("ducc", "scipy_version", "expected"),
    [(True, "1.17.1", "ducc"), (False, "1.18.0", "scipy"), (False, "1.17.1", "torch")],
)
def test_the_fastest_library_that_is_there_is_taken(
    ducc: bool, scipy_version: str, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fourier, "find_spec", lambda _: object() if ducc else None)
    monkeypatch.setattr(fourier, "version", lambda _: scipy_version)
    assert fourier.library_name.__wrapped__() == expected


def test_spectra_are_written_where_they_are_wanted(library: str) -> None:
    buffer = np.random.default_rng(0).standard_normal((8, 96)).astype(np.float32)
    kept = np.zeros((8, 49), np.complex64)
    found = fourier.forward(buffer, 8, kept)
    assert np.shares_memory(found, kept)
    np.testing.assert_array_equal(kept, fourier.forward(buffer, 8))


def test_no_library_is_imported_before_the_first_transform() -> None:
    code = (
        "import sys; from soundwalk.envs.acoustics import StreamingConvolver as S;"
        "from soundwalk.envs.acoustics.fourier import library_name;"
        "import numpy as n; name = {'ducc': 'ducc0'}.get(library_name(), library_name());"
        "c = S(1, 1, 8, 8, 2); assert not {'torch', 'ducc0'} & set(sys.modules);"
        "c.step(n.ones((1, 10), 'f'), n.ones((1, 1, 8), 'f')); assert name in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
