"""A trained system against unseen homes and sounds: tables, JSON, and things to look at."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator, Sized
from pathlib import Path
from typing import Any

import torch

from ...envs.interface import SoundwalkError, unknown
from ...perception.build import build_task
from ...perception.data.sample import Sample
from ...perception.data.sim import SimClips
from ...perception.task import AVTask
from ..checkpoints import Checkpoints
from ..clips import open_clips
from ..distributed import choose_device
from ..perceptual import PretrainConfig, load_pretraining
from .found import Found
from .reading import Reader, counted

# Evaluators by name: the module of this package, and what samples they need.
EVALUATORS: dict[str, tuple[str, dict[str, Any]]] = {
    "localization": (
        "localization",
        {
            "wants": ["rgb", "audio", "mask"],
            "least_in_view": 3,
            "rates": {"visible": 0.7, "offscreen": 0.1, "silent": 0.1, "noise": 0.1},
        },
    ),
    "correspondence": ("answers", {}),
    "flip": ("answers", {}),
    "orientation": ("answers", {}),
    "direction": ("direction", {"wants": ["audio"], "views": 3}),
    "sync": ("sync", {}),
    "depth": ("depth", {}),
    "separation": ("separation", {"wants": ["rgb", "audio", "mask"]}),
    "probe": ("probing", {}),
}
BATCH = 50


def evaluate_run(
    run_dir: str | Path,
    *,
    split: str = "val",
    sounds: str = "unheard_clips",
    samples: int = 1000,
    seed: int = 0,
    evaluators: tuple[str, ...] = (),
    device: str | None = None,
    say: Callable[[str], None] | None = None,
) -> tuple[dict[str, Any], list[Any]]:
    """Measure a trained system.

    Args:
        run_dir: of `soundwalk pretrain`.
        split: of homes: "val" or "test" are unseen.
        sounds: "unheard_clips" of the categories heard in training, "unheard" categories, "heard".
        samples: of each evaluator.
        seed: of the samples; training's are never among them, because homes differ.
        evaluators: names; those of the run's configuration by default.
        device: where the system computes; that of its run by default.
        say: told which evaluator is at work.

    Returns:
        The results as `training.report` takes them, and exhibits.

    Raises:
        SoundwalkError: there is no trained run, an evaluator is unknown, or the system or the data
            cannot answer it.
    """
    if samples < 2:
        raise SoundwalkError(f"samples={samples}: expected at least 2")
    run = Path(run_dir)
    config, task = load_system(run)
    names = evaluators or tuple(config.evaluate)
    for name in names:
        if name not in EVALUATORS:
            raise unknown("evaluator", name, EVALUATORS)
    reader = Reader(task, choose_device(config.device if device is None else device))
    tables, notes, exhibits = {}, {}, []
    for name in names:
        if say is not None:
            say(name)
        found = _evaluate(name, reader, config, split, sounds, samples, seed)
        tables[name] = found.table()
        exhibits += found.exhibits
        if found.note:
            notes[name] = found.note
    command = (
        f"soundwalk evaluate-perception {run} --split {split} --sounds {sounds} "
        f"--samples {samples} --seed {seed}"
    )
    results = {
        "system": config.title or run.name, "run": str(run), "split": split, "sounds": sounds,
        "samples": samples, "seed": seed, "command": command, "tables": tables, "notes": notes,
    }  # fmt: skip
    return results, exhibits


def load_system(run: Path) -> tuple[PretrainConfig, AVTask]:
    """The configuration of a run and its system with the weights of the last checkpoint.

    Raises:
        SoundwalkError: there is none, or it was written by another system.
    """
    path = run / "config.yaml"
    if not path.is_file():
        raise SoundwalkError(
            f"{str(run)!r} is not a run directory: it holds no config.yaml; start one with "
            f"`soundwalk pretrain CONFIG --run-dir {run}`"
        )
    config = load_pretraining(path)
    if config.torch_threads > 0:
        torch.set_num_threads(config.torch_threads)
    task = build_task(config.task)
    Checkpoints(run / "checkpoints", config.keep, name="system").load_policy(task)
    return config, task


def clips_of(
    config: PretrainConfig, changes: dict[str, Any], split: str, sounds: str, count: int, seed: int
) -> Iterator[Sample]:
    """Batches of samples like those of training, but for an evaluator's own options."""
    data = {**config.data, **changes}
    source = open_clips(data, split, sounds=sounds, seed=seed)
    held = len(source) if isinstance(source, Sized) else count  # a recording begins anew at its end
    if held < count:
        raise SoundwalkError(f"samples={count}: these data hold {held}; ask for at most as many")
    try:
        with SimClips(source, min(BATCH, count)) as clips:
            yield from counted(clips, count)
    finally:
        close = getattr(source, "close", None)
        if close is not None:
            close()


def _evaluate(
    name: str,
    reader: Reader,
    config: PretrainConfig,
    split: str,
    sounds: str,
    count: int,
    seed: int,
) -> Found:
    module, defaults = EVALUATORS[name]
    options = dict(config.evaluate.get(name) or {})
    if "views" in defaults:  # as many as the system hears together
        defaults = {**defaults, "views": max(defaults["views"], reader.views_heard)}
    changes = {**defaults, **options.pop("data", {})}
    changes = changes if not {"folder", "videos", "source"} & set(config.data) else {}
    run = importlib.import_module(f".{module}", __package__).evaluate
    found = clips_of(config, changes, split, sounds, count, seed)
    further: dict[str, Any] = {}
    if name == "direction" and changes:
        from .direction import ARRAY

        heard = {**changes, "receiver": ARRAY}
        further["array"] = clips_of(config, heard, split, sounds, count, seed)
    if name == "probe":
        torch.manual_seed(config.seed)
        further["scratch"] = Reader(build_task(config.task), reader.device)
        further["training"] = clips_of(config, changes, "train", "heard", count, seed + 1)
    result: Found = run(reader, found, seed, options, **further)
    return result
