"""Encoders come from folders, timm and transformers, and are what they say they are.

timm cannot be imported beside a torch without CUDA (its torchvision cannot), so a small module with
its documented call stands in its place; where timm is installed, it is asked itself, too.
"""

from __future__ import annotations

import dataclasses
import json
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from soundwalk.envs.interface import SoundwalkError
from soundwalk.perception.encoders.correlation import CorrelationEncoder
from soundwalk.perception.encoders.image import ImageEncoder
from soundwalk.perception.encoders.pretrained import EncoderSource, load, make_encoder
from soundwalk.perception.encoders.protocol import Encoder, ObservationEncoder, remember_arguments
from soundwalk.perception.encoders.spectrogram import SpectrogramEncoder
from soundwalk.perception.encoders.store import encoder_words, load_encoder, save_encoder

EARS: dict[str, Any] = {"channels": 2, "dim": 6, "width": 4, "inputs": ("magnitude", "phase")}


@remember_arguments
class Mean(nn.Module):
    """A channel's mean, weighted."""

    keys = ("rgb", "depth")

    def __init__(self, channels: int, weight: float = 2.0) -> None:
        super().__init__()
        self.dim = channels
        self.weight = nn.Parameter(torch.full((channels,), weight))

    def forward(self, x: Tensor) -> Tensor:
        return x.mean((1, 2)) * self.weight


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An encoder of two ears whose statistics are not those of a new one."""
    torch.manual_seed(1)
    encoder = SpectrogramEncoder(**EARS)
    encoder(torch.randn(8, 2, 1600))
    save_encoder(encoder, tmp_path / "ears", {"system": "test"})
    return tmp_path / "ears"


@pytest.mark.parametrize(
    "encoder",
    [SpectrogramEncoder(**EARS), CorrelationEncoder(dim=6, hidden=8, bands=4, n_fft=256)],
    ids=lambda encoder: type(encoder).__name__,
)
def test_an_encoder_that_was_saved_makes_the_same_features(
    encoder: nn.Module, tmp_path: Path
) -> None:
    sound = torch.randn(4, 2, 1600)
    encoder(sound)  # moves the statistics of its norms
    found = save_encoder(encoder, tmp_path / "a" / "b")
    again = load_encoder(tmp_path / "a" / "b", key="audio")
    assert type(again) is type(encoder)
    torch.testing.assert_close(again.eval()(sound), encoder.eval()(sound), rtol=0, atol=0)
    words = encoder_words(tmp_path / "a" / "b")
    name = type(encoder).__name__
    assert (words["class"], words["dim"], words["digest"]) == (name, 6, found)
    assert sorted(path.name for path in (tmp_path / "a").iterdir()) == ["b"]


def test_a_class_remembers_what_its_instances_were_made_with(tmp_path: Path) -> None:
    save_encoder(Mean(3), tmp_path / "mean")
    again = load_encoder(tmp_path / "mean", classes={"Mean": Mean})
    assert isinstance(again, Mean)
    assert again.arguments == {"channels": 3, "weight": 2.0}
    with pytest.raises(SoundwalkError, match="Linear does not say what it was made with"):
        save_encoder(nn.Linear(2, 2), tmp_path / "linear")
    assert not (tmp_path / "linear").exists()


def test_saving_again_replaces_and_scratch_draws_weights_anew(folder: Path) -> None:
    before = load_encoder(folder).state_dict()
    anew = load_encoder(folder, scratch=True).state_dict()
    assert before.keys() == anew.keys()
    assert not torch.equal(before["stages.0.0.weight"], anew["stages.0.0.weight"])
    other = SpectrogramEncoder(**EARS)
    assert save_encoder(other, folder) == encoder_words(folder)["digest"]
    torch.testing.assert_close(load_encoder(folder).state_dict(), other.state_dict())
    assert [path.name for path in folder.parent.iterdir()] == ["ears"]


def test_arguments_that_are_not_plain_are_refused_and_leave_what_was_there(folder: Path) -> None:
    encoder = SpectrogramEncoder(**EARS)
    with pytest.raises(SoundwalkError, match="plain values as arguments and meta"):
        save_encoder(encoder, folder, {"when": object()})
    assert encoder_words(folder)["meta"] == {"system": "test"}
    assert [path.name for path in folder.parent.iterdir()] == ["ears"]


def _words(folder: Path, **changes: Any) -> None:
    words = {**json.loads((folder / "encoder.json").read_text()), **changes}
    (folder / "encoder.json").write_text(json.dumps(words))


def test_an_encoder_of_another_input_is_named(folder: Path) -> None:
    expected = "SpectrogramEncoder that reads audio or echo: expected one that reads 'depth'"
    with pytest.raises(SoundwalkError, match=expected):
        load_encoder(folder, key="depth")
    with pytest.raises(SoundwalkError, match=expected):
        make_encoder(folder, "depth", (16, 16, 1))


def test_a_class_that_is_not_known_is_never_made(folder: Path) -> None:
    _words(folder, **{"class": "ImageEncode"})
    with pytest.raises(SoundwalkError, match=r"unknown class .* did you mean 'ImageEncoder'"):
        load_encoder(folder)
    _words(folder, **{"class": "os:system"})
    with pytest.raises(SoundwalkError, match="unknown class of the encoder"):
        load_encoder(folder)


def test_weights_of_another_shape_or_value_are_named(folder: Path) -> None:
    _words(folder, arguments={**EARS, "dim": 7})
    with pytest.raises(SoundwalkError, match=r"last.bias is \(6,\) there, but \(7,\) in the Spec"):
        load_encoder(folder)
    _words(folder, arguments={**EARS, "colour": 1})
    with pytest.raises(SoundwalkError, match="not what this soundwalk makes of a SpectrogramE"):
        load_encoder(folder)
    _words(folder, arguments=EARS)
    weights = load_file(folder / "weights.safetensors")
    save_file({**weights, "last.bias": weights["last.bias"] + 1}, folder / "weights.safetensors")
    with pytest.raises(SoundwalkError, match=r"have digest .*: expected .*copy the folder again"):
        load_encoder(folder)


@pytest.mark.parametrize("text", ["{", "[]", '{"format": "soundwalk encoder", "version": 9}'])
def test_damaged_words_are_named(folder: Path, text: str) -> None:
    (folder / "encoder.json").write_text(text)
    with pytest.raises(SoundwalkError, match=r"encoder.json' (is damaged|does not|has version 9)"):
        load_encoder(folder)


def test_cut_off_weights_and_missing_folders_are_named(folder: Path) -> None:
    weights = folder / "weights.safetensors"
    weights.write_bytes(weights.read_bytes()[:-40])
    with pytest.raises(SoundwalkError, match=r"weights in .* cannot be read"):
        load_encoder(folder)
    with pytest.raises(SoundwalkError, match=r"there is no encoder in .*\(no encoder.json\)"):
        load_encoder(folder / "nowhere")
    with pytest.raises(SoundwalkError, match=r"there is no encoder at .*timm:NAME, or hf:NAME"):
        make_encoder(str(folder / "nowhere"), "audio", (2, 1600))


def test_an_encoder_of_an_observation_says_what_it_is_and_reads_what_is_observed(
    folder: Path,
) -> None:
    encoder = make_encoder(folder, "audio", (2, 1600))
    assert isinstance(encoder, Encoder)
    assert make_encoder(encoder.network.eval(), "audio", (2, 1600)).training is False
    assert (encoder.dim, encoder.keys) == (6, ("audio",))
    assert encoder(torch.randn(3, 2, 1600).half()).shape == (3, 6)
    with pytest.raises(SoundwalkError, match=r"cannot read 'audio' of shape \(1, 1600\)"):
        make_encoder(folder, "audio", (1, 1600))


def test_bytes_and_what_sb3_makes_of_them_are_the_same_whichever_axis_is_the_channel() -> None:
    picture = torch.randint(0, 256, (2, 8, 9, 3), dtype=torch.uint8)
    last = ObservationEncoder(Mean(3), "rgb", (8, 9, 3))
    first = ObservationEncoder(Mean(3), "rgb", (3, 8, 9))
    expected = 2 * picture.double().mean((1, 2)).float() / 255
    torch.testing.assert_close(last(picture), expected)
    torch.testing.assert_close(last(picture.float() / 255), expected)
    torch.testing.assert_close(first(picture.movedim(3, 1)), expected)


def test_maps_are_averaged_over_four_fields() -> None:
    encoder = ObservationEncoder(ImageEncoder(dim=5, width=4, map=True), "rgb", (64, 64, 3))
    assert encoder.dim == 20
    picture = torch.rand(2, 64, 64, 3)
    network = encoder.eval().network
    maps = network(picture)  # (2, 5, 8, 8)
    expected = torch.stack(
        [maps[:, :, r : r + 4, c : c + 4].mean((2, 3)) for r in (0, 4) for c in (0, 4)], 2
    )
    torch.testing.assert_close(encoder(picture), expected.flatten(1))


def test_a_source_is_pinned_to_what_its_folder_holds(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder.parent)
    source = EncoderSource("ears").pinned()
    assert source.source == str(folder)
    make_encoder(source, "audio", (2, 1600))
    save_encoder(SpectrogramEncoder(**EARS), folder)
    with pytest.raises(SoundwalkError, match=r"has digest .*: expected .* policy was trained"):
        make_encoder(source, "audio", (2, 1600))
    assert EncoderSource("hf:some/name").pinned() == EncoderSource("hf:some/name")
    with pytest.raises(SoundwalkError, match="there is no encoder at 'eers'"):
        EncoderSource("eers").pinned()
    with pytest.raises(SoundwalkError, match="memory is 0: expected seconds"):
        EncoderSource("ears", memory=0)


def test_a_frozen_encoder_from_scratch_is_the_same_one_each_time(folder: Path) -> None:
    source = EncoderSource(str(folder), scratch=True)
    state = torch.get_rng_state()
    one, other = (make_encoder(source, "audio", (2, 1600)).state_dict() for _ in range(2))
    torch.testing.assert_close(one, other, rtol=0, atol=0)
    assert torch.equal(torch.get_rng_state(), state)
    learning = dataclasses.replace(source, frozen=False)
    drawn = make_encoder(learning, "audio", (2, 1600)).state_dict()
    assert not torch.equal(drawn["network.last.weight"], one["network.last.weight"])


class FakeTimm(ModuleType):
    """`timm.create_model(name, pretrained=, num_classes=0, in_chans=)`, as documented."""

    def __init__(self) -> None:
        super().__init__("timm")
        self.calls: list[SimpleNamespace] = []

    def create_model(
        self, name: str, *, pretrained: bool, num_classes: int, in_chans: int
    ) -> nn.Module:
        """Mean of the pixels, as a network with timm's attributes."""
        if name != "tiny":
            raise RuntimeError(f"Unknown model ({name})")
        assert num_classes == 0
        self.calls.append(SimpleNamespace(pretrained=pretrained, in_chans=in_chans))
        model = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())
        model.pretrained_cfg = {  # type: ignore[assignment]
            "mean": (0.5, 0.5, 0.5), "std": (0.25, 0.25, 0.25), "input_size": (3, 20, 20),
            "fixed_input_size": True,
        }  # fmt: skip
        return model


def test_timm_is_asked_for_features_of_as_many_channels_and_fed_normalised_pixels(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    timm = FakeTimm()
    monkeypatch.setitem(sys.modules, "timm", timm)
    colour = make_encoder("timm:tiny", "rgb", (16, 16, 3))
    assert vars(timm.calls[0]) == {"pretrained": True, "in_chans": 3}
    white = torch.full((1, 16, 16, 3), 255, dtype=torch.uint8)
    torch.testing.assert_close(colour(white), torch.full((1, 3), 2.0))
    scratch = EncoderSource("timm:tiny", scratch=True)
    depth = make_encoder(scratch, "depth", (16, 16, 1))
    assert vars(timm.calls[1]) == {"pretrained": False, "in_chans": 1}
    torch.testing.assert_close(depth(torch.full((1, 16, 16, 1), 10.0)), torch.full((1, 1), 2.0))
    assert load("timm:tiny")(white).shape == (1, 3)
    with pytest.raises(SoundwalkError, match=r"timm cannot make 'tinny' \(Unknown model"):
        make_encoder("timm:tinny", "rgb", (16, 16, 3))
    with pytest.raises(SoundwalkError, match="'timm:tiny' reads images"):
        make_encoder("timm:tiny", "audio", (2, 1600))


@pytest.mark.parametrize(("name", "size"), [("resnet18", 512), ("mobilenetv3_small_100", 1024)])
def test_timm_itself_gives_the_features_of_normalised_pixels(name: str, size: int) -> None:
    pytest.importorskip("timm", exc_type=ImportError)
    encoder = make_encoder(EncoderSource(f"timm:{name}", scratch=True), "rgb", (64, 64, 3)).eval()
    network: Any = next(m for m in encoder.modules() if hasattr(m, "pretrained_cfg"))
    pixels = torch.randint(0, 256, (2, 64, 64, 3), dtype=torch.uint8)
    mean, std = (torch.tensor(network.pretrained_cfg[word]) for word in ("mean", "std"))
    with torch.no_grad():
        found = encoder(pixels)
        by_hand = network(((pixels / 255 - mean) / std).permute(0, 3, 1, 2))
    assert found.shape == (2, size)
    assert encoder.dim == size
    assert found.std() > 0
    torch.testing.assert_close(found, by_hand, rtol=1e-4, atol=1e-5)
    with pytest.raises(SoundwalkError, match="timm cannot make 'resnett18'"):
        make_encoder("timm:resnett18", "rgb", (64, 64, 3))


@pytest.mark.parametrize("extra", ["timm", "transformers"])
def test_without_the_extra_the_message_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, extra: str
) -> None:
    monkeypatch.setitem(sys.modules, extra, None)  # what an absent package looks like
    prefix = {"timm": "timm", "transformers": "hf"}[extra]
    with pytest.raises(SoundwalkError, match=rf"pip install 'soundwalk\[{extra}\]'"):
        make_encoder(f"{prefix}:tiny", "rgb", (16, 16, 3))
