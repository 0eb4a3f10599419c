"""Heads: the form of their answers, and that they can learn them."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from soundwalk.envs.interface import SoundwalkError
from soundwalk.perception.heads import (
    Angle,
    Binary,
    Classes,
    Cluster,
    Dense,
    Mask,
    Positive,
    Projection,
)

torch.set_num_threads(1)


def random(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("hidden", [0, 16])
@pytest.mark.parametrize("places", [(), (3, 4), (2, 3, 4)])
def test_embeddings_have_length_one_everywhere(hidden: int, places: tuple[int, ...]) -> None:
    found = Projection(8, 5, hidden)(random(2, 8, *places))
    assert found.shape == (2, 5, *places)
    torch.testing.assert_close(found.norm(dim=1), torch.ones(2, *places))


@pytest.mark.parametrize("hidden", [0, 16])
def test_a_map_is_projected_as_the_vectors_at_its_places(hidden: int) -> None:
    head, features = Projection(8, 5, hidden), random(2, 8, 3, 4)
    torch.testing.assert_close(head(features)[:, :, 1, 2], head(features[:, :, 1, 2]))


def test_a_vector_of_zeros_has_a_finite_embedding_and_gradient() -> None:
    head = Projection(4, 3)
    nn.init.zeros_(next(iter(head.parameters())))
    nn.init.zeros_(list(head.parameters())[1])
    found = head(torch.zeros(2, 4))
    found.sum().backward()
    assert bool(found.isfinite().all())
    assert all(p.grad is not None and bool(p.grad.isfinite().all()) for p in head.parameters())


def test_directions_have_length_one_and_learn_the_full_circle() -> None:
    torch.manual_seed(0)
    angles = torch.linspace(-3.1, 3.1, 32)
    features = torch.stack([angles.cos(), angles.sin()], 1) @ random(2, 8)
    head = Angle(8, hidden=32)
    optimizer = torch.optim.Adam(head.parameters(), 0.03)
    for _ in range(150):
        found = head(features)
        loss = (1 - found[:, 0] * angles.cos() - found[:, 1] * angles.sin()).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    direction = head(features).detach()
    torch.testing.assert_close(direction.norm(dim=1), torch.ones(32))
    error = torch.atan2(direction[:, 1], direction[:, 0]) - angles
    assert float(error.sin().abs().mean()) < 0.05


def test_a_score_becomes_a_logit_that_grows_with_it() -> None:
    scores = torch.linspace(-1, 1, 7)
    logits = Binary(1)(scores)
    assert logits.shape == (7,)
    assert bool((logits.diff() > 0).all())
    assert Binary(1)(random(3, 3)).shape == (3, 3)
    assert Binary(6, hidden=4)(random(3, 6)).shape == (3,)


def test_logits_come_for_every_class_and_every_head() -> None:
    assert Classes(6, 4)(random(3, 6)).shape == (3, 4)
    assert Cluster(6, 4, heads=5)(random(3, 6)).shape == (3, 5, 4)
    assert Cluster(6, 4, heads=5, hidden=3)(random(2, 3, 6)).shape == (2, 3, 5, 4)


def test_heads_of_a_cluster_disagree_at_first() -> None:
    torch.manual_seed(0)
    found = Cluster(6, 4, heads=2)(random(8, 6))
    assert not torch.allclose(found[:, 0], found[:, 1])


@pytest.mark.parametrize("size", [4, 16, 64])
def test_images_are_positive_and_begin_at_their_scale(size: int) -> None:
    torch.manual_seed(0)
    image = Dense(6, size, width=4, scale=2.5)(random(3, 6))
    assert image.shape == (3, 1, size, size)
    assert bool((image > 0).all())
    assert image.log().mean().exp().item() == pytest.approx(2.5, rel=0.2)


def test_positive_numbers_stay_finite_whatever_is_said() -> None:
    head = Positive(scale=2.0)
    said = torch.tensor([-1e6, -1.0, 0.0, 1.0, 1e6]).reshape(5, 1, 1, 1).requires_grad_()
    found = head(said)
    assert found[2].item() == pytest.approx(2.0)
    assert found[3].item() == pytest.approx(2.0 * np.e, rel=0.06)
    found.sum().backward()
    assert bool(found.isfinite().all())
    assert said.grad is not None
    assert bool(said.grad.isfinite().all())
    assert Positive(6)(random(2, 6, 3, 3)).shape == (2, 1, 3, 3)


def test_one_channel_of_positive_numbers_is_read_as_it_is() -> None:
    said = random(2, 1, 3, 3)
    assert list(Positive(1).parameters()) == []
    torch.testing.assert_close(Positive(1, 2.0)(said).log(), Positive()(said).log() + np.log(2.0))


def test_a_dense_head_learns_an_image_for_each_vector() -> None:
    torch.manual_seed(0)
    vectors = torch.eye(4)
    images = random(4, 1, 16, 16, seed=1).exp()
    head = Dense(4, 16, width=16)
    optimizer = torch.optim.Adam(head.parameters(), 0.02)
    first = last = 0.0
    for _ in range(120):
        loss = (head(vectors).log() - images.log()).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        first, last = first or loss.item(), loss.item()
    assert last < 0.2 * first


def test_a_mask_is_a_weighted_sum_of_maps() -> None:
    mask, seen, maps = Mask(3), random(2, 3), random(2, 3, 5, 4, seed=1)
    nn.init.constant_(mask.weight, 2.0)
    nn.init.constant_(mask.bias, -1.0)
    expected = 2 * sum(seen[:, k, None, None] * maps[:, k] for k in range(3)) - 1
    torch.testing.assert_close(mask(seen, maps), expected)


@pytest.mark.parametrize("size", [0, 3, 6, 60])
def test_sizes_that_doubling_does_not_reach_are_refused(size: int) -> None:
    with pytest.raises(SoundwalkError, match="4 times a power of 2"):
        Dense(6, size)


def test_a_scale_has_to_be_positive() -> None:
    with pytest.raises(SoundwalkError, match="scale=0"):
        Positive(3, scale=0)
