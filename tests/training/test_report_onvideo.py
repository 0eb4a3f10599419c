"""A localizer on a user's video: what it is given, what it is shown, and that it stays in sync."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from soundwalk.envs.interface import F32, U8, SoundwalkError
from soundwalk.training.report.footage import footage
from soundwalk.training.report.onvideo import drawn, film_localizer, windows

RATE = 16_000


def write_video(
    path: Path,
    pictures: U8,
    sound: F32 | None,
    *,
    fps: int = 10,
    rate: int = RATE,
    codecs: tuple[str, str] = ("libx264", "aac"),
    late: float = 0.0,
) -> Path:
    """Pictures (F, H, W, 3) and sound (C, T) that begins `late` seconds after them."""
    with av.open(str(path), "w") as file:
        video = file.add_stream(codecs[0], rate=fps)
        video.height, video.width = pictures.shape[1:3]
        video.pix_fmt = "yuv420p"
        layout = "mono" if sound is not None and len(sound) == 1 else "stereo"
        audio = None if sound is None else file.add_stream(codecs[1], rate=rate, layout=layout)
        for i, picture in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture))
            frame.pts, frame.time_base = i, Fraction(1, fps)
            file.mux(video.encode(frame))
        file.mux(video.encode(None))
        if audio is not None and sound is not None:
            pulses = np.ascontiguousarray((sound * 32767).astype(np.int16).T).reshape(1, -1)
            block = av.AudioFrame.from_ndarray(pulses, format="s16", layout=layout)
            block.sample_rate, block.pts = rate, round(late * rate)
            block.time_base = Fraction(1, rate)
            file.mux(audio.encode(block))
            file.mux(audio.encode(None))
    return path


def walking_square(count: int = 20, height: int = 96, width: int = 160) -> tuple[U8, list[int]]:
    """A bright square that walks to the right through the middle, and its columns."""
    pictures = np.full((count, height, width, 3), 30, np.uint8)
    columns = [48 + 3 * i for i in range(count)]
    for picture, column in zip(pictures, columns, strict=True):
        picture[height // 2 - 8 : height // 2 + 8, column - 8 : column + 8] = 230
    return pictures, columns


def brightness(frames: U8, audio: F32) -> F32:
    """A localizer that looks where it is bright, on a grid of 12 by 12."""
    n, height, width, _ = frames.shape
    cells = frames.reshape(n, 12, height // 12, 12, width // 12, 3)
    heat: F32 = cells.mean((2, 4, 5)).astype(np.float32)
    return heat


def flat(frames: U8, audio: F32) -> F32:
    """A localizer that looks nowhere."""
    return np.zeros((len(frames), 4, 4), np.float32)


def noise(seconds: float, channels: int = 2, rate: int = RATE) -> F32:
    rng = np.random.default_rng(0)
    sound: F32 = rng.uniform(-0.3, 0.3, (channels, round(seconds * rate))).astype(np.float32)
    return sound


def decoded(path: Path) -> tuple[list[U8], list[float], F32, int]:
    """Pictures, their times, and the whole sound."""
    with av.open(str(path)) as file:
        frames = list(file.decode(video=0))
    with av.open(str(path)) as file:
        rate = file.streams.audio[0].rate
        sound = np.concatenate([block.to_ndarray() for block in file.decode(audio=0)], 1)
    return [f.to_ndarray(format="rgb24") for f in frames], [f.time for f in frames], sound, rate


@pytest.mark.parametrize(("rate", "fps"), [(44_100, 24), (16_000, 10)])
def test_the_film_lasts_as_long_as_the_video_and_its_sound(
    tmp_path: Path, rate: int, fps: int
) -> None:
    pictures, _ = walking_square(2 * fps)
    video = write_video(tmp_path / "in.mp4", pictures, noise(2.0, rate=rate), rate=rate, fps=fps)
    out = film_localizer(
        brightness, video, tmp_path / "out.mp4", resolution=48, seconds=0.5, rate=RATE
    )
    frames, times, sound, found = decoded(out)
    assert len(frames) == 2 * fps
    assert times[-1] == pytest.approx(2.0 - 1 / fps, abs=1e-3)
    assert found == rate
    assert abs(sound.shape[1] / found - 2.0) < 1 / fps
    assert [p.name for p in tmp_path.iterdir() if "part" in p.name] == []


def test_the_original_sound_stays_in_time_with_the_pictures(tmp_path: Path) -> None:
    rate, at = 48_000, 1.2
    pictures = np.zeros((20, 64, 64, 3), np.uint8)
    pictures[12] = 255
    sound = np.zeros((2, 2 * rate), np.float32)
    burst = 0.5 * np.sin(2 * np.pi * 1000 * np.arange(4800) / rate)  # 0.1 s
    sound[:, round(at * rate) : round(at * rate) + 4800] = burst
    video = write_video(tmp_path / "in.mp4", pictures, sound, rate=rate)
    out = film_localizer(flat, video, tmp_path / "o.mp4", resolution=16, seconds=0.5, rate=RATE)
    frames, times, heard, found = decoded(out)
    flash = times[int(np.argmax([frame.mean() for frame in frames]))]
    energy = np.convolve(np.square(heard[0]), np.ones(4800) / 4800, "valid")
    assert flash == pytest.approx(at, abs=1e-3)
    assert np.argmax(energy) / found == pytest.approx(at, abs=0.015)
    assert energy.max() == pytest.approx(np.square(burst).mean(), rel=0.05)  # as loud as it was


def test_the_heat_lies_on_what_was_hot_in_the_full_frame(tmp_path: Path) -> None:
    pictures, columns = walking_square()
    video = write_video(tmp_path / "in.mp4", pictures, noise(2.0))
    out = film_localizer(
        brightness, video, tmp_path / "o.mp4", resolution=48, seconds=0.5, rate=RATE
    )
    frames, *_ = decoded(out)
    assert frames[0].shape == (240, 400, 3)  # the small video is shown larger
    for frame, column in zip(frames[::4], columns[::4], strict=True):
        hot = frame.astype(float)[..., 0] - frame.astype(float)[..., 2]  # magma's hot end
        rows, cols = np.nonzero(hot > 60)
        assert cols.mean() / 2.5 == pytest.approx(column, abs=5)
        assert rows.mean() / 2.5 == pytest.approx(48, abs=5)
    assert frames[0][:, :70].mean() < 0.5 * frames[0][:, 90:].mean()  # unseen: dark


def test_the_localizer_sees_the_middle_and_hears_what_is_around_the_frame(tmp_path: Path) -> None:
    pictures = np.zeros((20, 64, 128, 3), np.uint8)
    pictures[:, :, 32:96] = 200  # the middle square
    sound = np.linspace(-0.9, 0.9, 2 * RATE, dtype=np.float32)[None]
    video = write_video(
        tmp_path / "in.mkv", pictures, sound, codecs=("libx264", "pcm_s16le"), late=0.0
    )
    seen: list[U8] = []
    heard: list[F32] = []

    def listen(frames: U8, audio: F32) -> F32:
        seen.extend(frames)
        heard.extend(audio)
        return np.zeros((len(frames), 2, 2), np.float32)

    film_localizer(listen, video, tmp_path / "o.mp4", resolution=32, seconds=0.5, rate=RATE)
    assert np.shape(seen) == (20, 32, 32, 3)
    assert np.min(seen) > 150
    assert np.shape(heard) == (20, 2, RATE // 2)
    middle = np.array(heard)[:, :, RATE // 4] / 0.9 + 1  # the ramp tells the time, in seconds
    expected = np.clip(np.arange(20) / 10, 0.25, 1.75)  # windows stay within the sound
    np.testing.assert_allclose(middle, np.stack([expected, expected], 1), atol=1e-3)


def test_sound_that_begins_later_than_the_pictures_is_kept_in_its_place(tmp_path: Path) -> None:
    pictures = np.zeros((20, 32, 32, 3), np.uint8)
    video = write_video(
        tmp_path / "in.mkv", pictures, np.full((1, RATE), 0.5, np.float32),
        codecs=("libx264", "pcm_s16le"), late=0.6,
    )  # fmt: skip
    sound, rate = footage(video).sound()
    onset = np.argmax(np.abs(sound[0]) > 0.25) / rate
    assert onset == pytest.approx(0.6, abs=2e-3)
    assert sound.shape[1] / rate == pytest.approx(1.6, abs=2e-3)


def test_another_rate_of_frames_shows_the_picture_of_its_time(tmp_path: Path) -> None:
    pictures = np.repeat(np.arange(20, dtype=np.uint8) * 12, 32 * 32 * 3).reshape(20, 32, 32, 3)
    video = write_video(tmp_path / "in.mp4", pictures, noise(2.0))
    for fps, expected in ((5.0, range(0, 20, 2)), (20.0, np.repeat(range(20), 2))):
        levels = [frame.mean() / 12 for frame in footage(video, fps).frames(32, 32)]
        np.testing.assert_allclose(levels, list(expected), atol=0.4)


def test_a_video_of_a_phone_held_upright_is_upright(tmp_path: Path) -> None:
    pictures = np.zeros((10, 48, 96, 3), np.uint8)
    pictures[:, :, :24] = 220  # left as it is stored, top when it is turned to the right
    plain = write_video(tmp_path / "plain.mp4", pictures, noise(1.0))
    data = bytearray(plain.read_bytes())
    place = data.index(b"tkhd") + 4 + 40  # the matrix of the first track's header, version 0
    turn = np.array([0, 1 << 16, 0, -1 << 16, 0, 0, 0, 0, 1 << 30], ">i4")
    data[place : place + 36] = turn.tobytes()
    (tmp_path / "turned.mp4").write_bytes(bytes(data))
    source = footage(tmp_path / "turned.mp4")
    assert (source.height, source.width) == (96, 48)
    frame = next(source.frames(96, 48))
    assert frame[:20].mean() > 180
    assert frame[30:].mean() < 40


def test_windows_of_a_sound_shorter_than_a_window_end_in_silence() -> None:
    sound = np.ones((1, 100), np.float32)
    found = windows(sound, [0.0, 0.005], 160, RATE)
    assert found.shape == (2, 1, 160)
    assert found[..., :100].min() == 1
    assert np.abs(found[..., 100:]).max() == 0


def test_the_ring_is_in_the_square_where_the_heat_is_highest() -> None:
    heat = np.zeros((7, 7), np.float32)
    heat[2, 5] = 1
    frame = drawn(np.full((140, 300, 3), 100, np.uint8), heat, 0, 1)
    rows, columns = np.nonzero((frame == 255).all(-1))  # only the ring is white
    assert rows.mean() == pytest.approx(2.5 * 20 - 0.5, abs=1)
    assert columns.mean() == pytest.approx(80 + 5.5 * 20 - 0.5, abs=1)
    assert (frame[:, :80] == 35).all()


def broken_video(tmp_path: Path, kind: str) -> Path:
    pictures, _ = walking_square(10)
    path = tmp_path / f"{kind}.mp4"
    if kind == "silent":
        return write_video(path, pictures, None)
    if kind == "pictureless":
        return write_video(path, pictures[:0].reshape(0, 96, 160, 3), noise(1.0))
    if kind == "missing":
        return path
    write_video(path, pictures, noise(1.0))
    whole = path.read_bytes()
    broken = {
        "empty": b"", "text": b"no video at all", "unknown": whole.replace(b"avc1", b"zzzz"),
        "cut": whole[: len(whole) // 2],
    }  # fmt: skip
    path.write_bytes(broken[kind])
    return path


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("silent", "no sound"),
        ("missing", "there is none"),
        ("empty", "length is zero"),
        ("pictureless", "length is zero|no pictures|cannot be read"),
        ("text", "cannot be read as a video"),
        ("unknown", "codec"),
        ("cut", "cannot be read as a video"),
    ],
)
def test_a_video_that_cannot_be_used_is_named_with_a_reason(
    tmp_path: Path, kind: str, words: str
) -> None:
    video = broken_video(tmp_path, kind)
    out = tmp_path / "out.mp4"
    with pytest.raises(SoundwalkError, match=words) as stop:
        film_localizer(brightness, video, out, resolution=48, seconds=0.5, rate=RATE)
    assert str(video) in str(stop.value)
    assert not out.exists()


def test_a_film_is_never_written_over_its_video_or_into_another_format(tmp_path: Path) -> None:
    video = write_video(tmp_path / "in.mp4", walking_square(10)[0], noise(1.0))
    before = video.read_bytes()
    for out, words in ((video, "another name"), (tmp_path / "o.gif", "ends in .mp4")):
        with pytest.raises(SoundwalkError, match=words):
            film_localizer(brightness, video, out, resolution=48, seconds=0.5, rate=RATE)
    assert video.read_bytes() == before
    with pytest.raises(SoundwalkError, match="fps=0"):
        footage(video, 0)


def test_a_localizer_that_gives_no_map_for_each_frame_is_told_so(tmp_path: Path) -> None:
    video = write_video(tmp_path / "in.mp4", walking_square(10)[0], noise(1.0))

    def wrong(frames: U8, audio: F32) -> F32:
        return np.zeros(len(frames), np.float32)

    with pytest.raises(SoundwalkError, match=r"shape \(10,\); expected \(10, h, w\)"):
        film_localizer(wrong, video, tmp_path / "o.mp4", resolution=48, seconds=0.5, rate=RATE)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["in.mp4"]
