"""The one key `env.world`: generated homes, scenes of files, or data of others, alike to agents.

- `generated`: homes by their seeds; no `env.world_options`.
- a file or folder of scenes, a list of them, or lists by split (`envs.scenes.collection.gather`);
  options: `source_height`, and what the readers of files have, e.g. `height` of maps.
- `soundspaces:FOLDER/replica` or `…/mp3d`; options: `splits`, and those of `SoundSpacesVectorEnv`.
- `habitat:EPISODES`; options: `scenes` (their folder), `splits`, `mesh` (options of `load_mesh`),
  and those of `HabitatVectorEnv`.

`splits` maps train, val and test to what others call their splits.
"""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gymnasium.vector import VectorEnv

from ..envs.elsewhere import HabitatVectorEnv, SoundSpacesVectorEnv
from ..envs.interface import SoundwalkError, unknown
from ..envs.scenes.open import OPENERS
from ..envs.simulators.options import HearingOptions
from ..envs.simulators.soundspaces import SoundSpacesData
from ..envs.tasks.habitat_episodes import HabitatEpisode, load_habitat_episodes
from ..envs.vector import AudioGoalVectorEnv
from .config import EnvConfig
from .stages import HabitatFiles

GENERATED = "generated"
SOUNDSPACES, HABITAT = "soundspaces:", "habitat:"
_HEARING = tuple(field.name for field in dataclasses.fields(HearingOptions))
_EVERYWHERE = ("num_envs", "resolution", "sensors", "max_steps")
_UNHEARD = ("unheard", "unheard_clips")
Envs = VectorEnv[Any, Any, Any]


def kind_of(world: Any) -> str:
    """Which row of the table above a value of `env.world` belongs to.

    >>> kind_of("flat.json"), kind_of("soundspaces:data/replica")
    ('scenes', 'soundspaces')
    """
    if isinstance(world, str):
        if world == GENERATED:
            return GENERATED
        for prefix in (SOUNDSPACES, HABITAT):
            if world.startswith(prefix):
                return prefix[:-1]
    return "scenes"


def open_world(config: EnvConfig, options: Mapping[str, Any]) -> Envs:
    """The batched environment of a configuration, without wrappers.

    Args:
        config: what to make.
        options: further or other arguments, by the names of `AudioGoalVectorEnv`.

    Raises:
        SoundwalkError: nothing is at `env.world`, `env.world_options` do not belong to it, or it
            cannot do what another key asks for.
    """
    return _OPENERS[kind_of(config.world)](config, options)


def listed(config: EnvConfig, *, split: str, count: int) -> list[HabitatEpisode] | None:
    """The first episodes of a split of others' data; None where episodes are sampled.

    Raises:
        SoundwalkError: the data or the split are not there.
    """
    kind = kind_of(config.world)
    if kind == "soundspaces":
        data = soundspaces_data(str(config.world))
        name = _soundspaces_split(data, config, split)
        version = str(config.world_options.get("version", "v1"))
        return load_habitat_episodes(data.episodes(name, version))[:count]
    if kind == "habitat":
        return load_habitat_episodes(_habitat_file(config, split))[:count]
    return None


def scene_arguments(config: EnvConfig) -> dict[str, Any]:
    """What `AudioGoalVectorEnv` needs to walk in scenes of files; nothing in generated homes."""
    options = dict(config.world_options)
    if kind_of(config.world) == GENERATED:
        if options:
            raise SoundwalkError(
                f"env.world_options has {', '.join(options)}, but env.world is 'generated': "
                "generated homes have none"
            )
        return {}
    if isinstance(config.world, str) and not Path(config.world).exists():
        raise SoundwalkError(
            f"env.world is {config.world!r}: no such file or folder; expected {GENERATED!r}, a "
            f"scene ({', '.join(OPENERS)}) or a folder of them, {SOUNDSPACES}FOLDER/replica or "
            f"{HABITAT}EPISODES"
        )
    height = {k: options.pop(k) for k in ("source_height",) if k in options}
    return {"scenes": config.world, **({"scene_options": options} if options else {}), **height}


def _scenes(config: EnvConfig, options: Mapping[str, Any]) -> Envs:
    """Homes of our own simulator."""
    kept = ("world", "world_options", "wrappers", "encoders")
    names = [name for name in EnvConfig.__dataclass_fields__ if name not in kept]
    arguments = {name: getattr(config, name) for name in names}
    places = scene_arguments(config)
    return AudioGoalVectorEnv(**{**arguments, **places, **options})


def soundspaces_data(world: str) -> SoundSpacesData:
    """The data that `soundspaces:FOLDER/DATASET` means.

    Raises:
        SoundwalkError: no data set, or it is not there.
    """
    folder, slash, dataset = world.removeprefix(SOUNDSPACES).rstrip("/").rpartition("/")
    if not slash:
        raise SoundwalkError(
            f"env.world is {world!r}: expected {SOUNDSPACES}FOLDER/replica or …/mp3d, where "
            "FOLDER holds metadata, binaural_rirs, datasets, …"
        )
    return SoundSpacesData(Path(folder), dataset)


def _soundspaces(config: EnvConfig, options: Mapping[str, Any]) -> Envs:
    """The grid of SoundSpaces."""
    _only_listening(config)
    data = soundspaces_data(str(config.world))
    given = _options(config, SoundSpacesVectorEnv, ("splits",))
    given.pop("splits", None)
    rate = {k: v for k, v in config.acoustics.items() if k == "sample_rate"}
    arguments = {**_common(config, options), **rate, **given}
    split = options.get("split", config.split)
    if "episodes" not in options:
        arguments["split"] = _soundspaces_split(data, config, split)
    return SoundSpacesVectorEnv(data.root, data.dataset, **arguments)


def _soundspaces_split(data: SoundSpacesData, config: EnvConfig, split: str) -> str:
    """SoundSpaces' name of a split: the one asked for, or that of telephones, or of the unheard."""
    named = config.world_options.get("splits", {})
    if split in named:
        return str(named[split])
    likely = [f"{split}_multiple_unheard", f"{split}_unheard"]
    if config.sounds not in _UNHEARD:
        likely = [split, f"{split}_telephone", f"{split}_multiple"]
    version = str(config.world_options.get("version", "v1"))
    for name in likely:
        try:
            data.episodes(name, version)
        except SoundwalkError as error:
            missing = error
        else:
            return name
    raise SoundwalkError(
        f"none of the splits {', '.join(likely)} is there, and env.world_options.splits does not "
        f"say what {split!r} is. {missing}"
    )


def _only_listening(config: EnvConfig) -> None:
    """Recorded responses know two ears and one source."""
    plain = HearingOptions()
    for name in _HEARING:
        value = getattr(config, name)
        kept = {"sample_rate"} if name == "acoustics" else set()
        wanted = {k: v for k, v in value.items() if k not in kept} if kept else value
        if wanted != getattr(plain, name):
            raise SoundwalkError(
                f"env.{name} is {value!r}, but env.world is {config.world!r}: its recorded "
                f"responses have two ears and one source; leave it at {getattr(plain, name)!r}"
            )


def _habitat(config: EnvConfig, options: Mapping[str, Any]) -> Envs:
    """Scenes in habitat-sim."""
    given = _options(config, HabitatVectorEnv, ("splits", "mesh"), needs=("scenes",))
    given.pop("splits", None)
    heard = "audio" in options.get("sensors", config.sensors) and given.get("engine") != "rlr"
    hearing = {name: getattr(config, name) for name in _HEARING}
    scenes = HabitatFiles(
        Path(str(given.pop("scenes"))), given.pop("mesh", {}), hearing if heard else None
    )
    split = options.get("split", config.split)
    arguments = {
        **_common(config, options), "hfov": config.hfov, "sounds": config.sounds, "split": split,
        **hearing, **given,
    }  # fmt: skip
    episodes = arguments.pop("episodes", None) or _habitat_file(config, split)
    return HabitatVectorEnv(scenes, episodes, **arguments)


def _habitat_file(config: EnvConfig, split: str) -> Path:
    """The episodes of a split: a file, or FOLDER/<split>/<split>.json.gz as habitat-lab has."""
    path = Path(str(config.world).removeprefix(HABITAT))
    name = str(config.world_options.get("splits", {}).get(split, split))
    return path / name / f"{name}.json.gz" if path.is_dir() else path


def _common(config: EnvConfig, options: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments that all worlds of others take; homes are not generated there."""
    arguments = {name: getattr(config, name) for name in _EVERYWHERE}
    arguments["shuffled"] = "episodes" not in options
    taken = {k: v for k, v in options.items() if k not in ("homes", "split", "refresh", "rooms")}
    return {**arguments, **taken}


def _options(
    config: EnvConfig, made: type, more: tuple[str, ...], needs: tuple[str, ...] = ()
) -> dict[str, Any]:
    """`env.world_options`, if the environment takes them all and none is another key's business."""
    ours = {*_EVERYWHERE, *_HEARING, "data", "dataset", "split", "sounds", "hfov", "episodes",
            "shuffled", "privileged", "library", "hearing", "self", "sample_rate"}  # fmt: skip
    known = [n for n in inspect.signature(made.__init__).parameters if n not in ours]  # type: ignore[misc]
    for name in config.world_options:
        if name not in (*known, *more):
            raise unknown("key in env.world_options", name, [*known, *more])
    for name in needs:
        if name not in config.world_options:
            raise SoundwalkError(
                f"env.world is {config.world!r} and env.world_options has no {name!r}: expected "
                "the folder of the scenes that episodes name"
            )
    return dict(config.world_options)


_OPENERS = {
    GENERATED: _scenes, "scenes": _scenes, "soundspaces": _soundspaces, "habitat": _habitat,
}  # fmt: skip
