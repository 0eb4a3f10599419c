"""SoundSpaces' impulse responses, read from their files as they are needed."""

from __future__ import annotations

import warnings
from functools import lru_cache
from math import gcd
from pathlib import Path

import numpy as np
from scipy.signal import resample_poly

from ...acoustics.sounds import UnusableSoundWarning
from ...interface import F32, F64, SoundwalkError
from .graph import SceneGraph
from .layout import MissingDataError, SoundSpacesData

EARS = 2


class Responses:
    """Responses of a data set at one rate and of one length.

    Args:
        data: where they are.
        rate: samples per second wanted; others are resampled.
        length: samples of what is returned; longer ones are cut, shorter ones filled with zeros.
        cached: how many are kept in memory, 8 bytes a sample each.
    """

    def __init__(self, data: SoundSpacesData, rate: int, length: int, cached: int = 1024) -> None:
        """See the class."""
        self._data, self._rate, self._length = data, rate, length
        self._read = lru_cache(cached)(self._load)

    def get(self, scene: str, graph: SceneGraph, azimuth: int, receiver: int, source: int) -> F32:
        """The response (2, length) from one node to another; read-only.

        Args:
            scene: its name.
            graph: its places.
            azimuth: degrees, as the folders are named.
            receiver: index of the listener's node in `graph`.
            source: index of the source's node.

        Raises:
            MissingDataError: it is missing; the message counts all that are missing in the scene.
            SoundwalkError: it does not have two channels or holds what is no number.
        """
        path = self._data.response(
            scene, azimuth, int(graph.names[receiver]), int(graph.names[source])
        )
        try:
            return self._read(path)
        except FileNotFoundError:
            self._data.check(scene, graph)
            raise MissingDataError(
                f"impulse response {str(path)!r} is missing: no way leads from one place to the "
                "other, and SoundSpaces has none for such pairs"
            ) from None

    def _load(self, path: Path) -> F32:
        out = np.zeros((EARS, self._length), np.float32)
        samples, rate = _read(path)
        if len(samples):
            if samples.shape[1] != EARS or not np.isfinite(samples).all():
                raise SoundwalkError(
                    f"{str(path)!r} has {samples.shape[1]} channels of {len(samples)} samples: "
                    "expected two channels of finite numbers"
                )
            found = resample_response(samples.T, rate, self._rate)[:, : self._length]
            out[:, : found.shape[1]] = found
        out.flags.writeable = False
        return out


def resample_response(response: F64, rate: int, wanted: int) -> F64:
    """A response (C, T) at another rate, so that signals at that rate come out equally loud.

    A discrete response is the continuous one times the sample period, which changes as well.
    """
    if rate == wanted:
        return response
    divisor = gcd(rate, wanted)
    resampled = resample_poly(response, wanted // divisor, rate // divisor, axis=1)
    return np.asarray(resampled * (rate / wanted), np.float64)


def _read(path: Path) -> tuple[F64, int]:
    """Samples (T, C) and their rate; none, with a warning, where the file cannot be read.

    SoundSpaces' data hold a few empty files; its simulator takes them for silence, too.
    """
    import soundfile  # loads libsndfile: only when responses are used

    if not path.is_file():
        raise FileNotFoundError(path)
    try:
        samples, rate = soundfile.read(path, dtype="float64", always_2d=True)
    except soundfile.LibsndfileError as error:
        samples, rate, why = np.zeros((0, EARS)), 1, str(error)
    else:
        why = "it is empty"
    if not len(samples):
        warnings.warn(
            f"{str(path)!r} is taken for silence: {why}", UnusableSoundWarning, stacklevel=2
        )
    return samples, int(rate)


def load_sound(path: Path, rate: int) -> F32:
    """The samples (T,) of a sound, mono and resampled, as loud as they are.

    Raises:
        SoundwalkError: it cannot be read, is empty or holds what is no number.
    """
    import soundfile

    try:
        samples, found = soundfile.read(path, dtype="float64", always_2d=True)
    except (soundfile.LibsndfileError, OSError) as error:
        raise SoundwalkError(f"sound {str(path)!r} cannot be read: {error}") from None
    mono = samples.mean(axis=1) if len(samples) else np.zeros(0)
    if not len(mono) or not np.isfinite(mono).all():
        raise SoundwalkError(f"sound {str(path)!r} is empty or not finite")
    divisor = gcd(int(found), rate)
    return np.asarray(resample_poly(mono, rate // divisor, int(found) // divisor), np.float32)
