"""Looking at homes: which one is meant, and views of it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..envs.interface import SENSOR_HEIGHT, U8, SoundwalkError
from ..envs.navigation import NavMap
from ..envs.rendering import Camera, MeshPool, RenderMesh, render
from ..envs.rendering.glb import save_glb
from ..envs.scenes import Scene, describe, generate, open_scene, plan_figure
from ..envs.scenes.mesh import ENDINGS, import_mesh
from ..envs.scenes.open import OPENERS, mesh_options
from .reading import setting

Point = tuple[float, float, float]


def home(scene: str, rooms: tuple[int, int] | None = None, settings: Sequence[str] = ()) -> Scene:
    """A home by the seed of the generator, or from a file that `open_scene` reads.

    Args:
        scene: the seed, or the file.
        rooms: smallest and largest number of rooms of a generated home.
        settings: options of the file's reader, each key=value.

    Raises:
        SoundwalkError: neither a whole number nor a file, or a setting without meaning.
    """
    if Path(scene).is_file():
        return open_scene(scene, **_options(settings))
    if not scene.isdigit():
        raise SoundwalkError(
            f"--scene {scene!r}: expected the seed of a home, e.g. 7, or a file of a scene: "
            f"{', '.join(OPENERS)}"
        )
    if settings:
        raise SoundwalkError(f"--set {settings[0]}: generated homes have no such settings")
    return generate(int(scene), rooms)


def _options(settings: Sequence[str]) -> dict[str, Any]:
    """Keys and values of "key=value", values as in YAML."""
    options = {}
    for text in settings:
        key, equals, _ = text.partition("=")
        if not equals:
            raise SoundwalkError(f"--set {text!r}: expected key=value, for example unit=cm")
        options[key.strip()] = setting(text)
    return options


def describe_home(
    scene: str,
    rooms: tuple[int, int] | None = None,
    settings: Sequence[str] = (),
    *,
    png: Path | None = None,
    glb: Path | None = None,
) -> dict[str, Any]:
    """What a home holds; of a mesh also how its file was understood, under "mesh".

    Args:
        scene: as for `home`, and so are rooms and settings.
        rooms: see above.
        settings: see above.
        png: draw the plan there.
        glb: write the home there as glTF.
    """
    found: dict[str, Any] = {}
    if Path(scene).suffix.lower() in ENDINGS and Path(scene).is_file():
        place, understood = import_mesh(scene, mesh_options(_options(settings)))
        found = {"mesh": understood.plain()}
    else:
        place = home(scene, rooms, settings)
    for path in (png, glb):
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
    if png is not None:
        plan_figure(place, png)
    if glb is not None:
        save_glb(place, glb)
    return {**describe(place), **found}


def view(scene: Scene, pose: Point | None, *, pitch: float, size: int, hfov: float) -> U8:
    """What an agent would see, (size, size, 3).

    Args:
        scene: the home.
        pose: x, y in metres and heading in radians; by default from within the first room.
        pitch: of the camera in radians, positive up.
        size: pixels of height and width.
        hfov: horizontal field of view in radians.

    Raises:
        SoundwalkError: the pose lies where no agent can stand.
    """
    nav = NavMap.from_scene(scene)
    if pose is None:
        x0, y0, x1, y1 = scene.plan.rooms[0].box
        x, y = nav.nearest_free(np.array([(x0 + 3 * x1) / 4, (y0 + 3 * y1) / 4]))
        pose = float(x), float(y), float(np.arctan2((y0 + y1) / 2 - y, (x0 + x1) / 2 - x))
    elif not nav.is_free(np.array([pose[:2]]))[0]:
        x, y = nav.nearest_free(np.array(pose[:2]))
        raise SoundwalkError(
            f"no agent can stand at ({pose[0]:g}, {pose[1]:g}): something is there; the nearest "
            f"free point is ({x:.2f}, {y:.2f})"
        )
    pool = MeshPool(1)
    pool.put(0, RenderMesh.from_scene(scene))
    eye = np.array([[pose[0], pose[1], SENSOR_HEIGHT, pose[2], pitch]], np.float32)
    image = np.empty((1, size, size, 3), np.uint8)
    camera = Camera(height=size, width=size, hfov=hfov)
    render(pool, np.zeros(1, np.int32), eye, camera, rgb=image)
    frame: U8 = image[0]
    return frame
