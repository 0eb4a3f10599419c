"""Stable-Baselines3's PPO for a configuration."""

from __future__ import annotations

from typing import Any

from stable_baselines3 import PPO
from stable_baselines3.common.vec_env import VecEnv

from ..agents.policies import AudioGoalPolicy
from ..envs.sb3 import SB3VecEnv
from .config import Config
from .worlds import policy_arguments


class _PPO(PPO):
    """PPO that leaves observations as they are: the network takes images with channels last, and
    SB3's VecTransposeImage would copy every one of them."""  # noqa: D205, D209

    @staticmethod
    def _wrap_env(env: Any, *_: Any, **__: Any) -> VecEnv:
        assert isinstance(env, VecEnv)
        return env


def make_ppo(config: Config, venv: SB3VecEnv) -> PPO:
    """PPO with the policy of a configuration, untrained.

    The learning rate falls from the start of PPO, after the warm start, to the end of the run.
    """
    ppo = config.ppo
    share = 1 - min(config.imitation.steps / config.total_steps, 0.99)

    def learning_rate(remaining: float) -> float:
        fall = min(remaining / share, 1.0) if ppo.schedule == "linear" else 1.0
        return ppo.learning_rate * (0.1 + 0.9 * fall)

    return _PPO(
        AudioGoalPolicy,
        venv,
        learning_rate=learning_rate,
        n_steps=ppo.n_steps,
        batch_size=ppo.batch_size,
        n_epochs=ppo.n_epochs,
        gamma=ppo.gamma,
        gae_lambda=ppo.gae_lambda,
        clip_range=ppo.clip_range,
        ent_coef=ppo.ent_coef,
        vf_coef=ppo.vf_coef,
        max_grad_norm=ppo.max_grad_norm,
        target_kl=ppo.target_kl,
        policy_kwargs=policy_arguments(config.policy),
        seed=config.seed,
        device=config.device,
    )
