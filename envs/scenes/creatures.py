"""The bodies of those who sound by themselves: people, animals, a child in its cot."""

from __future__ import annotations

from .body import Body
from .kit import Part


def _person(shirt: str, trousers: str, *, step: int, category: str, emit_z: int) -> Body:
    """Someone who stands (or, with step, walks)."""
    parts: tuple[Part, ...] = (
        ((8, 8, 6, 20, 20, 86), trousers),
        ((26, 8 + step, 6, 38, 20 + step, 86), trousers),
        ((8, 8, 0, 20, 32, 6), "black_wood"),
        ((26, 8 + step, 0, 38, 32 + step, 6), "black_wood"),
        ((6, 7, 86, 40, 21, 142), shirt),
        ((0, 9, 84, 6, 19, 140), shirt),
        ((40, 9, 84, 46, 19, 140), shirt),
        ((14, 7, 146, 32, 25, 170), "skin"),
        ((18, 10, 142, 28, 18, 146), "skin"),
        ((13, 5, 164, 33, 20, 174), "black_wood"),
    )
    rooms = ("living_room", "kitchen", "bedroom", "hall", "office", "dining_room", "studio")
    return Body(category, parts, (23, 36 + step, emit_z), ("floor",), rooms, front=30)


def _animal(
    category: str, fur: str, length: int, height: int, mounts: tuple[str, ...] = ("floor",)
) -> Body:
    """Four legs, a head at +v, a tail."""
    half = height // 2
    parts: tuple[Part, ...] = (
        ((3, 8, half, 21, length - 8, height), fur),
        ((4, length - 18, height - 6, 20, length, height + 14), fur),
        ((6, length - 16, height + 14, 9, length - 12, height + 20), "black_wood"),
        ((15, length - 16, height + 14, 18, length - 12, height + 20), "black_wood"),
        ((4, 8, 0, 8, 14, half), fur),
        ((16, 8, 0, 20, 14, half), fur),
        ((4, length - 16, 0, 8, length - 10, half), fur),
        ((16, length - 16, 0, 20, length - 10, half), fur),
        ((10, 0, height - 4, 14, 8, height + 10), fur),
    )
    return Body(category, parts, (12, length - 8, height + 28), mounts)


CREATURES = (
    _person("shirt_white", "plastic_grey", step=12, category="footsteps", emit_z=24),
    _animal("dog", "fur_brown", 74, 44),
    Body(
        "bird",
        (
            ((0, 0, 0, 28, 28, 4), "brass"),
            *(((u, v, 4, u + 2, v + 2, 40), "brass") for u in (0, 26) for v in (0, 26)),
            ((0, 0, 40, 28, 28, 43), "brass"),
            ((10, 8, 14, 18, 20, 24), "feathers"),
            ((11, 17, 22, 17, 22, 28), "feathers"),
        ),
        (14, 14, 52),
        ("table", "low", "desk", "tv"),
        ("living_room", "dining_room", "kitchen", "office", "bedroom", "hall", "studio"),
    ),
    _person("shirt_purple", "jeans", step=0, category="speech", emit_z=158),
    _person("shirt_green", "black_wood", step=0, category="singing", emit_z=158),
    _animal("cat", "fur_orange", 44, 24, ("seat", "floor")),
    Body(
        "baby_cry",
        (
            ((0, 0, 26, 110, 60, 34), "birch"),
            *(((u, v, 0, u + 5, v + 5, 84), "birch") for u in (0, 105) for v in (0, 55)),
            *(((5, v, z, 105, v + 3, z + 4), "birch") for v in (1, 56) for z in (58, 78)),
            *(((u, 5, z, u + 3, 55, z + 4), "birch") for u in (1, 106) for z in (58, 78)),
            ((34, 18, 34, 96, 42, 46), "plastic_pink"),
            ((14, 22, 34, 30, 38, 48), "skin"),
        ),
        (24, 36, 64),
        ("against",),
        ("bedroom", "living_room", "studio", "office"),
        front=45,
    ),
)
