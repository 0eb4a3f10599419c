"""Branches of the policy: the order of axes, the scale of units, and layers of one's own."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np
import pytest
import torch
from torch import Tensor, nn

from soundwalk.agents.baselines.agent import Random, generators
from soundwalk.agents.policies.networks import (
    AudioVisualExtractor,
    EncodedBranch,
    ImageBranch,
    SpectrogramBranch,
    VectorBranch,
)
from soundwalk.agents.policies.policy import AudioGoalPolicy
from soundwalk.envs.interface import MAX_DEPTH, Action, SoundwalkError


def boxes(**shapes: tuple[int, ...]) -> gym.spaces.Dict:
    """A space of unbounded boxes."""
    return gym.spaces.Dict({k: gym.spaces.Box(-np.inf, np.inf, s) for k, s in shapes.items()})


@pytest.mark.parametrize("side", [32, 64])
def test_an_image_means_the_same_with_its_channels_first_or_last(side: int) -> None:
    made = []
    for shape in ((side, side, 3), (3, side, side)):
        torch.manual_seed(0)
        made.append(ImageBranch(shape, 10, scale=1.0))
    last, first = made
    image = torch.rand(2, side, side, 3)
    torch.testing.assert_close(last(image), first(image.movedim(-1, 1)))


@pytest.mark.parametrize("side", [64, 96])
def test_large_images_are_seen_at_half_their_size(side: int) -> None:
    """Each pixel is the mean of four: noise that cancels in every two by two is not seen."""
    torch.manual_seed(1)
    branch = ImageBranch((side, side, 1), 10, scale=1.0)
    image = torch.rand(1, side, side, 1)
    chequered = torch.ones(side, side)
    chequered[::2, ::2], chequered[1::2, 1::2] = -1, -1
    torch.testing.assert_close(branch(image), branch(image + chequered[None, :, :, None]))


def test_depth_is_measured_in_quarters_of_the_farthest() -> None:
    torch.manual_seed(2)
    metres = AudioVisualExtractor(boxes(depth=(32, 32, 1)), 8, 6)
    branch = metres.branches["depth"]
    assert isinstance(branch, ImageBranch)
    plain = ImageBranch((32, 32, 1), 6, scale=1.0)
    plain.load_state_dict(branch.state_dict())
    depth = torch.rand(3, 32, 32, 1) * MAX_DEPTH
    torch.testing.assert_close(branch(depth), plain(depth * 4 / MAX_DEPTH))


def test_ten_times_the_magnitude_is_a_third_of_ten_more_everywhere() -> None:
    """Levels are logarithms over 3: above the floor of 1e-3 a gain is a shift, ln 10 / 3."""
    torch.manual_seed(3)
    branch = SpectrogramBranch((65, 26, 2), 6)
    seen: list[Tensor] = []
    branch.layers.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    loud = torch.rand(1, 65, 26, 2) + 1.0
    branch(loud)
    branch(10 * loud)
    branch(torch.zeros(1, 65, 26, 2))
    assert seen[0].shape == (1, 2, 65, 26)
    torch.testing.assert_close(
        seen[1] - seen[0], torch.full_like(seen[0], np.log(10) / 3), atol=1e-3, rtol=0
    )
    assert seen[2].max() == pytest.approx(np.log(1e-3) / 3 + 1, abs=1e-5)


def test_vectors_are_two_dense_rectified_layers() -> None:
    torch.manual_seed(4)
    branch = VectorBranch(12, 5)
    values = torch.randn(7, 3, 4)
    (w1, b1), (w2, b2) = (
        (layer.weight.detach().numpy(), layer.bias.detach().numpy())
        for layer in branch.layers
        if isinstance(layer, nn.Linear)
    )
    assert (w1.shape, w2.shape) == ((10, 12), (5, 10))
    hidden = np.maximum(values.numpy().reshape(7, 12) @ w1.T + b1, 0)
    expected = np.maximum(hidden @ w2.T + b2, 0)
    np.testing.assert_allclose(branch(values).detach().numpy(), expected, atol=1e-5)


def test_features_of_encoders_are_brought_to_one_scale() -> None:
    torch.manual_seed(5)
    branch = EncodedBranch(16, 6)
    values = torch.randn(4, 16)
    torch.testing.assert_close(branch(values), branch(1000 * values + 70), atol=1e-3, rtol=1e-3)


def test_motion_passes_by_the_branches_scaled_to_about_one() -> None:
    """The pose is divided by 5; an extractor of motion alone is one dense layer."""
    torch.manual_seed(6)
    extractor = AudioVisualExtractor(boxes(pose=(4,), collided=(1,), last_action=(4,)), 9, 6)
    assert len(extractor.branches) == 0
    seen = {k: torch.randn(3, *s) for k, s in (("pose", (4,)), ("collided", (1,)))}
    seen["last_action"] = torch.eye(4)[:3]
    joined = torch.cat([seen["pose"] / 5, seen["collided"], seen["last_action"]], 1).numpy()
    layer = extractor.mix[0]
    assert isinstance(layer, nn.Linear)
    expected = joined @ layer.weight.detach().numpy().T + layer.bias.detach().numpy()
    np.testing.assert_allclose(extractor(seen).detach().numpy(), np.maximum(expected, 0), atol=1e-5)


def test_a_branch_of_ones_own_reads_what_is_known_here_and_what_is_not() -> None:
    class Mean(nn.Module):
        def forward(self, values: Tensor) -> Tensor:
            return values.flatten(1).mean(1, keepdim=True).expand(-1, 6)

    space = boxes(audio=(2, 400), pose=(4,), cues=(8, 20))
    own = AudioVisualExtractor(space, 5, 6, branches={"audio": Mean(), "pose": Mean()})
    assert set(own.keys) == {"audio", "pose", "cues"}
    assert own.motion_keys == []  # a pose with a branch of its own does not pass by as well
    one = {key: torch.randn(2, *(s.shape or ())) for key, s in space.spaces.items()}
    mirrored = {**one, "audio": one["audio"].flip(-1), "pose": one["pose"].flip(-1)}
    torch.testing.assert_close(own(one), own(mirrored))  # a mean does not know the order
    with pytest.raises(SoundwalkError, match="policy key 'echo' cannot be used: this environment"):
        AudioVisualExtractor(space, 5, 6, branches={"echo": Mean()})


def test_what_is_judged_is_what_stable_baselines_evaluates() -> None:
    torch.manual_seed(7)
    space = boxes(pose=(4,), cues=(8, 20))
    policy = AudioGoalPolicy(space, gym.spaces.Discrete(4), lambda _: 1e-3)
    seen = {key: torch.randn(5, *(s.shape or ())) for key, s in space.spaces.items()}
    actions = torch.tensor([0, 1, 2, 3, 0])
    with torch.no_grad():
        logits, value, compass = policy.judge(seen)
        values, chances, entropy = policy.evaluate_actions(seen, actions)
    assert compass.shape == (5, 3)
    shares = np.exp(logits.numpy()) / np.exp(logits.numpy()).sum(1, keepdims=True)
    np.testing.assert_allclose(value.numpy(), values.numpy().ravel(), atol=1e-6)
    np.testing.assert_allclose(
        chances.numpy(), np.log(shares[np.arange(5), actions.numpy()]), atol=1e-5
    )
    assert entropy is not None
    np.testing.assert_allclose(entropy.numpy(), -(shares * np.log(shares)).sum(1), atol=1e-5)


def test_a_policy_needs_named_observations() -> None:
    flat: gym.Space[Any] = gym.spaces.Box(-1, 1, (4,))
    with pytest.raises(SoundwalkError, match=r"observation space is Box.*: expected a Dict space"):
        AudioGoalPolicy(flat, gym.spaces.Discrete(4), lambda _: 1e-3)


def test_who_walks_at_random_stops_as_often_as_said_and_turns_to_both_sides_alike() -> None:
    """Shares of 20,000 choices lie within four standard deviations of what was asked for."""
    agent = Random(40, seed=3, stop_rate=0.1)
    chosen = np.concatenate([agent.act({}, {}) for _ in range(500)])
    for action in Action:
        share = 0.1 if action == Action.STOP else 0.3
        reach = 4 * np.sqrt(share * (1 - share) / len(chosen))
        assert (chosen == action).mean() == pytest.approx(share, abs=reach)


def test_choices_of_an_environment_do_not_depend_on_how_many_others_there_are() -> None:
    few, many = generators(2, seed=1), generators(5, seed=1)
    assert [rng.random() for rng in few] == [rng.random() for rng in many][:2]
    assert len({rng.random() for rng in many}) == 5
    with pytest.raises(SoundwalkError, match="num_envs=0: expected 1 or more"):
        generators(0, 1)
