"""Scores: which pairs are compared, how maps are pooled, and what a U-Net needs."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from soundwalk.envs.interface import SoundwalkError
from soundwalk.perception.heads import Mask
from soundwalk.perception.scores import (
    Alone,
    Concat,
    DotMap,
    DotVector,
    Masked,
    Mixing,
    Stack,
    TiledMask,
    TiledUNet,
)
from soundwalk.perception.scores.looking import Templates

torch.set_num_threads(1)

POOLS = ("max", "mean", "attention")


def random(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def test_alone_passes_through_what_it_is_given() -> None:
    x = random(3, 5)
    assert Alone()({"image": x}) is x
    assert Alone("audio")({"image": random(3, 2), "audio": x}) is x
    with pytest.raises(SoundwalkError, match="set key to one"):
        Alone()({"image": x, "audio": x})


def test_concat_keeps_the_order_of_encoders_or_of_its_keys() -> None:
    features = {"image": random(2, 3), "audio": random(2, 4, seed=1)}
    joint = Concat()(features)
    assert torch.equal(joint, torch.cat([features["image"], features["audio"]], 1))
    assert torch.equal(Concat(["audio", "image"])(features), joint.roll(4, 1))


def test_stack_puts_one_modality_after_the_other() -> None:
    features = {"image": random(2, 3), "audio": random(2, 3, seed=1)}
    both = Stack()(features)
    assert torch.equal(both[0], features["image"])
    assert torch.equal(both[1], features["audio"])


def test_rows_are_images_and_columns_are_sounds() -> None:
    features = {"image": random(4, 3), "audio": random(4, 3, seed=1)}
    scores = DotVector()(features).numpy()
    for i in range(4):
        for j in range(4):
            expected = np.dot(features["image"][i].numpy(), features["audio"][j].numpy())
            assert scores[i, j] == pytest.approx(expected, abs=1e-5)
    matched = DotVector(pairs="matched")(features).numpy()
    np.testing.assert_allclose(matched, np.diag(scores), atol=1e-6)


def test_distances_are_euclidean_and_have_a_gradient_where_they_are_zero() -> None:
    v, a = random(3, 4), random(3, 4, seed=1)
    found = DotVector(distance=True)({"image": v, "audio": a})
    torch.testing.assert_close(found, torch.cdist(v, a))
    v.requires_grad_()
    same = DotVector(pairs="matched", distance=True)({"image": v, "audio": v.detach()})
    same.sum().backward()
    assert v.grad is not None
    assert bool(v.grad.isfinite().all())


def pooled(scores: np.ndarray, pool: str, temperature: float = 0.1) -> float:
    if pool == "max":
        return float(scores.max())
    if pool == "mean":
        return float(scores.mean())
    weights = np.exp((scores - scores.max()) / temperature)
    return float((weights / weights.sum() * scores).sum())


@pytest.mark.parametrize("pool", POOLS)
def test_all_pairs_of_a_map_and_a_sound_are_pooled_place_by_place(pool: str) -> None:
    image, audio = random(3, 5, 2, 4), random(3, 5, seed=1)
    scores = DotMap(pool)({"image": image, "audio": audio})
    for i in range(3):
        for j in range(3):
            places = np.einsum("dhw,d->hw", image[i].numpy(), audio[j].numpy())
            assert float(scores[i, j]) == pytest.approx(pooled(places, pool), abs=1e-4)


@pytest.mark.parametrize("pool", POOLS)
def test_with_time_the_pooled_similarity_is_averaged_over_it(pool: str) -> None:
    image, audio = random(2, 5, 3, 2, 4), random(2, 5, 3, seed=1)
    scores = DotMap(pool)({"image": image, "audio": audio})
    for i in range(2):
        for j in range(2):
            over = [
                pooled(np.einsum("dhw,d->hw", image[i, :, t].numpy(), audio[j, :, t].numpy()), pool)
                for t in range(3)
            ]
            assert float(scores[i, j]) == pytest.approx(np.mean(over), abs=1e-4)


@pytest.mark.parametrize("pool", POOLS)
@pytest.mark.parametrize("time", [(), (3,)])
def test_matched_pairs_are_the_diagonal_of_all_pairs(pool: str, time: tuple[int, ...]) -> None:
    features = {"image": random(4, 5, *time, 2, 4), "audio": random(4, 5, *time, seed=1)}
    every, own = DotMap(pool)(features), DotMap(pool, pairs="matched")(features)
    torch.testing.assert_close(own, every.diagonal())


def test_a_heatmap_is_the_similarity_that_is_pooled() -> None:
    image, audio = random(3, 5, 2, 4), random(3, 5, seed=1)
    maps = DotMap().maps(image, audio)
    assert maps.shape == (3, 2, 4)
    own = DotMap(pairs="matched")({"image": image, "audio": audio})
    torch.testing.assert_close(maps.amax((1, 2)), own)


def test_attention_lies_between_mean_and_maximum_and_becomes_each_of_them() -> None:
    features = {"image": random(3, 5, 4, 4), "audio": random(3, 5, seed=1)}
    mean, most = DotMap("mean")(features), DotMap("max")(features)
    soft = DotMap("attention", temperature=1.0)(features)
    assert bool(((mean <= soft) & (soft <= most)).all())
    torch.testing.assert_close(DotMap("attention", temperature=1e-4)(features), most)
    torch.testing.assert_close(
        DotMap("attention", temperature=1e5)(features), mean, atol=1e-3, rtol=0
    )


@pytest.mark.parametrize("pool", POOLS)
def test_pooling_does_not_care_where_in_the_image_something_is(pool: str) -> None:
    image, audio = random(3, 5, 4, 4), random(3, 5, seed=1)
    moved = image.flatten(2)[..., torch.randperm(16)].reshape(3, 5, 4, 4)
    score = DotMap(pool)
    torch.testing.assert_close(
        score({"image": image, "audio": audio}), score({"image": moved, "audio": audio})
    )


def test_scores_that_compare_a_batch_say_so() -> None:
    assert DotVector().all_pairs
    assert DotMap().all_pairs
    assert Stack().all_pairs
    assert not DotVector(pairs="matched").all_pairs
    assert not DotMap(pairs="matched").all_pairs
    assert not getattr(Concat(), "all_pairs", False)


PYRAMID = [random(2, 8, 16, 16), random(2, 16, 8, 8), random(2, 32, 4, 4)]
WIDTHS = (8, 16, 32)


@pytest.mark.parametrize("image", ["image", None])
@pytest.mark.parametrize("sound", ["echo", None])
def test_a_tiled_unet_works_with_image_sound_or_both_and_uses_every_weight(
    image: str | None, sound: str | None
) -> None:
    if image is None and sound is None:
        with pytest.raises(SoundwalkError, match="name at least one"):
            TiledUNet(WIDTHS, 6, image=image, sound=sound)
        return
    net = TiledUNet(WIDTHS, 6, 3, image=image, sound=sound)
    result = net({"image": PYRAMID, "echo": random(2, 6)})
    assert result.shape == (2, 3, 32, 32)
    result.square().mean().backward()
    assert all(p.grad is not None and bool((p.grad != 0).any()) for p in net.parameters())


def test_a_tiled_unet_listens_and_looks() -> None:
    torch.manual_seed(0)
    net = TiledUNet(WIDTHS, 6).eval()
    base = net({"image": PYRAMID, "audio": random(2, 6)})
    assert not torch.allclose(base, net({"image": PYRAMID, "audio": random(2, 6, seed=1)}))
    darker = [level * 0 for level in PYRAMID]
    assert not torch.allclose(base, net({"image": darker, "audio": random(2, 6)}))


@pytest.mark.parametrize("height", [32, 31])
@pytest.mark.parametrize("kind", [TiledUNet, Mixing])
def test_a_fine_level_lets_results_follow_the_image_at_its_own_size(
    kind: type[TiledUNet] | type[Mixing], height: int
) -> None:
    torch.manual_seed(0)
    net = kind(WIDTHS, 6, fine=4, norm="none")
    finest, audio = random(2, 4, height, 32), random(2, 6)
    found = net({"image": [finest, *PYRAMID], "audio": audio})
    assert found.shape == (2, 1, height, 32)
    found.square().mean().backward()
    assert all(p.grad is not None and bool((p.grad != 0).any()) for p in net.parameters())
    other = finest.clone()
    other[:, :, 8, 8] += 3.0  # one pixel of the image changes what is around it, and nothing else
    moved = (net({"image": [other, *PYRAMID], "audio": audio}) - found).abs().amax((0, 1))
    assert moved[8, 8] > 0
    assert moved[:2].max() == moved[16:].max() == moved[:, 16:].max() == 0


def test_a_fine_level_is_one_of_an_image() -> None:
    with pytest.raises(SoundwalkError, match="expected 0 where there is no image"):
        TiledUNet(WIDTHS, 6, image=None, fine=4)


def test_mixing_lies_between_what_is_heard_and_what_both_say_by_weights() -> None:
    torch.manual_seed(0)
    net = Mixing(WIDTHS, 6).eval()
    features = {"image": PYRAMID, "audio": random(2, 6)}
    both, alone, weight = net.parts(features)
    found = net(features)
    assert found.shape == both.shape == alone.shape == weight.shape
    assert bool(((weight > 0) & (weight < 1)).all())
    low, high = torch.minimum(both, alone), torch.maximum(both, alone)
    assert bool(((found >= low - 1e-6) & (found <= high + 1e-6)).all())
    torch.testing.assert_close(found - both, weight * (alone - both))
    darker = {"image": [level * 0 for level in PYRAMID], "audio": features["audio"]}
    torch.testing.assert_close(net.parts(darker)[1], alone)  # the sound alone does not look
    net.train()(features).square().mean().backward()
    assert all(p.grad is not None and bool((p.grad != 0).any()) for p in net.parameters())


def test_mixing_lays_what_is_heard_out_as_the_image_is() -> None:
    torch.manual_seed(0)
    net = Mixing((8, 16, 32, 64), 6, norm="none")
    dark = [torch.zeros(1, 8 * 2**i, 32 // 2**i, 32 // 2**i) for i in range(4)]
    before = net.parts({"image": dark, "audio": torch.zeros(1, 6)})
    with torch.no_grad():
        net.first.bias.view(-1, 4, 4)[:, 0, 0] += 2.0  # above on the left
    after = net.parts({"image": dark, "audio": torch.zeros(1, 6)})
    for name, x, y in zip(("both", "alone", "weight"), before, after, strict=True):
        change = (y - x).detach().abs()[0, 0]  # (64, 64)
        assert change[:16, :16].mean() > 3 * change[48:, 48:].mean(), name


def test_levels_of_odd_size_fit() -> None:
    pyramid = [random(1, 8, 9, 13), random(1, 16, 5, 7), random(1, 32, 3, 4)]
    result = TiledUNet(WIDTHS, 6)({"image": pyramid, "audio": random(1, 6)})
    assert result.shape == (1, 1, 18, 26)


def test_distances_of_maps_are_those_of_the_nearest_place_at_each_time() -> None:
    image, audio = random(2, 3, 4, 5, 6), random(2, 3, 4, seed=1)  # (B, D, T, h, w), (B, D, T)
    score = DotMap(pairs="matched", distance=True)
    found = score({"image": image, "audio": audio})
    gaps = np.linalg.norm(image.numpy() - audio.numpy()[..., None, None], axis=1)  # (B, T, h, w)
    np.testing.assert_allclose(found.numpy(), gaps.min((2, 3)).mean(1), atol=1e-5)
    np.testing.assert_allclose(score.maps(image, audio).numpy(), -gaps, atol=1e-5)
    same = audio[..., None, None].expand_as(image).clone().requires_grad_()
    DotMap(pairs="matched", distance=True)({"image": same, "audio": audio}).sum().backward()
    assert same.grad is not None
    assert bool(same.grad.isfinite().all())
    for pool, pairs in (("mean", "matched"), ("max", "all")):
        with pytest.raises(SoundwalkError, match="expected 'max' and 'matched'"):
            DotMap(pool, pairs=pairs, distance=True)


@pytest.mark.parametrize("activation", ["sigmoid", "softmax", "none"])
def test_what_is_seen_chooses_among_maps_of_the_sound(activation: str) -> None:
    seen, maps = random(2, 3, 4, 5), random(2, 3, 7, 6, seed=1)
    score = Masked(3, activation=activation)
    strongest = seen.amax((2, 3)).numpy()
    chosen = {
        "sigmoid": 1 / (1 + np.exp(-strongest)),
        "softmax": np.exp(strongest) / np.exp(strongest).sum(1, keepdims=True),
        "none": strongest,
    }[activation]
    expected = np.einsum("bk,bkft->bft", chosen, maps.numpy())
    found = score({"image": seen, "audio": maps})
    np.testing.assert_allclose(found.detach().numpy(), expected, atol=1e-5)


def told_mask() -> tuple[TiledMask, list[torch.Tensor]]:
    """A score in evaluation mode, and a pyramid of a spectrogram for it."""
    torch.manual_seed(0)
    score = TiledMask((4, 8, 8), dim=6, planes=5, frequencies=17, temperature=1e-3).eval()
    pyramid = [random(2, 5, 17, 11), random(2, 4, 9, 6), random(2, 8, 5, 3), random(2, 8, 3, 2)]
    return score, pyramid


def test_a_mask_follows_from_what_is_seen_where_it_looks_like_what_is_heard() -> None:
    score, pyramid = told_mask()
    seen = torch.nn.functional.normalize(random(2, 6, 4, 5), dim=1)
    sound = seen[:, :, 1, 2]
    assert score.maps(seen, sound).flatten(1).argmax(1).tolist() == [7, 7]
    found = score({"image": seen, "audio": sound, "mixture": pyramid})
    assert found.shape == (2, 17, 11)
    alone = score({"image": sound[:, :, None, None], "audio": sound, "mixture": pyramid})
    torch.testing.assert_close(found, alone)
    elsewhere = score({"image": seen, "audio": seen[:, :, 3, 4], "mixture": pyramid})
    assert not torch.allclose(found, elsewhere)


def test_templates_can_be_the_agreement_of_phases_with_a_direction() -> None:
    """Filters cos φ(f) and sin φ(f) give cos(ψ(f, t) - φ(f)) of a phase ψ between the ears."""
    net = Templates(dim=1, planes=2, frequencies=5, maps=1, norm="none")
    expected, phase = torch.linspace(-2.0, 2.0, 5), random(3, 5, 4)
    with torch.no_grad():
        net.filters.weight.zero_()
        net.filters.bias.copy_(torch.cat([expected.cos(), expected.sin(), torch.zeros(5)]))
    found = net(torch.stack([phase.cos(), phase.sin()], 1), torch.ones(3, 1))
    closeness = (phase - expected[:, None]).cos().relu()[:, None]
    torch.testing.assert_close(found, closeness)


def test_every_weight_of_a_mask_learns() -> None:
    score, pyramid = told_mask()
    score.train()
    seen = random(2, 6, 4, 5)
    score({"image": seen, "audio": seen[:, :, 1, 2], "mixture": pyramid}).square().mean().backward()
    idle = [name for name, p in score.named_parameters() if p.grad is None or not p.grad.any()]
    assert idle == []


def test_each_place_has_the_mask_that_it_would_have_alone() -> None:
    seen, maps = random(2, 3, 4, 5), random(2, 3, 7, 6, seed=1)
    score = Masked(3)
    masks = score.pixels(seen, maps)
    assert masks.shape == (2, 4, 5, 7, 6)
    alone = score({"image": seen[..., 2, 3], "audio": maps})
    torch.testing.assert_close(masks[:, 2, 3], alone)
    assert Mask(3)(seen, maps).shape == (2, 4, 5, 7, 6)


@pytest.mark.parametrize(
    "score", [Alone("audio"), Concat(["audio"]), Stack(), DotVector(), DotMap(), Masked(3)]
)
def test_a_missing_modality_is_named(score: torch.nn.Module) -> None:
    with pytest.raises(SoundwalkError, match=r"'audio', but there are only image"):
        score({"image": random(2, 3)})


def test_unknown_options_are_refused_with_the_nearest_name() -> None:
    with pytest.raises(SoundwalkError, match="did you mean 'mean'"):
        DotMap("means")
    with pytest.raises(SoundwalkError, match="unknown pairs"):
        DotVector(pairs="some")
    with pytest.raises(SoundwalkError, match="unknown activation"):
        Masked(activation="relu")
    with pytest.raises(SoundwalkError, match="unknown pool"):
        Masked(pool="attention")
