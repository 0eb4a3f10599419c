"""How much sound goes through walls, floors, panes and doors: transmission loss per octave.

Bies, Hansen and Howard, *Engineering Noise Control*, 5th edition (CRC Press 2017), table 7.6,
"Representative values of airborne sound transmission loss for some common structures and
materials". A value missing at 8 kHz repeats the one at 4 kHz.
"""

from __future__ import annotations

from ..interface import unknown

# dB at 125, 250, 500, 1000, 2000, 4000, 8000 Hz.
TRANSMISSION_LOSS: dict[str, tuple[float, ...]] = {
    # 50 mm x 100 mm studs, 9 mm plasterboard and 12 mm plaster coat on both sides, 60 kg/m2
    "plastered_studs": (25, 28, 34, 47, 39, 50, 56),
    # 50 mm x 100 mm studs, 12 mm insulating board on both sides, 19 kg/m2
    "boarded_studs": (16, 22, 28, 38, 50, 52, 55),
    # single leaf, plastered on both sides, 125 mm, 240 kg/m2
    "plastered_brick": (36, 37, 40, 46, 54, 57, 59),
    # plain, 100 mm, 200 kg/m2
    "plain_brick": (30, 36, 37, 37, 37, 43, 43),
    # single glass in a heavy frame, 6 mm, 15 kg/m2
    "glass_6mm": (11, 24, 28, 32, 27, 35, 39),
    # flush panel, hollow core, normal cracks as usually hung, 43 mm, 9 kg/m2
    "hollow_door": (12, 13, 14, 16, 18, 24, 26),
    # solid hardwood, normal cracks as usually hung, 43 mm, 28 kg/m2
    "solid_door": (17, 21, 26, 29, 31, 34, 32),
    # tongued and grooved boards, plasterboard ceiling with a plaster coat under, 31 kg/m2
    "joist_floor": (18, 25, 37, 39, 45, 45, 48),
    # reinforced concrete, 200 mm, 460 kg/m2
    "concrete_slab": (42, 41, 50, 57, 60, 65, 70),
}

# What the shell of generated homes is built of, by the name of its surface.
CONSTRUCTIONS: dict[str, str] = {
    **dict.fromkeys(
        ("wall_white", "wall_cream", "wall_sage", "wall_sky", "wall_rose"), "plastered_studs"
    ),
    **dict.fromkeys(
        ("wall_sand", "wall_grey", "wall_tiles", "wall_tiles_green"), "plastered_brick"
    ),
    "wall_brick": "plain_brick",
    "wall_panels": "boarded_studs",
    **dict.fromkeys(
        ("ceiling", "floor_oak", "floor_walnut", "floor_carpet", "floor_carpet_blue"), "joist_floor"
    ),
    **dict.fromkeys(("floor_tiles", "floor_slate", "floor_marble", "floor_lino"), "concrete_slab"),
    "glass": "glass_6mm",
    "frame": "solid_door",
    "front_door": "solid_door",
    "door_leaf": "hollow_door",
}


def transmission(construction: str) -> tuple[float, ...]:
    """Share of the incident energy that goes through, per octave.

    Raises:
        SoundwalkError: no such construction; the nearest names are listed.

    >>> round(transmission("hollow_door")[3], 4)
    0.0251
    """
    if construction not in TRANSMISSION_LOSS:
        raise unknown("construction", construction, TRANSMISSION_LOSS)
    return tuple(10 ** (-loss / 10) for loss in TRANSMISSION_LOSS[construction])
