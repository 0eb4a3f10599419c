"""Fourier transforms of many real rows at once by PyTorch: MKL takes two thirds of scipy's time.

PyTorch is imported with the first transform and keeps the number of threads it was given. Rows are
filled up to whole groups, so that a row's rounding does not depend on how many others there are.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import scipy.fft

from ..interface import F32

C64 = npt.NDArray[np.complex64]
_ROWS = 4  # transformed together by libraries that vectorise over rows


def padded(rows: int) -> int:
    """`rows` rounded up to whole groups: how many rows a buffer for them needs."""
    return -(-rows // _ROWS) * _ROWS


def fast_length(samples: int) -> int:
    """A transform length of at least `samples` that is fast: a power of two if one is near.

    A sample of a power of two takes MKL three quarters of the time of one of another length.
    """
    power = 1 << max(samples - 1, 0).bit_length()
    smooth: int = scipy.fft.next_fast_len(samples, real=True)
    return power if 3 * power <= 4 * smooth else smooth


def forward(buffer: F32, rows: int) -> C64:
    """Spectra (rows, S / 2 + 1) of the first rows of buffer (padded(rows) or more, S)."""
    import torch

    spectra: C64 = torch.fft.rfft(torch.from_numpy(buffer[: padded(rows)])).numpy()
    return spectra[:rows]


def backward(buffer: C64, rows: int, size: int) -> F32:
    """Signals (rows, size) of the first rows of buffer (padded(rows) or more, size / 2 + 1)."""
    import torch

    signals: F32 = torch.fft.irfft(torch.from_numpy(buffer[: padded(rows)]), size).numpy()
    return signals[:rows]
