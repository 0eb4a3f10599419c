"""Checkpoints that survive a crash: plain tensors and JSON, written aside, then renamed.

A checkpoint is a folder `step_00008192` with `policy.safetensors` (perception's is called
`system.safetensors`), `optimizer.safetensors` (Adam's moments, and the state of torch's random
generators) and `state.json` (counters, recent episodes, the optimizer's options, NumPy's and
Python's generators). No pickle: what a stranger sends is data.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from ..envs.interface import SoundwalkError

VERSION = 1
_PARTIAL = ".partial"
_BEST = "best.json"


@dataclass
class State:
    """What training needs to go on, besides weights and random generators.

    Attributes:
        steps: environment steps taken.
        phase: "imitation" or "ppo".
        finished: whether training has reached its end.
        seconds: wall time so far.
        begun: episodes begun in each environment.
        updates: gradient epochs of PPO so far.
        score: what the best checkpoint is chosen by; None before there is any.
        recent: metrics of the last episodes.
    """

    steps: int = 0
    phase: str = "imitation"
    finished: bool = False
    seconds: float = 0.0
    begun: list[int] = field(default_factory=list)
    updates: int = 0
    score: float | None = None
    recent: list[dict[str, float]] = field(default_factory=list)


class Checkpoints:
    """The checkpoints of a run: the last few and the best one.

    Args:
        folder: where they are; made if missing.
        keep: how many of the last ones stay.
        name: of what is trained, and of the file that holds its weights.
    """

    def __init__(self, folder: Path, keep: int = 3, name: str = "policy") -> None:
        """See the class."""
        self.folder, self._keep, self._name = folder, keep, name

    def save(self, state: State, policy: nn.Module, optimizer: torch.optim.Optimizer) -> bool:
        """Write a checkpoint; a full disk is a warning, and training goes on.

        Returns:
            Whether it was written.
        """
        path = self.folder / f"step_{state.steps:08d}"
        aside = path.with_name(path.name + _PARTIAL)
        try:
            shutil.rmtree(aside, ignore_errors=True)
            aside.mkdir(parents=True)
            _write(aside, self._name, state, policy, optimizer)
            shutil.rmtree(path, ignore_errors=True)
            aside.replace(path)
            self._note_best(state)
        except (OSError, SafetensorError) as error:  # safetensors wraps the system's errors
            shutil.rmtree(aside, ignore_errors=True)
            warnings.warn(
                f"checkpoint {path} could not be written ({error}): training goes on; make room "
                f"on the disk, or the work since the last checkpoint is lost if it stops",
                stacklevel=2,
            )
            return False
        self._prune()
        return True

    def load(self, policy: nn.Module, optimizer: torch.optim.Optimizer) -> State | None:
        """Restore the newest readable checkpoint: weights, optimizer, random generators.

        Returns:
            Its state, or None if there is none.

        Raises:
            SoundwalkError: it was written by another policy.
        """
        for path in self.newest_first():
            parts = self._read(path)
            if parts is not None:
                state, tensors, moments = parts
                load_tensors(policy, tensors, path, self._name)
                _restore_optimizer(optimizer, state["optimizer"], moments)
                _restore_generators(state["generators"], moments)
                return State(**state["state"])
        return None

    def peek(self) -> State | None:
        """The state that `load` would restore, without restoring anything."""
        parts = (self._read(path) for path in self.newest_first())
        return next((State(**part[0]["state"]) for part in parts if part is not None), None)

    def load_policy(self, policy: nn.Module, which: str = "last") -> Path:
        """Restore the weights of the "last" or "best" checkpoint; returns its folder.

        Raises:
            SoundwalkError: there is none, or it was written by another policy.
        """
        for path in self.best_first() if which == "best" else self.newest_first():
            parts = self._read(path)
            if parts is not None:
                load_tensors(policy, parts[1], path, self._name)
                return path
        raise SoundwalkError(
            f"{str(self.folder)!r} holds no readable checkpoint: train first, or name another run"
        )

    def tensors(self) -> dict[str, Tensor]:
        """The weights of the newest readable checkpoint.

        Raises:
            SoundwalkError: there is none.
        """
        for path in self.newest_first():
            parts = self._read(path)
            if parts is not None:
                return parts[1]
        raise SoundwalkError(
            f"{str(self.folder)!r} holds no readable checkpoint: train first, or name another run"
        )

    def newest_first(self) -> list[Path]:
        """Folders of complete checkpoints; warns of those whose writing was interrupted."""
        if not self.folder.is_dir():
            return []
        for path in self.folder.glob(f"step_*{_PARTIAL}"):
            warnings.warn(
                f"{path} was interrupted while it was written: using the one before",
                stacklevel=2,
            )
        complete = [p for p in self.folder.glob("step_*") if p.suffix != _PARTIAL and p.is_dir()]
        return sorted(complete, key=lambda path: path.name, reverse=True)

    def best_first(self) -> list[Path]:
        """As `newest_first`, with the best checkpoint before the others."""
        best = self._best()[0]
        return sorted(self.newest_first(), key=lambda path: path.name != best)

    def discard_after(self, steps: int) -> None:
        """Remove partial checkpoints and those newer than `steps`, which could not be read."""
        for path in self.folder.glob("step_*"):
            if path.suffix == _PARTIAL or int(path.name[5:]) > steps:
                shutil.rmtree(path, ignore_errors=True)

    def _best(self) -> tuple[str, float]:
        try:
            best = json.loads((self.folder / _BEST).read_text(encoding="utf-8"))
            return str(best["name"]), float(best["score"])
        except (OSError, ValueError, KeyError, TypeError):
            return "", -np.inf

    def _note_best(self, state: State) -> None:
        if state.score is not None and state.score >= self._best()[1]:
            note = {"name": f"step_{state.steps:08d}", "score": state.score}
            _write_json(self.folder / (_BEST + _PARTIAL), note)
            (self.folder / (_BEST + _PARTIAL)).replace(self.folder / _BEST)

    def _prune(self) -> None:
        best = self._best()[0]
        for path in self.newest_first()[self._keep :]:
            if path.name != best:
                shutil.rmtree(path, ignore_errors=True)

    def _read(self, path: Path) -> tuple[Any, dict[str, Tensor], dict[str, Tensor]] | None:
        try:
            state = json.loads((path / "state.json").read_text(encoding="utf-8"))
            if state["version"] != VERSION:
                raise SoundwalkError(
                    f"{path} has version {state['version']}: this soundwalk reads {VERSION}"
                )
            tensors = load_file(path / f"{self._name}.safetensors")
            return state, tensors, load_file(path / "optimizer.safetensors")
        except (OSError, json.JSONDecodeError, KeyError, TypeError, SafetensorError) as error:
            warnings.warn(f"{path} cannot be read ({error}): using the one before", stacklevel=2)
            return None


def named_tensors(policy: nn.Module) -> dict[str, Tensor]:
    """Parameters and buffers by name, each once, though actor and critic share their extractor."""
    return {**dict(policy.named_parameters()), **dict(policy.named_buffers())}


def load_tensors(
    policy: nn.Module, tensors: dict[str, Tensor], source: Path, what: str = "policy"
) -> None:
    """Copy tensors into a policy of the same shape.

    Raises:
        SoundwalkError: names or shapes differ; the message names the first difference.
    """
    mine = named_tensors(policy)
    for name in sorted(set(mine) | set(tensors)):
        here, there = (tuple(x[name].shape) if name in x else "absent" for x in (mine, tensors))
        if here != there:
            raise SoundwalkError(
                f"{source} was written by another {what}: {name} is {there} there and {here} "
                "here; restore the run's config.yaml, or train anew with --overwrite"
            )
    with torch.no_grad():
        for name, tensor in tensors.items():
            mine[name].copy_(tensor)


def _write(
    folder: Path, name: str, state: State, policy: nn.Module, optimizer: torch.optim.Optimizer
) -> None:
    moments, groups = _optimizer_state(optimizer)
    for i, generator in enumerate(_torch_generators()):
        moments[f"generator.{i}"] = generator
    tensors = {key: t.detach().cpu().contiguous() for key, t in named_tensors(policy).items()}
    save_file(tensors, folder / f"{name}.safetensors")
    save_file(moments, folder / "optimizer.safetensors")
    whole = {
        "version": VERSION,
        "state": vars(state),
        "optimizer": groups,
        "generators": _generators(),
    }
    _write_json(folder / "state.json", whole)
    for path in [*folder.iterdir(), folder]:
        _sync(path)


def _write_json(path: Path, values: Any) -> None:
    path.write_text(json.dumps(values, indent=1), encoding="utf-8")


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _optimizer_state(optimizer: torch.optim.Optimizer) -> tuple[dict[str, Tensor], Any]:
    whole = optimizer.state_dict()
    moments = {
        f"{index}.{name}": torch.as_tensor(value).detach().cpu().contiguous()
        for index, values in whole["state"].items()
        for name, value in values.items()
    }
    return moments, whole["param_groups"]


def _restore_optimizer(
    optimizer: torch.optim.Optimizer, groups: Any, moments: dict[str, Tensor]
) -> None:
    state: dict[int, dict[str, Tensor]] = {}
    for name, tensor in moments.items():
        index, _, moment = name.partition(".")
        if index.isdigit():
            state.setdefault(int(index), {})[moment] = tensor
    optimizer.load_state_dict({"state": state, "param_groups": groups})


def _torch_generators() -> list[Tensor]:
    cuda = torch.cuda.get_rng_state_all() if torch.cuda.is_available() else []
    return [torch.get_rng_state(), *cuda]


def _generators() -> dict[str, Any]:
    # SB3 shuffles its minibatches with NumPy's global generator.
    kind, keys, *rest = np.random.get_state()  # noqa: NPY002
    return {"numpy": [kind, np.asarray(keys).tolist(), *rest], "python": random.getstate()}


def _restore_generators(generators: dict[str, Any], moments: dict[str, Tensor]) -> None:
    kind, keys, *rest = generators["numpy"]
    np.random.set_state((kind, np.array(keys, np.uint32), *rest))  # noqa: NPY002
    version, internal, gauss = generators["python"]
    random.setstate((version, tuple(internal), gauss))
    torch.set_rng_state(moments["generator.0"])
    if torch.cuda.is_available():
        cuda = [
            moments[f"generator.{i + 1}"]
            for i in range(torch.cuda.device_count())
            if f"generator.{i + 1}" in moments
        ]
        torch.cuda.set_rng_state_all(cuda)
