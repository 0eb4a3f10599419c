"""What an experiment is: frozen dataclasses, read once from YAML.

A YAML file names only what differs from the defaults below. Unknown keys and values of the wrong
type are errors that say where they stand and what was expected.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import pi
from pathlib import Path
from typing import Any

import yaml

from .. import configs
from ..envs.interface import SENSOR_HEIGHT, SoundwalkError, unknown
from ..perception.encoders.pretrained import EncoderSource
from ..perception.encoders.protocol import ENCODED
from .convert import build, plain
from .imitate import ImitationConfig
from .reading import find_yaml, override, read_yaml


@dataclass(frozen=True)
class EnvConfig:
    """Arguments of `AudioGoalVectorEnv`, which world it is in, and the wrappers around it.

    From `receiver` on: see `envs.simulators.options.HearingOptions`.

    Attributes:
        world: "generated", scenes of files, or data of others; see `training.elsewhere`.
        world_options: what that world has beyond the keys here.
        wrappers: import strings "module:Class" of vector wrappers, the innermost first. A module
            that begins with a dot is one of soundwalk's.
        encoders: those of the policy, filled in from there: frozen ones encode, for the others the
            sound of the last second is kept.
    """

    world: str | tuple[str, ...] | dict[str, Any] = "generated"
    world_options: dict[str, Any] = field(default_factory=dict)
    num_envs: int = 64
    split: str = "train"
    sounds: str = "heard"
    rooms: int | tuple[int, int] = (3, 6)
    resolution: int = 64
    hfov: float = pi / 2
    sensors: tuple[str, ...] = ("depth", "audio")
    max_steps: int = 500
    homes: int = 64
    refresh: float = 0.5
    duration: float = 0.0
    wrappers: tuple[str, ...] = (".perception.features:SpectrogramObservation",)
    receiver: str = "binaural"
    ear_height: float = SENSOR_HEIGHT
    distractors: int = 0
    moving: float = 0.0
    onset: float = 0.0
    loop: bool = True
    directivity: str | None = None
    level: float | None = None
    snr: float | None = None
    motor_noise: float | None = None
    echolocation: str = "off"
    echo_cost: float = 0.0
    emission: str = "sweep"
    emission_level: float = 74.0
    stems: bool = False
    doppler: bool = False
    substeps: int = 0
    acoustics: dict[str, Any] = field(default_factory=dict)
    encoders: dict[str, EncoderSource] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Make encoders of what YAML says of them."""
        object.__setattr__(self, "encoders", _encoders(self.encoders, "env.encoders"))


@dataclass(frozen=True)
class PolicyConfig:
    """The network: which observations it uses, and how wide it is; see `AudioVisualExtractor`.

    Attributes:
        keys: observations; those that encoders read or make are added.
        encoders: pretrained networks by the observation that each reads (audio, rgb, depth); see
            `EncoderSource`. A frozen one adds the observation encoded_audio, … once a step, one
            that learns is part of the policy.
    """

    keys: tuple[str, ...] = ("depth", "spectrogram", "pose", "collided", "last_action")
    features_dim: int = 256
    width: int = 128
    hidden: int = 128
    encoders: dict[str, EncoderSource] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Make encoders of what YAML says of them, and name what they read or make."""
        encoders = _encoders(self.encoders, "policy.encoders")
        added = [_observation(key, source) for key, source in encoders.items()]
        object.__setattr__(self, "encoders", encoders)
        object.__setattr__(self, "keys", tuple(dict.fromkeys([*self.keys, *added])))


@dataclass(frozen=True)
class PPOConfig:
    """Arguments of Stable-Baselines3's PPO.

    Attributes:
        n_steps: steps of each environment between updates.
        schedule: "linear" lets learning rate fall to a tenth until the end, "constant" does not.
    """

    n_steps: int = 64
    batch_size: int = 1024
    n_epochs: int = 2
    learning_rate: float = 3e-4
    schedule: str = "linear"
    gamma: float = 0.99
    gae_lambda: float = 0.95
    clip_range: float = 0.2
    ent_coef: float = 0.01
    vf_coef: float = 0.5
    max_grad_norm: float = 0.5
    target_kl: float | None = None


@dataclass(frozen=True)
class EvalConfig:
    """Evaluation while training; the best checkpoint is the one with the highest SPL.

    Attributes:
        episodes: how many, the same ones each time; 0 leaves evaluation out, and the best
            checkpoint is then judged by the training episodes before it.
        every: environment steps between evaluations, which happen at checkpoints.
    """

    episodes: int = 0
    every: int = 0
    split: str = "val"
    sounds: str = "heard"
    seed: int = 0


@dataclass(frozen=True)
class Config:
    """An experiment.

    Attributes:
        total_steps: environment steps of all agents together, the warm start included.
        checkpoint_every: steps between checkpoints, at each of which all environments begin anew,
            so that a resumed run and one that was never interrupted are the same run.
        keep: how many of the last checkpoints stay, besides the best one.
        device: "auto", "cpu", "cuda", …
        torch_threads: threads of PyTorch; 0 leaves the choice to PyTorch.
    """

    total_steps: int = 1_000_000
    seed: int = 0
    device: str = "auto"
    torch_threads: int = 1
    checkpoint_every: int = 100_000
    keep: int = 3
    env: EnvConfig = field(default_factory=EnvConfig)
    policy: PolicyConfig = field(default_factory=PolicyConfig)
    imitation: ImitationConfig = field(default_factory=ImitationConfig)
    ppo: PPOConfig = field(default_factory=PPOConfig)
    eval: EvalConfig = field(default_factory=EvalConfig)

    def __post_init__(self) -> None:
        """Check what no single type can say."""
        for name, value in (
            ("total_steps", self.total_steps),
            ("checkpoint_every", self.checkpoint_every),
            ("keep", self.keep),
            ("env.num_envs", self.env.num_envs),
            ("ppo.n_steps", self.ppo.n_steps),
            ("ppo.batch_size", self.ppo.batch_size),
            ("ppo.n_epochs", self.ppo.n_epochs),
        ):
            if value < 1:
                raise SoundwalkError(f"{name} is {value}: expected at least 1")
        if self.ppo.schedule not in ("linear", "constant"):
            raise unknown("ppo.schedule", self.ppo.schedule, ["linear", "constant"])
        rollout = self.env.num_envs * self.ppo.n_steps
        if rollout % self.ppo.batch_size:
            raise SoundwalkError(
                f"ppo.batch_size is {self.ppo.batch_size}: expected a divisor of env.num_envs x "
                f"ppo.n_steps = {rollout}"
            )
        env = dataclasses.replace(self.env, encoders=self.policy.encoders)
        object.__setattr__(self, "env", env)


def load_config(name: str | Path, overrides: Sequence[str] = ()) -> Config:
    """Read a published configuration by its name, or any YAML file by its path.

    Args:
        name: "quick" finds configs/quick.yaml; a path is read as it is.
        overrides: "key=value" with dotted keys and YAML values, e.g. "env.rooms=[1, 2]".

    Raises:
        SoundwalkError: no such file, not YAML, an unknown key, a value of the wrong type.
    """
    values = read_yaml(find_yaml(str(name), Path(configs.__file__).parent))
    for text in overrides:
        override(values, text)
    return from_dict(values)


def from_dict(values: Mapping[str, Any]) -> Config:
    """A configuration from plain nested values.

    >>> from_dict({"env": {"rooms": [1, 2]}, "ppo": {"learning_rate": "1e-4"}}).env.rooms
    (1, 2)

    Raises:
        SoundwalkError: an unknown key, or a value of the wrong type.
    """
    env = values.get("env")
    if isinstance(env, Mapping) and env.get("encoders"):
        raise SoundwalkError("env.encoders are filled in by policy.encoders: set those instead")
    return build(Config, values, "")


def save_config(config: Config, path: Path) -> None:
    """Write all values, the defaults too, as YAML that `load_config` reads back."""
    values = plain(dataclasses.asdict(config))
    del values["env"]["encoders"]  # those of the policy
    path.write_text(yaml.safe_dump(values, sort_keys=False), encoding="utf-8")


def _encoders(values: Mapping[str, Any], where: str) -> dict[str, EncoderSource]:
    """Encoders from plain values, each pinned to what its folder holds now."""
    made = {}
    for key, value in values.items():
        if isinstance(value, EncoderSource):
            made[key] = value
            continue
        if isinstance(value, Mapping) and "source" not in value:
            raise SoundwalkError(
                f"{where}.{key}.source is missing: expected a folder, timm:NAME or hf:NAME"
            )
        made[key] = build(EncoderSource, value, f"{where}.{key}").pinned()
    return made


def _observation(key: str, source: EncoderSource) -> str:
    """The observation that a policy gets with an encoder of `key`."""
    if source.frozen:
        return ENCODED + key
    return "waveform" if key == "audio" else key
