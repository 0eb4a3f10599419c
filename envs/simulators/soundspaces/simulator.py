"""Agents on the grid of SoundSpaces' scenes: they step from node to node and turn by 90 degrees."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from ...interface import F32, F64, I32, I64, U8, Action, Bool, SoundwalkError, wrap_angle
from ..emitters import Sound
from ..hearing import Heard
from ..pointwise import PointwiseHearing
from .graph import FACINGS, SceneGraph, unreachable
from .layout import SoundSpacesData
from .responses import EARS, Responses, load_sound
from .views import Views

_GOALS_KEPT = 256  # of which distances and actions are remembered


@dataclass(frozen=True, eq=False)
class Place:
    """A scene that is loaded."""

    name: str
    graph: SceneGraph
    views: Views | None


@dataclass(frozen=True, eq=False)
class _Goal:
    """Where an agent is to go, for every node of its scene."""

    distances: F64
    following: I32
    actions: I64


class SoundSpacesSimulator:
    """N agents in scenes of SoundSpaces' data.

    Attributes:
        poses: (N, 3) float64 x, y in metres and heading in radians, as everywhere here.
        positions: (N, 3) metres, z up, on the floor.
        sources: (N, 3) metres, the nodes that sound.
        heard: what was heard last.
        block: samples of a step.

    Args:
        data: where the scenes are.
        num_agents: how many.
        resolution: height and width of the images in pixels; divides that of the cached ones.
        sensors: which of "rgb", "depth", "audio" are wanted.
        rate: samples per second.
        step_seconds: what an action lasts.
        response_seconds: what is used of an impulse response.
        reach: metres of walking to the goal within which the oracle stops.
        scenes: how many scenes are kept in memory beside those in use.
    """

    def __init__(
        self,
        data: SoundSpacesData,
        num_agents: int,
        *,
        resolution: int,
        sensors: tuple[str, ...],
        rate: int,
        step_seconds: float,
        response_seconds: float = 1.0,
        reach: float = 0.0,
        scenes: int = 4,
    ) -> None:
        """See the class."""
        self.data, self.num_agents = data, num_agents
        self.poses, self.positions = np.zeros((num_agents, 3)), np.zeros((num_agents, 3))
        self.sources = np.zeros((num_agents, 3))
        self.heard: Heard | None = None
        self.block, length = round(step_seconds * rate), round(response_seconds * rate)
        self._resolution, self._sensors, self.rate = resolution, sensors, rate
        self._reach, self._most = reach, scenes
        self._known: OrderedDict[str, Place] = OrderedDict()
        self._places: list[Place | None] = [None] * num_agents
        self._nodes, self._facings = np.zeros(num_agents, np.int64), np.zeros(num_agents, np.int64)
        self._targets = np.zeros(num_agents, np.int64)
        self._goals: list[_Goal | None] = [None] * num_agents
        self._goal = lru_cache(_GOALS_KEPT)(self._solve)
        self._responses = Responses(data, rate, length)
        self.sound = lru_cache(256)(self._sound)
        self._hearing = PointwiseHearing(num_agents, EARS, rate, self.block, length, self.responses)

    def place(self, name: str) -> Place:
        """A scene, loaded now if need be.

        Raises:
            MissingDataError: files of it are missing.
            SoundwalkError: files of it are damaged or disagree.
        """
        if name not in self._known:
            graph = self.data.graph(name)
            rgb, depth = "rgb" in self._sensors, "depth" in self._sensors
            views = None
            if rgb or depth:
                path = self.data.views(name)
                views = Views.read(path, graph, self._resolution, rgb=rgb, depth=depth)
            self._known[name] = Place(name, graph, views)
            while len(self._known) > self._most:
                self._known.popitem(last=False)
        self._known.move_to_end(name)
        return self._known[name]

    def settle(
        self, agent: int, scene: str, node: int, facing: int, goal: int, sound: Sound
    ) -> None:
        """Put an agent on a node, facing one of four ways, with a source on another node.

        Raises:
            SoundwalkError: no way leads from one to the other, or the clip is empty.
        """
        place = self.place(scene)
        solved = self._goal(scene, goal)
        if not np.isfinite(solved.distances[node]):
            names = place.graph.names
            raise SoundwalkError(
                f"no way leads from node {names[node]} to node {names[goal]} of {scene!r}"
            )
        self._places[agent], self._goals[agent] = place, solved
        self._nodes[agent], self._facings[agent] = node, facing
        self._targets[agent] = goal
        self.sources[agent] = place.graph.positions[goal]
        self._hearing.settle(agent, sound)
        self._locate(agent)

    def floor_points(self, agent: int) -> F64:
        """(M, 2) x, y of the places of an agent's scene, for pictures of it."""
        points: F64 = self._here(agent).graph.positions[:, :2]
        return points

    def act(self, actions: I64) -> Bool:
        """Turn, or step to the node ahead; (N,) whether there was none."""
        collided = np.zeros(self.num_agents, np.bool_)
        for agent in np.flatnonzero(actions != Action.STOP).tolist():
            if actions[agent] == Action.MOVE_FORWARD:
                ahead = self._here(agent).graph.ahead[self._nodes[agent], self._facings[agent]]
                collided[agent] = ahead < 0
                self._nodes[agent] = self._nodes[agent] if ahead < 0 else ahead
            else:
                turn = 1 if actions[agent] == Action.TURN_LEFT else -1
                self._facings[agent] = (self._facings[agent] + turn) % FACINGS
            self._locate(agent)
        return collided

    def see(
        self, agents: I32, *, rgb: bool = True, depth: bool = True
    ) -> tuple[U8 | None, F32 | None]:
        """What these agents see: (n, H, W, 3) uint8 and (n, H, W) float32 metres."""
        views = [self._here(int(agent)).views for agent in agents]
        at = list(zip(self._nodes[agents], self._facings[agents], strict=True))
        colours = [v.rgb[i] for v, i in zip(views, at, strict=True) if v and v.rgb is not None]
        depths = [v.depth[i] for v, i in zip(views, at, strict=True) if v and v.depth is not None]
        return (
            np.stack(colours) if rgb and colours else None,
            np.stack(depths) if depth and depths else None,
        )

    def begin_hearing(self, agents: I32) -> F32:
        """The first (n, 2, block) that agents hear after `settle`."""
        self.heard = self._hearing.begin(agents)
        return self.heard.audio

    def hear(self) -> F32:
        """What all agents hear while this step lasts, (N, 2, block)."""
        self.heard = self._hearing.hear()
        return self.heard.audio

    def skip_hearing(self) -> None:
        """Let the sounds play on for a step that nobody listens to."""
        self._hearing.skip()

    def silent(self) -> Bool:
        """Which goals have stopped sounding."""
        return self._hearing.over()

    def responses(self, agents: I32) -> F32:
        """Impulse responses from the goals of agents to their ears now, (n, 2, L) float32."""
        found = []
        for agent in agents:
            place = self._here(int(agent))
            azimuth = -90 * int(self._facings[agent]) % 360  # clockwise from facing 0
            node, goal = int(self._nodes[agent]), int(self._targets[agent])
            found.append(self._responses.get(place.name, place.graph, azimuth, node, goal))
        return np.stack(found)

    def distances(self) -> F64:
        """(N,) metres along the graph from each agent to its goal."""
        goals = zip(self._goals, self._nodes, strict=True)
        return np.array([goal.distances[node] if goal else np.inf for goal, node in goals])

    def fewest(self, agent: int) -> int:
        """How many actions the oracle would take from here, STOP counted.

        A few edges of the graphs are not walkable, because they point in no direction that an agent
        can face; where the only way leads over one, its edges are counted instead.
        """
        goal = self._goals[agent]
        assert goal is not None  # settled before
        count = int(goal.actions[self._nodes[agent], self._facings[agent]])
        if unreachable(count):
            count = round(goal.distances[self._nodes[agent]] / self._here(agent).graph.grid)
        return count + 1

    def guide(self) -> tuple[I64, F64]:
        """(N,) the oracle's actions, and the azimuths of the next nodes on shortest ways."""
        actions, azimuths = np.zeros(self.num_agents, np.int64), np.zeros(self.num_agents)
        for agent in range(self.num_agents):
            graph, goal = self._here(agent).graph, self._goals[agent]
            assert goal is not None
            node, facing = int(self._nodes[agent]), int(self._facings[agent])
            actions[agent] = graph.best_action(goal.actions, node, facing)
            following = goal.following[node]
            if following >= 0:
                x, y, _ = graph.positions[following] - graph.positions[node]
                azimuths[agent] = wrap_angle(np.arctan2(y, x) - self.poses[agent, 2])
        return actions, azimuths

    def _here(self, agent: int) -> Place:
        place = self._places[agent]
        if place is None:
            raise SoundwalkError(f"agent {agent} is nowhere yet: call settle() first")
        return place

    def _locate(self, agent: int) -> None:
        """Bring poses up to date with node and facing."""
        self.positions[agent] = self._here(agent).graph.positions[self._nodes[agent]]
        self.poses[agent, :2] = self.positions[agent, :2]
        self.poses[agent, 2] = wrap_angle((self._facings[agent] + 1) * np.pi / 2)

    def _solve(self, scene: str, goal: int) -> _Goal:
        graph = self.place(scene).graph
        return _Goal(
            graph.distances(goal), graph.next_nodes(goal), graph.actions_to(goal, self._reach)
        )

    def _sound(self, name: str) -> F32:
        return load_sound(self.data.sound(name), self.rate)
