"""Noise contrast, margins and self-labelling: minima, invariances, banks, and learning."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.special import logsumexp
from torch import Tensor, nn
from torch.autograd import gradcheck

from soundwalk.envs.interface import SoundwalkError
from soundwalk.perception.encoders import ImageEncoder, SpectrogramEncoder
from soundwalk.perception.heads import Cluster, Projection
from soundwalk.perception.objectives import Bank, Hinge, Nce, SelfLabel, hinge, nce
from soundwalk.perception.scores import DotMap, DotVector, Stack

torch.set_num_threads(1)


def random(*shape: int, seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(shape, generator=generator, dtype=torch.float64)


def unit(*shape: int, seed: int = 0) -> Tensor:
    return nn.functional.normalize(random(*shape, seed=seed), dim=-1)


def by_hand(similarity: Tensor, temperature: float) -> float:
    s = similarity.numpy() / temperature
    return float(np.mean([logsumexp(s[i]) - s[i, i] for i in range(len(s))]))


def test_nce_is_the_logarithm_of_the_softmax_share_of_the_own_pair() -> None:
    s = random(5, 8)
    assert float(nce(s, 0.3, symmetric=False)) == pytest.approx(by_hand(s, 0.3))
    both = (by_hand(s, 0.3) + by_hand(s[:, :5].T, 0.3)) / 2
    assert float(nce(s, 0.3)) == pytest.approx(both)
    assert float(Nce(0.3)(s, {})) == pytest.approx(both, rel=1e-6)


def test_nce_is_zero_at_the_identity_when_cold_and_log_b_when_nothing_is_known() -> None:
    assert float(nce(torch.eye(7), 0.01)) == pytest.approx(0, abs=1e-6)
    assert float(nce(torch.zeros(7, 7), 0.07)) == pytest.approx(np.log(7))
    assert float(nce(torch.eye(7).roll(1, 0), 0.01)) > 50


def test_nce_does_not_care_about_the_order_of_a_batch() -> None:
    s, order = random(6, 6), torch.randperm(6)
    assert float(nce(s[order][:, order], 0.2)) == pytest.approx(float(nce(s, 0.2)))


def test_symmetric_nce_does_not_care_which_modality_comes_first() -> None:
    s = random(6, 6)
    assert float(nce(s.T, 0.2)) == pytest.approx(float(nce(s, 0.2)))


def test_vectors_and_their_similarities_cost_the_same() -> None:
    v, a = unit(6, 4), unit(6, 4, seed=1)
    features = {"image": v, "audio": a}
    of_pairs = Nce()(DotVector()(features))
    of_vectors = Nce()(Stack()(features))
    assert float(of_pairs) == pytest.approx(float(of_vectors))


def test_gradients_are_those_of_finite_differences() -> None:
    s, d = random(4, 4).requires_grad_(), random(6, seed=2).abs().requires_grad_()
    y = torch.tensor([1, 0, 1, 0, 1, 0])
    assert gradcheck(lambda t: nce(t, 0.5), s)
    assert gradcheck(lambda t: hinge(t, y, 1.3), d)
    vectors = random(2, 4, 3).requires_grad_()
    assert gradcheck(Nce(0.5), vectors)


def test_a_learned_temperature_cools_down_on_pairs_that_are_right() -> None:
    objective = Nce(0.5, learned=True)
    (weight,) = objective.parameters()
    objective(torch.eye(5), {}).backward()
    assert weight.grad is not None
    assert float(weight.grad) > 0  # descent lowers the logarithm of the temperature
    assert not list(Nce(0.5).parameters())


def test_a_bank_keeps_the_newest_and_forgets_the_oldest() -> None:
    bank = Bank(5, 1)
    for value in range(4):
        bank.push(torch.full((2, 2, 1), float(value)))
    assert bank.kept()[0, :, 0].tolist() == [3, 3, 2, 2, 1]


def test_a_banks_embeddings_are_negatives_of_the_other_modality() -> None:
    first, second = unit(2, 4, 3).float(), unit(2, 5, 3, seed=1).float()
    objective = Nce(0.2, bank=16, dim=3)
    objective(first)
    found = float(objective(second))
    (v, a), (old_v, old_a) = second, first
    forth = by_hand(v @ torch.cat([a, old_a]).T, 0.2)
    back = by_hand(a @ torch.cat([v, old_v]).T, 0.2)
    assert found == pytest.approx((forth + back) / 2, rel=1e-5)


def test_a_bank_learns_nothing_in_evaluation_and_is_stored_with_the_rest() -> None:
    objective = Nce(bank=16, dim=3).eval()
    objective(unit(2, 4, 3).float())
    assert objective.bank is not None
    assert len(objective.bank.kept()[0]) == 0
    objective.train()
    objective(unit(2, 4, 3).float())
    other = Nce(bank=16, dim=3)
    other.load_state_dict(objective.state_dict())
    assert other.bank is not None
    assert torch.equal(other.bank.kept(), objective.bank.kept())


def test_no_gradient_flows_into_a_bank() -> None:
    objective = Nce(0.2, bank=16, dim=3)
    first = random(2, 4, 3).float().requires_grad_()
    objective(first)
    objective(random(2, 4, 3, seed=1).float().requires_grad_()).backward()
    assert first.grad is None


def test_the_margin_is_pairwise() -> None:
    d, y = np.array([0.2, 0.2, 0.9, 1.7]), np.array([1, 0, 0, 0])
    expected = np.mean(y * d**2 + (1 - y) * np.maximum(1 - d, 0) ** 2)
    assert float(hinge(torch.from_numpy(d), torch.from_numpy(y))) == pytest.approx(expected)
    assert float(Hinge()(torch.from_numpy(d), {"label": torch.from_numpy(y)})) == pytest.approx(
        expected
    )


def test_the_margin_costs_nothing_where_pairs_touch_and_others_are_apart() -> None:
    apart = torch.full((4, 4), 1.5).fill_diagonal_(0.0)
    assert float(Hinge(1.2)(apart)) == 0
    own = float(Hinge(1.2)(torch.full((4, 4), 1.5)))
    assert own == pytest.approx(1.5**2)
    with pytest.raises(SoundwalkError, match="needs the label 'label'"):
        Hinge()(torch.zeros(3))


def test_silence_has_a_finite_loss_and_gradient() -> None:
    torch.manual_seed(0)
    encoder = SpectrogramEncoder(width=8, dim=8)
    head = Projection(8, 4)
    for silent in (torch.zeros(4, 2, 1600), torch.zeros(1, 2, 1600)):
        sound = head(encoder(silent))
        for objective, score in ((Nce(), DotVector()), (Hinge(), DotVector(distance=True))):
            loss = objective(score({"image": sound, "audio": sound}))
            loss.backward(retain_graph=True)
            assert bool(loss.isfinite())
    assert all(p.grad is not None and bool(p.grad.isfinite().all()) for p in encoder.parameters())


def fit(network: nn.Module, loss_of: object, steps: int, rate: float) -> float:
    optimizer = torch.optim.Adam(network.parameters(), rate)
    value = 0.0
    for _ in range(steps):
        loss = loss_of()  # type: ignore[operator]
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        value = float(loss.detach())
    return value


@pytest.mark.parametrize("pool", ["max", "mean", "attention", "vector", "bank"])
def test_eight_random_pairs_are_learned_by_heart(pool: str) -> None:
    torch.manual_seed(0)
    vector = pool in ("vector", "bank")
    image = nn.Sequential(ImageEncoder(width=16, dim=32, map=not vector), Projection(32, 16))
    audio = nn.Sequential(SpectrogramEncoder(width=16, dim=32), Projection(32, 16))
    score = {"vector": DotVector(), "bank": Stack()}.get(pool) or DotMap(pool)
    objective = Nce(0.1, bank=8 if pool == "bank" else 0, dim=16)
    pictures = torch.randint(0, 256, (8, 32, 32, 3), dtype=torch.uint8)
    sounds = torch.randn(8, 2, 1600) * 0.1

    def loss() -> Tensor:
        found: Tensor = objective(score({"image": image(pictures), "audio": audio(sounds)}))
        return found

    assert loss().item() > 1.5  # log 8 = 2.08
    # negatives that are earlier views of the same eight pairs leave log 2 at best
    assert fit(nn.ModuleList([image, audio]), loss, 30, 0.01) < (1.2 if pool == "bank" else 0.2)


@pytest.mark.parametrize("shares", ["equal", "zipf"])
def test_groups_that_both_modalities_show_become_clusters(shares: str) -> None:
    torch.manual_seed(1)
    group = torch.arange(64) % 4
    centres = torch.randn(2, 4, 8)
    both = centres[:, group] + 0.2 * torch.randn(2, 64, 8)
    head, objective = Cluster(8, 4, heads=3), SelfLabel(4, 3, shares, queue=64)
    fit(head, lambda: objective(head(both), {}), 100, 0.05)
    chosen = head(both).sum(0).argmax(-1)  # (B, heads)
    for found in chosen.T:
        purity = sum(int(torch.bincount(group[found == c]).max()) for c in found.unique()) / 64
        assert purity >= (0.95 if shares == "equal" else 0.6)
        assert len(found.unique()) >= 3


def test_labels_use_clusters_evenly_even_if_all_examples_look_the_same() -> None:
    torch.manual_seed(0)
    objective = SelfLabel(4, 1, queue=0)
    logits = torch.tensor([5.0, 0, 0, 0]).expand(2, 32, 1, 4) + 0.01 * torch.randn(2, 32, 1, 4)
    counts = torch.bincount(objective.label(logits)[:, 0], minlength=4)
    assert counts.min() >= 4  # the network alone would put all into one


def test_a_prediction_of_other_heads_is_refused() -> None:
    with pytest.raises(SoundwalkError, match=r"expected \(2, B, 1, 4\)"):
        SelfLabel(4)(torch.zeros(2, 8, 4))
    with pytest.raises(SoundwalkError, match="unknown shares"):
        SelfLabel(4, shares="even")
    with pytest.raises(SoundwalkError, match="temperature=0"):
        Nce(0)
    with pytest.raises(SoundwalkError, match="set dim"):
        Nce(bank=8)
    with pytest.raises(SoundwalkError, match="score `stack`"):
        Nce(bank=8, dim=3)(torch.eye(4))
