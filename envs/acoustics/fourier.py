"""Fourier transforms of many real rows at once, by the fastest library that is installed.

They take a third of the time of a step of sound. ducc (ducc0.fft by M. Reinecke: the extra `fast`,
and in SciPy from 1.18 on) vectorises over rows and takes three quarters of the time of MKL as
PyTorch calls it, which plans anew with every call. Rows are filled up to whole groups, so that a
row's rounding does not depend on how many others there are. The library is imported with the first
transform; PyTorch keeps the number of threads it was given.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from math import gcd
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ..interface import F32

C64 = npt.NDArray[np.complex64]
_ROWS = 4  # transformed together by libraries that vectorise over rows
_SMOOTH = sorted(3**i * 5**j * 7**k for i in range(5) for j in range(5) for k in range(2))


class Library(NamedTuple):
    """Transforms along the last axis of two.

    Attributes:
        forward: (n, S) to (n, S / 2 + 1), into the second array if there is one.
        backward: (n, S / 2 + 1) and S to (n, S), divided by S.
    """

    forward: Callable[[F32, C64 | None], C64]
    backward: Callable[[C64, int], F32]


def _ducc() -> Library:
    from ducc0.fft import c2r, r2c

    def backward(spectra: C64, size: int) -> F32:
        signals: F32 = c2r(spectra, axes=(1,), lastsize=size, forward=False, inorm=2)
        return signals

    return Library(lambda signals, out: r2c(signals, axes=(1,), out=out), backward)


def _scipy() -> Library:
    from scipy.fft import irfft, rfft

    def forward(signals: F32, out: C64 | None) -> C64:
        spectra: C64 = rfft(signals)
        if out is None:
            return spectra
        out[:] = spectra
        return out

    return Library(forward, irfft)


def _torch() -> Library:
    from torch import fft, from_numpy

    def forward(signals: F32, out: C64 | None) -> C64:
        to = None if out is None else from_numpy(out)
        spectra: C64 = fft.rfft(from_numpy(signals), out=to).numpy()
        return spectra

    return Library(
        forward,
        lambda spectra, size: fft.irfft(from_numpy(spectra), size).numpy(),
    )


LIBRARIES: dict[str, Callable[[], Library]] = {"ducc": _ducc, "scipy": _scipy, "torch": _torch}


@cache
def library_name() -> str:
    """Which of LIBRARIES transforms here."""
    if find_spec("ducc0") is not None:
        return "ducc"
    major, minor = (int(part) for part in version("scipy").split(".")[:2])
    return "scipy" if (major, minor) >= (1, 18) else "torch"


@cache
def _library() -> Library:
    return LIBRARIES[library_name()]()


def padded(rows: int) -> int:
    """`rows` rounded up to whole groups: how many rows a buffer for them needs."""
    return -(-rows // _ROWS) * _ROWS


def fast_length(samples: int, library: str | None = None) -> int:
    """An even transform length of at least `samples` (1 or more) that is fast.

    For ducc it has the factors 2, 3, 5 and 7 and is no multiple of 1,024: rows that lie pages apart
    share a few lines of the cache, and to vectorise over them takes twice the time. For MKL, which
    takes row by row, it is 1, 3, 5, 9 or 25 times a power of two: others take a third longer than a
    larger one of these, and a power of two itself takes 15 % less for each sample.

    Args:
        samples: at least.
        library: one of LIBRARIES; that of `library_name` if None.
    """
    alone = (library or library_name()) == "torch"
    odds = (1, 3, 5, 9, 25) if alone else _SMOOTH
    best, least = 0, np.inf
    for odd in odds:
        length = odd << max((-(-samples // odd) - 1).bit_length(), 1)
        if alone:
            cost = length * (1.0 if odd == 1 else 1.17)
        else:
            cost = length * (4.0 if length % 1024 == 0 else 1.0)
        if cost < least:
            best, least = length, cost
    return best


def forward(buffer: F32, rows: int, out: C64 | None = None) -> C64:
    """Spectra (rows, S / 2 + 1) of the first rows of buffer (padded(rows) or more, S).

    With `out`, they are written there; rows are whole groups.
    """
    return _library().forward(buffer[: padded(rows)], out)[:rows]


def group(channels: int) -> int:
    """How many signals of so many rows make whole groups of rows."""
    return _ROWS // gcd(_ROWS, channels)


def backward(buffer: C64, rows: int, size: int) -> F32:
    """Signals (rows, size) of the first rows of buffer (padded(rows) or more, size / 2 + 1)."""
    return _library().backward(buffer[: padded(rows)], size)[:rows]
