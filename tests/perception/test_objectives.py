"""Objectives: against NumPy and SciPy, at their minima, in silence, and through gradcheck."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from scipy.special import log_softmax, rel_entr, softmax, xlog1py, xlogy
from torch import Tensor
from torch.autograd import gradcheck

from soundwalk.envs.interface import SoundwalkError
from soundwalk.perception.objectives import (
    Bce,
    Ce,
    Geometric,
    Kl,
    LogL1,
    Lp,
    MaskMatch,
    apart,
    bce,
    ce,
    geometric,
    ideal_mask,
    kl,
    log_l1,
    lp,
    masked_mean,
    rotate,
    side,
)

torch.set_num_threads(1)


def random(*shape: int, seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(shape, generator=generator, dtype=torch.float64)


def unit(*shape: int, seed: int = 0) -> Tensor:
    return torch.nn.functional.normalize(random(*shape, 2, seed=seed), dim=-1)


def test_bce_is_the_negative_log_likelihood() -> None:
    x, y = random(50).numpy(), (random(50, seed=1) > 0).double().numpy()
    p = 1 / (1 + np.exp(-x))
    expected = -np.mean(xlogy(y, p) + xlog1py(1 - y, -p))
    assert float(bce(torch.from_numpy(x), torch.from_numpy(y))) == pytest.approx(expected)
    assert float(bce(torch.zeros(4), torch.ones(4))) == pytest.approx(np.log(2))
    assert float(bce(torch.tensor([40.0, -40.0]), torch.tensor([1, 0]))) < 1e-12


def test_ce_is_the_negative_log_likelihood_of_known_labels() -> None:
    x, y = random(6, 5), torch.tensor([0, 4, 2, -1, 1, 3])
    chances = log_softmax(x.numpy(), -1)
    known = [0, 1, 2, 4, 5]
    expected = -np.mean([chances[i, int(y[i])] for i in known])
    assert float(ce(x, y)) == pytest.approx(expected)
    assert float(ce(x, y)) == pytest.approx(
        float(torch.nn.functional.cross_entropy(x, y, ignore_index=-1))
    )


def test_several_predictions_of_a_class_share_its_label() -> None:
    x, y = random(2, 6, 3, 5), torch.arange(18).reshape(6, 3) % 5
    expected = np.mean([float(ce(x[m, :, h], y[:, h])) for m in range(2) for h in range(3)])
    assert float(Ce()(x, {"label": y})) == pytest.approx(expected)


def test_kl_is_the_relative_entropy_and_zero_at_the_teacher() -> None:
    x, teacher = random(7, 4), random(7, 4, seed=1).softmax(-1)
    expected = rel_entr(teacher.numpy(), softmax(x.numpy(), -1)).sum(-1).mean()
    assert float(kl(x, teacher)) == pytest.approx(expected)
    assert float(kl(teacher.log() + 3, teacher)) == pytest.approx(0, abs=1e-12)
    hard = torch.eye(4, dtype=torch.float64)
    assert float(kl(random(4, 4), hard)) == pytest.approx(float(ce(random(4, 4), torch.arange(4))))
    assert float(Kl(weight=250)(x, {"label": teacher})) == pytest.approx(250 * expected)


def test_distances_are_means_over_what_counts() -> None:
    x, y = random(3, 4), random(3, 4, seed=1)
    valid = random(3, 4, seed=2) > 0
    error = np.abs((x - y).numpy())
    kept = valid.numpy()
    assert float(lp(x, y)) == pytest.approx(error.mean())
    assert float(lp(x, y, valid)) == pytest.approx(error[kept].mean())
    assert float(lp(x, y, valid, p=2)) == pytest.approx((error[kept] ** 2).mean())
    assert float(log_l1(x, y, valid)) == pytest.approx(np.log(1 + error[kept]).mean())


def test_depth_counts_where_something_is_seen() -> None:
    depth = torch.tensor([[[2.0, 0.0], [1.0, 0.0]]])
    guess = torch.tensor([[[[2.5, 9.0], [1.0, 7.0]]]], requires_grad=True)
    loss = Lp(positive=True)(guess, {"label": depth})
    assert loss.item() == pytest.approx(0.25)
    loss.backward()
    assert guess.grad is not None
    assert not guess.grad[0, 0, :, 1].any()
    assert LogL1()(guess, {"label": depth}).item() == pytest.approx(np.log(1.5) / 2)
    seen = torch.tensor([[[False, True], [True, True]]])
    both = Lp(positive=True, valid="seen")(guess, {"label": depth, "seen": seen})
    assert both.item() == pytest.approx(0)


def test_what_does_not_count_may_be_anything() -> None:
    values = torch.tensor([1.0, np.nan, np.inf, 3.0], requires_grad=True)
    mean = masked_mean(values, torch.tensor([True, False, False, True]))
    (gradient,) = torch.autograd.grad(mean, values)
    assert mean.item() == 2
    assert gradient.tolist() == [0.5, 0, 0, 0.5]


def test_weights_weigh() -> None:
    values, weights = random(9), random(9, seed=1).abs()
    expected = np.average(values.numpy(), weights=weights.numpy())
    assert float(masked_mean(values, weights)) == pytest.approx(expected)


def test_turning_is_multiplication_by_a_complex_number() -> None:
    u, angle = unit(9), random(9, seed=1) * 3
    z = (u[:, 0].numpy() + 1j * u[:, 1].numpy()) * np.exp(1j * angle.numpy())
    np.testing.assert_allclose(rotate(u, angle).numpy(), np.stack([z.real, z.imag], -1))


def test_directions_that_turn_as_they_should_cost_nothing_and_opposite_ones_two() -> None:
    u, angle = unit(9), random(9, seed=1)
    assert float(geometric(u, rotate(u, angle), angle)) == pytest.approx(0, abs=1e-12)
    assert float(geometric(u, -rotate(u, angle), angle)) == pytest.approx(2)


def test_the_geometric_loss_does_not_care_about_a_common_rotation() -> None:
    u, v, angle = unit(9), unit(9, seed=1), random(9, seed=2)
    turned = geometric(rotate(u, torch.tensor(0.7)), rotate(v, torch.tensor(0.7)), angle)
    assert float(turned) == pytest.approx(float(geometric(u, v, angle)))


def test_the_side_is_asked_of_all_together_and_pulls_no_single_direction() -> None:
    azimuth = torch.linspace(-3.0, 3.0, 61)
    directions, level = torch.stack([azimuth.cos(), azimuth.sin()], -1), 8 * azimuth.sin()
    assert float(side(directions, level)) == 0
    one_wrong = directions.clone()
    one_wrong[10] *= -1
    assert float(side(one_wrong, level)) == 0
    wrong = -directions
    assert float(side(wrong, level)) > 0.8
    assert float(side(directions, -level)) == pytest.approx(float(side(wrong, level)))
    assert float(side(directions, 0 * level)) == pytest.approx(0.4)  # nothing is known


def test_directions_are_apart_by_a_cosine_or_by_an_angle() -> None:
    u = unit(7)
    v = rotate(u, torch.tensor(0.3))
    torch.testing.assert_close(apart(u, v), torch.full((7,), 1 - np.cos(0.3)).to(u))
    torch.testing.assert_close(apart(u, v, angle=True), torch.full((7,), 0.3).to(u))
    same = u.clone().requires_grad_()
    apart(same, u, angle=True).sum().backward()  # type: ignore[no-untyped-call]
    assert same.grad is not None
    assert bool(torch.isfinite(same.grad).all())


def heard(azimuth: Tensor, turn: Tensor, *, mirror: bool = False) -> tuple[Tensor, dict[str, Any]]:
    """True directions of N places (N,) after turns (N, V), and labels, as the target gives them."""
    if mirror:
        azimuth, turn = torch.cat([azimuth, -azimuth]), torch.cat([turn, -turn])
    relative = (azimuth[:, None] - turn).flatten()  # the head turns left, the sound goes right
    count, views = turn.shape
    labels = {
        "turn": turn.flatten(),
        "place": torch.arange(count)[:, None].expand(count, views).flatten(),
        "level": 8 * relative.sin(),
        "mirror": (torch.arange(count) >= count // 2).double()[:, None]
        .expand(count, views).flatten(),
    }  # fmt: skip
    return torch.stack([relative.cos(), relative.sin()], -1), labels


def test_true_directions_are_the_minimum_of_the_geometric_objective() -> None:
    azimuth, turn = random(6) * 2, random(6, 3, seed=1)
    truth, labels = heard(azimuth, turn, mirror=True)
    objective = Geometric(level=1.0, mirror=1.0)
    assert float(objective(truth, labels)) == pytest.approx(0, abs=1e-9)
    flipped = truth * torch.tensor([-1.0, 1.0])  # front and back confused
    assert float(objective(flipped, labels)) > 0.1
    offset = rotate(truth, torch.tensor(0.8))  # all off by one angle
    assert float(Geometric()(offset, labels)) == pytest.approx(0, abs=1e-7)
    assert float(Geometric(level=1.0)(-truth, labels)) > 0.5  # all in the opposite direction
    assert float(Geometric(mirror=1.0)(offset, labels)) > 0.1
    assert float(Geometric(angle=True)(truth, labels)) < 0.02
    assert float(Geometric(angle=True)(flipped, labels)) > 0.2


def test_the_geometric_objective_is_the_mean_over_pairs_of_views() -> None:
    turn = random(4, 3, seed=1)
    _, labels = heard(random(4), turn)
    guess = unit(12, seed=5)
    views = guess.reshape(4, 3, 2)
    expected = np.mean(
        [
            float(geometric(views[n, i], views[n, j], turn[n, i] - turn[n, j]))
            for n in range(4)
            for i in range(3)
            for j in range(3)
            if i != j
        ]
    )
    assert float(Geometric()(guess, labels)) == pytest.approx(expected)


@pytest.mark.parametrize("seed", range(3))
def test_directions_are_found_from_turns_and_the_louder_ear_alone(seed: int) -> None:
    azimuth, turn = random(24) * 2, random(24, 3, seed=1)
    truth, labels = heard(azimuth, turn, mirror=True)
    matrix = random(2, 2, seed=seed).requires_grad_()  # what a network would have to learn
    optimizer = torch.optim.Adam([matrix], 0.1)
    objective = Geometric(level=1.0, mirror=1.0)
    for _ in range(100):
        loss = objective(torch.nn.functional.normalize(truth @ matrix, dim=-1), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    found = torch.nn.functional.normalize(truth @ matrix.detach(), dim=-1)
    assert float((found * truth).sum(-1).min()) > 0.99


def waves(*shape: int, seed: int = 0) -> Tensor:
    return random(*shape, seed=seed).float() * 0.1


def test_ideal_masks_choose_the_louder_sound_or_share_the_power() -> None:
    wanted, other = torch.tensor([3.0, 1.0, 0.0]), torch.tensor([1.0, 2.0, 0.0])
    assert ideal_mask(wanted, other).tolist() == [1, 0, 0]
    shares = ideal_mask(wanted, other, "ratio").tolist()
    assert shares == pytest.approx([0.9, 0.2, 0.5])


@pytest.mark.parametrize("kind", ["binary", "ratio"])
def test_the_ideal_mask_is_the_minimum_of_its_objective(kind: str) -> None:
    labels = {"wanted": waves(2, 2, 4000), "other": waves(2, 2, 4000, seed=1)}
    objective = MaskMatch(kind)

    def magnitude(audio: Tensor) -> Tensor:
        transform = torch.stft(
            audio.flatten(0, 1), 512, 160, 400, torch.hann_window(400),
            pad_mode="constant", return_complex=True,
        )  # fmt: skip
        return transform.abs().unflatten(0, (2, 2)).norm(dim=1)  # type: ignore[no-untyped-call,no-any-return]

    ideal = ideal_mask(magnitude(labels["wanted"]), magnitude(labels["other"]), kind)
    best = objective(ideal.clamp(1e-6, 1 - 1e-6).logit(), labels)
    assert float(best) < 1e-4
    assert float(objective(torch.zeros_like(ideal), labels)) > 0.1
    with pytest.raises(SoundwalkError, match="the same n_fft"):
        objective(torch.zeros(2, 257, 9), labels)


def test_gradients_are_those_of_finite_differences() -> None:
    x, y = random(4, 3).requires_grad_(), random(4, 3, seed=1)
    valid = random(4, 3, seed=2) > -0.5
    label = torch.tensor([0, 2, -1, 1])
    assert gradcheck(lambda t: bce(t, y.sigmoid(), valid), x)
    assert gradcheck(lambda t: ce(t, label), x)
    assert gradcheck(lambda t: kl(t, y.softmax(-1)), x)
    assert gradcheck(lambda t: lp(t, y, valid), x)
    assert gradcheck(lambda t: lp(t, y, valid, p=2), x)
    assert gradcheck(lambda t: log_l1(t, y, valid), x)
    u, angle = unit(6).requires_grad_(), random(6, seed=1)
    assert gradcheck(lambda t: geometric(t, unit(6, seed=3), angle), u)
    assert gradcheck(lambda t: side(t, 9 * angle), u)
    _, labels = heard(random(3), random(3, 2, seed=1))
    assert gradcheck(lambda t: Geometric(level=0.5)(t, labels), u)


@pytest.mark.parametrize(
    ("objective", "labels"),
    [
        (Bce(valid="valid"), {"label": torch.ones(3, 4), "valid": torch.zeros(3, 4)}),
        (Ce(), {"label": torch.full((3,), -1)}),
        (Kl(valid="valid"), {"label": torch.ones(3, 4) / 4, "valid": torch.zeros(3)}),
        (Lp(positive=True), {"label": torch.zeros(3, 4)}),
        (Lp(2, positive=True), {"label": torch.zeros(3, 4)}),
        (LogL1(), {"label": torch.zeros(3, 4)}),
    ],
)
def test_a_batch_in_which_nothing_counts_costs_nothing(
    objective: torch.nn.Module, labels: dict[str, Tensor]
) -> None:
    prediction = random(3, 4).float().requires_grad_()
    loss = objective(prediction, labels)
    loss.backward()
    assert loss.item() == 0
    assert prediction.grad is not None
    assert not prediction.grad.any()


def test_silence_costs_a_finite_amount() -> None:
    silent = {"wanted": torch.zeros(2, 2, 4000), "other": torch.zeros(2, 2, 4000)}
    logits = random(2, 257, 26).float().requires_grad_()
    for kind in ("binary", "ratio"):
        loss = MaskMatch(kind)(logits, silent)
        loss.backward()
        assert bool(loss.isfinite())
    assert logits.grad is not None
    assert bool(logits.grad.isfinite().all())
    labels = {
        "turn": torch.zeros(4), "level": torch.zeros(4), "place": torch.arange(4),
        "mirror": torch.tensor([0, 0, 1, 1]),
    }  # fmt: skip
    nowhere = torch.zeros(4, 2, requires_grad=True)
    loss = Geometric(level=1.0, mirror=1.0)(nowhere, labels)
    loss.backward()
    assert bool(loss.isfinite())


def test_a_label_that_no_target_gives_is_named_with_those_there_are() -> None:
    with pytest.raises(SoundwalkError, match="needs the label 'shift', but the target gives label"):
        Bce("shift")(torch.zeros(3), {"label": torch.zeros(3)})
    assert float(Bce()(torch.zeros(3), torch.zeros(3))) == pytest.approx(np.log(2))


def test_meaningless_options_and_shapes_are_refused() -> None:
    with pytest.raises(SoundwalkError, match="the same shape"):
        Lp()(torch.zeros(2, 1, 4, 4), {"label": torch.zeros(2, 8, 8)})
    with pytest.raises(SoundwalkError, match=r"p=0\.5"):
        Lp(0.5)
    with pytest.raises(SoundwalkError, match="did you mean 'ratio'"):
        MaskMatch("ration")
    labels = {"turn": torch.zeros(3), "place": torch.zeros(3), "mirror": torch.tensor([0, 0, 1])}
    with pytest.raises(SoundwalkError, match="2 examples and 1 with their ears swapped"):
        Geometric(mirror=1.0)(torch.ones(3, 2), labels)
