"""The plan of a home as a picture: rooms, doors, windows, furniture, what sounds, and a scale."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..interface import AGENT_HEIGHT, UNHEARD_CATEGORIES
from .chambers import Chambers
from .scene import Box2, Furniture, Scene

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_TINTS = {
    "living_room": "#f6e7cb",
    "kitchen": "#dcebdf",
    "bedroom": "#dfe3f3",
    "bathroom": "#d3ecf2",
    "hall": "#efebe4",
    "office": "#ece1f0",
    "dining_room": "#f8dfd2",
    "studio": "#f6e7cb",
}
_WALL, _INK, _PANE = "#3b3f46", "#2b2b2b", "#58a6d6"
_Style = dict[str, Any]  # keyword arguments for matplotlib
_HEARD, _UNHEARD = "#d32f2f", "#8e24aa"
_SEEN_BELOW = 2.3  # m; higher things would hide what stands below
_FURNISHED = (0.80, 0.75, 0.69, 1.0)  # floor on which something stands
_NAMELESS = {"front_door", "chair", "nightstand", "rug", "tap"}


def draw_plan(ax: Axes, scene: Scene, *, names: bool = True, legend: bool = True) -> None:
    """Draw a scene, seen from above with north up, into matplotlib axes in metres.

    Args:
        ax: the axes; limits, aspect and frame are set.
        scene: what to draw.
        names: write the names of rooms and furniture.
        legend: list the numbered sounding objects beside the plan.
    """
    _rooms(ax, scene)
    _doors(ax, scene)
    _windows(ax, scene)
    if scene.plan.furniture or scene.plan.objects:
        _top_faces(ax, scene)
    _objects(ax, scene)
    if names:
        for piece in scene.plan.furniture:
            _piece_name(ax, piece)
        _room_names(ax, scene)
    if legend and scene.plan.objects:
        _legend(ax, scene)
    _frame(ax, scene)


def plan_figure(scene: Scene, path: str | Path) -> None:
    """Write the plan as a PNG (or PDF, SVG: by the suffix of the path); needs no display."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    x0, y0, x1, y1 = scene.plan.bounds
    width, height = x1 - x0 + 1.0, y1 - y0 + 1.6
    scale = min(1.1, 14 / width, 11 / height)
    legend = 1.9 if scene.plan.objects else 0.0
    total = width * scale + legend
    figure = Figure(figsize=(total, height * scale), dpi=110, facecolor="white")
    FigureCanvasAgg(figure)
    draw_plan(figure.add_axes((0.01, 0.01, 0.98 - legend / total, 0.98)), scene)
    figure.savefig(path)


def _rectangle(ax: Axes, box: Box2, **style: Any) -> None:
    from matplotlib.patches import Rectangle

    ax.add_patch(Rectangle((box[0], box[1]), box[2] - box[0], box[3] - box[1], **style))


def _rooms(ax: Axes, scene: Scene) -> None:
    """Floors painted over one dark slab, of which the walls remain.

    Where the floor is known cell by cell, cells are painted: boxes of rooms are coarser.
    """
    x0, y0, x1, y1 = scene.plan.bounds
    _rectangle(ax, (x0 - 0.15, y0 - 0.15, x1 + 0.15, y1 + 0.15), color=_WALL, lw=0, zorder=1)
    free = scene.free
    if free is not None:
        air = free.floor if free.air is None else free.air
        (left, low), (height, width) = free.origin, air.shape
        image = np.zeros((height, width, 4))
        image[air] = _FURNISHED
        image[free.floor] = (0.95, 0.95, 0.95, 1.0)
        extent = (left, left + width * free.cell, low, low + height * free.cell)
        ax.imshow(image, origin="lower", extent=extent, interpolation="nearest", zorder=2)
        return
    for room in scene.plan.rooms:
        _rectangle(ax, room.box, color=_TINTS.get(room.kind, "#f2f2f2"), lw=0, zorder=2)


def _doors(ax: Axes, scene: Scene) -> None:
    """Gaps between dotted lines, closed ones with a leaf."""
    for door in scene.plan.doors:
        if door.thickness == 0.0:
            continue
        x0, y0, x1, y1 = door.box
        if scene.free is None:
            _rectangle(ax, door.box, color="#fbfaf7", lw=0, zorder=3)
        lines = (((x0, x0), (y0, y1)), ((x1, x1), (y0, y1)))
        if door.axis == 1:
            lines = (((x0, x1), (y0, y0)), ((x0, x1), (y1, y1)))
        for xs, ys in lines:
            ax.plot(xs, ys, color="#a08c6c", lw=0.8, ls=(0, (2, 2)), zorder=4)
        if not door.open:
            xs, ys = ((x0 + x1) / 2,) * 2, (y0, y1)
            if door.axis == 1:
                xs, ys = (x0, x1), ((y0 + y1) / 2,) * 2
            ax.plot(xs, ys, color=_INK, lw=2.0, zorder=5)


def _windows(ax: Axes, scene: Scene) -> None:
    """Bright stretches of wall."""
    for window in scene.plan.windows:
        x0, y0, _, x1, y1, _ = window.box
        dx, dy = ((-0.15, 0.0), (0.15, 0.0), (0.0, -0.15), (0.0, 0.15))[window.face]
        box = (min(x0, x0 + dx), min(y0, y0 + dy), max(x1, x1 + dx), max(y1, y1 + dy))
        _rectangle(ax, box, facecolor="#d9eef9", edgecolor=_PANE, lw=1.0, zorder=3)


def _colour(scene: Scene, surface: int) -> tuple[float, float, float]:
    """A surface's linear tint as a screen colour (gamma 2.2), a little lighter for print."""
    r, g, b = (0.2 + 0.8 * value ** (1 / 2.2) for value in scene.surfaces[surface].colour)
    return r, g, b


def _top_faces(ax: Axes, scene: Scene) -> None:
    """All faces of furniture and objects that look up, the highest on top."""
    from matplotlib.collections import PolyCollection

    things = [piece.instance for piece in scene.plan.furniture]
    things += [thing.instance for thing in scene.plan.objects]
    faces, surface, instance = scene.triangles, scene.surface, scene.instance
    edge = "none"
    if scene.skin is None:  # of boxes: two triangles in turn are one side
        faces = np.concatenate([faces[0::2], faces[1::2, 2:]], axis=1)  # (Q, 4, 3)
        surface, instance, edge = surface[::2], instance[::2], "#4a4038"
    normal = np.cross(faces[:, 1] - faces[:, 0], faces[:, 2] - faces[:, 0])
    height = faces[:, 0, 2]
    shown = (normal[:, 2] > 0) & np.isin(instance, things) & (height < _SEEN_BELOW)
    order = np.nonzero(shown)[0][np.argsort(height[shown], kind="stable")]
    style: _Style = {"edgecolors": edge, "linewidths": 0.4, "zorder": 6}
    colours = [_colour(scene, int(surface[index])) for index in order]
    ax.add_collection(PolyCollection(list(faces[order][:, :, :2]), facecolors=colours, **style))


def _piece_name(ax: Axes, piece: Furniture) -> None:
    """Written along the longer side; what hangs or is tiny stays nameless."""
    x0, y0, low, x1, y1, _ = piece.box
    if low >= 1.0 or piece.kind in _NAMELESS or max(x1 - x0, y1 - y0) < 0.4:
        return
    plate: _Style = {"boxstyle": "round,pad=0.12", "fc": "white", "ec": "none", "alpha": 0.6}
    style: _Style = {"rotation": 90 if y1 - y0 > 1.3 * (x1 - x0) else 0, "fontsize": 5.5}
    where: _Style = {"ha": "center", "va": "center", "zorder": 8}
    name = piece.kind.replace("_", " ")
    ax.text((x0 + x1) / 2, (y0 + y1) / 2, name, color=_INK, bbox=plate, **style, **where)


def _marks(scene: Scene) -> list[tuple[int, str, str]]:
    """Number, colour and name of every sounding object."""
    return [
        (
            number,
            _UNHEARD if thing.category in UNHEARD_CATEGORIES else _HEARD,
            thing.category.replace("_", " "),
        )
        for number, thing in enumerate(scene.plan.objects, 1)
    ]


def _objects(ax: Axes, scene: Scene) -> None:
    """A numbered mark where each sound leaves, and an outline of the body."""
    for thing, (number, colour, _) in zip(scene.plan.objects, _marks(scene), strict=True):
        x0, y0, _, x1, y1, _ = thing.box
        _rectangle(ax, (x0, y0, x1, y1), facecolor="none", edgecolor=colour, lw=1.2, zorder=7)
        x, y, _ = thing.position
        ax.plot(x, y, "o", ms=9.5, color=colour, mec="white", mew=0.8, zorder=12)
        style: _Style = {"color": "white", "fontsize": 6, "weight": "bold", "zorder": 13}
        ax.text(x, y, str(number), ha="center", va="center_baseline", **style)


def _legend(ax: Axes, scene: Scene) -> None:
    """The names of the sounding objects beside the plan."""
    _, _, x1, y1 = scene.plan.bounds
    lines = [(_INK, "What can sound")]
    lines += [(colour, f"{number}  {name}") for number, colour, name in _marks(scene)]
    if any(colour == _UNHEARD for colour, _ in lines):
        lines.append((_INK, "purple: never in training"))
    for row, (colour, line) in enumerate(lines):
        head: _Style = {"fontsize": 9, "weight": "bold"} if row == 0 else {"fontsize": 8}
        small: _Style = {"fontsize": 6.5} if row and colour == _INK else {}
        place: _Style = {"xytext": (12, -13 * row), "textcoords": "offset points", "va": "top"}
        style: _Style = {**head, **small, **place, "color": colour, "annotation_clip": False}
        ax.annotate(line, (x1 + 0.15, y1 + 0.1), **style)


def _room_names(ax: Axes, scene: Scene) -> None:
    """Written where the floor is emptiest; a room of several boxes has one name."""
    plan = scene.plan
    plate: _Style = {"boxstyle": "round,pad=0.25", "fc": "white", "ec": "none", "alpha": 0.7}
    style: _Style = {
        "ha": "center",
        "va": "center",
        "fontsize": 8.5,
        "weight": "bold",
        "zorder": 11,
    }
    for boxes in Chambers(plan).boxes:
        largest = max(boxes, key=lambda box: plan.rooms[box].area)
        x, y = _emptiest(scene, largest)
        area = sum(plan.rooms[box].area for box in boxes)
        name = f"{plan.rooms[largest].kind.replace('_', ' ')}\n{area:.1f} m²"
        ax.text(x, y, name, color=_INK, bbox=plate, **style)


def _emptiest(scene: Scene, index: int) -> tuple[float, float]:
    """The point of a room that lies farthest from its walls and from all that stands in it."""
    x0, y0, x1, y1 = scene.plan.rooms[index].box
    xs, ys = np.meshgrid(np.linspace(x0, x1, 41), np.linspace(y0, y1, 41))
    # A label is wide and low: distances along x count less than those along y.
    clear = np.minimum(np.minimum(xs - x0, x1 - xs) * 0.6, np.minimum(ys - y0, y1 - ys) * 1.2)
    boxes = [p.box for p in scene.plan.furniture if p.room == index and p.box[2] < AGENT_HEIGHT]
    boxes = [box for box in boxes if box[5] > 0.05]
    boxes += [(*o.position, *o.position) for o in scene.plan.objects if o.room == index]
    for a, b, _, c, d, _ in boxes:
        across = np.maximum(np.maximum(a - xs, xs - c), 0) * 0.6
        along = np.maximum(np.maximum(b - ys, ys - d), 0) * 1.2
        clear = np.minimum(clear, np.hypot(across, along))
    best = int(np.argmax(clear))
    return float(xs.flat[best]), float(ys.flat[best])


def _frame(ax: Axes, scene: Scene) -> None:
    """Limits, a scale bar and an arrow to the north."""
    x0, y0, x1, y1 = scene.plan.bounds
    metres = 2 if x1 - x0 > 5 else 1
    low = y0 - 0.55
    for step in range(metres):
        colour = "#222222" if step % 2 == 0 else "white"
        box = (x0 + step, low, x0 + step + 1, low + 0.1)
        _rectangle(ax, box, facecolor=colour, edgecolor="#222222", lw=0.8)
    ax.text(x0 + metres + 0.12, low + 0.05, f"{metres} m", fontsize=8, va="center", color=_INK)
    arrow: _Style = {"arrowstyle": "-|>", "color": _INK, "lw": 1.4}
    ax.annotate("", (x1 - 0.15, low + 0.3), (x1 - 0.15, low - 0.25), arrowprops=arrow)
    ax.text(x1 - 0.35, low, "N", fontsize=9, weight="bold", ha="center", va="center", color=_INK)
    ax.set_xlim(x0 - 0.4, x1 + 0.4)
    ax.set_ylim(y0 - 1.0, y1 + 0.4)
    ax.set_aspect("equal")
    ax.set_axis_off()
