"""Blocks that glide from response to response, against convolutions of whole signals in float64."""

from __future__ import annotations

import numpy as np
import pytest

from soundwalk.envs.acoustics.gradual import GradualConvolver
from soundwalk.envs.interface import F32, F64, I64, SoundwalkError

BLOCK, LENGTH, BLOCKS = 60, 150, 7  # what a block sends rings on over two more and a half
NONE = np.zeros(0, np.int64)
RISE = 0.5 - 0.5 * np.cos(np.pi * (np.arange(BLOCK) + 0.5) / BLOCK)


def noise(*shape: int, seed: int) -> F32:
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def rows(*values: int) -> I64:
    return np.array(values, np.int64)


def added(total: F64, start: int, signal: F64, responses: F32) -> None:
    """Add a signal (T,) that begins at a sample, heard through responses (C, L), to (C, S)."""
    for channel, response in enumerate(responses):
        wet = np.convolve(signal, response.astype(np.float64))[: total.shape[1] - start]
        total[channel, start : start + len(wet)] += wet


def gliding(dry: F32, responses: list[F32]) -> F64:
    """One source: each block fades out of the response before and into its own; (C, T)."""
    total = np.zeros((responses[0].shape[0], len(dry)))
    for n, now in enumerate(responses):
        block = dry[n * BLOCK : (n + 1) * BLOCK].astype(np.float64)
        before = responses[max(n - 1, 0)]
        added(total, n * BLOCK, block * RISE, now)
        added(total, n * BLOCK, block * (1 - RISE), before)
    return total


def played(convolver: GradualConvolver, dry: F32, responses: list[F32]) -> F32:
    """What listener 0 hears of source 0, block by block."""
    heard = [
        convolver.glide(rows(0), dry[None, n * BLOCK : (n + 1) * BLOCK], h[None], rows(0), rows(0))
        for n, h in enumerate(responses)
    ]
    joined: F32 = np.concatenate(heard, axis=2)[0]
    return joined


@pytest.fixture
def dry() -> F32:
    return noise(BLOCK * BLOCKS, seed=0)


def test_where_nothing_moves_gliding_is_one_convolution(dry: F32) -> None:
    response = noise(2, LENGTH, seed=1)
    truth = np.zeros((2, len(dry)))
    added(truth, 0, dry.astype(np.float64), response)
    heard = played(GradualConvolver(1, 2, BLOCK, LENGTH), dry, [response] * BLOCKS)
    np.testing.assert_allclose(heard, truth, atol=1e-4)


def test_each_block_fades_from_the_last_response_to_its_own(dry: F32) -> None:
    responses = [noise(2, LENGTH, seed=10 + n) for n in range(BLOCKS)]
    heard = played(GradualConvolver(1, 2, BLOCK, LENGTH), dry, responses)
    np.testing.assert_allclose(heard, gliding(dry, responses), atol=1e-4)


def test_between_two_gains_a_steady_signal_follows_the_half_cosine() -> None:
    """Responses that are one sample long are gains: the fade itself is heard."""
    gains = [np.full((1, 1), g, np.float32) for g in (1.0, 3.0, -1.0)]
    steady = np.ones(3 * BLOCK, np.float32)
    heard = played(GradualConvolver(1, 1, BLOCK, 1), steady, gains)[0]
    expected = np.concatenate([np.ones(BLOCK), 1 + 2 * RISE, 3 - 4 * RISE])
    np.testing.assert_allclose(heard, expected, atol=1e-5)


def test_sources_keep_their_own_responses_and_add_up_at_their_listener() -> None:
    """Sources 0 and 2 are heard by listener 0, source 1 by listener 1."""
    signals = noise(3, BLOCK * BLOCKS, seed=2)
    responses = [noise(3, 1, LENGTH, seed=20 + n) for n in range(BLOCKS)]
    convolver = GradualConvolver(2, 1, BLOCK, LENGTH, sources=3)
    order = [0, 2, 1]
    heard = np.concatenate(
        [
            convolver.glide(
                rows(0, 1),
                signals[order, n * BLOCK : (n + 1) * BLOCK],
                responses[n][order],
                rows(0, 0, 1),
                rows(*order),
            )
            for n in range(BLOCKS)
        ],
        axis=2,
    )
    alone = [gliding(signals[k], [h[k] for h in responses]) for k in range(3)]
    np.testing.assert_allclose(heard[0], alone[0] + alone[2], atol=2e-4)
    np.testing.assert_allclose(heard[1], alone[1], atol=1e-4)


def test_more_sources_than_are_transformed_at_once_add_up_like_few() -> None:
    """Nineteen rows of one listener: groups of eight, eight and three."""
    signals = noise(19, BLOCK, seed=3)
    responses = noise(19, 1, LENGTH, seed=4)
    heard = GradualConvolver(1, 1, BLOCK, LENGTH, sources=19).glide(
        rows(0), signals, responses, np.zeros(19, np.int64), np.arange(19)
    )
    truth = np.zeros((1, BLOCK))
    for signal, response in zip(signals, responses, strict=True):
        added(truth, 0, signal.astype(np.float64), response)
    np.testing.assert_allclose(heard[0], truth, atol=3e-4)


def test_who_has_settled_hears_what_one_hears_who_has_listened_all_along(dry: F32) -> None:
    response = noise(2, LENGTH, seed=5)
    past, now = dry[: 4 * BLOCK], dry[4 * BLOCK : 5 * BLOCK]
    convolver = GradualConvolver(2, 2, BLOCK, LENGTH, sources=2)
    convolver.settle(rows(1), past[None], response[None], rows(0), rows(1))
    heard = convolver.glide(rows(1), now[None], response[None], rows(0), rows(1))[0]
    truth = np.zeros((2, 5 * BLOCK))
    added(truth, 0, dry[: 5 * BLOCK].astype(np.float64), response)
    np.testing.assert_allclose(heard, truth[:, 4 * BLOCK :], atol=1e-4)


def test_settling_forgets_what_rang_before(dry: F32) -> None:
    old, new = noise(1, LENGTH, seed=6), noise(1, LENGTH, seed=7)
    used, fresh = (GradualConvolver(1, 1, BLOCK, LENGTH) for _ in range(2))
    played(used, dry, [old] * 3)
    outcome = []
    for convolver in (used, fresh):
        convolver.settle(rows(0), dry[None, :BLOCK], new[None], rows(0), rows(0))
        outcome.append(played(convolver, dry[BLOCK:], [new, old]))
    np.testing.assert_array_equal(outcome[0], outcome[1])


def test_a_source_that_was_let_go_begins_with_the_response_it_has_then(dry: F32) -> None:
    """The tail of its old sound rings on; nothing new goes through the old response."""
    old, new = noise(1, LENGTH, seed=8), noise(1, LENGTH, seed=9)
    convolver = GradualConvolver(1, 1, BLOCK, LENGTH)
    played(convolver, dry[:BLOCK], [old])
    convolver.let_go(rows(0))
    heard = played(convolver, dry[BLOCK : 2 * BLOCK], [new])
    truth = np.zeros((1, 2 * BLOCK))
    added(truth, 0, dry[:BLOCK].astype(np.float64), old)
    added(truth, BLOCK, dry[BLOCK : 2 * BLOCK].astype(np.float64), new)
    np.testing.assert_allclose(heard, truth[:, BLOCK:], atol=1e-4)


def test_a_listener_without_rows_hears_its_tail_and_then_nothing(dry: F32) -> None:
    response = noise(1, LENGTH, seed=11)
    convolver = GradualConvolver(1, 1, BLOCK, LENGTH)
    played(convolver, dry[:BLOCK], [response])
    silent = np.zeros((0, BLOCK), np.float32), np.zeros((0, 1, LENGTH), np.float32)
    rest = np.concatenate(
        [convolver.glide(rows(0), *silent, NONE, NONE) for _ in range(4)], axis=2
    )[0, 0]
    whole = np.convolve(dry[:BLOCK].astype(np.float64), response[0])  # 209 samples
    np.testing.assert_allclose(rest[: LENGTH - 1], whole[BLOCK:], atol=1e-4)
    assert np.abs(rest[LENGTH - 1 :]).max() < 1e-4


def test_listeners_that_are_not_named_neither_hear_nor_lose_anything(dry: F32) -> None:
    response = noise(1, LENGTH, seed=12)
    both, one = (GradualConvolver(2, 1, BLOCK, LENGTH, sources=2) for _ in range(2))
    for convolver in (both, one):
        convolver.glide(rows(0), dry[None, :BLOCK], response[None], rows(0), rows(0))
    both.glide(rows(1), dry[None, :BLOCK], response[None], rows(0), rows(1))
    later = [
        convolver.glide(rows(0), dry[None, BLOCK : 2 * BLOCK], response[None], rows(0), rows(0))
        for convolver in (both, one)
    ]
    np.testing.assert_array_equal(later[0], later[1])


def test_what_cannot_be_glided_is_refused_by_name() -> None:
    convolver = GradualConvolver(1, 1, BLOCK, LENGTH)
    block, response = np.zeros((1, BLOCK), np.float32), np.zeros((1, 1, LENGTH), np.float32)
    with pytest.raises(SoundwalkError, match="sources=0: expected at least 1"):
        GradualConvolver(1, 1, BLOCK, LENGTH, sources=0)
    with pytest.raises(SoundwalkError, match="stepped by glide"):
        convolver.step(block, response)
    for past in (block[:, :-1], block[0]):
        with pytest.raises(SoundwalkError, match=f"expected rows of whole blocks of {BLOCK}"):
            convolver.settle(rows(0), past, response, rows(0), rows(0))
    with pytest.raises(SoundwalkError, match=r"blocks has shape \(1, 59\): expected \(1, 60\)"):
        convolver.glide(rows(0), block[:, 1:], response, rows(0), rows(0))
    with pytest.raises(SoundwalkError, match=r"owners=\[1\]: expected listeners 0 to 0"):
        convolver.glide(rows(0), block, response, rows(1), rows(0))
