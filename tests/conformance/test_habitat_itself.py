"""The laws of every world on habitat-sim itself, where it is installed: `pytest -m habitat`.

A shoebox is written to a .glb file and opened. Laws that count in more digits than habitat's
32-bit navigation mesh of 5 cm cells has are left to the fake.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from soundwalk.envs.scenes import Scene, shoebox
from soundwalk.envs.simulators.habitat.binding import load_library

from .elsewhere import habitat
from .test_world import (  # noqa: F401 - laws, collected here once more
    test_a_click_arrives_after_its_distance_at_the_speed_of_sound,
    test_a_full_turn_shows_the_first_view_again,
    test_a_silent_source_is_silence_and_never_nan,
    test_a_source_beside_the_head_is_louder_in_the_treble_of_that_ear,
    test_a_step_ahead_brings_the_wall_a_step_nearer,
    test_a_step_of_sound_lasts_a_quarter_second_at_two_ears,
    test_a_wall_one_metre_ahead_reads_one_metre,
    test_after_a_turn_to_the_left_the_middle_shows_what_lay_to_the_left,
    test_an_action_moves_a_quarter_metre_or_turns_15_degrees_counter_clockwise,
    test_images_are_upright_left_is_left_and_depth_is_measured_along_the_axis,
    test_images_have_the_promised_shape_and_type_and_stay_in_range,
    test_what_was_seen_and_heard_is_not_overwritten_by_the_next_step,
)
from .worlds import World

pytestmark = pytest.mark.habitat


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Two agents in a room of 6 m x 5 m x 2.7 m that habitat-sim has read from a file."""
    scene = shoebox((6.0, 5.0, 2.7), absorption=0.3)
    path = tmp_path_factory.mktemp("stage") / "room.glb"
    write_glb(scene, path)
    world = habitat(scene, 2, load_library(), path)
    yield world
    world.close()


def write_glb(scene: Scene, path: Path) -> None:
    """The triangles of a scene in grey, y up as glTF wants it."""
    import trimesh

    corners = scene.triangles.reshape(-1, 3)
    upright = np.column_stack([corners[:, 0], corners[:, 2], -corners[:, 1]])
    faces = np.arange(len(corners)).reshape(-1, 3)
    grey = np.full((len(corners), 4), (170, 170, 170, 255), np.uint8)
    mesh = trimesh.Trimesh(upright, faces, vertex_colors=grey, process=False)
    path.write_bytes(trimesh.exchange.gltf.export_glb(mesh))
