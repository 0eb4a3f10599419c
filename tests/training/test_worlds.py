"""What a policy does not use is not carried along, and what is missing is named."""

from __future__ import annotations

import numpy as np
import pytest

from soundwalk.envs.interface import SoundwalkError
from soundwalk.training.config import Config, EnvConfig, PolicyConfig
from soundwalk.training.reinforce import MakeEnvs
from soundwalk.training.worlds import KeepObservations, find, make_envs, make_policy


def test_only_the_wanted_observations_pass_at_ends_of_episodes_too(
    tiny: Config, corridors: MakeEnvs
) -> None:
    envs = KeepObservations(corridors(tiny).unwrapped, ("pose",))
    observations, _ = envs.reset(seed=0)
    assert envs.observation_space.contains(observations)
    observations, _, terminated, _, infos = envs.step(np.zeros(8, np.int64))
    assert set(observations) == {"pose"}
    assert terminated.all()
    assert all(set(final) == {"pose"} for final in infos["final_obs"])


def test_a_policy_that_needs_what_is_not_observed_is_told_what_is(
    tiny: Config, corridors: MakeEnvs
) -> None:
    envs = corridors(tiny)
    with pytest.raises(
        SoundwalkError, match="needs depth; the environment observes last_action, pose"
    ):
        make_policy(PolicyConfig(keys=("depth", "pose")), envs)
    with pytest.raises(SoundwalkError, match="'rgb' is not observed"):
        KeepObservations(envs, ("rgb",))


@pytest.mark.parametrize("name", ["no.such:thing", "math:no_such", "math", ""])
def test_an_import_string_that_names_nothing_is_refused(name: str) -> None:
    with pytest.raises(SoundwalkError, match=r"cannot be imported .*expected 'module:attribute'"):
        find(name)


def test_a_configuration_becomes_an_environment_with_its_wrappers() -> None:
    config = EnvConfig(num_envs=2, rooms=(1, 2), homes=2, resolution=16)
    keys = ("depth", "spectrogram", "pose")
    envs = make_envs(config, keys=keys)
    try:
        observations, _ = envs.reset(seed=0)
        assert set(observations) == set(keys)
        assert observations["spectrogram"].shape == (2, 65, 26, 2)
        policy = make_policy(PolicyConfig(keys=keys), envs)
        actions, _ = policy.predict(observations, deterministic=True)
        assert actions.shape == (2,)
    finally:
        envs.close()
