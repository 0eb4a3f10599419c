"""Statistical acoustics of rooms: areas, mean absorption, mean free path, Eyring's factor.

Kuttruff, *Room Acoustics*, 6th edition (CRC Press 2016), chapter 5. Rooms that a joint connects are
one room: they share their mean absorption and their mean free path.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..interface import F64, I64
from ..scenes.scene import EAST, NORTH, SOUTH, WEST, Door, FloorPlan, Room


@dataclass(frozen=True)
class RoomAcoustics:
    """Statistical acoustics of one room.

    Attributes:
        absorption: (6, B) energy absorption of each face, doors excluded.
        furniture: (B,) m2 of absorption area of the furniture.
        surface: m2 of solid surface, furniture included.
        free_path: mean free path 4 V / S in metres, open doors count as surface.
        eyring: (B,) what Eyring makes of a surface's absorption: -ln(1 - mean) / mean.
        openings: (6,) m2 of open doors and joints in each face.
    """

    absorption: F64
    furniture: F64
    surface: float
    free_path: float
    eyring: F64
    openings: F64


def face_areas(room: Room) -> F64:
    """Areas in m2 of a room's six faces, in the order WEST ... CEILING."""
    x0, y0, x1, y1 = room.box
    width, depth = x1 - x0, y1 - y0
    sides = [depth * room.height] * 2 + [width * room.height] * 2
    return np.array([*sides, width * depth, width * depth])


def door_face(axis: int, lower: bool) -> int:
    """The face of a room in which a door opens; `lower`: the room lies on the door's lower side."""
    if axis == 0:
        return EAST if lower else WEST
    return NORTH if lower else SOUTH


def one_room(plan: FloorPlan) -> I64:
    """Which rooms are parts of one: (R,) the lowest index among those that joints connect."""
    group = np.arange(len(plan.rooms))
    for door in plan.doors:
        if door.thickness == 0:
            low, high = sorted(group[list(door.rooms)])
            group[group == high] = low
    return group


def room_statistics(
    plan: FloorPlan, absorption: F64, pieces: list[tuple[int, F64]]
) -> list[RoomAcoustics]:
    """Absorption, mean free path and Eyring factor of every room.

    Args:
        plan: rooms and doors.
        absorption: (surfaces, B) energy absorption per band.
        pieces: of furniture: room and absorption area (B,) with the bare area appended, (B + 1,).
    """
    count, bands = len(plan.rooms), absorption.shape[1]
    joints, openings = np.zeros(count), np.zeros((count, 6))
    lost = np.zeros((count, bands))  # m2 of absorption area
    extra = np.zeros((count, bands + 1))
    for room, piece in pieces:
        extra[room] += piece
    for door in plan.doors:
        for room, face in zip(door.rooms, door_faces(door), strict=True):
            area = door.width * door.height
            joints[room] += area if door.thickness == 0 else 0.0
            if door.open:
                openings[room, face] += area
            else:
                wall = plan.rooms[room].surfaces[face]
                lost[room] += area * (absorption[door.leaf] - absorption[wall])
    areas = np.array([face_areas(room) for room in plan.rooms])
    solid = np.maximum(areas - openings, 0.0)
    faces = absorption[np.array([room.surfaces for room in plan.rooms])]  # (R, 6, B)
    lost += np.einsum("rf,rfb->rb", solid, faces) + extra[:, :-1]
    surface, bare = solid.sum(1) + extra[:, -1], areas.sum(1) - joints + extra[:, -1]
    volume = np.array([room.area * room.height for room in plan.rooms])
    parts = one_room(plan)
    parts = (parts[:, None] == parts).astype(np.float64)  # (R, R) 1 where both are one room
    mean = np.clip(parts @ lost / (parts @ surface)[:, None], 1e-4, 0.99)
    free_path = 4 * (parts @ volume) / (parts @ bare)
    eyring = -np.log1p(-mean) / mean
    return [
        RoomAcoustics(faces[r], extra[r, :-1], surface[r], free_path[r], eyring[r], openings[r])
        for r in range(count)
    ]


def door_faces(door: Door) -> tuple[int, int]:
    """In which face of its first and of its second room a door is."""
    return door_face(door.axis, True), door_face(door.axis, False)


def furniture_areas(plan: FloorPlan, absorption: F64) -> list[tuple[int, F64]]:
    """Room of each piece of furniture, and its absorption area per band, bare area appended.

    Hard pieces absorb more than their skins do (gaps, backs, contents): at least the two-thirds
    power of the volume of their envelope, EN 12354-6:2003, equation 4. Without it kitchens and
    bathrooms ring for 1.1 to 1.5 s at 1 kHz, real furnished ones for half of that.
    """
    pieces = []
    for piece in plan.furniture:
        area = 0.0
        for x0, y0, z0, x1, y1, z1 in piece.parts or (piece.box,):
            area += 2 * ((x1 - x0) + (y1 - y0)) * (z1 - z0) + (x1 - x0) * (y1 - y0)
        x0, y0, z0, x1, y1, z1 = piece.box
        least = min(((x1 - x0) * (y1 - y0) * (z1 - z0)) ** (2 / 3), area)
        absorbed = np.maximum(area * absorption[piece.surface], least)
        pieces.append((piece.room, np.append(absorbed, area)))
    return pieces
