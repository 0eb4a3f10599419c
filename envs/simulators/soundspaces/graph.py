"""Where one can stand in a SoundSpaces scene, and the ways between: a graph on a grid.

SoundSpaces' habitat frame has y up and -z forward; ours z up: (x, y, z) here is (x, -z, y) there.
An agent faces one of four ways, `facing` k, which is a rotation of 90 k degrees about the vertical,
counter-clockwise from habitat's -z, our +y; its heading is (k + 1) 90 degrees. It walks along an
edge of the graph that points that way to the degree (facebookresearch/sound-spaces,
soundspaces/simulator.py, `step`). Distances are edges times the grid (there, `geodesic_distance`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import breadth_first_order, connected_components, dijkstra

from ...interface import F64, I32, I64, Action, SoundwalkError
from ..habitat.axes import from_habitat
from .pickles import as_array, load_graph

FACINGS = 4
_SAME = 0.01  # metres by which a node may lie beside its point
_NOWHERE = 2**30  # actions to a goal that no sequence of actions reaches


@dataclass(frozen=True, eq=False)
class SceneGraph:
    """Nodes 0 to N - 1, in the order of the file.

    Attributes:
        names: (N,) what the file calls them; the names of impulse responses.
        positions: (N, 3) metres, z up, on the floor.
        edges: (E, 2) both directions of each edge.
        grid: metres that an edge counts.
        points: how many places points.txt lists.
    """

    names: I64
    positions: F64
    edges: I64
    grid: float
    points: int

    @classmethod
    def read(cls, points: Path, graph: Path, grid: float, lift: float) -> SceneGraph:
        """Read points.txt (index, x, y, z, tab-separated) and graph.pkl.

        Raises:
            SoundwalkError: a file is damaged or unsafe, or the two disagree.
        """
        places = _read_points(points, lift)
        links = load_graph(graph)
        if not links.nodes:
            raise SoundwalkError(f"{str(graph)!r} has no nodes: expected places to stand")
        index = {name: i for i, name in enumerate(links.nodes)}
        for name in index:
            if not isinstance(name, int | np.integer) or not 0 <= name < len(places):
                raise SoundwalkError(
                    f"{str(graph)!r} has a node {name!r}, but {points.name} lists {len(places)} "
                    "places: graph and points are of different scenes; download both again"
                )
        names = np.array(list(links.nodes), np.int64)
        stored = np.stack([_position(a.get("point"), graph) for a in links.nodes.values()])
        apart = np.linalg.norm(stored - places[names], axis=1)
        if apart.max() > _SAME:
            worst = int(apart.argmax())
            raise SoundwalkError(
                f"node {names[worst]} of {str(graph)!r} lies {apart[worst]:.2f} m from where "
                f"{points.name} has it: the two are of different scenes; download both again"
            )
        ends = [(index[a], index.get(b, -1)) for a, near in links.neighbours.items() for b in near]
        edges = np.array(ends, np.int64).reshape(-1, 2)
        if (edges < 0).any():
            raise SoundwalkError(f"{str(graph)!r} has edges to nodes that it does not have")
        return cls(names, from_habitat(places[names]), edges, grid, len(places))

    @property
    def size(self) -> int:
        """How many nodes."""
        return len(self.names)

    @cached_property
    def ahead(self) -> I64:
        """(N, 4) the node one step ahead for each facing; -1 where there is none."""
        table = np.full((self.size, FACINGS), -1, np.int64)
        delta = np.diff(self.positions[self.edges], axis=1)[:, 0]
        degrees = np.around(np.degrees(np.arctan2(delta[:, 1], delta[:, 0]))).astype(np.int64) % 360
        for facing in range(FACINGS):
            along = self.edges[degrees == 90 * (facing + 1) % 360][::-1]  # the first one wins
            table[along[:, 0], facing] = along[:, 1]
        return table

    @cached_property
    def _links(self) -> csr_array:
        ones = np.ones(len(self.edges), np.int8)
        return csr_array((ones, self.edges.T), (self.size, self.size))

    def node_at(self, position: F64) -> int | None:
        """The node within a centimetre of a position (3,), if there is one."""
        apart = np.linalg.norm(self.positions - position, axis=1)
        nearest = int(apart.argmin())
        return nearest if apart[nearest] <= _SAME else None

    def parts(self) -> Iterator[I64]:
        """Groups of nodes that are connected."""
        count, labels = connected_components(self._links, directed=False)
        for part in range(count):
            yield np.flatnonzero(labels == part)

    def distances(self, goal: int) -> F64:
        """(N,) metres along the graph to a goal; inf where no way leads there."""
        hops: F64 = dijkstra(self._links, directed=False, indices=[goal], unweighted=True)[0]
        return hops * self.grid

    def next_nodes(self, goal: int) -> I32:
        """(N,) the next node on a shortest way to a goal; negative at it and where none is."""
        following: I32 = breadth_first_order(self._links, goal, directed=False)[1]
        return following

    def actions_to(self, goal: int, reach: float = 0.0) -> I64:
        """(N, 4) least number of turns and steps until a goal is within `reach` metres of walking.

        STOP is not counted; `unreachable` says where no sequence of actions leads there.
        """
        counts = np.full((self.size, FACINGS), _NOWHERE, np.int64)
        counts[self.distances(goal) <= reach] = 0
        steps = 0
        while (counts == steps).any():
            steps += 1
            open_ = counts == _NOWHERE
            arrives = (self.ahead >= 0) & (
                np.take_along_axis(counts, np.maximum(self.ahead, 0), axis=0) == steps - 1
            )
            turns = (np.roll(counts, 1, 1) == steps - 1) | (np.roll(counts, -1, 1) == steps - 1)
            counts[open_ & (arrives | turns)] = steps
        return counts

    def best_action(self, counts: I64, node: int, facing: int) -> Action:
        """The first of the fewest actions, as counted by `actions_to`; a step before a turn."""
        here = counts[node, facing]
        if here == 0 or unreachable(int(here)):
            return Action.STOP
        ahead = self.ahead[node, facing]
        if ahead >= 0 and counts[ahead, facing] < here:
            return Action.MOVE_FORWARD
        left = counts[node, (facing + 1) % FACINGS] < here
        return Action.TURN_LEFT if left else Action.TURN_RIGHT


def unreachable(count: int) -> bool:
    """Whether a count of `actions_to` says that no actions lead there."""
    return count >= _NOWHERE


def _read_points(path: Path, lift: float) -> F64:
    """(P, 3) places in habitat's frame, on the floor: (x, z - lift, -y) of the file."""
    try:
        rows = np.loadtxt(path, delimiter="\t", ndmin=2)
    except (ValueError, OSError) as error:
        raise SoundwalkError(
            f"{str(path)!r} is damaged ({error}): expected tab-separated index, x, y, z"
        ) from None
    if not len(rows) or rows.shape[1] != 4 or not np.isfinite(rows).all():
        raise SoundwalkError(
            f"{str(path)!r} has a table of shape {rows.shape}: expected rows of index, x, y, z"
        )
    return np.stack([rows[:, 1], rows[:, 3] - lift, -rows[:, 2]], axis=1)


def _position(value: object, path: Path) -> F64:
    """A node's `point` (3,)."""
    try:
        point = as_array([float(v) for v in value] if isinstance(value, tuple | list) else value)
    except (SoundwalkError, TypeError, ValueError):
        point = np.zeros(0)
    if point.shape != (3,) or not np.isfinite(point).all():
        raise SoundwalkError(f"{str(path)!r} has a node whose point is {value!r}: expected x, y, z")
    return np.asarray(point, np.float64)
