"""Hand-built homes whose acoustics can be worked out on paper."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from soundwalk.envs.scenes.scene import (
    Box2,
    Door,
    FloorPlan,
    Furniture,
    Room,
    Scene,
    Surface,
)

HEIGHT = 2.6
DATA = Path(os.environ.get("SOUNDWALK_DATA", Path(__file__).resolve().parents[3] / "shared/data"))


def _data(name: str) -> str:
    """Path of a measured file, or a skip that says what is missing."""
    path = DATA / name
    if not path.is_file():
        pytest.skip(f"{path} is absent: set SOUNDWALK_DATA to the folder with measured data")
    return str(path)


@pytest.fixture(scope="session")
def kemar() -> str:
    """Gardner and Martin's KEMAR responses: 710 directions down to -40 degrees, 44.1 kHz."""
    return _data("hrtf/MIT_KEMAR_normal_pinna.sofa")


@pytest.fixture(scope="session")
def surrey() -> str:
    """Hummersone's anechoic responses of a Cortex head: 37 azimuths in front, 16 kHz."""
    return _data("brir/UniS_Anechoic_BRIR_16k.sofa")


def build(
    boxes: list[Box2],
    doors: list[tuple[tuple[int, int], Box2, int]],
    alpha: float | tuple[float, ...] = 0.15,
    door_height: float = 2.05,
    furniture: tuple[Furniture, ...] = (),
) -> Scene:
    """A scene without triangles: what the ear needs of a plan of boxes and door tunnels."""
    absorption = alpha if isinstance(alpha, tuple) else (alpha,) * 7
    rooms = tuple(Room("room", box, HEIGHT, (0,) * 6) for box in boxes)
    openings = tuple(Door(pair, box, door_height, axis) for pair, box, axis in doors)
    surfaces = (Surface("wall", absorption), Surface("sofa", (0.6,) * 7))
    return Scene(
        np.zeros((0, 3, 3), np.float32),
        np.zeros(0, np.int32),
        np.zeros(0, np.int32),
        surfaces,
        FloorPlan(rooms, openings, furniture=furniture),
        np.zeros((0, 4)),
    )


@pytest.fixture(scope="session")
def two_rooms() -> Scene:
    """Two rooms of 4 m x 4 m side by side, a door of 0.9 m in the wall x = 4.0 ... 4.1."""
    return build([(0.0, 0.0, 4.0, 4.0), (4.1, 0.0, 8.1, 4.0)], [((0, 1), (4.0, 1.5, 4.1, 2.4), 0)])


@pytest.fixture(scope="session")
def apartment() -> Scene:
    """A corridor with two rooms on each side: rooms 0, 1 south, 2 the corridor, 3, 4 north."""
    return build(
        [(0, 0, 4, 3.5), (4.15, 0, 8.5, 3.5), (0, 3.65, 8.5, 4.85), (0, 5, 4.5, 8.5),
         (4.65, 5, 8.5, 8.5)],
        [((0, 2), (1.0, 3.5, 1.9, 3.65), 1), ((1, 2), (6.5, 3.5, 7.4, 3.65), 1),
         ((2, 3), (3.0, 4.85, 3.9, 5.0), 1), ((2, 4), (5.2, 4.85, 6.1, 5.0), 1)],
    )  # fmt: skip


@pytest.fixture(scope="session")
def ring() -> Scene:
    """Four rooms in a square, each joined to its two neighbours: two ways to the far room."""
    return build(
        [(0, 0, 4, 4), (4.1, 0, 8.1, 4), (0, 4.1, 4, 8.1), (4.1, 4.1, 8.1, 8.1)],
        [((0, 1), (4.0, 1.5, 4.1, 2.4), 0), ((0, 2), (1.5, 4.0, 2.4, 4.1), 1),
         ((1, 3), (5.5, 4.0, 6.4, 4.1), 1), ((2, 3), (4.0, 5.5, 4.1, 6.4), 0)],
    )  # fmt: skip
