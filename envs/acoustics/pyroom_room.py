"""A scene as a pyroomacoustics room, asked for its images and for what its rays bring.

Three things of pyroomacoustics 0.10 are put right here. Its hybrid mode also logs rays of exactly
`order` reflections, which the images have drawn: rays are told of one order more. Its rays keep all
their energy when a wall scatters some of it to the microphone, so that a late field is 1 + s too
strong: what they log is divided by that, s being the mean scattering of the walls. And where no
image is visible its own rendering fails: here there are no images then, and rays.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..interface import F32, F64, SoundwalkError
from ..scenes.scene import OCTAVES, Scene, Surface
from .pyroom_walls import furniture, shell

RATE = 16_000  # Hz, of rooms whose images and rays are asked for: seven octave bands
BIN = 0.004  # s of a histogram
_EFFORT = 1e10  # tests of a path against a wall: some minutes
_LOCK = threading.RLock()  # pyroomacoustics keeps its constants and its dice in globals
_FACES = ("west", "east", "south", "north", "floor", "ceiling")


@dataclass(frozen=True)
class Images:
    """Images of a source that the microphone sees.

    Attributes:
        places: (n, 3) metres.
        gains: (n, 7) pressure kept at the walls, at OCTAVES; without spreading and air.
    """

    places: F64
    gains: F64


def _is_box(scene: Scene, furnished: bool) -> bool:
    """Whether a scene is one empty box."""
    return len(scene.plan.rooms) == 1 and not (furnished and scene.plan.furniture)


def build_room(
    scene: Scene,
    source: F64,
    receiver: F64,
    *,
    order: int,
    speed: float,
    rate: int = RATE,
    furnished: bool = False,
) -> Any:
    """A pyroomacoustics room of the same walls and materials, with one source and one microphone.

    Args:
        scene: the home.
        source: (3,) metres.
        receiver: (3,) metres.
        order: of its images.
        speed: of sound, m/s.
        rate: samples per second.
        furnished: whether furniture is part of it.

    Returns:
        a `pyroomacoustics.ShoeBox`, or `pyroomacoustics.Room` where there is more than one box.
    """
    import pyroomacoustics as pra

    materials = [_material(pra, surface) for surface in scene.surfaces]
    corner = origin(scene)
    if _is_box(scene, furnished):
        only = scene.plan.rooms[0]
        x0, y0, x1, y1 = only.box
        faces = {name: materials[s] for name, s in zip(_FACES, only.surfaces, strict=True)}
        room = pra.ShoeBox((x1 - x0, y1 - y0, only.height), rate, materials=faces, max_order=order)
    else:
        panels = shell(scene.plan) + (furniture(scene.plan) if furnished else [])
        _check_effort(len(panels), order)
        walls = [
            pra.wall_factory(
                panel.corners.T - corner[:, None],
                materials[panel.surface].absorption_coeffs,
                materials[panel.surface].scattering_coeffs,
            )
            for panel in panels
        ]
        room = pra.Room(walls, rate, max_order=order)
    room.set_sound_speed(speed)
    room.is_inside = lambda *_, **__: True  # we know better, and its own test is a lottery
    room.add_source(source - corner)
    room.add_microphone(receiver - corner)
    return room


def _check_effort(walls: int, order: int) -> None:
    """Refuse a search for images that would take hours: each wall can reflect in each other one.

    Raises:
        SoundwalkError: there are too many walls for this order.
    """
    if order > 1 and walls * (walls / 2) ** (order - 1) * walls > _EFFORT:
        raise SoundwalkError(
            f"order={order} with {walls} walls: the search for images would take hours; lower the "
            "order, to 1 with furniture, or leave the furniture out"
        )


def origin(scene: Scene) -> F64:
    """(3,) where pyroomacoustics' coordinates begin: the south-west corner of the home."""
    x0, y0, _, _ = scene.plan.bounds
    return np.array([x0, y0, 0.0])


def _material(pra: Any, surface: Surface) -> Any:
    """Absorption and scattering in octaves; 1 would be a division by zero further on."""
    centres = list(OCTAVES)
    absorption = [min(float(a), 1.0) for a in surface.absorption]
    scattering = [float(s) for s in surface.scattering]
    return pra.Material(
        {"coeffs": absorption, "center_freqs": centres},
        {"coeffs": scattering, "center_freqs": centres},
    )


def _mean_scattering(room: Any) -> F64:
    """(7,) scattering of the walls, weighted by area."""
    areas = np.array([wall.area() for wall in room.walls])
    values = np.array([np.ravel(wall.scatter) for wall in room.walls])
    mean: F64 = areas @ values / areas.sum()
    return mean


def find_images(room: Any, *, scattered: bool) -> Images:
    """Images that the microphone sees, each with what the walls have left of it.

    Args:
        room: from `build_room`; images lie in its coordinates, which begin at `origin`.
        scattered: whether each wall keeps its scattered share from the image.
    """
    engine, args = room.room_engine, room.rt_args
    engine.set_params(
        room.c, room.max_order, args["energy_thres"], args["time_thres"],
        args["receiver_radius"], args["hist_bin_size"], scattered,
    )  # fmt: skip
    count = engine.image_source_model(room.sources[0].position)
    if count == 0:
        return Images(np.zeros((0, 3)), np.zeros((0, len(OCTAVES))))
    seen = np.array(engine.visible_mics[0], dtype=bool)
    places = np.array(engine.sources.T, dtype=np.float64)[seen]
    gains = np.array(engine.attenuations.T, dtype=np.float64)[seen]
    return Images(places, gains)


def trace_rays(
    room: Any, directions: F32, *, rays: int, radius: float, seconds: float, drawn: int, seed: int
) -> F64:
    """Energy that rays bring to a sphere round the microphone.

    Args:
        room: from `build_room`.
        directions: (D, 3) unit vectors from the microphone; energy is logged at the nearest one.
        rays: how many are sent out.
        radius: of the sphere, metres.
        seconds: how long they fly.
        drawn: reflections that images have drawn and rays must not log again; -1 for none.
        seed: of the scattering.

    Returns:
        (D, 7, bins) energy (1 / m2, as squared pressure of a unit source) in bins of BIN seconds.
    """
    import pyroomacoustics as pra

    engine = room.room_engine
    engine.set_params(room.c, drawn + 1, 1e-7, seconds, radius, BIN, drawn >= 0)
    microphone = engine.microphones[0]
    microphone.set_directions(directions)
    ways = pra.doa.fibonacci_spherical_sampling(rays).T
    with borrowed_globals(seed):
        engine.ray_tracing(ways, np.ones((rays, len(OCTAVES))), room.sources[0].position)
    bins = int(np.ceil(seconds / BIN))
    found = np.zeros((len(directions), len(OCTAVES), bins))
    for row, histogram in zip(found, microphone.histograms, strict=True):
        energy = np.asarray(histogram.get_hist())[:, :bins]
        row[:, : energy.shape[1]] = energy
    return found / (1.0 + _mean_scattering(room))[:, None]


def even_directions(count: int) -> F32:
    """(count, 3) directions spread evenly over the sphere: a golden-ratio spiral."""
    i = np.arange(count) + 0.5
    z, turn = 1 - 2 * i / count, i * np.pi * (3 - np.sqrt(5))
    ring = np.sqrt(1 - z**2)
    return np.stack([ring * np.cos(turn), ring * np.sin(turn), z], axis=1).astype(np.float32)


@contextmanager
def borrowed_globals(seed: int) -> Iterator[None]:
    """Hold pyroomacoustics' global dice and constants; give them back as they were.

    The high-pass filter that it puts over its responses is off meanwhile. The dice of its C++ part
    cannot be read: they are seeded from the old Python ones afterwards.

    Args:
        seed: of both.
    """
    import pyroomacoustics as pra
    from pyroomacoustics.random import generator

    with _LOCK:
        dice, filtered = generator.get_rng(), pra.constants.get("rir_hpf_enable")
        pra.random.seed(numpy=seed, libroom=seed)
        pra.constants.set("rir_hpf_enable", False)
        try:
            yield
        finally:
            pra.constants.set("rir_hpf_enable", filtered)
            generator._rng = dice
            generator._set_libroom_seed(int(dice.integers(2**63)))
