"""What surfaces are made of: absorption by name from pyroomacoustics' table, looks by our own.

The coefficients are those of `pyroomacoustics.materials_absorption_table` (Vorländer,
*Auralization*, Springer 2008, appendix), frozen here because importing that package costs a second;
a test compares them. Rows that stop at 4 kHz repeat their last value at 8 kHz. Careful with
names there: "gypsum_board" is a *perforated absorber*; an ordinary wall is "plasterboard".
"""

from __future__ import annotations

from ..interface import unknown
from .insulation import CONSTRUCTIONS, transmission
from .scene import OCTAVES, TEXTURES, Surface

ABSORPTION: dict[str, tuple[float, ...]] = {
    "hard_surface": (0.02, 0.02, 0.03, 0.03, 0.04, 0.05, 0.05),
    "brickwork": (0.01, 0.02, 0.02, 0.03, 0.03, 0.04, 0.04),
    "smooth_brickwork_10mm_pointing": (0.08, 0.09, 0.12, 0.16, 0.22, 0.24, 0.24),
    "ceramic_tiles": (0.01, 0.01, 0.01, 0.02, 0.02, 0.02, 0.02),
    "marble_floor": (0.01, 0.01, 0.01, 0.02, 0.02, 0.02, 0.02),
    "plasterboard": (0.15, 0.1, 0.06, 0.04, 0.04, 0.05, 0.05),
    "ceiling_plasterboard": (0.2, 0.15, 0.1, 0.08, 0.04, 0.02, 0.02),
    "wooden_lining": (0.27, 0.23, 0.22, 0.15, 0.1, 0.07, 0.06),
    "glass_window": (0.1, 0.05, 0.04, 0.03, 0.03, 0.03, 0.03),
    "glass_3mm": (0.08, 0.04, 0.03, 0.03, 0.02, 0.02, 0.02),
    "wood_16mm": (0.18, 0.12, 0.1, 0.09, 0.08, 0.07, 0.07),
    "audience_floor": (0.09, 0.06, 0.05, 0.05, 0.05, 0.04, 0.04),
    "stage_floor": (0.1, 0.07, 0.06, 0.06, 0.06, 0.06, 0.06),
    "wooden_door": (0.14, 0.1, 0.06, 0.08, 0.1, 0.1, 0.1),
    "linoleum_on_concrete": (0.02, 0.03, 0.03, 0.03, 0.03, 0.02, 0.02),
    "carpet_6mm_closed_cell_foam": (0.03, 0.09, 0.25, 0.31, 0.33, 0.44, 0.44),
    "carpet_hairy": (0.11, 0.14, 0.37, 0.43, 0.27, 0.25, 0.25),
    "carpet_tufted_9m": (0.08, 0.08, 0.3, 0.6, 0.75, 0.8, 0.8),
    "felt_5mm": (0.02, 0.02, 0.05, 0.15, 0.3, 0.4, 0.4),
    "curtains_cotton_0.5": (0.3, 0.45, 0.65, 0.56, 0.59, 0.71, 0.71),
    "chairs_wooden": (0.05, 0.08, 0.1, 0.12, 0.12, 0.12, 0.12),
    "chairs_medium_upholstered": (0.49, 0.66, 0.8, 0.88, 0.82, 0.7, 0.7),
    "chairs_upholstered_cloth": (0.44, 0.6, 0.77, 0.89, 0.82, 0.7, 0.7),
    "chairs_upholstered_leather": (0.4, 0.5, 0.58, 0.61, 0.58, 0.5, 0.5),
    "audience_1_m2": (0.16, 0.29, 0.55, 0.8, 0.92, 0.9, 0.9),
}

SMOOTH = (0.05, 0.05, 0.06, 0.08, 0.1, 0.12, 0.15)  # walls, floors, panes
ROUGH = (0.08, 0.1, 0.12, 0.15, 0.2, 0.25, 0.3)  # brick, carpet
BULKY = (0.2, 0.3, 0.45, 0.55, 0.6, 0.65, 0.7)  # furniture, plants, people

# name: (material of ABSORPTION, scattering, linear colour, texture)
_Row = tuple[str, tuple[float, ...], tuple[float, float, float], str]
_LOOKS: dict[str, _Row] = {
    "wall_white": ("plasterboard", SMOOTH, (0.82, 0.81, 0.77), "plaster"),
    "wall_cream": ("plasterboard", SMOOTH, (0.80, 0.72, 0.54), "plaster"),
    "wall_sage": ("plasterboard", SMOOTH, (0.52, 0.62, 0.45), "plaster"),
    "wall_sky": ("plasterboard", SMOOTH, (0.46, 0.60, 0.74), "plaster"),
    "wall_rose": ("plasterboard", SMOOTH, (0.76, 0.52, 0.48), "plaster"),
    "wall_sand": ("brickwork", SMOOTH, (0.68, 0.56, 0.40), "plaster"),
    "wall_grey": ("brickwork", SMOOTH, (0.52, 0.53, 0.55), "plaster"),
    "wall_brick": ("smooth_brickwork_10mm_pointing", ROUGH, (0.56, 0.24, 0.16), "brick"),
    "wall_panels": ("wooden_lining", SMOOTH, (0.52, 0.33, 0.18), "planks"),
    "wall_tiles": ("ceramic_tiles", SMOOTH, (0.70, 0.80, 0.82), "tiles"),
    "wall_tiles_green": ("ceramic_tiles", SMOOTH, (0.45, 0.68, 0.60), "tiles"),
    "ceiling": ("ceiling_plasterboard", SMOOTH, (0.88, 0.88, 0.86), "plain"),
    "floor_oak": ("audience_floor", SMOOTH, (0.55, 0.36, 0.19), "planks"),
    "floor_walnut": ("stage_floor", SMOOTH, (0.32, 0.19, 0.11), "planks"),
    "floor_tiles": ("ceramic_tiles", SMOOTH, (0.66, 0.63, 0.58), "tiles"),
    "floor_slate": ("ceramic_tiles", SMOOTH, (0.30, 0.33, 0.36), "tiles"),
    "floor_marble": ("marble_floor", SMOOTH, (0.78, 0.76, 0.72), "marble"),
    "floor_lino": ("linoleum_on_concrete", SMOOTH, (0.55, 0.50, 0.36), "plain"),
    "floor_carpet": ("carpet_6mm_closed_cell_foam", ROUGH, (0.46, 0.40, 0.36), "carpet"),
    "floor_carpet_blue": ("carpet_hairy", ROUGH, (0.22, 0.30, 0.44), "carpet"),
    "glass": ("glass_window", SMOOTH, (0.62, 0.80, 0.95), "plain"),
    "frame": ("wooden_door", SMOOTH, (0.80, 0.78, 0.72), "plain"),
    "door_leaf": ("wooden_door", SMOOTH, (0.74, 0.64, 0.50), "plain"),
    "front_door": ("wooden_door", SMOOTH, (0.24, 0.10, 0.06), "planks"),
    "oak": ("wood_16mm", BULKY, (0.52, 0.34, 0.17), "planks"),
    "walnut": ("wood_16mm", BULKY, (0.26, 0.14, 0.08), "planks"),
    "birch": ("wood_16mm", BULKY, (0.74, 0.60, 0.40), "planks"),
    "white_wood": ("wood_16mm", BULKY, (0.80, 0.79, 0.75), "plain"),
    "black_wood": ("wood_16mm", BULKY, (0.04, 0.04, 0.05), "plain"),
    "chair_wood": ("chairs_wooden", BULKY, (0.48, 0.28, 0.13), "planks"),
    "linen": ("chairs_medium_upholstered", BULKY, (0.80, 0.78, 0.72), "fabric"),
    "blanket_red": ("chairs_medium_upholstered", BULKY, (0.58, 0.14, 0.12), "fabric"),
    "blanket_blue": ("chairs_medium_upholstered", BULKY, (0.14, 0.26, 0.52), "fabric"),
    "blanket_ochre": ("chairs_medium_upholstered", BULKY, (0.70, 0.47, 0.14), "fabric"),
    "sofa_grey": ("chairs_upholstered_cloth", BULKY, (0.32, 0.34, 0.37), "fabric"),
    "sofa_teal": ("chairs_upholstered_cloth", BULKY, (0.08, 0.33, 0.35), "fabric"),
    "sofa_rust": ("chairs_upholstered_cloth", BULKY, (0.55, 0.22, 0.09), "fabric"),
    "leather": ("chairs_upholstered_leather", BULKY, (0.26, 0.12, 0.06), "fabric"),
    "curtain": ("curtains_cotton_0.5", BULKY, (0.62, 0.50, 0.36), "fabric"),
    "rug_red": ("carpet_tufted_9m", ROUGH, (0.50, 0.12, 0.10), "carpet"),
    "rug_blue": ("carpet_tufted_9m", ROUGH, (0.12, 0.22, 0.42), "carpet"),
    "rug_cream": ("carpet_tufted_9m", ROUGH, (0.74, 0.68, 0.55), "carpet"),
    "ceramic": ("ceramic_tiles", BULKY, (0.86, 0.87, 0.88), "plain"),
    "worktop": ("marble_floor", BULKY, (0.24, 0.24, 0.25), "marble"),
    "steel": ("hard_surface", BULKY, (0.56, 0.58, 0.60), "metal"),
    "black_metal": ("hard_surface", BULKY, (0.06, 0.06, 0.07), "metal"),
    "brass": ("hard_surface", BULKY, (0.66, 0.47, 0.12), "metal"),
    "screen": ("glass_3mm", SMOOTH, (0.20, 0.34, 0.55), "screen"),
    "mirror": ("glass_3mm", SMOOTH, (0.70, 0.76, 0.80), "plain"),
    "leaves": ("felt_5mm", BULKY, (0.12, 0.38, 0.10), "leaves"),
    "terracotta": ("brickwork", BULKY, (0.58, 0.26, 0.14), "plain"),
    "lampshade": ("felt_5mm", BULKY, (0.95, 0.84, 0.55), "fabric"),
    "books": ("felt_5mm", BULKY, (0.44, 0.20, 0.16), "grille"),
    "picture_warm": ("glass_3mm", SMOOTH, (0.80, 0.46, 0.16), "marble"),
    "picture_cool": ("glass_3mm", SMOOTH, (0.16, 0.40, 0.58), "marble"),
    "picture_green": ("glass_3mm", SMOOTH, (0.24, 0.50, 0.20), "leaves"),
    "skin": ("audience_1_m2", BULKY, (0.70, 0.46, 0.34), "plain"),
    "jeans": ("audience_1_m2", BULKY, (0.10, 0.16, 0.34), "fabric"),
    "shirt_white": ("audience_1_m2", BULKY, (0.85, 0.85, 0.82), "fabric"),
    "shirt_purple": ("audience_1_m2", BULKY, (0.42, 0.12, 0.52), "fabric"),
    "shirt_green": ("audience_1_m2", BULKY, (0.12, 0.52, 0.26), "fabric"),
    "fur_brown": ("felt_5mm", BULKY, (0.38, 0.21, 0.08), "carpet"),
    "fur_orange": ("felt_5mm", BULKY, (0.82, 0.42, 0.10), "carpet"),
    "feathers": ("felt_5mm", BULKY, (0.95, 0.82, 0.08), "plain"),
    "plastic_red": ("hard_surface", BULKY, (0.82, 0.06, 0.05), "plain"),
    "plastic_orange": ("hard_surface", BULKY, (0.95, 0.40, 0.03), "plain"),
    "plastic_yellow": ("hard_surface", BULKY, (0.95, 0.78, 0.05), "plain"),
    "plastic_lime": ("hard_surface", BULKY, (0.45, 0.85, 0.08), "plain"),
    "plastic_mint": ("hard_surface", BULKY, (0.25, 0.80, 0.62), "plain"),
    "plastic_blue": ("hard_surface", BULKY, (0.05, 0.22, 0.85), "plain"),
    "plastic_violet": ("hard_surface", BULKY, (0.48, 0.12, 0.85), "plain"),
    "plastic_pink": ("hard_surface", BULKY, (0.95, 0.25, 0.58), "plain"),
    "plastic_white": ("hard_surface", BULKY, (0.92, 0.92, 0.92), "plain"),
    "plastic_grey": ("hard_surface", BULKY, (0.35, 0.36, 0.38), "plain"),
    "grille": ("hard_surface", BULKY, (0.20, 0.20, 0.22), "grille"),
    "clock_face": ("glass_3mm", BULKY, (0.96, 0.93, 0.80), "plain"),
    "guitar_wood": ("wood_16mm", BULKY, (0.85, 0.45, 0.12), "planks"),
}

SURFACES: dict[str, Surface] = {
    name: Surface(
        name,
        ABSORPTION[material],
        scattering,
        colour,
        TEXTURES.index(texture),
        transmission(CONSTRUCTIONS[name]) if name in CONSTRUCTIONS else (0.0,) * len(OCTAVES),
    )
    for name, (material, scattering, colour, texture) in _LOOKS.items()
}


def surface(name: str) -> Surface:
    """The surface of that name, e.g. "floor_oak".

    Raises:
        SoundwalkError: no such surface.

    >>> surface("wall_white").absorption[0]
    0.15
    """
    if name not in SURFACES:
        raise unknown("surface", name, SURFACES)
    return SURFACES[name]


def material(name: str) -> Surface:
    """A surface by its name, or a plain one made of a material of ABSORPTION.

    Raises:
        SoundwalkError: no such surface or material; the nearest names are listed.

    >>> material("brickwork").absorption == surface("wall_sand").absorption
    True
    """
    if name in SURFACES:
        return SURFACES[name]
    if name not in ABSORPTION:
        raise unknown("material", name, (*ABSORPTION, *SURFACES))
    return uniform(name, ABSORPTION[name], SMOOTH)


def material_of(name: str) -> str:
    """The name in pyroomacoustics' table of what the surface `name` is made of."""
    return _LOOKS[surface(name).name][0]


def uniform(name: str, absorption: tuple[float, ...], scattering: tuple[float, ...]) -> Surface:
    """A plain grey surface with these coefficients, each repeated to all octaves if single."""
    bands = len(OCTAVES)
    return Surface(
        name,
        absorption * bands if len(absorption) == 1 else absorption,
        scattering * bands if len(scattering) == 1 else scattering,
        texture=TEXTURES.index("plaster"),
    )
