"""The bodies of sounding objects: a handful of boxes each, in colours nothing else in a home has.

`emit` is where sound leaves: in front of the body or above it, never inside. Whole centimetres.
"""

from __future__ import annotations

from .body import Body
from .creatures import CREATURES

_THINGS = (
    Body(
        "telephone",
        (
            ((0, 0, 0, 22, 18, 6), "plastic_red"),
            ((5, 12, 6, 17, 14, 8), "plastic_white"),
            ((0, 3, 6, 22, 8, 11), "black_wood"),
        ),
        (11, 9, 20),
        ("table", "desk", "low", "nightstand"),
    ),
    Body(
        "alarm_clock",
        (
            ((0, 0, 0, 16, 8, 16), "plastic_orange"),
            ((2, 8, 2, 14, 9, 14), "clock_face"),
            ((2, 2, 16, 6, 6, 19), "brass"),
            ((10, 2, 16, 14, 6, 19), "brass"),
        ),
        (8, 6, 28),
        ("nightstand", "table", "desk"),
    ),
    Body(
        "doorbell",
        (((0, 0, 0, 16, 5, 22), "brass"), ((5, 5, 8, 11, 6, 14), "plastic_white")),
        (8, 18, 10),
        ("wall",),
        ("hall", "living_room", "studio"),
        lift=175,
    ),
    Body(
        "vacuum_cleaner",
        (
            ((0, 0, 4, 34, 44, 28), "plastic_lime"),
            ((4, 4, 28, 30, 30, 32), "plastic_grey"),
            ((2, 2, 0, 8, 42, 4), "black_wood"),
            ((26, 2, 0, 32, 42, 4), "black_wood"),
            ((15, 36, 28, 19, 40, 96), "black_metal"),
        ),
        (17, 14, 46),
        ("against", "floor"),
        ("hall", "living_room", "bedroom", "studio", "dining_room", "office"),
    ),
    Body(
        "washing_machine",
        (
            ((0, 0, 0, 60, 58, 86), "plastic_white"),
            ((12, 58, 22, 48, 60, 60), "screen"),
            ((4, 58, 72, 56, 60, 82), "plastic_blue"),
        ),
        (30, 70, 52),
        ("against",),
        ("bathroom", "kitchen", "hall", "studio"),
        front=45,
    ),
    Body(
        "clock",
        (
            ((0, 0, 0, 34, 4, 34), "walnut"),
            ((3, 4, 3, 31, 5, 31), "clock_face"),
            ((16, 5, 16, 18, 6, 28), "black_wood"),
            ((18, 5, 16, 26, 6, 18), "black_wood"),
        ),
        (17, 18, 17),
        ("wall",),
        lift=155,
    ),
    Body(
        "dripping_tap",
        (
            ((2, 0, 0, 6, 4, 24), "brass"),
            ((2, 4, 20, 6, 20, 24), "brass"),
            ((0, 1, 24, 8, 3, 28), "plastic_blue"),
        ),
        (4, 27, 14),
        ("tap",),
    ),
    Body(
        "piano",
        (
            ((0, 0, 0, 148, 36, 122), "black_wood"),
            ((0, 36, 62, 148, 60, 70), "black_wood"),
            ((6, 42, 70, 142, 58, 72), "plastic_white"),
            ((0, 36, 0, 6, 58, 62), "black_wood"),
            ((142, 36, 0, 148, 58, 62), "black_wood"),
            ((44, 36, 84, 104, 38, 108), "linen"),
        ),
        (74, 50, 92),
        ("against",),
        ("living_room", "dining_room", "studio", "office", "bedroom"),
        front=70,
    ),
    Body(
        "television",
        (
            ((0, 12, 6, 120, 17, 72), "black_metal"),
            ((3, 17, 9, 117, 18, 69), "screen"),
            ((45, 6, 0, 75, 24, 2), "black_metal"),
            ((56, 12, 2, 64, 16, 6), "black_metal"),
        ),
        (60, 28, 38),
        ("tv",),
    ),
    Body(
        "smoke_alarm",
        (((0, 0, 0, 16, 6, 16), "plastic_white"), ((6, 6, 6, 10, 7, 10), "plastic_red")),
        (8, 18, 8),
        ("wall",),
        ("hall", "kitchen", "bedroom", "living_room", "studio"),
        lift=204,
    ),
    Body(
        "engine",
        (
            ((0, 0, 6, 60, 44, 12), "black_metal"),
            ((4, 4, 12, 34, 40, 40), "plastic_grey"),
            ((36, 4, 12, 56, 40, 34), "plastic_orange"),
            ((4, 6, 40, 34, 38, 50), "plastic_yellow"),
            ((4, 4, 0, 12, 40, 6), "black_wood"),
            ((48, 4, 0, 56, 40, 6), "black_wood"),
        ),
        (30, 22, 60),
        ("against", "floor"),
        ("hall", "kitchen", "office", "studio", "living_room"),
    ),
    Body(
        "blender",
        (
            ((0, 0, 0, 16, 16, 13), "plastic_mint"),
            ((2, 2, 13, 14, 14, 34), "glass"),
            ((3, 3, 34, 13, 13, 38), "plastic_mint"),
        ),
        (8, 8, 46),
        ("counter", "table", "desk"),
        ("kitchen", "dining_room", "studio", "living_room"),
    ),
    Body(
        "fan",
        (
            ((8, 8, 0, 36, 36, 7), "plastic_blue"),
            ((20, 20, 7, 24, 24, 92), "plastic_blue"),
            ((0, 16, 92, 44, 28, 136), "grille"),
            ((15, 28, 107, 29, 31, 121), "plastic_blue"),
        ),
        (22, 42, 114),
        ("against", "floor"),
        ("bedroom", "living_room", "office", "studio", "dining_room"),
    ),
    Body(
        "music_box",
        (
            ((0, 0, 0, 22, 16, 10), "plastic_violet"),
            ((0, 0, 10, 22, 2, 24), "plastic_violet"),
            ((3, 5, 10, 8, 10, 13), "brass"),
            ((10, 6, 10, 14, 10, 20), "plastic_pink"),
        ),
        (11, 12, 29),
        ("nightstand", "table", "low", "desk"),
    ),
    Body(
        "kettle",
        (
            ((0, 0, 0, 18, 16, 20), "steel"),
            ((6, 5, 20, 12, 11, 24), "plastic_red"),
            ((18, 6, 10, 23, 10, 18), "steel"),
            ((-4, 6, 4, 0, 10, 20), "black_wood"),
        ),
        (9, 8, 32),
        ("counter", "table", "desk"),
        ("kitchen", "dining_room", "studio", "office", "living_room"),
    ),
    Body(
        "guitar",
        (
            ((0, 4, 6, 40, 14, 34), "guitar_wood"),
            ((5, 4, 34, 35, 14, 58), "guitar_wood"),
            ((13, 14, 26, 27, 15, 40), "black_wood"),
            ((17, 8, 58, 23, 12, 104), "walnut"),
            ((14, 8, 104, 26, 12, 118), "walnut"),
            ((4, 0, 0, 36, 18, 6), "black_metal"),
        ),
        (20, 26, 40),
        ("against", "floor"),
        ("living_room", "bedroom", "office", "studio", "dining_room"),
    ),
    Body(
        "siren",
        (
            ((0, 0, 6, 26, 10, 26), "plastic_blue"),
            ((7, 0, 0, 19, 8, 6), "plastic_red"),
            ((4, 10, 10, 22, 11, 22), "grille"),
        ),
        (13, 22, 14),
        ("wall",),
        ("hall", "living_room", "kitchen", "office", "studio"),
        lift=182,
    ),
    Body(
        "microwave",
        (
            ((0, 0, 0, 44, 30, 27), "plastic_grey"),
            ((2, 30, 3, 32, 31, 24), "screen"),
            ((34, 30, 3, 42, 31, 24), "plastic_lime"),
        ),
        (20, 39, 16),
        ("counter", "table"),
        ("kitchen", "studio", "dining_room"),
    ),
    Body(
        "typewriter",
        (
            ((0, 0, 0, 32, 28, 6), "plastic_mint"),
            ((0, 0, 6, 32, 14, 14), "plastic_mint"),
            ((-2, 4, 14, 34, 9, 18), "black_wood"),
            ((6, 5, 18, 26, 7, 30), "linen"),
            ((3, 15, 6, 29, 27, 8), "plastic_white"),
        ),
        (16, 20, 24),
        ("desk", "table", "low"),
    ),
    Body(
        "hair_dryer",
        (
            ((0, 2, 12, 20, 12, 22), "plastic_pink"),
            ((12, 4, 0, 18, 10, 12), "plastic_pink"),
            ((-2, 4, 14, 0, 10, 20), "black_wood"),
        ),
        (8, 8, 31),
        ("vanity", "table", "nightstand", "desk"),
        ("bathroom", "bedroom", "studio", "hall"),
    ),
)

BODIES: dict[str, Body] = {body.category: body for body in _THINGS + CREATURES}
"""By category; "knocking" is missing, for it is the front door that sounds."""
