"""A configuration says exactly what is wrong with it."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from soundwalk.envs.interface import SoundwalkError
from soundwalk.envs.simulators.options import HearingOptions
from soundwalk.training.config import Config, EnvConfig, from_dict, load_config, save_config
from soundwalk.training.worlds import make_envs


@pytest.mark.parametrize("name", ["quick", "audiogoal"])
def test_published_configurations_are_found_by_name(name: str) -> None:
    config = load_config(name)
    assert config.total_steps > config.imitation.steps
    assert config.env.split == "train"


def test_an_unknown_name_is_answered_with_the_nearest_one() -> None:
    with pytest.raises(SoundwalkError, match=r"unknown config 'quik': did you mean 'quick'\?"):
        load_config("quik")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SoundwalkError, match=r"no configuration file at .*mine\.yaml"):
        load_config(tmp_path / "mine.yaml")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"total_stepz": 1}, "unknown config key 'total_stepz': did you mean 'total_steps'"),
        ({"ppo": {"gama": 0.9}}, "unknown config key in ppo 'gama': did you mean 'gamma'"),
        ({"ppo": {"gamma": "high"}}, "config key 'ppo.gamma' is 'high': expected a number"),
        ({"seed": True}, "config key 'seed' is True: expected a whole number"),
        ({"seed": 1.5}, "config key 'seed' is 1.5: expected a whole number"),
        ({"env": {"rooms": [1, "x"]}}, r"config key 'env.rooms\[1\]' is 'x': expected a whole"),
        ({"env": {"rooms": "many"}}, "is 'many': expected a whole number or a list .2 of"),
        ({"env": {"sensors": "audio"}}, "config key 'env.sensors' is 'audio': expected a list"),
        ({"env": 5}, "config key 'env' is 5: expected a section"),
        ({"ppo": {"target_kl": "a"}}, "expected a number or nothing"),
        ({"total_steps": 0}, "total_steps is 0: expected at least 1"),
        ({"ppo": {"schedule": "cosine"}}, "unknown ppo.schedule 'cosine'"),
        ({"ppo": {"batch_size": 1000}}, "expected a divisor of env.num_envs x ppo.n_steps = 4096"),
    ],
)
def test_wrong_values_are_named_with_what_was_expected(values: object, message: str) -> None:
    with pytest.raises(SoundwalkError, match=message):
        from_dict(values)  # type: ignore[arg-type]


def test_what_is_saved_is_what_is_read(tmp_path: Path) -> None:
    config = from_dict(
        {"seed": 3, "env": {"rooms": 2, "sensors": ["audio"]}, "ppo": {"target_kl": 0.02}}
    )
    save_config(config, tmp_path / "config.yaml")
    assert load_config(tmp_path / "config.yaml") == config
    save_config(Config(), tmp_path / "config.yaml")
    assert load_config(tmp_path / "config.yaml") == Config()


def test_an_empty_file_is_the_default(tmp_path: Path) -> None:
    (tmp_path / "empty.yaml").write_text("")
    assert load_config(tmp_path / "empty.yaml") == Config()


def test_overrides_reach_into_sections_and_win() -> None:
    config = load_config("quick", ["ppo.learning_rate=1e-4", "env.rooms=[1, 1]", "seed=9"])
    assert config.ppo.learning_rate == pytest.approx(1e-4)
    assert config.env.rooms == (1, 1)
    assert config.seed == 9


@pytest.mark.parametrize("override", ["ppo.gamma", "seed.x=1"])
def test_a_crooked_override_is_refused(override: str) -> None:
    with pytest.raises(SoundwalkError):
        load_config("quick", ["seed=1", override])


def test_yaml_that_would_run_code_is_refused(tmp_path: Path) -> None:
    (tmp_path / "evil.yaml").write_text("seed: !!python/object/apply:os.getpid []")
    with pytest.raises(SoundwalkError, match="is not YAML"):
        load_config(tmp_path / "evil.yaml")


def test_a_file_that_is_no_mapping_is_refused(tmp_path: Path) -> None:
    (tmp_path / "list.yaml").write_text("- 1")
    with pytest.raises(SoundwalkError, match="expected keys and values"):
        load_config(tmp_path / "list.yaml")


def test_every_option_of_hearing_is_a_key_with_the_same_default() -> None:
    for option in dataclasses.fields(HearingOptions):
        assert getattr(EnvConfig(), option.name) == getattr(HearingOptions(), option.name)


def test_options_of_hearing_are_read_and_reach_the_environment(tmp_path: Path) -> None:
    config = from_dict(
        {"env": {"distractors": 2, "snr": 10, "acoustics": {"bands": 7}, "receiver": "mono"}}
    )
    assert config.env.snr == 10.0
    save_config(config, tmp_path / "c.yaml")
    assert load_config(tmp_path / "c.yaml") == config
    small = dataclasses.replace(
        config.env, num_envs=1, homes=1, rooms=(1, 1), sensors=("audio",), wrappers=()
    )
    envs = make_envs(small)
    options = envs.unwrapped.options  # type: ignore[attr-defined]
    envs.close()
    assert (options.distractors, options.snr, options.config().bands) == (2, 10.0, 7)
    with pytest.raises(SoundwalkError, match=r"'env.acoustics' is 3: expected keys and values"):
        from_dict({"env": {"acoustics": 3}})
