"""The actor-critic that PPO trains, with a head that says where the sound is.

SB3's `ortho_init=True` would re-initialise every Linear and Conv2d of the features extractor,
pretrained ones too; it is off here.
"""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import torch
from stable_baselines3.common.policies import MultiInputActorCriticPolicy
from stable_baselines3.common.type_aliases import Schedule
from torch import Tensor, nn

from ...envs.interface import SoundwalkError
from .extractor import EncoderExtractor
from .networks import AudioVisualExtractor


class AudioGoalPolicy(MultiInputActorCriticPolicy):
    """Sight, sound and motion to an action, a value and, for learning only, a compass.

    Args:
        observation_space: the dictionary of observations.
        action_space: four discrete actions.
        lr_schedule: learning rate by progress, as SB3 wants it.
        hidden: width of the one hidden layer of actor and critic.
        features_extractor_kwargs: arguments of `AudioVisualExtractor`, or of `EncoderExtractor` if
            `encoders` are among them. What is frozen is left out of the optimizer.
        options: further arguments of SB3's policy.
    """

    def __init__(
        self,
        observation_space: gym.spaces.Space[Any],
        action_space: gym.spaces.Space[Any],
        lr_schedule: Schedule,
        *,
        hidden: int = 128,
        features_extractor_kwargs: dict[str, Any] | None = None,
        **options: Any,
    ) -> None:
        """See the class."""
        if not isinstance(observation_space, gym.spaces.Dict):
            raise SoundwalkError(f"observation space is {observation_space}: expected a Dict space")
        if options.pop("ortho_init", False):
            raise SoundwalkError(
                "ortho_init=True would re-initialise the features extractor: leave it out"
            )
        arguments = features_extractor_kwargs or {}
        super().__init__(
            observation_space,
            action_space,
            lr_schedule,
            net_arch={"pi": [hidden], "vf": [hidden]},
            activation_fn=nn.ReLU,
            ortho_init=False,
            features_extractor_class=(
                EncoderExtractor if arguments.get("encoders") else AudioVisualExtractor
            ),
            features_extractor_kwargs=arguments,
            **options,
        )

    def _build(self, lr_schedule: Schedule) -> None:
        # Before SB3 makes the optimizer, so that it holds these parameters too.
        self.compass: nn.Linear = nn.Linear(self.features_dim, 3)
        super()._build(lr_schedule)
        self.optimizer = self.optimizer_class(
            [parameter for parameter in self.parameters() if parameter.requires_grad],
            lr=lr_schedule(1),  # type: ignore[call-arg]
            **self.optimizer_kwargs,
        )
        with torch.no_grad():  # start undecided between the actions
            for parameter in self.action_net.parameters():
                parameter.mul_(0.1)

    def judge(self, observations: dict[str, Tensor]) -> tuple[Tensor, Tensor, Tensor]:
        """Action logits (B, 4), value (B,), and compass (B, 3): cos, sin of the path's direction
        and log(1 + distance in metres)."""  # noqa: D205, D209
        features = self.extract_features(observations)
        assert isinstance(features, Tensor)
        latent_pi, latent_vf = self.mlp_extractor(features)
        value = self.value_net(latent_vf).flatten()
        return self.action_net(latent_pi), value, self.compass(features)
