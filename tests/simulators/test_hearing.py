"""Several sources, stems, noises: what is heard is the sum of its parts, as loud as they say."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.signal import fftconvolve

from soundwalk.envs.acoustics import StreamingConvolver
from soundwalk.envs.acoustics.sounds import SoundBank
from soundwalk.envs.acoustics.sounds.levels import active_rms
from soundwalk.envs.interface import F32, F64, Action, SoundwalkError
from soundwalk.envs.scenes import shoebox
from soundwalk.envs.simulators.emitters import Emitters, Sound
from soundwalk.envs.simulators.native import NativeSimulator
from soundwalk.envs.simulators.options import HearingOptions, pressure

from .worlds import Make

ROOM = shoebox((6.0, 5.0, 2.7), absorption=0.3)
PLACES = np.array([(1.0, 1.0, 1.2), (5.0, 4.0, 0.8), (1.0, 4.0, 1.8)])
START = np.array([3.0, 2.0, 0.4])
ONE = np.zeros(1, np.int32)


def clip(samples: int, seed: int = 0) -> F32:
    return np.random.default_rng(seed).standard_normal(samples).astype(np.float32)


def sounds(count: int, **more: Any) -> list[Sound]:
    return [Sound(clip(5_000 + i, seed=i), PLACES[i], 100 * i, **more) for i in range(count)]


def listen(world: NativeSimulator, actions: list[int]) -> tuple[F32, list[Any]]:
    """(C, T) and the parts of each step, the first included."""
    blocks, parts = [world.begin_hearing(ONE)[0]], [world.heard]
    for action in actions:
        world.act(np.array([action]))
        blocks.append(world.hear()[0])
        parts.append(world.heard)
    return np.concatenate(blocks, axis=1), parts


def rms(signal: F32 | F64) -> float:
    return float(np.sqrt(np.mean(np.square(signal, dtype=np.float64))))


WALK = [int(a) for a in (Action.MOVE_FORWARD, Action.TURN_LEFT, Action.STOP, Action.MOVE_FORWARD)]


def test_many_sources_are_heard_as_the_sum_of_each_alone(make: Make) -> None:
    world = make(ROOM, distractors=2)
    world.settle(0, 0, START, sounds(3))
    together, _ = listen(world, WALK)
    alone = []
    for i in range(3):
        single = make(ROOM)
        single.settle(0, 0, START, [sounds(3)[i]])
        alone.append(listen(single, WALK)[0])
    np.testing.assert_allclose(together, sum(alone), atol=1e-4 * np.abs(together).max())


@pytest.mark.parametrize("stems", [False, True])
def test_spectra_that_are_kept_for_who_stands_still_change_nothing(
    make: Make, monkeypatch: pytest.MonkeyPatch, stems: bool
) -> None:
    """Through a new episode, too, in which the sounds are elsewhere and the agent where it was."""
    found = []
    for keep in (True, False):
        if not keep:
            monkeypatch.setattr(StreamingConvolver, "_in_line", lambda *_: False)
        world = make(ROOM, distractors=1, stems=stems)
        world.settle(0, 0, START, sounds(2))
        heard = [listen(world, [*WALK, int(Action.STOP), int(Action.STOP)])[0]]
        world.settle(0, 0, START, sounds(3)[1:])
        heard.append(listen(world, [int(Action.STOP)] * 3)[0])
        found.append(np.concatenate(heard, axis=1))
    np.testing.assert_array_equal(found[0], found[1])


@pytest.mark.parametrize("smooth", [False, True])
def test_wet_stems_add_up_to_the_audio(make: Make, smooth: bool) -> None:
    world, plain = (
        make(ROOM, distractors=2, stems=stems, doppler=smooth) for stems in (True, False)
    )
    for each in (world, plain):
        each.settle(0, 0, START, sounds(3))
    (heard, parts), (expected, _) = listen(world, WALK), listen(plain, WALK)
    np.testing.assert_allclose(heard, expected, atol=1e-4 * np.abs(expected).max())
    wet = np.concatenate([part.wet[0] for part in parts], axis=2)
    np.testing.assert_allclose(wet.sum(0), heard, atol=1e-5)
    dry = np.concatenate([part.dry[0] for part in parts], axis=1)
    for i, sound in enumerate(sounds(3)):
        index = (np.arange(dry.shape[1]) + sound.offset) % len(sound.dry)
        np.testing.assert_array_equal(dry[i], sound.dry[index])


@pytest.mark.parametrize("smooth", [False, True])
def test_the_wet_stem_of_one_who_stands_still_is_one_offline_convolution(
    make: Make, smooth: bool
) -> None:
    """Smooth hearing reads the delay from the clip, and its late field starts from there."""
    acoustics = {"late": not smooth}
    world = make(ROOM, distractors=1, stems=True, doppler=smooth, acoustics=acoustics)
    mine = sounds(2)
    if smooth:
        spectrum = np.fft.rfft(np.stack([s.dry[:5_000] for s in mine]))
        spectrum[:, int(0.4 * 5_000) :] = 0
        low = np.fft.irfft(spectrum, 5_000).astype(np.float32)
        mine = [Sound(low[i], PLACES[i]) for i in range(2)]
    world.settle(0, 0, START, mine)
    _, parts = listen(world, [int(Action.STOP)] * 5)
    wet = np.concatenate([part.wet[0] for part in parts], axis=2)
    for i, sound in enumerate(mine):
        rirs = world.hearing.rirs(np.array([i]))[0]
        index = (np.arange(-8_000, wet.shape[2]) + sound.offset) % len(sound.dry)
        for ear in range(2):
            truth = fftconvolve(sound.dry[index].astype(float), rirs[ear].astype(float))
            error = wet[i, ear] - truth[8_000 : 8_000 + wet.shape[2]]
            level = 20 * np.log10(rms(error) / rms(truth))
            assert level < (-30 if smooth else -80)  # arrivals are rounded to parts of a sample


@pytest.mark.parametrize("smooth", [False, True])
def test_a_directional_sound_is_heard_as_from_where_it_points(make: Make, smooth: bool) -> None:
    """Without walls: 1 on the axis of a cardioid, a half from its side, nothing from behind."""
    acoustics = {"order": 0, "late": False, "scattering": False, "receiver": "mono"}
    towards = np.arctan2(*(START[:2] - PLACES[0, :2])[::-1])
    level = {}
    for name, facing in (("omni", 0.0), ("cardioid", 0.0), ("cardioid", 0.5), ("cardioid", 1.0)):
        world = make(ROOM, directivity=name, doppler=smooth, acoustics=acoustics)
        sound = Sound(clip(5_000), PLACES[0], facing=float(towards + facing * np.pi))
        world.settle(0, 0, START, [sound])
        level[name, facing] = rms(listen(world, [int(Action.STOP)] * 2)[0])
    one = level["omni", 0.0]
    flat = np.cos(np.arctan2(0.05, np.hypot(2.0, 1.0)))  # ears are 5 cm higher than the source
    for facing in (0.0, 0.5, 1.0):
        expected = 0.5 + 0.5 * np.cos(facing * np.pi) * flat
        assert level["cardioid", facing] / one == pytest.approx(expected, abs=1e-3)


def test_a_sound_begins_at_its_onset_and_ends_after_its_duration() -> None:
    emitters = Emitters(1, 16_000)
    dry = clip(3_000)
    emitters.put(0, Sound(dry, PLACES[0], offset=500, onset=0.3, duration=0.2))
    signal = emitters.read(0, -2_000, 14_000)
    assert not signal[:6_800].any()
    np.testing.assert_array_equal(signal[6_800:10_000], np.resize(np.roll(dry, -500), 3_200))
    assert not signal[10_000:].any()


def test_a_sound_that_does_not_loop_is_heard_once() -> None:
    emitters = Emitters(1, 16_000)
    dry = clip(3_000)
    emitters.put(0, Sound(dry, PLACES[0], offset=500, loop=False))
    np.testing.assert_array_equal(emitters.read(0, 0, 2_500), dry[500:])
    assert not emitters.read(0, -4_000, 4_000).any()
    assert not emitters.read(0, 2_500, 9_000).any()
    assert emitters.over(np.array([0]), np.array([2_500])).all()
    assert not emitters.over(np.array([0]), np.array([2_499])).any()


def test_a_level_of_94_db_is_one_pascal_and_clips_have_74() -> None:
    assert pressure(94.0) == 1.0
    bank = SoundBank.synthetic()
    for name in ("telephone/0", "fan/2", "speech/1"):
        loudness = active_rms(bank.load(bank.clip(name)), 16_000)
        assert 20 * np.log10(loudness) + 94.0 == pytest.approx(74.0, abs=0.1)


@pytest.fixture
def quiet() -> list[Sound]:
    """A goal that is silent after it has been settled: noise is heard alone."""
    return [Sound(0.1 * clip(16_000), PLACES[0], onset=1_000.0)]


@pytest.fixture
def noisy(make: Make, quiet: list[Sound]) -> NativeSimulator:
    world = make(ROOM, snr=12.0, receiver="mono")
    world.settle(0, 0, START, quiet, seed=5)
    return world


def test_background_noise_lies_below_the_source_at_one_metre_by_the_snr(
    noisy: NativeSimulator,
) -> None:
    heard, _ = listen(noisy, [int(Action.STOP)] * 15)
    assert 20 * np.log10(0.1 / rms(heard)) == pytest.approx(12.0, abs=0.3)
    power = np.abs(np.fft.rfft(heard[0].reshape(-1, 2_000))) ** 2  # white: as loud in each octave
    means = [power[:, a:b].mean() for a, b in ((30, 60), (60, 125), (125, 250), (250, 500))]
    assert np.ptp(10 * np.log10(means)) < 1.0


def test_background_noise_is_that_of_the_seed_and_of_no_other(
    noisy: NativeSimulator, quiet: list[Sound]
) -> None:
    first, _ = listen(noisy, WALK)
    noisy.settle(0, 0, START, quiet, seed=5)
    again, _ = listen(noisy, WALK)
    np.testing.assert_array_equal(first, again)
    noisy.settle(0, 0, START, quiet, seed=6)
    other, _ = listen(noisy, WALK)
    assert abs(np.corrcoef(first[0], other[0])[0, 1]) < 0.05


def test_background_noise_comes_from_everywhere(make: Make, quiet: list[Sound]) -> None:
    """Two ears of a sphere: alike at low frequencies, unlike at high ones, none louder."""
    world = make(ROOM, snr=0.0)
    world.settle(0, 0, START, quiet)
    heard, _ = listen(world, [int(Action.STOP)] * 15)
    assert rms(heard[0]) == pytest.approx(rms(heard[1]), rel=0.05)
    spectra = np.fft.rfft(heard.reshape(2, -1, 500) * np.hanning(500))
    cross = (spectra[0] * np.conj(spectra[1])).mean(0)
    coherence = np.abs(cross) / np.sqrt(np.prod((np.abs(spectra) ** 2).mean(1), axis=0))
    assert coherence[3:7].mean() > 0.8  # 100 to 200 Hz
    assert coherence[100:200].mean() < 0.3  # 3 to 6 kHz


def test_motors_are_heard_while_the_agent_moves_as_loud_as_they_are_said_to_be(
    make: Make, quiet: list[Sound]
) -> None:
    world = make(ROOM, motor_noise=60.0)
    world.settle(0, 0, START, quiet)
    actions = [Action.STOP, Action.TURN_LEFT, Action.MOVE_FORWARD, Action.STOP, Action.STOP]
    heard, _ = listen(world, [int(a) for a in actions])
    steps = heard.reshape(2, 6, 4_000)
    assert not steps[:, [0, 1, 5]].any()
    for step in (2, 3):
        level = 20 * np.log10(rms(steps[:, step])) + 94.0
        assert level == pytest.approx(60.0, abs=1.5)
    assert not steps[:, 4, 200:].any()  # switched off within 10 ms
    np.testing.assert_allclose(steps[0], steps[1], atol=1e-6)  # from below: the same in both ears


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"ear_height": 9.0}, r"ear_height=9.0: expected 0.05 to 2.2 metres"),
        ({"distractors": -1}, "distractors=-1: expected 0 to 8"),
        ({"distractors": 1.5}, "distractors=1.5: expected a whole number"),
        ({"moving": float("nan")}, "moving=nan: expected a number"),
        ({"snr": "loud"}, "snr='loud': expected a number"),
        ({"level": 300.0}, "level=300.0: expected 0 to 140 dB SPL"),
        ({"echolocation": "alwys"}, "unknown echolocation 'alwys': did you mean 'always'"),
        ({"stems": 1}, "stems=1: expected True or False"),
        ({"receiver": "binarual"}, "unknown receiver"),
        ({"acoustics": {"temprature": 3.0}}, "unknown field of acoustics 'temprature'"),
        ({"acoustics": {"bands": 5}}, "bands=5"),
        ({"acoustics": [1]}, "expected a dictionary"),
        ({"directivity": "cardiod"}, "unknown directivity 'cardiod': did you mean 'cardioid'"),
        ({"directivity": "none.sofa"}, "no directivity at 'none.sofa'"),
        ({"directivity": 0.5}, "directivity=0.5: expected the name of a pattern or the path"),
        ({"receiver": "mono", "acoustics": {"receiver": "mono"}}, "name the receiver once"),
    ],
)
def test_an_option_without_meaning_is_named(options: dict[str, Any], message: str) -> None:
    with pytest.raises(SoundwalkError, match=message):
        HearingOptions(**options)


@pytest.mark.parametrize(
    ("sound", "message"),
    [
        (Sound(clip(0), PLACES[0]), "sound of an episode is empty"),
        (Sound(clip(9), PLACES[0], onset=-1.0), "onset=-1.0: expected 0 or more"),
        (Sound(clip(9), PLACES[0], duration=float("inf")), "duration=inf: expected"),
        (Sound(clip(9), PLACES[0], gain=float("nan")), "gain=nan: expected a finite"),
        (Sound(clip(9), np.array([-1.0, 2.0, 1.0])), r"source=\(-1.00, 2.00, 1.00\)"),
        (Sound(clip(9), np.array([1.0, 2.0, 3.0])), "above the ceiling"),
    ],
)
def test_a_sound_that_cannot_be_is_refused(make: Make, sound: Sound, message: str) -> None:
    with pytest.raises(SoundwalkError, match=message):
        make(ROOM).settle(0, 0, START, [sound])
