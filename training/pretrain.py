"""Self-supervised training of perception: batches of clips to an encoder.

A run lives in a folder: config.yaml, progress.csv, tensorboard/, checkpoints/, and at its end
encoders/, one folder for each that can be plugged into an agent. Batch i and everything random
about it depend on the run's seed and i alone, so a run that was killed and resumed has the same
weights as one that never stopped. Started by torchrun, the processes share each batch.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from rich.console import Console
from torch import Tensor, nn

from ..envs.interface import SoundwalkError
from ..perception.build import build_task
from ..perception.data.sample import Sample, Tensors, to_tensors
from ..perception.data.sim import SimClips
from ..perception.data.sources import Parted, Repeated
from ..perception.encoders.store import save_encoder
from ..perception.targets.base import Examples, joined
from ..perception.task import AVTask
from .checkpoints import Checkpoints, State
from .clips import open_clips
from .curves import Bar, make_logger
from .distributed import Team
from .interrupts import interrupts
from .perceptual import PretrainConfig, load_pretraining, save_pretraining
from .population import TOGETHER, take_statistics
from .runs import check_room, clear_run

_SMOOTH = 0.98  # of the running mean of the loss that people see
_LOG_EVERY = 20  # batches


def pretrain(
    config: PretrainConfig,
    run_dir: str | Path,
    *,
    overwrite: bool = False,
    console: Console | None = None,
) -> State:
    """Train a system in a new run directory.

    Args:
        config: the experiment.
        run_dir: where everything is written.
        overwrite: remove a run that is already there.
        console: where progress is shown.

    Returns:
        The last state; `finished` is False after an interrupt.

    Raises:
        SoundwalkError: the run directory is already there, or a piece or an option is unknown.
    """
    run = Path(run_dir)
    check_room(run, overwrite=overwrite)
    with Team.open(config.device) as team:
        session = _Session(config, run, team, console)  # checks everything before a file is touched
        if team.first:
            clear_run(run, overwrite=overwrite)
            run.mkdir(parents=True, exist_ok=True)
            save_pretraining(config, run / "config.yaml")
        team.wait()
        return session.go()


def go_on(
    run_dir: str | Path, *, device: str | None = None, console: Console | None = None
) -> State:
    """Go on from the newest readable checkpoint of a run; see `pretrain`.

    Args:
        run_dir: the run.
        device: where to compute from now on; that of the run's configuration by default.
        console: where progress is shown.

    Raises:
        SoundwalkError: there is no run, or its checkpoint was written by another system.
    """
    config = load_pretraining(Path(run_dir) / "config.yaml")
    config = config if device is None else replace(config, device=device)
    with Team.open(config.device) as team:
        return _Session(config, Path(run_dir), team, console).go()


def learning_rate(config: PretrainConfig, step: int) -> float:
    """Linear warm-up, then half a cosine to zero (Loshchilov and Hutter 2017)."""
    warm = max(1, round(config.warmup * config.batches))
    if step < warm:
        return config.learning_rate * (step + 1) / warm
    done = (step - warm) / max(1, config.batches - warm)
    return config.learning_rate * 0.5 * (1 + math.cos(math.pi * min(1.0, done)))


def lacks_halves(device: torch.device) -> bool:
    """Whether a device is known to emulate bfloat16: x86 without avx512_bf16 or AMX."""
    if device.type != "cpu":
        return False
    known: Mapping[str, Any] = getattr(torch.cpu, "get_capabilities", dict)()
    if known.get("architecture") != "x86_64":
        return False
    return not (known.get("avx512_bf16") or known.get("amx_bf16"))


class Learner(nn.Module):
    """A system whose forward pass is its loss, as distributed training wants it."""

    def __init__(self, task: AVTask) -> None:
        super().__init__()
        self.task = task

    def forward(self, inputs: dict[str, Tensor], labels: dict[str, Tensor]) -> Tensor:
        """The loss, a scalar."""
        return self.task.loss(Examples(inputs, labels))


class _Session:
    """One process of a run, from the state it finds to the end or an interrupt."""

    def __init__(
        self, config: PretrainConfig, run: Path, team: Team, console: Console | None
    ) -> None:
        self.config, self.run, self.team = config, run, team
        self.console = console or Console(stderr=True)
        self.interrupted = False
        self.halved = config.precision == "bfloat16"
        if config.torch_threads > 0:
            torch.set_num_threads(config.torch_threads)
        torch.manual_seed(config.seed)
        self.task = build_task(config.task)
        if config.init:
            take_over(self.task, Path(config.init))
        self.task.to(team.device)
        self.learner = team.wrap(Learner(self.task))
        self.optimizer = torch.optim.AdamW(
            [weight for weight in self.task.parameters() if weight.requires_grad],
            config.learning_rate,
            weight_decay=config.weight_decay,
        )
        self.checkpoints = Checkpoints(run / "checkpoints", config.keep, name="system")
        self.source = open_clips(config.data, "train", seed=config.seed)
        if config.distinct:
            self.source = Repeated(self.source, math.ceil(config.distinct / config.batch_size))
        self.parts = Parted(self.source, config.parts, team.rank, team.size)
        self.state = State(phase="pretrain")

    def go(self) -> State:
        """Train until the end or an interrupt."""
        self.state = self.checkpoints.load(self.task, self.optimizer) or self.state
        self.checkpoints.discard_after(self.state.steps)
        if self.state.finished:
            self._say(f"{self.run} is finished: {self.state.steps:,} batches")
            return self.state
        if self.halved and lacks_halves(self.team.device):
            self._say(
                "This processor has no instructions for bfloat16 and takes several times as long: "
                "begin with --set precision=float32 instead"
            )
        logger = make_logger(self.run, self.state.steps) if self.team.first else None
        self.task.train()
        with (
            interrupts(self._ask),
            Bar(
                self.config.batches, self.state.steps, self.state.seconds, self.console,
                unit="batches", quiet=not self.team.first,
            ) as self.bar,
            SimClips(self.parts, self.config.batch_size, start=self.state.steps) as clips,
        ):  # fmt: skip
            self._learn(clips, logger)
        if logger is not None:
            logger.close()
        self._farewell()
        return self.state

    def _learn(self, clips: SimClips, logger: Any) -> None:
        """Batch after batch."""
        mean = math.nan
        for step in range(self.state.steps, self.config.batches):
            loss = self._step(step, next(clips))
            mean = loss if math.isnan(mean) else _SMOOTH * mean + (1 - _SMOOTH) * loss
            done = step + 1
            self.state.steps = done
            if logger is not None and (done % _LOG_EVERY == 0 or done == self.config.batches):
                logger.record("train/loss", loss)
                logger.record("train/loss_mean", mean)
                logger.record("train/learning_rate", learning_rate(self.config, step))
                logger.record("time/samples_per_second", self.bar.speed * self.config.batch_size)
                logger.dump(done)
            self.bar.advance(done, "pretraining", f"loss {mean:.4f}")
            ended = done == self.config.batches and not self.config.precise_bn
            self.interrupted = self.team.any(self.interrupted)
            if ended or self.interrupted or done % self.config.checkpoint_every == 0:
                self._save(finished=ended)
            if self.interrupted:
                return
        if self.config.precise_bn:
            take_statistics(self.task, self._lots(clips), self.team)
            self._save(finished=True)
            self.interrupted = False  # asked to stop within its last seconds, it is done

    def _lots(self, clips: SimClips) -> Iterator[Tensors]:
        """Inputs of the batches after the last one, `TOGETHER` samples at once."""
        batches = math.ceil(self.config.precise_bn / self.config.batch_size)
        at_once = max(1, TOGETHER // self.config.batch_size)
        for first in range(0, batches, at_once):
            steps = range(first, min(first + at_once, batches))
            self.bar.advance(self.config.batches, "pretraining", "statistics of many samples")
            found = [self.examples(self.config.batches + step, next(clips)) for step in steps]
            yield joined(found).inputs

    def _step(self, step: int, sample: Sample) -> float:
        """One update; returns the loss of the whole batch."""
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate(self.config, step)
        examples = self.examples(step, sample)
        self.optimizer.zero_grad(set_to_none=True)
        with torch.autocast(self.team.device.type, torch.bfloat16, enabled=self.halved):
            loss = self.learner(examples.inputs, examples.labels)
        if not torch.isfinite(loss):
            raise SoundwalkError(
                f"the loss of batch {step} is {loss.item()}: lower learning_rate "
                f"({self.config.learning_rate:g}); the last checkpoint is good"
            )
        loss.backward()
        nn.utils.clip_grad_norm_(self.task.parameters(), self.config.max_grad_norm)
        self.optimizer.step()
        return self.team.mean(float(loss.detach()))

    def examples(self, step: int, sample: Sample) -> Examples:
        """Examples of this process's parts of a batch."""
        each = self.config.batch_size // self.config.parts
        found = []
        for place, part in enumerate(self.parts.mine):
            rows = {key: value[place * each : (place + 1) * each] for key, value in sample.items()}
            generator = torch.Generator()
            seed = np.random.SeedSequence([self.config.seed, step, part]).generate_state(1)
            generator.manual_seed(int(seed[0]))
            tensors = to_tensors(rows, self.team.device)
            found.append(self.task.examples(tensors, generator))
        return joined(found)

    def _save(self, *, finished: bool) -> None:
        self.state.finished, self.state.seconds = finished, self.bar.seconds
        if not self.team.first:
            return
        written = self.checkpoints.save(self.state, self.task, self.optimizer)
        if finished and not written:
            raise SoundwalkError(
                f"{self.run} came to its end, but its last checkpoint could not be written: make "
                f"room on the disk, then `soundwalk resume {self.run}`"
            )
        if finished:
            export_encoders(self.task, self.config, self.run)

    def _ask(self) -> None:
        self.interrupted = True

    def _farewell(self) -> None:
        if self.interrupted:
            self._say(
                f"Stopped at {self.state.steps:,} batches. Go on with: soundwalk resume {self.run}"
            )
        else:
            self._say(f"Done: {self.run}, {self.state.steps:,} batches")

    def _say(self, line: str) -> None:
        if self.team.first:
            self.console.print(line, highlight=False)


def take_over(task: AVTask, run: Path) -> int:
    """Copy the weights of another run's system where names and shapes are the same.

    Returns:
        How many tensors were taken over.

    Raises:
        SoundwalkError: there is no trained run, or none of its tensors fits.
    """
    tensors = Checkpoints(run / "checkpoints", name="system").tensors()
    mine = task.state_dict()  # its tensors are the system's own, without what is always the same
    fitting = [name for name in tensors if name in mine and mine[name].shape == tensors[name].shape]
    if not fitting:
        raise SoundwalkError(
            f"init is {str(run)!r}: none of the weights of its system fits this one; its pieces "
            "have other names or sizes"
        )
    with torch.no_grad():
        for name in fitting:
            mine[name].copy_(tensors[name])
    return len(fitting)


def export_encoders(task: AVTask, config: PretrainConfig, run: Path) -> None:
    """Write each encoder of a system into the run's encoders/, for `policy.encoders`."""
    for name, encoder in task.encoders.items():
        meta = {"input": name, "system": config.title, "data": config.data, "run": str(run)}
        save_encoder(encoder, run / "encoders" / name, meta)
