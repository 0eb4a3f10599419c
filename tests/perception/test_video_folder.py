"""A user's videos become samples, and files that cannot be used are named."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from soundwalk.envs.interface import CATEGORIES, SoundwalkError
from soundwalk.perception.data.sample import need
from soundwalk.perception.data.video import VideoFolder

from .video_files import RATE, broken, clapping, counting, plain, ramp

BROKEN = {
    "missing": "there is none",
    "silent": "it has no sound",
    "short": r"has 0.5\d? s of pictures and sound: expected at least 1 s",
    "pictureless": "length is zero|no pictures|cannot be read",
    "empty": "its length is zero",
    "text": "cannot be read as a video: .*a remedy: ffmpeg",
    "unknown": "codec",
    "cut": "cannot be read as a video",
}


@pytest.mark.parametrize(("rate", "fps"), [(16_000, 20), (44_100, 25)])
def test_a_flash_and_its_click_come_back_within_a_frame_of_each_other(
    tmp_path: Path, rate: int, fps: int
) -> None:
    claps = [0.8, 2.4, 4.0, 5.6, 7.2]
    path = clapping(tmp_path / "film.mp4", claps=claps, seconds=8, fps=fps, rate=rate)
    source = VideoFolder(path, frames=fps, fps=fps, seconds=1.0, resolution=16, seed=1)
    batch = source.batch(0, 24)
    assert batch["rgb"].shape == (24, 1, fps, 16, 16, 3)
    assert batch["audio"].shape == (24, 1, 2, RATE)
    met = 0
    for rgb, audio in zip(batch["rgb"][:, 0], batch["audio"][:, 0], strict=True):
        flash = np.flatnonzero(rgb.mean((1, 2, 3)) > 128)
        click = np.flatnonzero(np.abs(audio[0]) > 0.1)
        if len(flash) and flash[0] > 0 and click[0] > RATE / 20:
            met += 1
            seen = 0.5 + (flash[0] - 0.5 * (fps - 1)) / fps  # of the clip, seconds
            assert abs(seen - click[0] / RATE) < 1 / fps
            assert np.abs(audio[1]).max() < 0.02  # left stays left
    assert met >= 6


def test_a_video_of_a_phone_held_upright_is_upright(tmp_path: Path) -> None:
    pictures = np.zeros((20, 48, 96, 3), np.uint8)
    pictures[:, :, 24:40] = 220  # left in the file, above the middle when it is turned
    path = plain(tmp_path / "turned.mp4", pictures, ramp(2.0), codec="aac")
    data = bytearray(path.read_bytes())
    place = data.index(b"tkhd") + 4 + 40  # the matrix of the first track's header, version 0
    turn = np.array([0, 1 << 16, 0, -1 << 16, 0, 0, 0, 0, 1 << 30], ">i4")
    data[place : place + 36] = turn.tobytes()
    path.write_bytes(data)
    picture = VideoFolder(path, resolution=48).batch(0, 1)["rgb"][0, 0, 0]
    assert picture[:14].min() > 150
    assert picture[20:].max() < 60


def test_one_channel_is_the_mean_of_two_and_two_are_copies_of_one(tmp_path: Path) -> None:
    both = np.concatenate([ramp(2.0), np.zeros((1, 2 * RATE), np.float32)])
    stereo = plain(tmp_path / "stereo.mkv", counting(20), both)
    mono = plain(tmp_path / "mono.mkv", counting(20), ramp(2.0))
    options: dict[str, Any] = {"seconds": 1.9, "resolution": 16}
    mixed = VideoFolder(stereo, channels=1, **options).batch(0, 1)["audio"]
    copied = VideoFolder(mono, channels=2, **options).batch(0, 1)["audio"]
    assert (mixed.shape[2], copied.shape[2]) == (1, 2)
    np.testing.assert_allclose(copied[:, :, :1], 2 * mixed, atol=2e-4)
    np.testing.assert_array_equal(copied[:, :, 0], copied[:, :, 1])


def test_pictures_are_the_square_in_the_middle(tmp_path: Path) -> None:
    pictures = np.zeros((20, 64, 128, 3), np.uint8)
    pictures[:, :, 32:96] = (200, 100, 50)
    path = plain(tmp_path / "wide.mkv", pictures, ramp(2.0))
    rgb = VideoFolder(path, resolution=32).batch(0, 2)["rgb"]
    assert rgb.dtype == np.uint8
    np.testing.assert_allclose(rgb[:, 0, 0, :, 1:-1].mean((0, 1, 2)), (200, 100, 50), atol=6)
    assert rgb[..., 0].min() > 100


def test_frames_lie_in_the_middle_of_the_sound_with_its_margins(tmp_path: Path) -> None:
    path = plain(tmp_path / "v.mkv", counting(60), ramp(6.0))
    source = VideoFolder(path, frames=5, fps=10, seconds=1.0, margin=0.5, resolution=16)
    batch = source.batch(3, 8)
    assert batch["audio"].shape[-1] == 2 * RATE
    begin = 10 * batch["audio"][:, 0, 0, 0]
    seen = batch["rgb"][:, 0].mean((2, 3, 4)) / 4 / 10  # time of each frame, seconds
    late = begin[:, None] + 1.0 + (np.arange(5) - 2) / 10 - seen
    assert late.min() > -0.06  # a picture is shown until the next one
    assert late.max() < 0.16


def test_batches_depend_on_seed_and_number_alone(tmp_path: Path) -> None:
    for name in "ab":
        plain(tmp_path / f"{name}.mkv", counting(40), ramp(4.0, channels=2))
    one, other, third = (VideoFolder(tmp_path, seed=seed) for seed in (1, 1, 2))
    found = [one.batch(index, 4) for index in (0, 1, 2)]
    for key, value in other.batch(2, 4).items():
        np.testing.assert_array_equal(value, found[2][key], err_msg=key)
    assert (found[0]["audio"] != found[1]["audio"]).any()
    assert (third.batch(0, 4)["audio"] != found[0]["audio"]).any()


def test_folders_named_like_categories_name_them(tmp_path: Path) -> None:
    plain(tmp_path / "dog" / "deep" / "a.mkv", counting(30), ramp(3.0))
    plain(tmp_path / "Smoke alarm" / "b.mkv", counting(30), ramp(3.0))
    plain(tmp_path / "holidays" / "c.mkv", counting(30), ramp(3.0))
    found = VideoFolder(tmp_path).batch(0, 40)["category"]
    assert found.shape == (40, 1)
    names = {CATEGORIES[i] if i >= 0 else None for i in found[:, 0]}
    assert names == {"dog", "smoke_alarm", None}


def test_what_a_video_cannot_tell_is_absent_and_asking_for_it_says_so(tmp_path: Path) -> None:
    batch = VideoFolder(plain(tmp_path / "v.mkv", counting(20), ramp(2.0))).batch(0, 2)
    assert set(batch) == {"rgb", "audio"}
    with pytest.raises(SoundwalkError, match=r"echo depth needs depth, echo, .*only rgb and audio"):
        need(batch, ("audio", "depth", "echo"), "echo depth")


@pytest.mark.parametrize("kind", list(BROKEN))
def test_a_video_that_cannot_be_used_is_named_with_a_reason(tmp_path: Path, kind: str) -> None:
    path = broken(tmp_path / f"{kind}.mp4", kind)
    with pytest.raises(SoundwalkError, match=BROKEN[kind]) as stop:
        VideoFolder(path)
    assert str(path) in str(stop.value)


def test_broken_videos_among_good_ones_are_left_out_with_a_warning(tmp_path: Path) -> None:
    good = plain(tmp_path / "good.mp4", counting(20), ramp(2.0), codec="aac")
    kinds = [kind for kind in BROKEN if kind != "missing"]
    for kind in kinds:
        broken(tmp_path / f"{kind}.mp4", kind)
    (tmp_path / "notes.txt").write_text("not looked at")
    with pytest.warns(UserWarning, match="it is left out") as warned:
        source = VideoFolder(tmp_path)
    assert len(warned) == len(kinds)
    assert [video.path for video in source.videos] == [good]
    good.unlink()
    with (
        pytest.warns(UserWarning, match="it is left out"),
        pytest.raises(SoundwalkError, match=r"none of the 7 videos in .* can be used; "),
    ):
        VideoFolder(tmp_path)


def test_a_video_that_breaks_off_in_the_middle_is_replaced_by_others(tmp_path: Path) -> None:
    for name in "ab":
        plain(tmp_path / f"{name}.mkv", counting(40), ramp(4.0))
    source = VideoFolder(tmp_path)
    (tmp_path / "a.mkv").write_bytes(b"gone")
    with pytest.warns(UserWarning, match=r"a.mkv: cannot be read .*using others instead") as warned:
        batch = source.batch(0, 16)
    assert len(warned) == 1  # once a file
    assert len(batch["rgb"]) == 16
    (tmp_path / "b.mkv").unlink()
    with (
        pytest.warns(UserWarning, match=r"b.mkv: expected a video file, but there is none"),
        pytest.raises(SoundwalkError, match=r"20 moments of these videos could not be read"),
    ):
        source.batch(0, 16)


def test_a_folder_without_videos_is_told_what_is_looked_for(tmp_path: Path) -> None:
    (tmp_path / "photo.jpg").write_bytes(b"")
    with pytest.raises(SoundwalkError, match=r"holds no videos: expected files that end in .mp4"):
        VideoFolder(tmp_path)


@pytest.mark.parametrize(
    ("name", "value"),
    [("frames", 0), ("fps", 0), ("seconds", 0), ("resolution", 4), ("channels", 3), ("rate", 0)],
)
def test_numbers_without_meaning_are_refused(tmp_path: Path, name: str, value: float) -> None:
    with pytest.raises(SoundwalkError, match=f"{name}={value}: expected"):
        VideoFolder(tmp_path, **{name: value})  # type: ignore[arg-type]
    with pytest.raises(SoundwalkError, match=r"frames=30 at fps=15 last .*at most seconds=1"):
        VideoFolder(tmp_path, frames=30)
