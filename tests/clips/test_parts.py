"""The pieces that clips are made of, each against its definition written out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from soundwalk.envs.acoustics import AcousticConfig
from soundwalk.envs.clips import ClipOptions
from soundwalk.envs.clips.hearing import convolve
from soundwalk.envs.clips.motion import BOUNCE, MANNERS, OPEN, VIBRATE, Envelopes, shifts
from soundwalk.envs.clips.places import Neighbourhood, Window, reverberation_times
from soundwalk.envs.clips.viewpoints import count_pixels
from soundwalk.envs.clips.voices import Voices
from soundwalk.envs.interface import CATEGORIES, SoundwalkError
from soundwalk.envs.scenes import shoebox
from soundwalk.envs.simulators.homes import HomePool

RATE = 16_000
CLIPS = {"speech": (0.3, 0.1), "dog": (0.05,), "washing_machine": (0.2,)}  # seconds


@pytest.fixture(scope="module")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Noises that swell, of known lengths."""
    folder = tmp_path_factory.mktemp("sounds")
    rng = np.random.default_rng(0)
    for name, lengths in CLIPS.items():
        (folder / name).mkdir()
        for i, seconds in enumerate(lengths):
            count = round(seconds * RATE)
            sound = 0.1 * rng.standard_normal(count) * np.linspace(0, 1, count)
            soundfile.write(folder / name / f"{i}.wav", sound, RATE, subtype="FLOAT")
    return folder


@pytest.fixture(scope="module")
def voices(recordings: Path) -> Voices:
    return Voices(ClipOptions(sounds=str(recordings)))


def test_a_category_sounds_where_there_are_clips_of_it(voices: Voices) -> None:
    assert not voices.foreign
    assert {CATEGORIES[i] for i in np.flatnonzero(voices.can_sound)} == set(CLIPS)


def test_objects_are_given_their_own_clips_and_others_none(voices: Voices) -> None:
    names = [*CLIPS, None]
    wanted = np.array([-1 if name is None else CATEGORIES.index(name) for name in names] * 50)
    clips, offsets = voices.draw(wanted.reshape(50, 4), np.random.default_rng(1))
    for category, clip, offset in zip(wanted, clips.ravel(), offsets.ravel(), strict=True):
        if category < 0:
            assert [clip, offset] == [-1, 0]
            continue
        assert voices.clip(int(clip)).category == CATEGORIES[category]
        assert 0 <= offset < len(voices.bank.load(voices.clip(int(clip))))
    assert len(set(clips[:, 0])) == 2  # both of speech
    assert len(set(offsets[:, 2])) > 40


def test_what_is_drawn_for_one_object_does_not_depend_on_whether_others_sound(
    voices: Voices,
) -> None:
    speech, dog = CATEGORIES.index("speech"), CATEGORIES.index("dog")
    both = voices.draw(np.array([[speech, dog]] * 9), np.random.default_rng(2))
    alone = voices.draw(np.array([[speech, -1]] * 9), np.random.default_rng(2))
    for one, other in zip(both, alone, strict=True):
        np.testing.assert_array_equal(one[:, 0], other[:, 0])


def test_an_excerpt_is_the_clip_repeated_from_its_offset_on(voices: Voices) -> None:
    numbers = range(len(voices.bank.all_clips))
    clips = np.array([[*numbers, -1]])
    offsets = np.array([[*(7 * n + 1 for n in numbers), 0]])
    found = voices.read(clips, offsets, 9000)
    assert found.dtype == np.float32
    for n in numbers:
        whole = voices.bank.load(voices.clip(n))
        expected = whole[(offsets[0, n] + np.arange(9000)) % len(whole)]
        np.testing.assert_array_equal(found[0, n], expected)
    assert not found[0, -1].any()


def test_the_envelope_is_the_root_of_the_level_around_a_sample(voices: Voices) -> None:
    """Every window summed by itself, cyclically, as the clip is repeated."""
    fps = 15.0
    width = round(RATE / fps)
    lengths = [len(voices.bank.load(clip)) for clip in voices.bank.all_clips]
    clip = int(np.argmax(lengths))
    whole = voices.bank.load(voices.clip(clip)).astype(np.float64)
    around = (np.arange(len(whole))[:, None] + np.arange(width) - width // 2) % len(whole)
    level = np.sqrt((whole[around] ** 2).mean(1))
    at = np.array([0, 1, 999, 2400, len(whole) - 1, len(whole) + 5, -3])
    share = level[at % len(whole)] / level.max()
    expected = np.where(share > 0.01, np.sqrt(share), 0.0)
    found = Envelopes(voices, fps).read(np.array([[clip, -1]]), np.stack([[at, at]]))
    np.testing.assert_allclose(found[0, 0], expected, rtol=1e-6)
    assert not found[0, 1].any()


def test_short_frames_measure_levels_over_twenty_milliseconds_at_least(voices: Voices) -> None:
    at = np.arange(0, 1600, 40)[None, None]
    clip = np.array([[0]])
    fast, faster = (Envelopes(voices, fps).read(clip, at) for fps in (50.0, 1000.0))
    np.testing.assert_array_equal(fast, faster)
    assert (fast != Envelopes(voices, 25.0).read(clip, at)).any()


def test_each_manner_moves_along_its_own_way_as_far_as_the_envelope_says() -> None:
    shaking = int(np.flatnonzero(MANNERS == VIBRATE)[0])
    bouncing, opening = (int(np.flatnonzero(m == MANNERS)[0]) for m in (BOUNCE, OPEN))
    wide, deep = [0, 0, 0, 2, 1, 1], [0, 0, 0, 1, 2, 1]
    categories = np.array([[shaking, shaking, bouncing, opening]])
    boxes = np.array([[wide, deep, wide, wide]], np.float64)
    envelope = np.tile([0.0, 0.5, 1.0], (1, 4, 1))
    found = shifts(categories, boxes, envelope, 0.2)
    up = [0.0, 0.1, 0.2]
    to_and_fro = [0.0, -0.1, 0.2]  # even frames one way, odd ones the other
    expected = np.zeros((4, 3, 4))
    expected[0, :, 0], expected[1, :, 1] = to_and_fro, to_and_fro
    expected[2, :, 2], expected[3, :, 3] = up, up
    np.testing.assert_allclose(found[0], expected, atol=1e-7)
    assert found.dtype == np.float32


def test_pixels_are_counted_as_by_hand() -> None:
    rng = np.random.default_rng(3)
    image = rng.integers(-1, 9, (5, 16, 16)).astype(np.int32)
    wanted = rng.integers(-2, 20, (5, 6))
    found = count_pixels(image, wanted)
    for n in range(5):
        for k in range(6):
            inside = wanted[n, k] >= 0  # -1 is nothing and -2 no object
            assert found[n, k] == (image[n] == wanted[n, k]).sum() * inside


def test_convolution_in_blocks_is_numpys_in_one_piece() -> None:
    rng = np.random.default_rng(4)
    taps, samples = 300, 1000
    signals = rng.standard_normal((2, 3, samples + taps + 49)).astype(np.float32)
    responses = rng.standard_normal((2, 2, 3, 2, taps)).astype(np.float32)
    apart = convolve(signals, responses, samples, mixed=False)
    assert apart.shape == (2, 2, 3, 2, samples)
    for n, v, k, c in np.ndindex(2, 2, 3, 2):
        whole = np.convolve(signals[n, k].astype(float), responses[n, v, k, c].astype(float))
        expected = whole[signals.shape[-1] - samples : signals.shape[-1]]
        np.testing.assert_allclose(apart[n, v, k, c], expected, atol=2e-3)
    together = convolve(signals, responses, samples, mixed=True)
    np.testing.assert_allclose(together, apart.sum(2), atol=1e-3)


@pytest.mark.parametrize("absorption", [0.05, 0.3, 0.7])
def test_a_bare_box_rings_as_long_as_eyring_says(absorption: float) -> None:
    """24 ln 10 V / (c (4 m V - S ln(1 - a))), without air m is 0: Kuttruff, equation 5.24."""
    x, y, z = 5.0, 4.0, 2.5
    volume, surface = x * y * z, 2 * (x * y + y * z + x * z)
    expected = 24 * np.log(10) * volume / (343.0 * -surface * np.log(1 - absorption))
    config = AcousticConfig(air=False)
    found = reverberation_times(shoebox((x, y, z), absorption=absorption), config)
    assert found.shape == (1,)
    assert found[0] == pytest.approx(expected, rel=0.01)  # the speed of sound at 20 degrees


def test_air_makes_a_hard_room_ring_shorter() -> None:
    scene = shoebox((5, 4, 2.5), absorption=0.02)
    dry, without = AcousticConfig(humidity=20.0), AcousticConfig(air=False)
    assert reverberation_times(scene, dry)[0] < 0.9 * reverberation_times(scene, without)[0]


@pytest.fixture(scope="module")
def pool() -> Iterator[HomePool]:
    made = HomePool(5, 1, AcousticConfig(receiver="mono", length=0.05), 1)
    yield made
    made.close()


def around(pool: HomePool, *names: str) -> Neighbourhood:
    """Three homes in which things of some categories have sounds."""
    return Neighbourhood(pool, range(70, 73), (1, 2), np.isin(CATEGORIES, names or CATEGORIES))


def test_a_window_holds_its_homes_and_goes_round(pool: HomePool) -> None:
    homes = around(pool)
    window = homes.window(2, 2)
    assert window.places.seed.tolist() == [72, 70]
    assert homes.window(2, 2) is window
    assert homes.window(5, 2).places.seed.tolist() == [72, 70]
    for row, slot in enumerate(window.slots):
        plan, here = pool.home(int(slot)).scene.plan, window.places
        count = len(plan.objects)
        for o, thing in enumerate(plan.objects):
            assert CATEGORIES[here.category[row, o]] == thing.category
            np.testing.assert_allclose(here.box[row, o], thing.box)
            np.testing.assert_allclose(here.position[row, o], thing.position)
        assert (here.instance[row, :count] == [o.instance for o in plan.objects]).all()
        assert (here.instance[row, count:] == -2).all()  # which no pixel shows
        assert not window.usable[row, count:].any()


def test_places_to_stand_are_free_and_in_their_rooms(pool: HomePool) -> None:
    window: Window = around(pool).window(0, 2)
    for row, slot in enumerate(window.slots):
        home = pool.home(int(slot))
        points, rooms = window.places.points[row], window.places.rooms[row]
        assert home.nav.is_free(points).all()
        for (x, y), room in zip(points, rooms, strict=True):
            x0, y0, x1, y1 = home.scene.plan.rooms[room].box
            assert x0 - 0.2 <= x <= x1 + 0.2  # a doorway belongs to the nearer room
            assert y0 - 0.2 <= y <= y1 + 0.2


def test_homes_that_leave_the_window_are_given_back() -> None:
    """Four homes go through three slots, and in the end only those of the window are held."""
    small = HomePool(3, 1, AcousticConfig(receiver="mono", length=0.05), 1)
    homes = Neighbourhood(small, range(70, 74), (1, 1), np.ones(len(CATEGORIES), np.bool_))
    for first in range(6):
        window = homes.window(first, 2)
        assert window.places.seed.tolist() == [70 + first % 4, 70 + (first + 1) % 4]
    for slot in window.slots:
        small.release(int(slot))
    for slot in range(3):
        with pytest.raises(SoundwalkError, match=f"slot {slot} was released more often than acq"):
            small.release(slot)
    small.close()


def test_homes_in_which_nothing_has_a_sound_are_named(pool: HomePool) -> None:
    with pytest.raises(SoundwalkError) as error:
        around(pool, "nothing").window(0, 3)
    assert str(error.value) == (
        "none of the homes 70 to 72 holds an object that these sounds belong to: raise `homes`, "
        "or take other sounds"
    )
