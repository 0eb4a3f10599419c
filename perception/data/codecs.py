"""How one key of a sample is kept in a column of a Parquet file, and how it comes back.

| encoding | keys | column | what comes back |
|---|---|---|---|
| png | rgb | one PNG, the images one below the other | exactly what was written |
| png16 | depth | the same with 16 bits, millimetres | within 0.5 mm, up to 65.535 m |
| png1 | mask | the same with 1 bit | exactly what was written |
| flac16, flac24 | audio, dry, wet | one FLAC, the signals one after the other | see below |
| raw | all others | a number, or a flat list of numbers | exactly what was written |

A signal is what the ears (up to 8 channels) receive in one view, of one source. Its gain is its
peak, so that full scale is never exceeded and its channels keep their levels; `KEY_gain` holds (V,)
or (V K) of them. The sound is FLAC's whole numbers / 32,767 (16 bits) or / 8,388,607 (24 bits),
times the gain: within peak / 65,534 or peak / 16,777,214 of what was written. PNG and FLAC columns
are what the library `datasets` calls Image and Audio: structs of bytes and path.
"""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import soundfile
from PIL import Image

from ...envs.interface import F32, U8, Bool, SoundwalkError

Array = npt.NDArray[Any]

MOST_DEPTH = 65.535  # metres; 16 bits of millimetres
_MOST_PIXELS = 89_000_000  # what Pillow opens without a warning
_MOST_CHANNELS = 8  # of FLAC
_PNG_LEVEL = 3  # of zlib; 6 takes twice as long and saves 2 %
_FULL = {"flac16": 2**15 - 1, "flac24": 2**23 - 1}
_STRUCT = pa.struct([("bytes", pa.binary()), ("path", pa.string())])


@dataclass(frozen=True)
class Column:
    """How a key is kept.

    Attributes:
        name: of the key.
        dtype: of its array.
        shape: of a single sample's array, without N.
        encoding: see the table above.
    """

    name: str
    dtype: str
    shape: tuple[int, ...]
    encoding: str

    @property
    def is_file(self) -> bool:
        """Whether a row holds a PNG or FLAC file."""
        return self.encoding != "raw"

    @property
    def is_sound(self) -> bool:
        """Whether a row holds a FLAC file, with gains beside it."""
        return self.encoding in _FULL

    @property
    def channels(self) -> int:
        """Channels of a FLAC file: the ears, or 1 where there are too many for FLAC."""
        return self.shape[-2] if self._by_ears and self.shape[-2] <= _MOST_CHANNELS else 1

    @property
    def signals(self) -> int:
        """Signals that follow each other in a FLAC file."""
        return math.prod(self.shape[:-1]) // self.channels

    @property
    def _by_ears(self) -> bool:
        return self.name != "dry" and len(self.shape) > 1

    def fields(self) -> list[pa.Field]:
        """Arrow's description of the columns."""
        if not self.is_file:
            return [pa.field(self.name, _arrow(self.dtype, self.shape))]
        fields = [pa.field(self.name, _STRUCT)]
        if self.is_sound:
            fields.append(pa.field(f"{self.name}_gain", pa.list_(pa.float32(), self.signals)))
        return fields

    def feature(self, rate: int) -> dict[str, Any] | None:
        """What the library `datasets` is told; it infers lists from Arrow's types by itself."""
        if self.is_sound:
            return {"sampling_rate": rate, "_type": "Audio"}
        if self.is_file:
            return {"_type": "Image"}
        return None if self.shape else {"dtype": self.dtype, "_type": "Value"}

    def write(self, values: Array, rate: int, first: int) -> list[pa.Array]:
        """Arrow's arrays for `fields`.

        Args:
            values: (n, *shape).
            rate: of sounds, hertz.
            first: number of the first sample; files are named after theirs.

        Raises:
            SoundwalkError: a value cannot be kept.
        """
        if not self.is_file:
            return [_pack(values, pa.field(self.name, _arrow(self.dtype, self.shape)).type)]
        if self.is_sound:
            gains = np.empty((len(values), self.signals), np.float32)
            blobs = [self._sound(x, rate, gain) for x, gain in zip(values, gains, strict=True)]
        else:
            blobs = [_png(_PICTURES[self.encoding](x, self.name)) for x in values]
        ending = "flac" if self.is_sound else "png"
        paths = [f"{first + i:08d}.{ending}" for i in range(len(values))]
        files = pa.StructArray.from_arrays(
            [pa.array(blobs, pa.binary()), pa.array(paths)], fields=list(_STRUCT)
        )
        if self.is_sound:
            return [files, _pack(gains, pa.list_(pa.float32(), self.signals))]
        return [files]

    def read(self, blob: Any, gains: F32 | None = None) -> Array:
        """The array (*shape) of a single sample from what `write` made of it.

        Args:
            blob: the bytes of the PNG or FLAC file.
            gains: (signals,) of a FLAC file.

        Raises:
            OSError: it is no such file.
            ValueError: it holds another number of pixels or samples.
        """
        if gains is None:
            image = np.asarray(Image.open(io.BytesIO(blob), formats=("PNG",)))
            if self.encoding == "png16":
                image = (image / np.float32(1000)).astype(np.float32)
            return image.reshape(self.shape)
        wide = self.encoding == "flac24"
        whole, _ = soundfile.read(
            io.BytesIO(blob), dtype="int32" if wide else "int16", always_2d=True
        )
        scale = gains / np.float32(_FULL[self.encoding] * (2**8 if wide else 1))
        parts = whole.reshape(self.signals, self.shape[-1], self.channels)
        sound = np.empty((self.signals, self.channels, self.shape[-1]), np.float32)
        np.multiply(parts.swapaxes(1, 2), scale[:, None, None], out=sound, casting="unsafe")
        return sound.reshape(self.shape)

    def _sound(self, values: F32, rate: int, gains: F32) -> bytes:
        """A FLAC file; `gains` are filled in."""
        parts = values.reshape(self.signals, self.channels, self.shape[-1])
        gains[:] = np.abs(parts).max((1, 2))
        if not np.isfinite(gains).all():
            raise SoundwalkError(f"{self.name}: expected finite samples of sound; found NaN or inf")
        scale = np.divide(_FULL[self.encoding], gains, where=gains > 0, out=np.zeros(len(gains)))
        whole = np.rint(parts * scale[:, None, None]).swapaxes(1, 2).reshape(-1, self.channels)
        wide = self.encoding == "flac24"
        pulses = whole.astype(np.int32) << 8 if wide else whole.astype(np.int16)
        file = io.BytesIO()
        kind = "PCM_24" if wide else "PCM_16"
        soundfile.write(file, pulses, rate, format="FLAC", subtype=kind)
        return file.getvalue()


def columns_of(sample: Mapping[str, Array], bits: int = 16) -> dict[str, Column]:
    """How the keys of a batch are kept.

    Args:
        sample: a batch; only types and shapes matter.
        bits: of FLAC, 16 or 24.

    Raises:
        SoundwalkError: an array has a type or a size that cannot be kept.
    """
    if bits not in (16, 24):
        raise SoundwalkError(f"bits={bits}: expected 16 or 24 bits of a sample of sound")
    found = {}
    for name, values in sample.items():
        shape = tuple(int(n) for n in values.shape[1:])
        if values.dtype.kind not in "biuf" or 0 in shape:
            raise SoundwalkError(
                f"{name} is {values.dtype} of shape {shape}: expected numbers, at least one"
            )
        encoding = _encoding(name, values.dtype.name, shape, bits)
        if encoding.startswith("png") and math.prod(shape) > _MOST_PIXELS:
            raise SoundwalkError(
                f"{name} of shape {shape} is too large for a PNG: expected at most "
                f"{_MOST_PIXELS:,} values; lower resolution, frames or views"
            )
        found[name] = Column(name, values.dtype.name, shape, encoding)
    return found


def _encoding(name: str, dtype: str, shape: tuple[int, ...], bits: int) -> str:
    """Of a key; one that is not what it is in `perception.data.sample` is kept as it is."""
    known = {
        "rgb": (dtype == "uint8" and len(shape) > 2 and shape[-1] == 3, "png"),
        "depth": (dtype == "float32" and len(shape) > 1, "png16"),
        "mask": (dtype == "bool" and len(shape) > 1, "png1"),
        **dict.fromkeys(
            ("audio", "dry", "wet"), (dtype == "float32" and len(shape) > 0, f"flac{bits}")
        ),
    }
    fits, encoding = known.get(name, (False, ""))
    return encoding if fits else "raw"


def _colours(values: U8, name: str) -> U8:
    return values.reshape(-1, *values.shape[-2:])


def _millimetres(values: F32, name: str) -> npt.NDArray[np.uint16]:
    low, high = float(values.min()), float(values.max())
    if not (low >= 0.0 and high <= MOST_DEPTH):
        raise SoundwalkError(
            f"{name} is {low:g} to {high:g} m: expected 0 to {MOST_DEPTH} m, which 16 bits of "
            "millimetres hold; clip it"
        )
    exact = values.reshape(-1, values.shape[-1]).astype(np.float64)
    return np.rint(exact * 1000).astype(np.uint16, copy=False)


def _stencil(values: Bool, name: str) -> Bool:
    return values.reshape(-1, values.shape[-1])


_PICTURES: dict[str, Callable[[Any, str], Array]] = {
    "png": _colours, "png16": _millimetres, "png1": _stencil,
}  # fmt: skip


def _png(pixels: Array) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG", compress_level=_PNG_LEVEL)
    return file.getvalue()


def _arrow(dtype: str, shape: tuple[int, ...]) -> pa.DataType:
    kind = pa.from_numpy_dtype(np.dtype(dtype))
    return pa.list_(kind, math.prod(shape)) if shape else kind


def _pack(values: Array, kind: pa.DataType) -> pa.Array:
    flat = pa.array(np.ascontiguousarray(values).ravel())
    fixed = pa.types.is_fixed_size_list(kind)
    return pa.FixedSizeListArray.from_arrays(flat, type=kind) if fixed else flat
