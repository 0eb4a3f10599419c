"""Encoders in a policy survive what Stable-Baselines3 does to features extractors.

Each trap is first shown to bite an extractor that does nothing against it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
import torch
from stable_baselines3 import PPO
from stable_baselines3.common.torch_layers import BaseFeaturesExtractor
from torch import Tensor, nn

from soundwalk.agents.policies import AudioGoalPolicy, EncoderExtractor
from soundwalk.agents.policies.extractor import SETTLING, EncoderBranch
from soundwalk.envs.interface import SoundwalkError
from soundwalk.perception.encoders.image import ImageEncoder
from soundwalk.perception.encoders.pretrained import EncoderSource
from soundwalk.perception.encoders.store import save_encoder

SPACE = gym.spaces.Dict(
    {
        "rgb": gym.spaces.Box(0, 255, (16, 16, 3), np.uint8),
        "pose": gym.spaces.Box(-9, 9, (4,), np.float32),
    }
)
ARGUMENTS: dict[str, Any] = {"dim": 6, "width": 4, "stages": 2}
State = dict[str, Tensor]


class Colours(gym.Env[Any, Any]):
    """The picture's colour says which action is rewarded."""

    observation_space = SPACE
    action_space = gym.spaces.Discrete(4)

    def reset(self, **_: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        self.rng = np.random.default_rng(0)
        return self._draw(), {}

    def step(self, action: Any) -> tuple[dict[str, Any], float, bool, bool, dict[str, Any]]:
        reward = float(action == self.colour)
        return self._draw(), reward, self.rng.random() < 0.1, False, {}

    def _draw(self) -> dict[str, Any]:
        self.colour = int(self.rng.integers(4))
        rgb = self.rng.integers(0, 60, (16, 16, 3)).astype(np.uint8)
        rgb[..., self.colour % 3] += np.uint8(60 * (1 + self.colour // 3))
        return {"rgb": rgb, "pose": self.rng.standard_normal(4).astype(np.float32)}


@pytest.fixture
def encoder() -> ImageEncoder:
    """Pretrained, so to say: its statistics are not those of a new one."""
    torch.manual_seed(5)
    encoder = ImageEncoder(**ARGUMENTS)
    encoder(torch.rand(16, 16, 16, 3))
    return encoder


def copy(module: nn.Module) -> State:
    return {name: value.clone() for name, value in module.state_dict().items()}


def same(a: State, b: State, part: Callable[[str], bool] = bool) -> bool:
    return all(torch.equal(a[name], b[name]) for name in a if part(name))


def weight(name: str) -> bool:
    return name.endswith(("weight", "bias"))


def statistic(name: str) -> bool:
    return "running" in name or "tracked" in name


class Unprotected(BaseFeaturesExtractor):
    """What one writes first: frozen by requires_grad alone."""

    def __init__(self, space: gym.spaces.Dict, encoder: nn.Module) -> None:
        super().__init__(space, 6)
        self.encoder = encoder.requires_grad_(requires_grad=False)

    def forward(self, observations: dict[str, Tensor]) -> Tensor:
        rgb = observations["rgb"].movedim(1, 3)  # SB3 puts channels first
        features: Tensor = self.encoder(rgb)
        return features


def ppo(policy: Any, *, learn: bool = True, **policy_kwargs: Any) -> PPO:
    """A little learning on `Colours`."""
    model = PPO(
        policy, Colours(), n_steps=64, batch_size=32, n_epochs=2, seed=0, device="cpu",
        policy_kwargs=policy_kwargs, learning_rate=3e-3,
    )  # fmt: skip
    return model.learn(128) if learn else model


def test_sb3_draws_weights_of_an_unprotected_extractor_anew_and_not_ours(
    encoder: ImageEncoder,
) -> None:
    """The trap of ortho_init=True, which is SB3's default."""
    before = copy(encoder)
    options: dict[str, Any] = {"features_extractor_kwargs": {"encoders": {"rgb": encoder}}}
    ppo("MultiInputPolicy", features_extractor_class=EncoderExtractor, **options)
    assert same(before, copy(encoder))
    for parameter in encoder.parameters():  # nn.init.orthogonal_ wants them so
        parameter.data = parameter.data.contiguous()
    ppo("MultiInputPolicy", learn=False, features_extractor_class=Unprotected,
        features_extractor_kwargs={"encoder": encoder})  # fmt: skip
    assert not same(before, copy(encoder), weight)


def test_statistics_of_an_unprotected_extractor_drift_and_ours_do_not(
    encoder: ImageEncoder,
) -> None:
    """The trap of PPO's set_training_mode(True)."""
    before = copy(encoder)
    model = ppo(AudioGoalPolicy, features_extractor_kwargs={"encoders": {"rgb": encoder}})
    model.policy.set_training_mode(True)
    assert not encoder.training
    assert same(before, copy(encoder))
    ppo("MultiInputPolicy", features_extractor_class=Unprotected, ortho_init=False,
        features_extractor_kwargs={"encoder": encoder})  # fmt: skip
    assert same(before, copy(encoder), weight)
    assert not same(before, copy(encoder), statistic)


def test_a_frozen_encoder_stays_as_it_is_and_everything_else_learns(encoder: ImageEncoder) -> None:
    before = copy(encoder)
    options: dict[str, Any] = {"features_extractor_kwargs": {"encoders": {"rgb": encoder}}}
    untrained = copy(ppo(AudioGoalPolicy, learn=False, **options).policy)
    model = ppo(AudioGoalPolicy, **options)
    assert same(before, copy(encoder))
    learned = copy(model.policy)
    still = {name for name in untrained if torch.equal(untrained[name], learned[name])}
    assert {name for name in still if ".encoder." not in name} <= {"compass.weight", "compass.bias"}


def test_the_optimizer_holds_what_learns_and_nothing_that_is_frozen(encoder: ImageEncoder) -> None:
    model = ppo(
        AudioGoalPolicy, learn=False,
        features_extractor_kwargs={"encoders": {"rgb": encoder}},
    )  # fmt: skip
    held = {id(p) for group in model.policy.optimizer.param_groups for p in group["params"]}
    frozen = {id(p) for p in encoder.parameters()}
    assert not held & frozen
    assert held | frozen == {id(p) for p in model.policy.parameters()}


def test_a_fine_tuned_encoder_starts_from_its_weights_and_learns_and_its_statistics_are_still(
    encoder: ImageEncoder, tmp_path: Any
) -> None:
    save_encoder(encoder, tmp_path / "eyes", arguments=ARGUMENTS)
    sources = {"rgb": EncoderSource(str(tmp_path / "eyes"), frozen=False)}
    model = ppo(AudioGoalPolicy, learn=False, features_extractor_kwargs={"encoders": sources})
    inside: Any = model.policy.features_extractor.branches["rgb"].encoder.network  # type: ignore[union-attr, index]
    assert same(copy(encoder), copy(inside))
    model.learn(128)
    changed = [n for n, v in inside.state_dict().items() if not torch.equal(v, copy(encoder)[n])]
    assert set(changed) == {name for name, _ in encoder.named_parameters()}


def test_an_encoder_from_scratch_finds_its_statistics_in_the_first_batches_and_keeps_them() -> None:
    torch.manual_seed(0)
    norm = nn.BatchNorm1d(3)
    norm.dim = 3  # type: ignore[assignment]
    branch = EncoderBranch(norm, 4, frozen=False, scratch=True)
    data = torch.tensor([5.0, -3.0, 0.0]) + torch.randn(4096, 3) * torch.tensor([1.0, 2.0, 4.0])
    branch.eval()(data)
    assert norm.num_batches_tracked == 0
    branch.train()
    for _ in range(SETTLING):
        branch(data[torch.randint(4096, (512,))])
    statistics = copy(norm)
    expected = torch.tensor([[5.0, -3.0, 0.0], [1.0, 4.0, 16.0]])
    torch.testing.assert_close(statistics["running_mean"], expected[0], atol=0.3, rtol=0)
    torch.testing.assert_close(statistics["running_var"], expected[1], atol=0, rtol=0.2)
    settled = copy(norm)
    branch(data + 9)
    assert same(settled, copy(norm))
    assert not norm.training


def test_bytes_reach_the_encoder_as_they_do_outside_of_sb3(encoder: ImageEncoder) -> None:
    model = ppo(
        AudioGoalPolicy, learn=False,
        features_extractor_kwargs={"encoders": {"rgb": encoder}},
    )  # fmt: skip
    seen: list[Tensor] = []
    encoder.register_forward_hook(lambda *call: seen.append(call[2]))
    rgb = torch.randint(0, 256, (3, 3, 16, 16), dtype=torch.uint8)  # SB3 put channels first
    model.policy.extract_features({"rgb": rgb, "pose": torch.zeros(3, 4)})
    expected = encoder(rgb.movedim(1, 3))
    torch.testing.assert_close(seen[0], expected)


def test_other_observations_go_through_their_own_branches(encoder: ImageEncoder) -> None:
    space = gym.spaces.Dict({**SPACE.spaces, "encoded_audio": gym.spaces.Box(-9, 9, (7,))})
    extractor = EncoderExtractor(space, {"rgb": encoder}, features_dim=10, width=5)
    assert set(extractor.keys) == {"rgb", "pose", "encoded_audio"}
    one = {key: torch.rand(2, *(s.shape or ())) for key, s in space.spaces.items()}
    for key in extractor.keys:
        other = {**one, key: torch.rand_like(one[key])}
        assert not torch.equal(extractor(one), extractor(other))
    chosen = EncoderExtractor(space, {"rgb": encoder}, keys=("pose",))
    assert set(chosen.keys) == {"rgb", "pose"}


def test_an_encoder_of_sound_reads_the_remembered_waveform_where_there_is_one() -> None:
    class Length(nn.Module):
        keys, dim = ("audio",), 2

        def forward(self, x: Tensor) -> Tensor:
            return x.mean(2) + x.shape[2]

    sound: dict[str, gym.Space[Any]] = {
        "audio": gym.spaces.Box(-1, 1, (2, 40)),
        "waveform": gym.spaces.Box(-1, 1, (2, 160)),
    }
    for spaces, expected in ((sound, "waveform"), ({"audio": sound["audio"]}, "audio")):
        extractor = EncoderExtractor(gym.spaces.Dict(spaces), {"audio": Length()})
        assert list(extractor.keys) == [expected]


def test_an_encoder_without_its_observation_is_named(encoder: ImageEncoder) -> None:
    space = gym.spaces.Dict({"pose": SPACE["pose"]})
    with pytest.raises(SoundwalkError, match=r"encoder of 'rgb' has nothing to read: .* pose"):
        EncoderExtractor(space, {"rgb": encoder})
