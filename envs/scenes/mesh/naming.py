"""What a mesh is made of: names of materials and things to surfaces.

In this order: the patterns of the user's file, the names of our surfaces and of pyroomacoustics'
materials themselves, words that names are made of (GUESSES), and a default.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from ...interface import SoundwalkError, unknown
from ..materials import ABSORPTION, SURFACES, material
from ..scene import Surface

DEFAULT = "plasterboard"

# word in a name: surface; the first that is found counts. Of HM3D's, Replica's and Blender's names.
GUESSES: dict[str, str] = {
    "carpet": "floor_carpet", "rug": "rug_cream", "curtain": "curtain", "blind": "curtain",
    "drape": "curtain", "window": "glass", "glass": "glass", "mirror": "mirror",
    "door": "door_leaf", "parquet": "floor_oak", "laminate": "floor_oak", "hardwood": "floor_oak",
    "linoleum": "floor_lino", "vinyl": "floor_lino", "marble": "floor_marble",
    "tile": "floor_tiles",
    "ceramic": "ceramic", "porcelain": "ceramic", "toilet": "ceramic", "sink": "ceramic",
    "bath": "ceramic", "brick": "brickwork", "concrete": "hard_surface", "stone": "hard_surface",
    "metal": "steel", "steel": "steel", "chrome": "steel", "plastic": "plastic_grey",
    "sofa": "sofa_grey", "couch": "sofa_grey", "armchair": "sofa_grey", "cushion": "linen",
    "pillow": "linen", "mattress": "linen", "bed": "linen", "fabric": "linen", "cloth": "linen",
    "textile": "linen", "leather": "leather", "screen": "screen", "monitor": "screen",
    "tv": "screen", "plant": "leaves", "leaf": "leaves", "book": "books", "chair": "chair_wood",
    "wood": "oak", "oak": "oak", "walnut": "walnut", "table": "oak", "desk": "oak",
    "cabinet": "white_wood", "wardrobe": "white_wood", "shelf": "oak", "ceiling": "ceiling",
    "wall": "wall_white", "plaster": "plasterboard", "floor": "floor_oak",
}  # fmt: skip

Patterns = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Naming:
    """How names become surfaces.

    Attributes:
        patterns: (pattern, surface) in the order in which they are tried; *, ? and [] as in file
            names, capitals or not.
        default: what everything else is made of.
        guess: whether GUESSES are used.
    """

    patterns: tuple[tuple[str, str], ...] = ()
    default: str = DEFAULT
    guess: bool = True

    @classmethod
    def of(cls, source: str | Path | Patterns | None) -> Naming:
        """From a YAML file, from what would be in it, or the plain default if None.

        Keys: materials (pattern: surface), default, guess.

        Raises:
            SoundwalkError: no such file, not YAML, another key, or no such surface: the nearest are
                named.
        """
        if source is None:
            return cls()
        where = "materials"
        if isinstance(source, str | Path):
            where, source = str(source), _yaml(Path(source))
        strange = [key for key in source if key not in ("materials", "default", "guess")]
        if strange:
            raise unknown(f"key of {where}", strange[0], ("materials", "default", "guess"))
        pairs = source.get("materials") or {}
        if not isinstance(pairs, Mapping):
            raise SoundwalkError(
                f"materials in {where} is {pairs!r}: expected patterns of names and surfaces, "
                'for example {"*carpet*": carpet_hairy}'
            )
        patterns = tuple((str(key).lower(), str(value)) for key, value in pairs.items())
        naming = cls(patterns, str(source.get("default", DEFAULT)), bool(source.get("guess", True)))
        for name in (naming.default, *(value for _, value in patterns)):
            material(name)
        return naming

    def surface(self, name: str, thing: str) -> Surface:
        """What a face of the material `name` of a thing of that name is made of."""
        return material(self._found(name, thing))

    def _found(self, name: str, thing: str) -> str:
        texts = [text.lower() for text in (name, thing) if text]
        for pattern, value in self.patterns:
            if any(fnmatchcase(text, pattern) for text in texts):
                return value
        plain = re.sub(r"[._]\d{1,3}$", "", name)  # Blender numbers copies: oak.001
        for own in (name, plain):
            if own in SURFACES or own in ABSORPTION:
                return own
        guesses = [_guess(text) for text in (name, thing)] if self.guess else []
        return next((guess for guess in guesses if guess), self.default)


def _guess(text: str) -> str:
    """The surface that a word of a name stands for; "" if none does.

    >>> _guess("showerGlassDoor"), _guess("default_0")
    ('glass', '')
    """
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text).lower()
    words = set(re.findall(r"[a-z]+", apart))
    hits = (value for word, value in GUESSES.items() if word in words or word + "s" in words)
    return next(hits, "")


def _yaml(path: Path) -> dict[str, Any]:
    """What a YAML file holds."""
    import yaml

    if not path.is_file():
        raise SoundwalkError(f"there is no file of materials at {str(path)!r}")
    try:
        content = yaml.safe_load(path.read_text())
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise SoundwalkError(f"{str(path)!r} is not YAML: {error}") from error
    if not isinstance(content, dict):
        raise SoundwalkError(
            f"{str(path)!r} holds {type(content).__name__}: expected the keys materials, default "
            "and guess"
        )
    return content
