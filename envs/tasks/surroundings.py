"""What else an episode holds: other sounds at the same time, a goal that walks, when it sounds.

Everything is drawn from a random stream of its own, seeded by what the episode already says: with
all of it off, episodes are what they are without this module, and with it on they have the same
start, target and clip.
"""

from __future__ import annotations

import dataclasses
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ..acoustics.sounds import Clip, SoundBank
from ..acoustics.sounds.levels import active_rms
from ..acoustics.trajectory import Trajectory
from ..interface import F64, SoundwalkError
from ..simulators.emitters import Sound
from ..simulators.homes import Home
from ..simulators.options import HearingOptions, pressure
from .episodes import Distractor, Episode

_WAYPOINTS = 3
_HIGHEST = 1.6  # metres at which a walking source is at most, so that it passes under every door


def episode_seed(episode: Episode) -> int:
    """A number that is the same for the same episode, for what is drawn while it is played."""
    words = (episode.home, episode.start, episode.target, episode.clip, episode.offset)
    return zlib.crc32((repr(words) + episode.scene).encode())


@dataclass(frozen=True)
class Surroundings:
    """What is added to episodes that are sampled; see `HearingOptions` for the values."""

    distractors: int = 0
    moving: float = 0.0
    onset: float = 0.0
    loop: bool = True

    @classmethod
    def of(cls, options: HearingOptions) -> Surroundings:
        """Those that options ask for."""
        return cls(options.distractors, options.moving, options.onset, options.loop)

    def around(
        self, episode: Episode, home: Home, clips: Mapping[str, Sequence[Clip]], bank: SoundBank
    ) -> Episode:
        """The episode with its surroundings."""
        if self == Surroundings():
            return episode
        rng = np.random.default_rng([episode_seed(episode), 7])
        episode = dataclasses.replace(
            episode,
            onset=self.onset,
            loop=self.loop,
            distractors=self._others(episode, home, clips, bank, rng),
        )
        if self.moving == 0.0:
            return episode
        x, y = episode.goal
        return dataclasses.replace(
            episode,
            speed=self.moving,
            source=(x, y, min(episode.source[2], _HIGHEST)),
            waypoints=tuple((float(a), float(b)) for a, b in home.nav.sample_free(rng, _WAYPOINTS)),
        )

    def _others(
        self,
        episode: Episode,
        home: Home,
        clips: Mapping[str, Sequence[Clip]],
        bank: SoundBank,
        rng: np.random.Generator,
    ) -> tuple[Distractor, ...]:
        """Other sounds, of categories that differ from the goal's and among each other.

        An object sounds like what it is where there are clips of that, else like anything; there
        are fewer when objects or categories run out. Where there are no objects, sounds come from
        free points at the height of the goal's.
        """
        objects = home.scene.plan.objects
        free = sorted(category for category in clips if category != episode.category)
        order = [int(i) for i in rng.permutation(len(objects)) if i != episode.target]
        order.sort(key=lambda i: objects[i].category not in free)  # stable: named ones first
        places = [(i, objects[i].position, objects[i].category) for i in order]
        if not objects:
            points = home.nav.sample_free(rng, self.distractors)
            places = [(-1, (float(x), float(y), episode.source[2]), "") for x, y in points]
        chosen: list[Distractor] = []
        for target, position, own in places:
            if len(chosen) == self.distractors or not free:
                break
            category = own if own in free else free[int(rng.integers(len(free)))]
            free.remove(category)
            clip = clips[category][int(rng.integers(len(clips[category])))]
            offset = int(rng.integers(len(bank.load(clip))))
            chosen.append(Distractor(target, position, clip.name, offset))
        return tuple(chosen)


def walked_path(episode: Episode, home: Home) -> Trajectory | None:
    """How the source of an episode moves, or None where it stays.

    Raises:
        SoundwalkError: a waypoint cannot be reached.
    """
    if not episode.waypoints or episode.speed == 0.0:
        return None
    here, corners = np.array(episode.source[:2]), [np.array([episode.source[:2]])]
    for waypoint in episode.waypoints:
        goal = home.nav.nearest_free(np.array(waypoint))
        leg: F64 = home.nav.field(goal).path(home.nav.nearest_free(here))
        corners.append(leg)
        here = goal
    plan = np.concatenate(corners)
    height = np.full((len(plan), 1), episode.source[2])
    return Trajectory(np.concatenate([plan, height], axis=1), episode.speed)


def episode_sounds(
    episode: Episode, home: Home, bank: SoundBank, options: HearingOptions
) -> list[Sound]:
    """What sounds in an episode, the goal first.

    Raises:
        SoundwalkError: the bank lacks a clip, or the environment was not made for what the episode
            holds.
    """
    if len(episode.distractors) > options.distractors:
        raise SoundwalkError(
            f"the episode has {len(episode.distractors)} distractors: make the environment with "
            f"distractors={len(episode.distractors)} or more, not {options.distractors}"
        )
    if episode.waypoints and options.moving == 0.0:
        raise SoundwalkError(
            f"the source of the episode moves at {episode.speed} m/s: make the environment with "
            f"moving={episode.speed}, not 0"
        )

    facings = np.random.default_rng([episode_seed(episode), 11])

    def sound(name: str, source: Sequence[float], offset: int) -> Sound:
        dry = bank.load(bank.clip(name))
        gain = 1.0
        if options.level is not None:
            gain = pressure(options.level) / max(active_rms(dry, bank.sample_rate), 1e-9)
        return Sound(
            dry,
            np.array(source, np.float64),
            offset if episode.loop else 0,
            episode.onset,
            episode.duration,
            episode.loop,
            gain,
            facing=float(facings.uniform(-np.pi, np.pi)),
        )

    goal = dataclasses.replace(
        sound(episode.clip, episode.source, episode.offset), path=walked_path(episode, home)
    )
    return [goal, *(sound(d.clip, d.source, d.offset) for d in episode.distractors)]
