"""The transforms agree with scipy's in double precision, whatever the number of rows."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
import scipy.fft

from soundwalk.envs.acoustics.fourier import backward, fast_length, forward, padded


@pytest.mark.parametrize("rows", [1, 3, 4, 17])
def test_spectra_are_those_of_scipy_and_come_back(rows: int) -> None:
    signal = np.random.default_rng(0).standard_normal((padded(rows), 1000)).astype(np.float32)
    spectra = forward(signal, rows)
    np.testing.assert_allclose(spectra, scipy.fft.rfft(signal[:rows].astype(float)), atol=1e-4)
    room = np.zeros((padded(rows), 501), np.complex64)
    room[:rows] = spectra
    np.testing.assert_allclose(backward(room, rows, 1000), signal[:rows], atol=1e-6)


def test_a_row_is_transformed_the_same_way_beside_any_number_of_others() -> None:
    signal = np.random.default_rng(1).standard_normal((64, 8192)).astype(np.float32)
    together = forward(signal, 64)
    for rows in (1, 2, 5, 33):
        np.testing.assert_array_equal(forward(signal, rows), together[:rows])


@pytest.mark.parametrize("samples", [1, 2, 1000, 4097, 6400, 8159, 8193, 8799, 12_000])
def test_lengths_suffice_are_even_and_waste_little(samples: int) -> None:
    length = fast_length(samples)
    assert samples <= length <= max(1.34 * samples, 2)
    assert length % 2 == 0


def test_a_convolver_is_what_imports_pytorch() -> None:
    code = (
        "import sys; from soundwalk.envs.acoustics import StreamingConvolver as S;"
        "import numpy as n;"
        "c = S(1, 1, 8, 8, 2); assert 'torch' not in sys.modules;"
        "c.step(n.ones((1, 10), 'f'), n.ones((1, 1, 8), 'f')); assert 'torch' in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
