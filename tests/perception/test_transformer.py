"""Models of transformers, drawn from tiny configurations: nothing is downloaded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import (
    ASTConfig,
    AutoModel,
    BertConfig,
    ResNetConfig,
    ViTConfig,
    Wav2Vec2Config,
    WhisperConfig,
)

from soundwalk.envs.interface import SoundwalkError
from soundwalk.perception.encoders.pretrained import EncoderSource, make_encoder

SMALL = {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 8}
AST = ASTConfig(**SMALL, num_mel_bins=32, max_length=98, patch_size=16)
WAV2VEC2 = Wav2Vec2Config(
    **SMALL, conv_dim=(8, 8), conv_stride=(10, 8), conv_kernel=(10, 8), num_feat_extract_layers=2,
    num_conv_pos_embeddings=16, num_conv_pos_embedding_groups=2,
)  # fmt: skip
WHISPER = WhisperConfig(
    d_model=8, encoder_layers=1, encoder_attention_heads=2, encoder_ffn_dim=8, decoder_layers=1,
    decoder_attention_heads=2, decoder_ffn_dim=8, max_source_positions=50, num_mel_bins=20,
    vocab_size=60, pad_token_id=0, bos_token_id=1, eos_token_id=2, decoder_start_token_id=3,
)  # fmt: skip
VIT = ViTConfig(**SMALL, image_size=16, patch_size=8)
RESNET = ResNetConfig(embedding_size=4, hidden_sizes=[4, 6], depths=[1, 1])
HEARING = {"ast": AST, "wav2vec2": WAV2VEC2, "whisper": WHISPER}


@pytest.mark.parametrize("name", HEARING)
def test_each_ear_is_heard_by_itself_and_both_sets_of_features_are_joined(name: str) -> None:
    torch.manual_seed(0)
    encoder = make_encoder("hf:", "audio", (2, 16_000), config=HEARING[name]).eval()
    assert encoder.dim == 16
    sound = torch.randn(3, 2, 16_000)
    features = encoder(sound)
    assert features.shape == (3, 16)
    assert encoder.network.rate == 16_000
    swapped = encoder(sound.flip(1))
    torch.testing.assert_close(swapped, torch.cat([features[:, 8:], features[:, :8]], 1))
    assert not torch.allclose(features[:, :8], features[:, 8:])


@pytest.mark.parametrize("name", HEARING)
def test_silence_is_finite_and_gradients_reach_the_weights(name: str) -> None:
    encoder = make_encoder("hf:", "audio", (2, 16_000), config=HEARING[name]).eval()
    features = encoder(torch.cat([torch.zeros(1, 2, 16_000), torch.randn(1, 2, 16_000)]))
    assert features.isfinite().all()
    features.square().sum().backward()
    grown = [p.grad for p in encoder.parameters() if p.grad is not None]
    assert len(grown) > 8
    assert all(gradient.isfinite().all() for gradient in grown)


@pytest.mark.parametrize(("config", "dim"), [(VIT, 8), (RESNET, 6)], ids=["vit", "resnet"])
def test_image_models_read_colours_and_depth(config: Any, dim: int) -> None:
    encoder = make_encoder("hf:", "rgb", (24, 24, 3), config=config).eval()
    assert encoder(torch.zeros(2, 24, 24, 3, dtype=torch.uint8)).shape == (2, dim)
    depth = make_encoder("hf:", "depth", (24, 24, 1), config=config).eval()
    assert depth(torch.rand(2, 24, 24, 1)).shape == (2, dim)
    with pytest.raises(SoundwalkError, match=r"reads rgb or depth or map: expected .* 'audio'"):
        make_encoder("hf:", "audio", (2, 16_000), config=config)


def test_a_model_that_reads_words_is_refused() -> None:
    with pytest.raises(SoundwalkError, match="BertConfig describes a model that reads input_ids"):
        make_encoder("hf:", "audio", (2, 16_000), config=BertConfig(**SMALL, vocab_size=20))


def test_a_folder_of_transformers_is_read_without_a_connection(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    torch.manual_seed(7)
    model = AutoModel.from_config(WAV2VEC2).eval()
    model.save_pretrained(tmp_path / "model")
    sound = torch.randn(2, 1, 16_000)
    for source in (str(tmp_path / "model"), f"hf:{tmp_path / 'model'}"):
        encoder = make_encoder(source, "audio", (1, 16_000)).eval()
        centred = sound[:, 0] - sound[:, 0].mean(1, keepdim=True)
        expected = model(centred / (centred.var(1, correction=0, keepdim=True) + 1e-7).sqrt())
        torch.testing.assert_close(encoder(sound), expected.last_hidden_state.mean(1))
    scratch = EncoderSource(str(tmp_path / "model"), scratch=True)
    drawn = make_encoder(scratch, "audio", (1, 16_000)).eval()
    assert not torch.allclose(drawn(sound), encoder(sound))


def test_what_came_with_the_weights_says_how_to_normalise(tmp_path: Path) -> None:
    AutoModel.from_config(VIT).save_pretrained(tmp_path)
    words = '{"image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5]}'
    (tmp_path / "preprocessor_config.json").write_text(words)
    network: Any = make_encoder(f"hf:{tmp_path}", "rgb", (16, 16, 3)).network
    white = network.preprocess(torch.ones(1, 16, 16, 3))
    torch.testing.assert_close(white, torch.ones(1, 3, 16, 16))


def test_a_model_that_is_not_there_is_named_when_offline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(SoundwalkError, match=r"transformers cannot load 'soundwalk/nothing' .*"):
        make_encoder("hf:soundwalk/nothing", "audio", (2, 16_000))
