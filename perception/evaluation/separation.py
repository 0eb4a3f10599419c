"""How well the sounds of a mixture were taken apart: SI-SDR, SDR, SIR, SAR, each minus the mixture.

Which estimate belongs to which source is known here (it was asked for by its picture), so nothing
is permuted. All are in decibels, clipped to ±100 dB: 16-bit sound has 98 dB, and the tables stay
free of infinities.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ...envs.interface import F64, SoundwalkError
from .checks import alike, numbers
from .intervals import Accumulator, Rows

LIMIT = 100.0  # dB
FILTER = 512  # taps of the distortion that the SDR forgives (Vincent et al. 2006; BSS Eval 3)
_RIDGE = 1e-10  # on the diagonal of the normal equations: band-limited sound makes them singular


def si_sdr(estimate: npt.ArrayLike, reference: npt.ArrayLike) -> F64:
    """Scale-invariant signal-to-distortion ratio (Le Roux et al. 2019, "SDR - half-baked?").

    10 log10(|a s|^2 / |a s - e|^2) with a = <e, s> / |s|^2.

    Args:
        estimate: (..., T)
        reference: (..., T), not silent.

    Returns:
        (...,) dB; -100 for a silent estimate.

    Raises:
        SoundwalkError: shapes differ, not finite, or a silent reference.

    >>> float(si_sdr([1.0, 1.0], [1.0, 0.0]))
    0.0
    """
    e, s = _signals(estimate, reference, 1)
    power = (s * s).sum(-1, keepdims=True)
    target = (e * s).sum(-1, keepdims=True) / power * s
    return _decibels((target**2).sum(-1), ((target - e) ** 2).sum(-1))


def bss_eval(estimates: npt.ArrayLike, references: npt.ArrayLike) -> dict[str, F64]:
    """SDR, SIR and SAR of BSS Eval 3 (Vincent et al. 2006), by fast-bss-eval (Scheibler 2021).

    The estimate is split into what a filter of 512 taps makes of its own reference, what such
    filters make of the others (interference), and the rest (artefacts). A pair of sources takes
    some 0.07 CPU-seconds; the conjugate gradients of fast-bss-eval are faster and off by decibels.

    Args:
        estimates: (..., S, T) of S sources, in the order of the references.
        references: (..., S, T), none silent, T > 512.

    Returns:
        sdr, sir, sar: (..., S) dB.

    Raises:
        SoundwalkError: shapes differ, not finite, too short, or a silent reference.
    """
    import fast_bss_eval
    import torch  # fast-bss-eval 0.1.4 on NumPy arrays calls `solve` in a way that NumPy 2 rejects

    e, s = _signals(estimates, references, 2)
    if e.shape[-1] <= FILTER:
        raise SoundwalkError(
            f"references of {e.shape[-1]} samples: expected more than {FILTER}, the taps of the"
            " filters that BSS Eval fits"
        )
    found = fast_bss_eval.bss_eval_sources(
        torch.from_numpy(s),
        torch.from_numpy(e),
        filter_length=FILTER,
        compute_permutation=False,
        clamp_db=LIMIT,
        load_diag=_RIDGE,
    )
    silent = ~e.any(-1)
    return {
        name: np.where(silent, -LIMIT, np.clip(values.numpy(), -LIMIT, LIMIT))
        for name, values in zip(("sdr", "sir", "sar"), found, strict=True)
    }


class Separation(Accumulator):
    """Separation of known sources, mean over the sources of a mixture, then over mixtures.

    `compute` gives si_sdr, sdr, sir, sar, and NAME_gain, each minus what the mixture itself would
    get in the place of the estimates. The artefacts of a mixture are only its noise, so that
    sar_gain is at or below 0 for whatever works at all: read sar.
    """

    def update(
        self, estimates: npt.ArrayLike, references: npt.ArrayLike, mixture: npt.ArrayLike
    ) -> None:
        """Take in a batch; mixtures of which a source is silent are left out.

        Args:
            estimates: (N, S, T)
            references: (N, S, T)
            mixture: (N, T)

        Raises:
            SoundwalkError: shapes differ, not finite, or too short.
        """
        e, s, m = numbers("estimates", estimates, 3), numbers("references", references, 3), mixture
        alike("estimates", e, "references", s.shape)
        m = numbers("mixture", m, 2)
        alike("mixture", m, "references without sources", (s.shape[0], s.shape[2]))
        sounding = s.any(-1).all(-1)
        if not sounding.any():
            return
        e, s, m = e[sounding], s[sounding], m[sounding]
        nothing_done = np.broadcast_to(m[:, None], s.shape)
        found = {"si_sdr": si_sdr(e, s), **bss_eval(e, s)}
        before = {"si_sdr": si_sdr(nothing_done, s), **bss_eval(nothing_done, s)}
        gains = {f"{key}_gain": values - before[key] for key, values in found.items()}
        self._add(**{key: values.mean(1) for key, values in (found | gains).items()})

    def summary(self, rows: Rows) -> dict[str, float]:
        """Means over mixtures."""
        return {key: float(values.mean()) for key, values in rows.items()}


def _signals(estimate: npt.ArrayLike, reference: npt.ArrayLike, axes: int) -> tuple[F64, F64]:
    """Check estimates and references."""
    e, s = numbers("estimate", estimate, axes), numbers("reference", reference, axes)
    alike("estimate", e, "reference", s.shape)
    silent = ~s.any(-1)
    if silent.any():
        raise SoundwalkError(
            f"{int(silent.sum())} of {silent.size} references are silent: no estimate can be right"
            " to any decibel; leave them out"
        )
    return np.ascontiguousarray(e), np.ascontiguousarray(s)


def _decibels(signal: F64, distortion: F64) -> F64:
    """Ratio of powers in dB, clipped; -100 where there is no signal."""
    floor = np.finfo(np.float64).tiny
    ratio = 10 * (np.log10(np.maximum(signal, floor)) - np.log10(np.maximum(distortion, floor)))
    return np.where(signal > 0, np.clip(ratio, -LIMIT, LIMIT), -LIMIT)
