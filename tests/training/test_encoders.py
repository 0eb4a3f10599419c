"""Encoders in a training: from the configuration to walks that are evaluated.

In the corridor a step has 4 samples, so 16 a second: an encoder of one second hears 16 samples.
"""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
import torch
from rich.console import Console
from safetensors.torch import load_file
from torch import Tensor
from transformers import ASTConfig, AutoModel, Wav2Vec2Config

from soundwalk.envs.interface import SoundwalkError
from soundwalk.envs.sb3 import SB3VecEnv
from soundwalk.perception.encoders.image import ImageEncoder
from soundwalk.perception.encoders.spectrogram import SpectrogramEncoder
from soundwalk.perception.encoders.store import save_encoder
from soundwalk.training.config import (
    Config,
    PolicyConfig,
    from_dict,
    load_config,
    save_config,
)
from soundwalk.training.evaluate import evaluate
from soundwalk.training.players import PolicyAgent, load_policy
from soundwalk.training.ppo import make_ppo
from soundwalk.training.reinforce import resume, train
from soundwalk.training.worlds import Envs, KeepObservations, make_envs, with_encoders

QUIET = Console(quiet=True)
MakeCorridors = Callable[[Config], KeepObservations]
LEARNING = {"frozen": False}
FROZEN = {"frozen": True}


@pytest.fixture(scope="module")
def ears(tmp_path_factory: pytest.TempPathFactory) -> str:
    """An encoder for the corridor."""
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("encoders") / "ears"
    save_encoder(SpectrogramEncoder(2, 6, 4, n_fft=8, hop=4, window=8, rate=16), folder)
    return str(folder)


def encoded(config: Config, ears: str, **options: Any) -> Config:
    """The same training with an encoder of sound."""
    source = {"source": ears, **options}
    values = {"keys": ["last_action"], "features_dim": 16, "width": 8, "hidden": 16}
    policy = from_dict({"policy": {**values, "encoders": {"audio": source}}}).policy
    return dataclasses.replace(config, policy=policy)


@pytest.fixture
def make(corridors: MakeCorridors) -> Callable[[Config], Envs]:
    """The corridor with what encoders make or read."""

    def make(config: Config) -> Envs:
        heard = dataclasses.replace(config, policy=PolicyConfig(keys=("audio", "last_action")))
        envs = with_encoders(corridors(heard), config.env.encoders)
        return KeepObservations(envs, config.policy.keys)

    return make


def weights(run: Path) -> dict[str, Tensor]:
    return load_file(run / "checkpoints" / "step_00001024" / "policy.safetensors")


@pytest.mark.parametrize("options", [FROZEN, LEARNING, {**LEARNING, "scratch": True}], ids=str)
def test_a_resumed_run_with_an_encoder_has_the_weights_of_one_that_never_stopped(
    tiny: Config, make: Any, ears: str, tmp_path: Path, options: dict[str, Any]
) -> None:
    config = encoded(tiny, ears, **options)
    assert train(config, tmp_path / "whole", console=QUIET, make=make).finished
    shutil.copytree(tmp_path / "whole", tmp_path / "part")
    for late in ("step_00000768", "step_00001024"):
        shutil.rmtree(tmp_path / "part" / "checkpoints" / late)
    (tmp_path / "part" / "checkpoints" / "best.json").unlink(missing_ok=True)
    assert resume(tmp_path / "part", console=QUIET, make=make).steps == 1024
    torch.testing.assert_close(
        weights(tmp_path / "part"), weights(tmp_path / "whole"), rtol=0, atol=0
    )


def test_the_warm_start_and_ppo_change_an_encoder_that_learns(
    warm: Config, make: Any, ears: str, tmp_path: Path
) -> None:
    train(encoded(warm, ears, **LEARNING), tmp_path / "run", console=QUIET, make=make)
    prefix = "features_extractor.branches.waveform.encoder.network."
    learned = {k.removeprefix(prefix): v for k, v in weights(tmp_path / "run").items()}
    began = load_file(Path(ears) / "weights.safetensors")
    for name, value in began.items():
        still = "running" in name or "tracked" in name
        assert torch.equal(learned[name], value) == still, name


def test_the_buffer_holds_features_of_a_frozen_encoder_and_the_policy_none_of_its_weights(
    tiny: Config, make: Any, ears: str
) -> None:
    model = make_ppo(config := encoded(tiny, ears), SB3VecEnv(make(config)))
    assert isinstance(model.observation_space, gym.spaces.Dict)
    assert {k: s.shape for k, s in model.observation_space.spaces.items()} == {
        "encoded_audio": (6,), "last_action": (4,),
    }  # fmt: skip
    assert not [name for name, _ in model.policy.named_parameters() if "network" in name]


def test_a_configuration_with_encoders_is_read_back_as_it_was(ears: str, tmp_path: Path) -> None:
    overrides = [f"policy.encoders.audio.source={ears}", "policy.encoders.audio.memory=0.5"]
    config = load_config("quick", overrides)
    source = config.policy.encoders["audio"]
    assert (source.frozen, source.memory, len(source.digest)) == (True, 0.5, 16)
    assert config.env.encoders == config.policy.encoders
    assert config.policy.keys[-1] == "encoded_audio"
    save_config(config, tmp_path / "config.yaml")
    assert load_config(tmp_path / "config.yaml") == config
    learning = load_config("quick", [*overrides, "policy.encoders.audio.frozen=false"])
    assert learning.policy.keys[-1] == "waveform"


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"source": "nowhere"}, "there is no encoder at 'nowhere'"),
        ({"source": "hf:x", "frosen": True}, "policy.encoders.audio 'frosen': did you mean 'froz"),
        ({"source": "hf:x", "memory": -1}, "memory is -1.0: expected seconds, more than 0"),
        (3, "config key 'policy.encoders.audio' is 3: expected a section"),
        ({"frozen": True}, "policy.encoders.audio.source is missing"),
    ],
)
def test_an_encoder_that_cannot_be_meant_is_named(values: Any, message: str) -> None:
    with pytest.raises(SoundwalkError, match=message):
        from_dict({"policy": {"encoders": {"audio": values}}})


def test_encoders_belong_to_the_policy() -> None:
    with pytest.raises(SoundwalkError, match=r"filled in by policy.encoders"):
        from_dict({"env": {"encoders": {"audio": {"source": "hf:x"}}}})


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Encoders for generated homes, ours and those of transformers."""
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("encoders")
    save_encoder(SpectrogramEncoder(dim=6, width=4), folder / "ears")
    save_encoder(ImageEncoder(1, 6, 4, scale=10.0), folder / "eyes")
    small = {
        "hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 8,
    }  # fmt: skip
    ast = ASTConfig(**small, num_mel_bins=32, max_length=98)
    wav2vec2 = Wav2Vec2Config(
        **small, conv_dim=(8, 8), conv_stride=(10, 8), conv_kernel=(10, 8),
        num_feat_extract_layers=2, num_conv_pos_embeddings=8, num_conv_pos_embedding_groups=2,
    )  # fmt: skip
    for name, config in (("ast", ast), ("wav2vec2", wav2vec2)):
        AutoModel.from_config(config).save_pretrained(folder / name)
    return {name: str(folder / name) for name in ("ears", "eyes", "ast", "wav2vec2")}


def homes(encoders: dict[str, Any]) -> Config:
    """A training of 64 steps in a few homes of one room."""
    return from_dict(
        {
            "total_steps": 64, "checkpoint_every": 64, "device": "cpu",
            "env": {
                "num_envs": 4, "rooms": [1, 1], "resolution": 16, "homes": 2, "max_steps": 12,
                "wrappers": [],
            },
            "policy": {
                "keys": ["pose"], "features_dim": 8, "width": 8, "hidden": 8, "encoders": encoders,
            },
            "ppo": {"n_steps": 16, "batch_size": 32, "n_epochs": 1},
        }
    )  # fmt: skip


def test_a_run_with_encoders_trains_and_is_evaluated_in_homes(
    folders: dict[str, str], tmp_path: Path
) -> None:
    encoders = {
        "audio": {"source": folders["ears"], **FROZEN},
        "depth": {"source": folders["eyes"], **LEARNING},
    }
    train(homes(encoders), tmp_path / "run", console=QUIET)
    run = tmp_path / "run"
    results = evaluate([str(run), "deaf"], episodes=3, num_envs=2)
    assert results["agents"][str(run)]["na"]["mean"] >= 1
    again = evaluate([str(run)], episodes=3, num_envs=2)
    assert again["agents"][str(run)] == results["agents"][str(run)]
    save_encoder(SpectrogramEncoder(dim=6, width=4), folders["ears"])  # trained on, meanwhile
    with pytest.raises(SoundwalkError, match=r"digest .* with which the policy was trained"):
        evaluate([str(run)], episodes=1)


def test_a_deaf_agent_gets_the_features_of_silence(folders: dict[str, str], tmp_path: Path) -> None:
    config = homes({"audio": {"source": folders["ears"], **FROZEN}})
    train(config, tmp_path / "run", console=QUIET)
    envs = make_envs(config.env)
    try:
        policy = load_policy(tmp_path / "run", envs)
        observations, infos = envs.reset(seed=0)
        nothing = np.full(6, 0.25, np.float32)
        deaf = PolicyAgent(policy, 4, deaf=True, silence={"encoded_audio": nothing})
        hearing = PolicyAgent(policy, 4)
        seen: list[Any] = []
        judge = policy.judge
        policy.judge = lambda x: seen.append(x["encoded_audio"]) or judge(x)  # type: ignore
        for agent in (deaf, hearing):
            agent.reset(np.ones(4, bool))
            agent.act(observations, infos)
    finally:
        envs.close()
    np.testing.assert_array_equal(seen[0], np.tile(nothing, (4, 1)))
    np.testing.assert_array_equal(seen[1], observations["encoded_audio"])


@pytest.mark.parametrize("options", [FROZEN, LEARNING], ids=["frozen", "learning"])
@pytest.mark.parametrize("name", ["ast", "wav2vec2"])
def test_an_audio_model_of_transformers_runs_from_sound_to_a_few_steps_of_ppo(
    folders: dict[str, str], name: str, options: dict[str, Any]
) -> None:
    config = homes({"audio": {"source": f"hf:{folders[name]}", **options, "scratch": True}})
    venv = SB3VecEnv(make_envs(config.env, keys=config.policy.keys))
    try:
        model = make_ppo(config, venv)
        before = {n: p.detach().clone() for n, p in model.policy.named_parameters()}
        model.learn(64)
    finally:
        venv.close()
    after = dict(model.policy.named_parameters())
    changed = [n for n in before if not torch.equal(before[n], after[n])]
    assert all(value.isfinite().all() for value in after.values())
    assert any("branches" in n and "network" not in n for n in changed)
    assert any("network.model" in n for n in changed) == (options is LEARNING)
