"""What a world holds before anybody walks in it: scenes, places, episodes, what is missing."""

from __future__ import annotations

from collections import Counter
from typing import Any

from ..envs.interface import SoundwalkError
from ..envs.scenes import Scene, describe, open_scene
from ..envs.scenes.collection import gather
from ..envs.simulators.soundspaces import SoundSpacesData
from ..envs.tasks.habitat_episodes import load_habitat_episodes
from .config import EnvConfig
from .elsewhere import kind_of, listed, scene_arguments, soundspaces_data

_ALL = 10**9


def survey(config: EnvConfig, *, split: str) -> dict[str, Any]:
    """What is at `config.world`, as plain values.

    Args:
        config: with the world and its options.
        split: of scenes, or of habitat's episodes; of SoundSpaces' data all splits are told.

    Raises:
        SoundwalkError: nothing is there, or a scene of files is damaged.
    """
    kind = kind_of(config.world)
    if kind == "generated":
        raise SoundwalkError(
            "generated homes are made as they are needed: describe one with --scene 7, or the "
            "episodes of a split with --episodes"
        )
    if kind == "soundspaces":
        return {"world": config.world, **_soundspaces(soundspaces_data(str(config.world)))}
    if kind == "habitat":
        return {"world": config.world, "split": split, **_habitat(config, split)}
    arguments = scene_arguments(config)
    options = arguments.get("scene_options", {})
    scenes = {
        name: describe(found if isinstance(found, Scene) else open_scene(found, **options))
        for name, found in gather(arguments["scenes"], split).items()
    }
    return {"world": config.world, "split": split, "scenes": scenes}


def _soundspaces(data: SoundSpacesData) -> dict[str, Any]:
    """Scenes with their places, splits with their episodes, and what is wrong in words."""
    missing = data.missing()
    scenes = {}
    for name in data.scenes:
        try:
            places: int | None = len(data.graph(name).names)
        except SoundwalkError:
            places = None
        scenes[name] = {"places": places, "wrong": missing.get(name)}
    splits = {}
    for version, split in data.splits():
        try:
            episodes: Any = len(load_habitat_episodes(data.episodes(split, version)))
        except SoundwalkError as error:
            episodes = str(error)
        splits[f"{version}/{split}"] = episodes
    folder = data.root / "sounds"
    return {
        "scenes": scenes,
        "complete": len(scenes) - len(missing),
        "grid_m": data.kind.grid,
        "episodes": splits,
        "sounds": sum(1 for _ in folder.rglob("*.wav")),
    }


def _habitat(config: EnvConfig, split: str) -> dict[str, Any]:
    """Episodes of a split, and the scenes that they name."""
    episodes = listed(config, split=split, count=_ALL) or []
    return {
        "episodes": len(episodes),
        "scenes": dict(Counter(episode.scene for episode in episodes).most_common()),
        "sounds": dict(Counter(e.category for e in episodes if e.category).most_common()),
    }
