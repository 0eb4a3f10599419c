"""PyroomEngine: the same scene through pyroomacoustics, images and rays, as a reference.

What is pyroomacoustics': the walls it meets, the images a microphone sees and what walls leave of
them, and the energy that scattered rays bring, by direction, octave and time. What is ours: how a
receiver hears an arrival, so that every receiver works. Images are arrivals; the energy that rays
bring from a direction is noise from there. `microphone` is pyroomacoustics from end to end.

What it cannot do: nothing bends round an edge and nothing passes through a wall. Behind a door
where no image is visible there are rays alone, and their first sound is right to a few
milliseconds only; where rays find nothing either, an error says so.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.fft

from ..interface import F32, F64, SoundwalkError
from ..scenes.scene import OCTAVES, Scene
from .bands import band_spectra, octaves_to_bands
from .config import AcousticConfig
from .engine import Point
from .hear import hear
from .medium import air_attenuation
from .places import check_position
from .pyroom_room import (
    BIN,
    Images,
    borrowed_globals,
    build_room,
    even_directions,
    find_images,
    origin,
    trace_rays,
)
from .receivers import Receiver
from .tables import MAX_ARRIVALS, Work, build_tables, build_work

DIRECTIONS = 96  # from which rays are heard: 20 degrees apart
FAR = 100.0  # m: waves that rays bring are plane
NEAREST = 0.05  # m; 1/r grows no further, as in GeometricEngine


class PyroomEngine:
    """Room acoustics of one home by pyroomacoustics; tenths of seconds to seconds per response.

    Args:
        scene: the home.
        sample_rate: Hz.
        order: reflections drawn one by one. In homes of many walls an order above 3 takes minutes.
        length: seconds of impulse response.
        receiver: what listens, as for GeometricEngine.
        air: whether air absorbs.
        late: whether rays are traced.
        furniture: whether furniture reflects and stands in the way.
        rays: how many; their noise falls with the root of it.

    `PyroomEngine.from_config` takes every other setting.

    >>> from soundwalk.envs.scenes import shoebox
    >>> engine = PyroomEngine(shoebox((6, 5, 2.7), absorption=0.15), rays=2000)
    >>> engine.rir(source=(1, 2, 1.5), receiver=(4, 3, 1.5), heading=0.0).shape
    (2, 8000)
    """

    def __init__(
        self,
        scene: Scene,
        sample_rate: int = 16_000,
        order: int = 4,
        length: float = 0.5,
        receiver: str | Receiver = "binaural",
        *,
        air: bool = True,
        late: bool = True,
        furniture: bool = False,
        rays: int = 20_000,
    ) -> None:
        bands = 7 if sample_rate >= 16_000 else 4
        config = AcousticConfig(sample_rate, length, order, receiver, air, late, bands=bands)
        self._build(scene, config, furniture, rays)

    @classmethod
    def from_config(
        cls, scene: Scene, config: AcousticConfig, *, furniture: bool = False, rays: int = 20_000
    ) -> PyroomEngine:
        """An engine with every setting given."""
        engine = cls.__new__(cls)
        engine._build(scene, config, furniture, rays)
        return engine

    def _build(self, scene: Scene, config: AcousticConfig, furniture: bool, rays: int) -> None:
        """Keep what a response needs."""
        if rays < 100:
            raise SoundwalkError(f"rays={rays}: expected at least 100; 20000 is the default")
        self.scene, self.config = scene, config
        self._furnished, self._rays = furniture, rays
        self._tables = build_tables(config)
        self._work = build_work(self._tables, 1)
        self._directions = even_directions(DIRECTIONS)
        self._noise: F32 | None = None
        self._last: tuple[tuple[float, ...], F64] | None = None

    def rir(self, source: Point, receiver: Point, heading: float = 0.0) -> F32:
        """Impulse response from a source to a listener.

        Args:
            source: (3,) metres.
            receiver: (3,) metres, centre of the head.
            heading: of the head in radians, counter-clockwise from +x.

        Returns:
            (channels, samples) float32; sample 0 is the time of emission, amplitude 1 at 1 m.

        Raises:
            SoundwalkError: a point lies in a wall or outside, a value is not finite, or neither
                image nor ray joins the two points.
        """
        start, end = self._points(source, receiver)
        if not np.isfinite(heading):
            raise SoundwalkError(f"heading={heading!r}: expected a finite number of radians")
        out = np.zeros((self.config.channels, self.config.samples), np.float32)
        images = self.images(source, receiver)
        self._draw(images, end, heading, out)
        if self.config.late:
            energy = self._traced(start, end)
            if not len(images.places) and not energy.any():
                raise SoundwalkError(
                    f"no image and none of {self._rays} rays leads from {_text(start)} to "
                    f"{_text(end)}: take more rays, or GeometricEngine, where sound bends"
                )
            first = float(np.linalg.norm(end - start)) / self.config.speed
            self._pour(energy, heading, int(first * self.config.sample_rate), out)
        return out

    def images(self, source: Point, receiver: Point) -> Images:
        """Images of the source that the listener sees, in world coordinates.

        Args:
            source: (3,) metres.
            receiver: (3,) metres.

        Raises:
            SoundwalkError: a point lies in a wall or outside, or is not finite.
        """
        room = self._room(source, receiver)
        found = find_images(room, scattered=self.config.late and self.config.scattering)
        return Images(found.places + origin(self.scene), found.gains)

    def rays(self, source: Point, receiver: Point, drawn: int = -1, radius: float = 0.5) -> F64:
        """Energy that rays bring, by direction, octave and time, air included.

        Args:
            source: (3,) metres.
            receiver: (3,) metres.
            drawn: reflections that rays leave to images; -1 for none.
            radius: of the sphere that counts them, metres.

        Returns:
            (DIRECTIONS, 7, bins) float64: squared pressure of a unit source, summed over bins of
            4 ms.

        Raises:
            SoundwalkError: a point lies in a wall or outside, or is not finite.
        """
        config = self.config
        energy = trace_rays(
            self._room(source, receiver), self._directions, rays=self._rays, radius=radius,
            seconds=config.length, drawn=drawn, seed=config.seed,
        )  # fmt: skip
        times = (np.arange(energy.shape[2]) + 0.5) * BIN
        faded: F64 = energy * np.exp(-self._air()[:, None] * config.speed * times)
        return faded

    def microphone(self, source: Point, receiver: Point) -> F32:
        """What pyroomacoustics itself makes of a microphone: its filters, its noise.

        Args:
            source: (3,) metres.
            receiver: (3,) metres.

        Returns:
            (samples,) float32; sample 0 is the time of emission, amplitude 1 at 1 m.

        Raises:
            SoundwalkError: a point lies in a wall or outside, is not finite, or no image is
                visible, which pyroomacoustics cannot render.
        """
        import pyroomacoustics as pra

        config = self.config
        if not len(self.images(source, receiver).places):
            raise SoundwalkError(
                f"pyroomacoustics fails where no image is visible, as from {_text(source)} to "
                f"{_text(receiver)}: call rir, which then takes rays alone, or raise the order"
            )
        room = self._room(source, receiver, config.sample_rate)
        if config.late:
            room.set_ray_tracing(n_rays=self._rays, time_thres=config.length)
        if config.air:
            room.set_air_absorption(list(self._air()), list(OCTAVES))
        with borrowed_globals(config.seed):
            room.compute_rir()
            lead = pra.constants.get("frac_delay_length") // 2  # its time zero is 40 samples in
        response = np.asarray(room.rir[0][0], dtype=np.float32)[lead:]
        out = np.zeros(config.samples, np.float32)
        out[: len(response)] = response[: config.samples]
        return out

    def _traced(self, source: F64, receiver: F64) -> F64:
        """Rays that images leave; the last ones are kept for a listener who only turns."""
        key = *source, *receiver
        if self._last is None or self._last[0] != key:
            self._last = key, self.rays(source, receiver, drawn=self.config.order)
        return self._last[1]

    def _points(self, source: Point, receiver: Point) -> tuple[F64, F64]:
        """Both points, checked."""
        start = check_position(self, "source", source)
        return np.array(start), np.array(check_position(self, "receiver", receiver))

    def _room(self, source: Point, receiver: Point, rate: int | None = None) -> Any:
        """A room with this source and this microphone."""
        start, end = self._points(source, receiver)
        rates = {} if rate is None else {"rate": rate}
        return build_room(
            self.scene, start, end, order=self.config.order, speed=self.config.speed,
            furnished=self._furnished, **rates,
        )  # fmt: skip

    def _air(self) -> F64:
        """(7,) energy absorbed per metre at OCTAVES."""
        config = self.config
        rates = air_attenuation(np.array(OCTAVES), config.temperature, config.humidity)
        return rates * float(config.air)

    def _bands(self, energy: F64) -> F64:
        """Energies at OCTAVES (..., 7) in our bands (..., B)."""
        return octaves_to_bands(energy, self.config.sample_rate, self.config.bands)

    def _draw(self, images: Images, listener: F64, heading: float, out: F32) -> None:
        """Add images to out (C, L) as arrivals."""
        way = images.places - listener
        length = np.maximum(np.linalg.norm(way, axis=1), 1e-9)
        power = images.gains**2 * np.exp(-self._air() * length[:, None])
        spread = np.maximum(length, NEAREST)[:, None]
        gains = np.sqrt(self._bands(power)) / spread
        for start in range(0, len(length), MAX_ARRIVALS):
            some = slice(start, start + MAX_ARRIVALS)
            self._hear(length[some], (way / length[:, None])[some], gains[some], heading, out)

    def _hear(
        self, lengths: F64, ways: F64, gains: F64, heading: float, out: F32, early: float = 0.0
    ) -> None:
        """Add arrivals to out (C, L), `early` metres before their time."""
        work: Work = self._work
        count = len(lengths)
        work.lengths[:count], work.directions[:count], work.gains[:count] = lengths, ways, gains
        hear(self._tables, heading, early, count, work, out)

    def _pour(self, energy: F64, heading: float, first: int, out: F32) -> None:
        """Add noise to out (C, L) from sample `first` on, from each direction what rays brought."""
        config = self.config
        samples, rate, bands = config.samples, config.sample_rate, config.bands
        lead, size = round(0.004 * rate), scipy.fft.next_fast_len(samples + round(0.02 * rate))
        if self._noise is None:
            self._noise = _noise(config, DIRECTIONS)
        bins = np.minimum((np.arange(samples) / rate / BIN).astype(int), energy.shape[2] - 1)
        level = np.sqrt(self._bands(energy.transpose(0, 2, 1)) / (BIN * rate))  # (D, bins, B)
        ones = np.ones((1, bands))
        total = np.zeros((config.channels, size // 2 + 1), complex)
        for d in np.flatnonzero(energy.any((1, 2))):
            wave = np.einsum("bl,lb->l", self._noise[d], level[d, bins])
            wave[:first] = 0.0
            response = np.zeros((config.channels, min(2 * lead + round(0.012 * rate), samples)))
            heard = response.astype(np.float32)
            self._hear(
                np.array([lead / rate * config.speed]), self._directions[d : d + 1].astype(float),
                ones, heading, heard, FAR,
            )  # fmt: skip
            total += scipy.fft.rfft(wave, size) * scipy.fft.rfft(heard, size)
        wet = scipy.fft.irfft(total, size)[:, lead : lead + samples]
        out[:, : wet.shape[1]] += wet.astype(np.float32)


def _noise(config: AcousticConfig, count: int) -> F32:
    """(count, B, L) independent white noise of unit power, split into bands."""
    rng = np.random.default_rng(config.seed)
    spectra = band_spectra(config.sample_rate, config.samples, config.bands)
    split = np.empty((count, config.bands, config.samples), np.float32)
    for row in split:
        spectrum = np.fft.rfft(rng.standard_normal(config.samples))
        row[:] = np.fft.irfft(spectra * spectrum, config.samples)
    return split


def _text(point: Point | F64) -> str:
    return "(" + ", ".join(f"{float(v):.2f}" for v in point) + ")"
