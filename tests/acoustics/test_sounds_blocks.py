"""Building blocks of the bank against closed forms: tones, noise, envelopes, resonances, levels."""

from __future__ import annotations

import numpy as np
import pytest

from soundwalk.envs.acoustics.sounds.blocks import (
    decay,
    glide,
    modes,
    morph,
    partials,
    resonate,
    rolloff,
    samples,
    swell,
)
from soundwalk.envs.acoustics.sounds.levels import active_frames, active_rms, normalise
from soundwalk.envs.acoustics.sounds.track import Track, noise
from soundwalk.envs.interface import F64

RATE = 16_000


def track(seconds: float = 2.0, seed: int = 0) -> Track:
    return Track(np.random.default_rng(seed), RATE, seconds)


def spectrum(signal: F64) -> tuple[F64, F64]:
    return (
        np.asarray(np.fft.rfftfreq(signal.size, 1 / RATE), np.float64),
        np.asarray(np.abs(np.fft.rfft(signal)) ** 2, np.float64),
    )


def test_what_runs_over_the_end_of_a_track_comes_in_at_its_start() -> None:
    lane = track(1.0)
    lane.add(np.ones(round(0.4 * RATE)), at=0.8, gain=2.0)
    sounding = np.flatnonzero(lane.signal) / RATE
    assert lane.signal.sum() == pytest.approx(2.0 * 0.4 * RATE)
    assert sounding.size == round(0.4 * RATE)
    assert np.all((sounding < 0.2) | (sounding >= 0.8))


def test_a_sound_longer_than_the_track_winds_around_and_adds_up() -> None:
    lane = track(0.5)
    lane.add(np.ones(round(1.25 * RATE)))
    assert set(np.unique(lane.signal)) == {2.0, 3.0}
    assert lane.signal.sum() == round(1.25 * RATE)


def test_a_hum_takes_whole_cycles_so_that_it_repeats_exactly() -> None:
    lane = track(2.37)
    tone = lane.hum(123.4, [1.0, 0.5])
    frequency, power = spectrum(tone)
    lines = np.flatnonzero(power > 1e-6 * power.max())
    assert lines.size == 2
    assert frequency[lines[0]] == pytest.approx(123.4, abs=0.5 / 2.37)
    assert frequency[lines[1]] == pytest.approx(2 * frequency[lines[0]])
    assert power[lines[1]] / power[lines[0]] == pytest.approx(0.25)


def test_beats_are_even_fit_the_loop_and_avoid_its_seam() -> None:
    lane = track(3.0)
    beats = lane.beats(2.1)
    assert len(beats) == 6
    np.testing.assert_allclose(np.diff(beats), 0.5)
    assert beats[0] == pytest.approx(0.25)
    jittered = lane.beats(2.1, jitter=0.5)
    assert np.abs(np.array(jittered) - beats).max() <= 0.25 * 0.5 + 1e-9
    assert len(lane.beats(0.01)) == 1


def test_a_swing_stays_between_its_ends_and_has_its_rate() -> None:
    curve = track(2.0).swing(3.0, low=0.4)
    assert curve.min() == pytest.approx(0.4, abs=1e-3)
    assert curve.max() == pytest.approx(1.0, abs=1e-3)
    assert spectrum(curve - curve.mean())[1].argmax() == 6  # cycles in 2 s


def test_noise_has_unit_rms_lies_in_its_band_and_joins_at_its_ends() -> None:
    signal = noise(np.random.default_rng(1), 4 * RATE, RATE, 500, 2000)
    assert np.sqrt(np.mean(signal**2)) == pytest.approx(1.0)
    frequency, power = spectrum(signal)
    inside = power[(frequency > 400) & (frequency < 2500)].sum() / power.sum()
    assert inside > 0.75
    # 12 dB per octave: two octaves below the band the power density is 24 dB down
    middle = power[(frequency > 900) & (frequency < 1100)].mean()
    low = power[(frequency > 115) & (frequency < 135)].mean()
    assert 10 * np.log10(low / middle) == pytest.approx(-24, abs=2.5)
    assert abs(signal[0] - signal[-1]) < 5 * np.abs(np.diff(signal)).mean()


def test_tilted_noise_falls_by_its_tilt_per_octave() -> None:
    frequency, power = spectrum(noise(np.random.default_rng(2), 4 * RATE, RATE, 50, 7900, -6.0))
    octaves = [power[(frequency > f) & (frequency < 1.2 * f)].mean() for f in (500, 1000, 2000)]
    np.testing.assert_allclose(np.diff(10 * np.log10(octaves)), -6, atol=1.0)


def test_a_decay_starts_and_ends_at_zero_and_falls_by_e_per_tau() -> None:
    envelope = decay(1.0, RATE, tau=0.2)
    assert envelope[0] == 0
    assert envelope[-1] < 1e-3
    assert envelope[round(0.5 * RATE)] / envelope[round(0.3 * RATE)] == pytest.approx(np.exp(-1))


def test_a_swell_rises_holds_and_falls() -> None:
    envelope = swell(1.0, RATE, 0.1, 0.3)
    assert envelope[0] == 0
    assert np.all(envelope[round(0.1 * RATE) : round(0.7 * RATE)] == 1)
    assert np.all(np.diff(envelope[round(0.7 * RATE) :]) <= 0)


def test_a_glide_passes_its_points_at_equal_times() -> None:
    contour = glide([100, 300, 200], 1.0, RATE)
    at = [0, RATE // 4, RATE // 2, 3 * RATE // 4]
    np.testing.assert_allclose(contour[at], [100, 200, 300, 250])
    assert contour.size == samples(1.0, RATE).size


def test_partials_stay_below_the_nyquist_limit() -> None:
    frequency, power = spectrum(partials(np.full(RATE, 1500.0), RATE, rolloff(12, 0.0)))
    lines = frequency[power > 0.1 * power.max()]
    np.testing.assert_allclose(lines, [1500, 3000, 4500, 6000, 7500])


def test_modes_ring_at_their_frequencies_each_with_its_own_decay() -> None:
    struck = modes([400, 3000, 20_000], [0.3, 0.05, 1.0], 1.0, RATE)
    early, late = struck[: RATE // 20], struck[RATE // 2 : RATE // 2 + RATE // 20]
    for part, high in ((early, True), (late, False)):
        frequency, power = spectrum(part)
        low_peak = power[np.abs(frequency - 400) < 40].max()
        assert (power[np.abs(frequency - 3000) < 40].max() > 0.2 * low_peak) == high


def test_a_resonance_lifts_its_centre_and_shifts_nothing() -> None:
    click = np.zeros(RATE)
    click[RATE // 2] = 1
    coloured = resonate(click, RATE, [1000.0], sharpness=8)
    assert np.abs(coloured).argmax() == RATE // 2
    frequency, power = spectrum(coloured)
    assert frequency[power.argmax()] == pytest.approx(1000, abs=5)
    half = frequency[power > power.max() / 2]
    assert half.max() - half.min() == pytest.approx(1000 / 8, rel=0.15)


def test_morphing_moves_the_formants_from_one_vowel_to_the_next() -> None:
    breath = noise(np.random.default_rng(3), 2 * RATE, RATE, 50, 7000)
    said = morph(breath, RATE, "iu")  # second formant: 2290 Hz, then 870 Hz
    for part, bright in ((said[: RATE // 4], True), (said[-RATE // 4 :], False)):
        frequency, power = spectrum(part)
        high = power[(frequency > 2100) & (frequency < 2500)].mean()
        low = power[(frequency > 780) & (frequency < 960)].mean()
        assert (high > low) == bright


def test_the_level_of_a_clip_does_not_count_its_silence() -> None:
    tone = np.sin(2 * np.pi * 500 * samples(1.0, RATE))
    gapped = np.concatenate([tone, np.zeros(3 * RATE), 1e-4 * tone])
    assert active_rms(gapped, RATE) == pytest.approx(np.sqrt(0.5))
    power, active = active_frames(gapped, RATE)
    assert power.size == active.size == 250
    assert active.sum() == 50
    assert active_rms(np.zeros(100), RATE) == 0


def test_normalising_levels_to_a_tenth_unless_the_peak_forbids() -> None:
    tone = np.sin(2 * np.pi * 500 * samples(1.0, RATE))
    assert active_rms(normalise(37 * tone, RATE), RATE) == pytest.approx(0.1)
    click = 0.001 * tone
    click[100] = 0.05  # 34 dB above the rest
    spiky = normalise(click, RATE)
    assert np.abs(spiky).max() == pytest.approx(1.0)
    assert active_rms(spiky, RATE) < 0.1
