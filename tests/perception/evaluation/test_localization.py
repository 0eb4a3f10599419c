"""Maps that find the object score, others do not, whatever the object's size."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import auc, average_precision_score

from soundwalk.envs.interface import F64, Bool, SoundwalkError
from soundwalk.perception.evaluation.controls import centre_prior
from soundwalk.perception.evaluation.localization import (
    Localization,
    adaptive_ciou,
    all_right,
    ciou,
    pixel_ap,
    pointing,
    success_auc,
)

SIDE = 16


def scene(seed: int, count: int = 1, levels: int = 0) -> tuple[F64, Bool]:
    """Random maps, with few distinct values if `levels`, and rectangular objects."""
    rng = np.random.default_rng(seed)
    maps = rng.normal(size=(count, SIDE, SIDE))
    if levels:
        maps = np.floor(maps * levels)
    masks = np.zeros(maps.shape, bool)
    for mask in masks:
        y, x = rng.integers(0, SIDE - 1, 2)
        h, w = rng.integers(1, SIDE // 2, 2)
        mask[y : y + h, x : x + w] = True
    return maps, masks


def by_pixels(m: F64, g: F64, threshold: float) -> float:
    """CIoU as the sum over pixels that its formula is."""
    inside = outside = total = 0.0
    for score, weight in zip(m.ravel(), g.ravel(), strict=True):
        total += weight
        if score >= threshold:
            inside += weight
            outside += weight == 0
    return inside / (total + outside)


seeds = st.integers(0, 10_000)


@given(seeds, st.integers(0, 3))
def test_ciou_is_the_sum_over_pixels(seed: int, levels: int) -> None:
    maps, masks = scene(seed, 2, levels)
    weights = masks * np.random.default_rng(seed).choice([0.5, 1.0], masks.shape)
    for threshold in (None, 0.3):
        found = ciou(maps, weights, threshold)
        for i in range(2):
            level = float(np.median(maps[i])) if threshold is None else threshold
            assert found[i] == pytest.approx(by_pixels(maps[i], weights[i], level))


@given(seeds, st.integers(0, 3))
def test_adaptive_ciou_predicts_as_many_pixels_as_the_object_has(seed: int, levels: int) -> None:
    maps, masks = scene(seed, 1, levels)
    level = sorted(maps[0].ravel(), reverse=True)[masks.sum() - 1]
    assert adaptive_ciou(maps, masks)[0] == pytest.approx(by_pixels(maps[0], masks[0] * 1.0, level))


@settings(max_examples=30)
@given(seeds, st.integers(0, 3))
def test_pixel_ap_is_that_of_scikit_learn(seed: int, levels: int) -> None:
    maps, masks = scene(seed, 3, levels)
    other = [
        average_precision_score(g.ravel(), m.ravel()) for m, g in zip(maps, masks, strict=True)
    ]
    assert pixel_ap(maps, masks) == pytest.approx(np.array(other))


@given(seeds, st.sampled_from([0.0, 1.0, 1.5, 4.0]))
def test_pointing_measures_the_distance_to_the_nearest_pixel_of_the_object(
    seed: int, tolerance: float
) -> None:
    maps, masks = scene(seed)
    y, x = np.unravel_index(maps[0].argmax(), (SIDE, SIDE))
    nearest = min(np.hypot(y - v, x - u) for v, u in np.argwhere(masks[0]))
    assert pointing(maps, masks, tolerance)[0] == (nearest <= tolerance)


def test_fifteen_pixels_of_224_are_allowed_in_proportion() -> None:
    for side, far in ((224, 15), (448, 30), (64, 4)):
        maps, masks = np.zeros((2, side, side)), np.zeros((2, side, side), bool)
        masks[:, 0, 0] = True
        maps[0, 0, far] = maps[1, 0, far + 1] = 1.0
        assert pointing(maps, masks).tolist() == [1.0, 0.0]


@given(seeds)
def test_auc_is_that_of_scikit_learn(seed: int) -> None:
    values = np.random.default_rng(seed).uniform(size=20)
    taus = np.arange(21) / 20
    assert success_auc(values) == pytest.approx(auc(taus, [(values >= t).mean() for t in taus]))


def test_a_value_on_a_threshold_reaches_it() -> None:
    assert success_auc([0.15]) == pytest.approx(success_auc([0.151]))


@given(seeds, st.floats(0.1, 10), st.floats(-5, 5))
def test_only_the_order_of_the_scores_matters(seed: int, scale: float, shift: float) -> None:
    maps, masks = scene(seed, 2)
    changed = np.arctan(maps) * scale + shift
    for measure in (ciou, adaptive_ciou, pixel_ap, pointing):
        assert measure(changed, masks) == pytest.approx(measure(maps, masks))


@given(seeds)
def test_a_perfect_map_is_best_and_its_opposite_worst(seed: int) -> None:
    _, masks = scene(seed, 2)
    for measure in (adaptive_ciou, pixel_ap, pointing):
        assert measure(masks * 1.0, masks) == pytest.approx(np.ones(2))
    if (masks.mean((1, 2)) < 0.5).all():
        assert adaptive_ciou(~masks, masks).max() < 0.5
        assert pointing(~masks, masks, 0.0).tolist() == [0.0, 0.0]


@given(seeds, st.integers(0, SIDE**2 - 1))
def test_raising_a_pixel_of_the_object_never_lowers_the_average_precision(
    seed: int, which: int
) -> None:
    maps, masks = scene(seed)
    inside = np.argwhere(masks[0])
    y, x = inside[which % len(inside)]
    better = maps.copy()
    better[0, y, x] += 1.0
    assert pixel_ap(better, masks)[0] >= pixel_ap(maps, masks)[0] - 1e-12


@given(seeds, st.integers(0, 3))
def test_all_measures_lie_between_0_and_1(seed: int, levels: int) -> None:
    maps, masks = scene(seed, 2, levels)
    for measure in (ciou, adaptive_ciou, pixel_ap, pointing):
        assert 0 <= measure(maps, masks).min() <= measure(maps, masks).max() <= 1


def test_a_constant_map_gets_what_chance_gets() -> None:
    _, masks = scene(3, 2)
    constant, share = np.ones(masks.shape), masks.mean((1, 2))
    assert pixel_ap(constant, masks) == pytest.approx(share)
    assert pointing(constant, masks, 0.0) == pytest.approx(share)
    assert adaptive_ciou(constant, masks) == pytest.approx(share)


# The trap of the legacy measure.


@given(seeds)
def test_legacy_ciou_of_an_object_that_covers_f_is_at_most_2f(seed: int) -> None:
    maps, masks = scene(seed)
    perfect = maps + 100.0 * masks
    for m in (maps, perfect):
        assert ciou(m, masks)[0] <= 2 * masks.mean() + 1e-12


def test_below_a_quarter_of_the_image_a_perfect_map_fails_where_a_blob_at_half_wins() -> None:
    side, blob = 64, centre_prior(64, 64)
    small, large = np.zeros((side, side), bool), np.zeros((side, side), bool)
    small[2:32, 2:32] = True  # 22 % of the image, in a corner
    large[blob >= np.median(blob)] = True  # 50 % of it, in the middle
    rng = np.random.default_rng(0)
    perfect = small + 0.1 * rng.uniform(size=small.shape)  # every pixel of the object comes first
    assert ciou(perfect, small) < 0.5  # and yet it counts as a failure
    assert ciou(blob, large) == 1.0  # what never looked counts as perfect
    assert adaptive_ciou(perfect, small) == pixel_ap(perfect, small) == 1.0
    assert pointing(perfect, small) == 1.0
    assert adaptive_ciou(blob, small) < 0.25


def test_the_legacy_measure_is_reported_of_large_objects_only() -> None:
    rng = np.random.default_rng(0)
    small, large = np.zeros((64, 64), bool), np.zeros((64, 64), bool)
    small[:8, :8], large[:, :40] = True, True
    log = Localization()
    for mask in (small, large):
        log.update((mask + 0.1 * rng.uniform(size=mask.shape))[None], mask[None])
    found = log.compute()
    assert found["legacy_share"] == 0.5
    assert found["legacy_ciou@.5"] == found["ciou_adaptive@.5"] == 1.0
    log = Localization()
    log.update(small[None] * 1.0, small[None])
    assert not {"legacy_ciou@.5", "legacy_auc", "iiou"} & log.compute().keys()


def test_an_image_is_right_if_all_of_its_sounds_are() -> None:
    right, size = all_right([1, 0, 1, 1, 1], [7, 7, 3, 3, 9])
    assert right.tolist() == [False, False, True, True, True]
    assert size.tolist() == [2, 2, 2, 2, 1]
    _, masks = scene(0, 5)
    good = masks * 1.0
    good[1] = ~masks[1]
    log = Localization()
    log.update(good, masks, [7, 7, 3, 3, 9])
    assert log.compute()["iiou"] == pytest.approx(2 / 3)  # of three images


def test_the_log_holds_means_and_intervals_of_its_measures() -> None:
    maps, masks = scene(1, 30)
    log = Localization()
    log.update(maps[:11], masks[:11])
    log.update(maps[11:], masks[11:])
    found, intervals = log.compute(), log.intervals(n=200)
    assert found["ap"] == pytest.approx(pixel_ap(maps, masks).mean())
    assert found["ciou_adaptive"] == pytest.approx(adaptive_ciou(maps, masks).mean())
    assert found["pointing_exact"] <= found["pointing"]
    assert found.keys() == intervals.keys()
    for key, (value, low, high) in intervals.items():
        assert value == found[key]
        assert low <= value <= high


@pytest.mark.parametrize(
    ("maps", "masks", "says"),
    [
        (np.zeros((4, 4)), np.ones((4, 5)), r"masks has the shape \(4, 5\): expected \(4, 4\)"),
        (np.full((4, 4), np.nan), np.ones((4, 4)), "maps holds nan in 16 of 16"),
        (np.zeros((4, 4)), np.zeros((4, 4)), "1 of 1 masks are empty"),
        (np.zeros((4, 4)), -np.ones((4, 4)), "masks hold -1"),
        (np.zeros((0, 4, 4)), np.zeros((0, 4, 4)), "maps has the shape"),
        (np.zeros(4), np.ones(4), "at least 2 axes"),
    ],
)
def test_maps_and_masks_that_make_no_sense_are_refused(maps: F64, masks: F64, says: str) -> None:
    for measure in (ciou, adaptive_ciou, pixel_ap, pointing):
        with pytest.raises(SoundwalkError, match=says):
            measure(maps, masks)


def test_other_misuse_is_named() -> None:
    maps, masks = scene(0)
    with pytest.raises(SoundwalkError, match="tolerance=-1"):
        pointing(maps, masks, -1.0)
    with pytest.raises(SoundwalkError, match=r"from 0 to 1\.5"):
        success_auc([0.0, 1.5])
    with pytest.raises(SoundwalkError, match=r"expected \(N, H, W\)"):
        Localization().update(maps[0], masks[0])
    with pytest.raises(SoundwalkError, match="image has the shape"):
        all_right([1, 0], [1])
