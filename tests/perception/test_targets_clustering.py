"""Labels from k-means, optimal transport, sound statistics and teachers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.optimize import linprog
from sklearn.metrics import normalized_mutual_info_score
from torch import Tensor, nn

from soundwalk.envs.interface import F64, SoundwalkError
from soundwalk.perception.encoders import SpectrogramEncoder
from soundwalk.perception.encoders.store import save_encoder
from soundwalk.perception.targets.clustering import Clusters, kmeans, nearest
from soundwalk.perception.targets.teacher import Teacher
from soundwalk.perception.targets.texture import SoundStatistics, Texture, erb_bands
from soundwalk.perception.targets.transport import joint_cost, sinkhorn, zipf

torch.set_num_threads(1)

DRAW = torch.Generator()


def random(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def scaled(cost: F64, reg: float, shares: F64, rounds: int = 5000) -> F64:
    """Cuturi's iteration as it is written down: u = r / K v, v = c / K' u."""
    kernel = np.exp(-cost / reg)
    rows = np.full(len(cost), 1 / len(cost))
    u, v = np.ones(len(cost)), np.ones(cost.shape[1])
    for _ in range(rounds):
        v = shares / (kernel.T @ u)
        u = rows / (kernel @ v)
    return np.asarray(u[:, None] * kernel * v[None])


@pytest.mark.parametrize("reg", [0.05, 0.5])
def test_transport_agrees_with_the_iteration_of_cuturi(reg: float) -> None:
    cost = random(40, 6).double().abs()
    shares = zipf(6)
    found = sinkhorn(cost, reg, shares, 5000).numpy()
    np.testing.assert_allclose(found, scaled(cost.numpy(), reg, shares.numpy()), atol=2e-11)


@pytest.mark.parametrize("marginal", [None, zipf(6)])
def test_rows_and_columns_of_the_transport_have_their_sums(marginal: Tensor | None) -> None:
    found = sinkhorn(random(50, 6).abs(), 0.05, marginal, 1000)
    wanted = torch.full((6,), 1 / 6, dtype=torch.float64) if marginal is None else marginal
    assert torch.allclose(found.sum(1), torch.full((50,), 1 / 50, dtype=torch.float64))
    assert torch.allclose(found.sum(0), wanted, atol=1e-8)
    assert bool((found >= 0).all())


def test_with_little_entropy_the_transport_is_the_linear_program() -> None:
    cost = random(12, 3).double().abs().numpy()
    sums = np.zeros((15, 36))
    for i in range(12):
        sums[i, i * 3 : i * 3 + 3] = 1
    for k in range(3):
        sums[12 + k, k::3] = 1
    shares = np.r_[np.full(12, 1 / 12), np.full(3, 1 / 3)]
    best = linprog(cost.ravel(), A_eq=sums, b_eq=shares).fun
    found = sinkhorn(torch.from_numpy(cost), 2e-3, None, 20_000).numpy()
    assert float((found * cost).sum()) == pytest.approx(best, rel=1e-3)


def test_transport_survives_costs_that_no_exponential_could() -> None:
    found = sinkhorn(1e4 * random(20, 4).abs(), 0.05)
    assert bool(found.isfinite().all())
    assert torch.allclose(found.sum(1), torch.full((20,), 1 / 20, dtype=torch.float64))


def test_examples_that_are_all_alike_are_spread_evenly() -> None:
    found = sinkhorn(torch.zeros(8, 4))
    assert torch.allclose(found, torch.full((8, 4), 1 / 32, dtype=torch.float64))


def test_the_cost_is_the_mean_of_both_modalities() -> None:
    first, second = random(5, 3).softmax(1), random(5, 3, seed=1).softmax(1)
    expected = -0.5 * (np.log(first.numpy()) + np.log(second.numpy()))
    np.testing.assert_allclose(joint_cost(first.log(), second.log()).numpy(), expected, rtol=1e-5)


def test_shares_follow_zipfs_law() -> None:
    assert (zipf(4) / zipf(4)[0]).tolist() == pytest.approx([1, 1 / 2, 1 / 3, 1 / 4])
    assert float(zipf(9).sum()) == pytest.approx(1)


def test_groups_that_lie_apart_are_found_whatever_the_seed() -> None:
    group = torch.arange(90) % 3
    features = 10 * torch.eye(3, 5)[group] + 0.1 * random(90, 5)
    for seed in range(3):
        label = nearest(features, kmeans(features, 3, seed))
        assert normalized_mutual_info_score(group.numpy(), label.numpy()) == pytest.approx(1)


def test_nonsense_is_refused() -> None:
    with pytest.raises(SoundwalkError, match="2 features cannot make 3"):
        kmeans(torch.zeros(2, 4), 3)
    with pytest.raises(SoundwalkError, match="reg=0"):
        sinkhorn(torch.zeros(3, 2), 0)
    with pytest.raises(SoundwalkError, match="2 positive numbers"):
        sinkhorn(torch.zeros(3, 2), marginal=torch.tensor([1.0, 0.0]))
    with pytest.raises(SoundwalkError, match="set dim"):
        Clusters(nn.Linear(3, 2))
    with pytest.raises(SoundwalkError, match="warm=3"):
        Texture(k=4, warm=3)
    with pytest.raises(SoundwalkError, match="no input 'audio'"):
        Texture().examples({"depth": torch.zeros(2, 1, 4, 4)}, DRAW)


def sounds(count: int, seed: int = 0, samples: int = 8000) -> tuple[Tensor, Tensor]:
    """Low or high, steady or pulsing noise (N, 1, C, T), and which of the four it is."""
    kind = torch.arange(count) % 4
    x = random(count, samples, seed=seed)
    smooth = nn.functional.avg_pool1d(x[:, None], 9, 1, 4)[:, 0] * 3
    x = torch.where((kind % 2 == 0)[:, None], smooth, x.diff(dim=1, prepend=x[:, :1]))
    pulse = (torch.arange(samples) // 1000 % 2).float()
    x = torch.where((kind // 2 == 0)[:, None], x, x * pulse)
    return 0.1 * x[:, None, None].expand(-1, 1, 2, -1), kind


def test_kinds_of_sound_are_told_apart_without_labels() -> None:
    target = Texture(k=4, warm=64)
    first, _ = sounds(64)
    begun = target.examples({"audio": first}, DRAW)
    assert bool((begun.labels["label"] >= 0).all())
    later, kind = sounds(40, seed=5)
    label = target.examples({"audio": later}, DRAW).labels["label"]
    assert normalized_mutual_info_score(kind.numpy(), label.numpy()) > 0.95


def test_until_there_are_enough_examples_labels_are_unknown() -> None:
    target = Texture(k=2, warm=10)
    audio, _ = sounds(8)
    assert target.examples({"audio": audio}, DRAW).labels["label"].tolist() == [-1] * 8
    assert not target.known
    assert bool((target.examples({"audio": audio}, DRAW).labels["label"] >= 0).all())


def test_evaluation_neither_collects_nor_changes_groups() -> None:
    target = Texture(k=2, warm=10).eval()
    audio, _ = sounds(16)
    target.examples({"audio": audio}, DRAW)
    assert int(target.count) == 0


def test_groups_are_stored_with_the_rest() -> None:
    audio, _ = sounds(16)
    target, other = Texture(k=4, warm=16), Texture(k=4, warm=16)
    label = target.examples({"audio": audio}, DRAW).labels["label"]
    other.load_state_dict(target.state_dict())
    assert torch.equal(other.examples({"audio": audio}, DRAW).labels["label"], label)


def test_statistics_themselves_can_be_predicted_once_their_scale_is_known() -> None:
    target = Texture(k=0, warm=32)
    audio, _ = sounds(32)
    found = target.examples({"audio": audio}, DRAW).labels
    assert bool(found["known"].all())
    varying = found["label"].std(0) > 1e-3
    torch.testing.assert_close(found["label"].mean(0), torch.zeros(found["label"].shape[1]))
    torch.testing.assert_close(
        found["label"].std(0)[varying], torch.ones(int(varying.sum())), rtol=1e-3, atol=1e-3
    )


def test_filters_overlap_such_that_no_power_is_lost() -> None:
    filters = erb_bands(16, 2049, 16_000)
    centres = filters.argmax(1)
    assert bool((np.diff(centres) > 0).all())
    inner = slice(centres[0] + 1, centres[-1])
    np.testing.assert_allclose(np.square(filters).sum(0)[inner], 1, atol=1e-9)
    widths = (filters > np.sqrt(0.5)).sum(1) * 8000 / 2048  # Hz
    assert widths[-1] > 5 * widths[2]  # as in the ear, wider where it is higher


def test_statistics_of_noise_are_those_of_numpy() -> None:
    x = 0.1 * random(2, 2, 8000)
    network = SoundStatistics(bands=8, octaves=5)
    found = network(x).numpy()
    assert found.shape == (2, network.dim)
    envelopes = network.envelopes(x).numpy()
    np.testing.assert_allclose(found[:, :8], envelopes.mean(2), rtol=1e-4)
    np.testing.assert_allclose(found[:, 8:16], envelopes.std(2), rtol=1e-3)
    shares = found[:, 16:56].reshape(2, 5, 8)
    np.testing.assert_allclose(shares.sum(1), 1, atol=1e-3)  # Parseval
    pairs = found[:, 56:]
    expected = [
        np.corrcoef(envelopes[0])[b, b + apart] for apart in (1, 2, 3, 5) for b in range(8 - apart)
    ]
    np.testing.assert_allclose(pairs[0], expected, atol=1e-3)


def test_a_pulse_of_four_hertz_is_modulated_at_four_hertz() -> None:
    time = torch.arange(16_000) / 16_000
    x = 0.1 * random(1, 1, 16_000) * (1 + (2 * np.pi * 4 * time).sin())
    network = SoundStatistics(bands=8, octaves=6)
    shares = network(x)[0, 16:64].reshape(6, 8).mean(1)
    # octaves from the fastest: 25-50, 12.5-25, 6.25-12.5, 3.1-6.25, … Hz
    assert int(shares.argmax()) == 3


def test_statistics_do_not_care_when_something_pulses() -> None:
    x = 0.1 * random(1, 1, 16_000)
    network = SoundStatistics()
    now, later = network(x), network(x.roll(4800, -1))
    assert float((now - later).norm() / now.norm()) < 0.1  # the ends cut other frames


def test_silence_has_statistics_too() -> None:
    network = SoundStatistics()
    found = network(torch.zeros(2, 2, 4000))
    assert not found.any()
    target = Texture(k=2, warm=4)
    silent = target.examples({"audio": torch.zeros(4, 1, 2, 4000)}, DRAW)
    assert bool((silent.labels["label"] >= 0).all())


class Loudness(nn.Module):
    """Logits (B, 2): quiet, loud. Has a norm whose statistics could drift."""

    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.BatchNorm1d(1)

    def forward(self, x: Tensor) -> Tensor:
        level = self.norm(x.square().mean((1, 2))[:, None])  # (B, 1)
        return torch.cat([-level, level], 1)


def test_a_teacher_says_its_chances_and_never_learns() -> None:
    teacher = Loudness()
    target = Teacher(teacher, "audio", temperature=2.0)
    target.train()
    before = {k: v.clone() for k, v in teacher.state_dict().items()}
    audio = random(6, 1, 2, 100)
    examples = target.examples({"audio": audio}, DRAW)
    level = audio[:, 0].square().mean((1, 2)) / np.sqrt(1 + 1e-5)
    expected = torch.sigmoid(level)  # softmax of (-x, x) / 2
    torch.testing.assert_close(examples.labels["label"][:, 1], expected)
    assert not examples.labels["label"].requires_grad
    assert all(torch.equal(before[k], v) for k, v in teacher.state_dict().items())
    assert not any(p.requires_grad for p in target.parameters())
    raw = Teacher(teacher, "audio", features=True).examples({"audio": audio}, DRAW)
    torch.testing.assert_close(raw.labels["label"][:, 1], level)


def test_a_teacher_can_come_from_a_folder(tmp_path: Path) -> None:
    encoder = SpectrogramEncoder(dim=5, width=8).eval()
    save_encoder(encoder, tmp_path / "encoder")
    audio = 0.1 * random(3, 1, 2, 4000)
    target = Teacher(str(tmp_path / "encoder"), "audio", features=True)
    found = target.examples({"audio": audio}, DRAW).labels["label"]
    torch.testing.assert_close(found, encoder(audio[:, 0]).detach())
    groups = Clusters(str(tmp_path / "encoder"), 2, warm=3)
    assert bool((groups.examples({"audio": audio}, DRAW).labels["label"] >= 0).all())
