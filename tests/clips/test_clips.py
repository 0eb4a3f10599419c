"""What clips promise: they are what they say, and each part agrees with the others."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import fftconvolve

from soundwalk.envs.acoustics import GeometricEngine
from soundwalk.envs.interface import (
    CATEGORIES,
    F32,
    MAX_DEPTH,
    ROOM_KINDS,
    SENSOR_HEIGHT,
    wrap_angle,
)
from soundwalk.envs.rendering import Camera, MeshPool, RenderMesh, render
from soundwalk.envs.scenes import Scene, generate
from soundwalk.envs.scenes.scene import SoundingObject
from soundwalk.envs.simulators.echo import AHEAD, BELOW, sweep

from .conftest import Make

RATE = 16_000
EVERY = {"visible": 1.0, "offscreen": 1.0, "silent": 1.0, "noise": 1.0}


def home_of(batch: dict[str, np.ndarray], n: int) -> Scene:
    return generate(int(batch["home"][n]), (1, 2))


def source_of(batch: dict[str, np.ndarray], n: int, k: int = 0) -> SoundingObject:
    name = CATEGORIES[batch["category"][n, k]]
    return next(o for o in home_of(batch, n).plan.objects if o.category == name)


def error_db(found: np.ndarray, expected: np.ndarray) -> float:
    return float(10 * np.log10(np.sum((found - expected) ** 2) / np.sum(expected**2)))


def test_audio_is_what_was_sent_through_the_engines_response(make: Make) -> None:
    """By another convolution, of a sound that the clip says it was; it has always been on."""
    world = make(wants=("audio", "stems"), views=2)
    batch = world.batch(3, 3)
    for n in range(3):
        engine = GeometricEngine(home_of(batch, n), RATE)
        source = source_of(batch, n).position
        clip = world.voices.bank.load(world.voices.bank.all_clips[batch["clip"][n, 0]])
        dry = batch["dry"][n, 0, 0]
        loop = np.tile(clip, 4).astype(np.float64)
        match = np.lib.stride_tricks.sliding_window_view(loop, 16)[: 2 * len(clip)]
        start = next(
            s + len(clip)
            for s in np.flatnonzero((match == dry[:16].astype(np.float64)).all(1))
            if np.array_equal(loop[s : s + len(dry)].astype(np.float32), dry)
        ) % len(clip) + len(clip)
        for v in range(2):
            x, y, heading = (float(value) for value in batch["pose"][n, v])
            rir = engine.rir(source, (x, y, SENSOR_HEIGHT), heading).astype(np.float64)
            sent = loop[start - 8_000 : start + len(dry)]
            for c in range(2):
                wet = fftconvolve(sent, rir[c])[8_000 : 8_000 + len(dry)]
                assert error_db(batch["audio"][n, v, c], wet) < -80.0


def test_the_engine_hears_what_the_batch_hears_at_the_exact_pose(make: Make) -> None:
    batch = make(wants=("stems", "audio"), sources=2, views=2).batch(0, 4)
    np.testing.assert_allclose(batch["wet"].sum(2), batch["audio"], atol=1e-6)
    assert np.abs(batch["wet"]).max((0, 1, 3, 4)).min() > 0


def test_two_sources_are_of_different_categories_and_both_in_the_image(make: Make) -> None:
    batch = make(sources=2).batch(0, 16)
    assert (batch["category"][:, 0] != batch["category"][:, 1]).all()
    assert (batch["category"] >= 0).all()
    assert (batch["visibility"][:, 0] > 0).all()
    assert batch["mask"].any((-1, -2)).all()


def test_the_ear_nearer_to_the_source_is_the_louder_one(make: Make) -> None:
    batch = make(views=4, turn=(np.pi / 4, np.pi / 2), distance=(0.7, 2.0)).batch(0, 32)
    level = 10 * np.log10(np.mean(batch["audio"].astype(float) ** 2, axis=-1))
    difference, azimuth = level[..., 0] - level[..., 1], batch["azimuth"][..., 0]
    left = (azimuth > np.pi / 6) & (azimuth < 5 * np.pi / 6)
    right = (azimuth < -np.pi / 6) & (azimuth > -5 * np.pi / 6)
    assert left.sum() > 5
    assert right.sum() > 5
    assert difference[left].mean() > 0.5
    assert difference[right].mean() < -0.5


def test_the_mask_is_the_object_as_the_renderer_names_it(make: Make) -> None:
    batch = make(views=2).batch(1, 4)
    for n in range(4):
        scene = home_of(batch, n)
        pool = MeshPool(1)
        pool.put(0, RenderMesh.from_scene(scene))
        poses = np.zeros((2, 5), np.float32)
        poses[:, :2], poses[:, 2], poses[:, 3] = (
            batch["pose"][n, :, :2],
            SENSOR_HEIGHT,
            batch["pose"][n, :, 2],
        )
        names, depth = np.empty((2, 64, 64), np.int32), np.empty((2, 64, 64), np.float32)
        render(pool, np.zeros(2, np.int32), poses, Camera(64, 64), instance=names, depth=depth)
        mine = names == source_of(batch, n).instance
        assert (mine != batch["mask"][n, :, 0]).mean() < 1e-3
        assert np.median(np.abs(depth - batch["depth"][n])) < 1e-3
        np.testing.assert_allclose(batch["visibility"][n, :, 0], mine.mean((1, 2)), atol=1e-3)


def test_the_source_projects_onto_its_mask(make: Make) -> None:
    """By the pinhole's formula, from azimuth, elevation and distance alone."""
    batch = make().batch(2, 48)
    azimuth, elevation = batch["azimuth"][:, 0, 0], batch["elevation"][:, 0, 0]
    column = 32 - 32 * np.tan(azimuth)
    row = 32 - 32 * np.tan(elevation) / np.cos(azimuth)
    for n in range(48):
        rows, columns = np.nonzero(batch["mask"][n, 0, 0])
        box = np.array(source_of(batch, n).box)
        reach = np.linalg.norm(box[3:] - box[:3]) + 0.3  # sound leaves up to 20 cm before the body
        pixels = 32 * reach / batch["distance"][n, 0, 0] * 1.5 + 2
        assert np.hypot(rows + 0.5 - row[n], columns + 0.5 - column[n]).min() < pixels


def test_depth_is_bounded_and_nearer_than_the_source_where_its_object_is_seen(make: Make) -> None:
    batch = make().batch(2, 16)
    depth = batch["depth"][:, 0]
    assert depth.min() > 0
    assert depth.max() <= MAX_DEPTH
    for n in range(16):
        seen = depth[n][batch["mask"][n, 0, 0]]
        box = np.array(source_of(batch, n).box)
        reach = np.linalg.norm(box[3:] - box[:3]) + 0.3
        assert (
            np.abs(seen - batch["distance"][n, 0, 0] * np.cos(batch["azimuth"][n, 0, 0])).min()
            < reach
        )


def test_kinds_are_what_they_say(make: Make) -> None:
    batch = make(rates=EVERY, sources=2, views=2).batch(0, 48)
    kind = batch["kind"]
    assert set(kind) == {0, 1, 2, 3}
    assert (batch["visibility"][kind == 0, 0] >= 0.002).all()
    assert (batch["visibility"][kind == 1, 0] == 0).all()
    assert not batch["mask"][kind == 1, 0].any()
    assert (batch["category"][kind <= 1] >= 0).all()
    assert (batch["category"][kind >= 2] == -1).all()
    assert (batch["clip"][kind >= 2] == -1).all()
    assert not batch["audio"][kind == 2].any()
    assert np.abs(batch["audio"][kind == 1]).max((1, 2, 3)).min() > 1e-5
    for key in ("azimuth", "elevation", "distance", "visibility", "sight"):
        assert not batch[key][kind >= 2].any()


def test_noise_alone_is_diffuse_and_white(make: Make) -> None:
    """Two ears agree below 250 Hz and not above 3 kHz (sphere of 8.75 cm), at equal levels."""
    noise = make(rates={"noise": 1.0}, seconds=1.0).batch(0, 24)["audio"][:, 0].astype(float)
    left, right = np.fft.rfft(noise[:, 0]), np.fft.rfft(noise[:, 1])
    assert 10 * np.log10((np.abs(left) ** 2).sum() / (np.abs(right) ** 2).sum()) == pytest.approx(
        0, abs=1
    )

    def coherence(low: int, high: int) -> float:
        a, b = left[:, low:high], right[:, low:high]
        cross = (a * b.conj()).sum().real
        return float(cross / np.sqrt((np.abs(a) ** 2).sum() * (np.abs(b) ** 2).sum()))

    assert coherence(50, 250) > 0.6
    assert abs(coherence(3000, 7000)) < 0.2


def test_background_noise_lies_as_far_below_as_asked(make: Make) -> None:
    plain, noisy = make().batch(0, 8), make(snr=20.0).batch(0, 8)
    noise = noisy["audio"] - plain["audio"]
    level = 20 * np.log10(np.sqrt(np.mean(noise.astype(float) ** 2)) / 0.1)
    assert level == pytest.approx(-20.0, abs=2.5)  # a head gathers pressure at high frequencies
    silent = make(snr=20.0, rates={"silent": 1.0}).batch(0, 4)
    assert not silent["audio"].any()


def test_a_batch_depends_on_seed_and_number_only(make: Make) -> None:
    """Not on what was computed before, nor by which of two worlds."""
    options = {"rates": EVERY, "wants": ("rgb", "mask", "audio"), "refresh": 1.0}
    first, second = make(**options), make(**options, fps=14.0)
    expected = {i: first.batch(i, 8) for i in (0, 5, 1)}
    for i in (1, 0, 5):
        again = second.batch(i, 8)
        for key, value in expected[i].items():
            np.testing.assert_array_equal(value, again[key], err_msg=key)
    assert not np.array_equal(expected[0]["pose"], expected[1]["pose"])
    other = make(**options, seed=1).batch(0, 8)
    assert not np.array_equal(expected[0]["pose"], other["pose"])


def test_homes_and_clips_of_the_splits_are_disjoint(make: Make) -> None:
    found: list[tuple[set[int], set[int]]] = []
    for split, sounds in (("train", "heard"), ("val", "unheard_clips"), ("test", "unheard_clips")):
        world = make(split=split, sounds=sounds, wants=("audio",))
        batch = world.batch(0, 32)
        found.append((set(batch["home"].tolist()), set(batch["clip"].ravel().tolist())))
    for i in range(3):
        for j in range(i):
            assert not found[i][0] & found[j][0]
            assert not found[i][1] & found[j][1]


def test_unheard_categories_sound_in_val_and_test_only(make: Make) -> None:
    assert make().batch(0, 32)["category"].max() < 20
    assert make(split="val", sounds="unheard").batch(0, 16)["category"].min() >= 20


def test_turning_by_an_angle_changes_azimuths_by_its_opposite(make: Make) -> None:
    batch = make(views=5, turn=(np.pi / 12, np.pi / 3)).batch(0, 16)
    turn, azimuth = batch["turn"], batch["azimuth"][..., 0]
    assert not turn[:, 0].any()
    np.testing.assert_allclose(wrap_angle(azimuth - azimuth[:, :1] + turn), 0, atol=1e-5)
    np.testing.assert_allclose(
        wrap_angle(batch["pose"][..., 2] - batch["pose"][:, :1, 2] - turn), 0, atol=1e-5
    )
    steps = turn[:, 1:] / (np.pi / 12)
    np.testing.assert_allclose(steps, np.rint(steps), atol=1e-4)
    assert np.abs(np.rint(steps)).min() >= 1
    assert np.abs(np.rint(steps)).max() <= 4
    assert all(len(set(row)) == 4 for row in np.rint(steps).astype(int).tolist())


def test_the_echo_is_the_engines_response_to_the_sweep(make: Make) -> None:
    batch = make(wants=("echo",), views=2, echo_seconds=0.05).batch(0, 3)
    assert batch["echo"].shape == (3, 2, 2, 800)
    for n in range(3):
        engine = GeometricEngine(home_of(batch, n), RATE)
        for v in range(2):
            x, y, heading = (float(value) for value in batch["pose"][n, v])
            mouth = (
                x + AHEAD * np.cos(heading),
                y + AHEAD * np.sin(heading),
                SENSOR_HEIGHT - BELOW,
            )
            rir = engine.rir(mouth, (x, y, SENSOR_HEIGHT), heading).astype(np.float64)
            for c in range(2):
                expected = 0.1 * fftconvolve(rir[c], sweep(RATE))[:800]
                assert error_db(batch["echo"][n, v, c], expected) < -80.0


def test_rooms_are_those_of_the_plan(make: Make) -> None:
    batch = make().batch(0, 16)
    for n in range(16):
        plan = home_of(batch, n).plan
        room = plan.room_at(*(float(v) for v in batch["pose"][n, 0, :2]))
        assert batch["room"][n] == room
        assert ROOM_KINDS[batch["room_kind"][n]] == plan.rooms[room].kind
    assert (batch["rt60"] > 0.1).all()
    assert (batch["rt60"] < 2.0).all()


def decay_time(rir: F32) -> float:
    """RT60 of a response by backward integration from -5 to -25 dB (ISO 3382)."""
    rir = rir[: np.flatnonzero(rir)[-1] + 1]
    curve = 10 * np.log10(
        np.cumsum(rir[::-1].astype(float) ** 2)[::-1] / np.sum(rir.astype(float) ** 2)
    )
    first, last = int(np.argmax(curve < -5)), int(np.argmax(curve < -25))
    return 3 * (last - first) / RATE


def test_rooms_ring_about_as_long_as_they_say(make: Make) -> None:
    batch = make().batch(0, 12)
    measured = []
    for n in range(12):
        scene = home_of(batch, n)
        x, y, _ = (float(v) for v in batch["pose"][n, 0])
        engine = GeometricEngine(scene, RATE, receiver="mono", length=1.0)
        measured.append(
            decay_time(engine.rir(source_of(batch, n).position, (x, y, SENSOR_HEIGHT))[0])
        )
    ratio = np.array(measured) / batch["rt60"]
    assert 0.6 < np.median(ratio) < 1.5


def test_free_lines_are_those_along_which_nothing_but_air_is_rendered(make: Make) -> None:
    """An object in the image whose source is in sight; walls between rooms take that away."""
    batch = make(rates={"visible": 1.0, "offscreen": 1.0}, rooms=3).batch(0, 32)
    seen = batch["kind"] == 0
    assert batch["sight"][seen, 0, 0].mean() > 0.9
    assert not batch["sight"][~seen, 0, 0].all()
    shaded = make(rates={"offscreen": 1.0}, rooms=3, line_of_sight=False).batch(0, 8)
    assert not shaded["sight"].any()
    assert make(rates={"offscreen": 1.0}, rooms=3, line_of_sight=True).batch(0, 8)["sight"].all()


def test_distances_lie_in_the_range_that_was_asked_for(make: Make) -> None:
    batch = make(rates=EVERY, distance=(1.0, 2.0)).batch(0, 32)
    far = batch["distance"][batch["kind"] < 2]
    assert far.min() >= 1.0
    assert far.max() <= 2.0


def test_as_many_objects_are_in_view_as_asked_for_mostly(make: Make) -> None:
    assert (make(least_in_view=2).batch(0, 32)["in_view"][:, 0] >= 2).mean() > 0.9


def test_only_what_is_wanted_is_there(make: Make) -> None:
    batch = make(wants=("depth",)).batch(0, 2)
    assert "depth" in batch
    assert not {"rgb", "mask", "audio", "dry", "wet", "echo"} & set(batch)


def test_margins_are_further_sound_before_and_after(make: Make) -> None:
    batch = make(margin=0.25, wants=("audio", "stems")).batch(0, 2)
    assert batch["audio"].shape[-1] == batch["dry"].shape[-1] == 16_000


def test_other_receivers_have_their_own_channels(make: Make) -> None:
    assert make(receiver="mono", wants=("audio",)).batch(0, 2)["audio"].shape == (2, 1, 1, 8000)
