"""Names of materials become surfaces: by the user's patterns, by their own names, by words."""

from __future__ import annotations

from pathlib import Path

import pytest

from soundwalk.envs.interface import SoundwalkError
from soundwalk.envs.rendering.glb import save_glb
from soundwalk.envs.scenes import generate
from soundwalk.envs.scenes.materials import ABSORPTION, SURFACES, material
from soundwalk.envs.scenes.mesh import import_mesh
from soundwalk.envs.scenes.mesh.naming import GUESSES, Naming

from .mesh_files import room, write

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "materials.yaml"


def test_patterns_count_first_and_in_their_order() -> None:
    naming = Naming.of(EXAMPLE)
    assert naming.surface("floor_01", "").name == "floor_oak"
    assert naming.surface("FLOOR_01_rug", "").name == "carpet_hairy"
    assert naming.surface("floor_attic", "").name == "linoleum_on_concrete"
    cloth = ABSORPTION["chairs_upholstered_cloth"]
    assert naming.surface("", "sofa_17").absorption == cloth
    assert naming.surface("glass pane", "x").name == "glass"  # a guess
    assert naming.surface("Material.003", "x").name == "plasterboard"


def test_patterns_can_be_given_without_a_file_and_guessing_switched_off() -> None:
    naming = Naming.of({"materials": {"a*": "brickwork"}, "default": "felt_5mm", "guess": False})
    assert naming.surface("attic", "").name == "brickwork"
    assert naming.surface("glass pane", "").name == "felt_5mm"


def test_our_own_names_and_pyroomacoustics_stand_for_themselves() -> None:
    naming = Naming.of(None)
    assert naming.surface("floor_carpet_blue", "") == SURFACES["floor_carpet_blue"]
    assert naming.surface("brickwork", "").absorption == ABSORPTION["brickwork"]
    assert naming.surface("oak.003", "").name == "oak"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Kitchen_Window_Glass", "glass"),
        ("living room CARPET 2", "floor_carpet"),
        ("MetalChrome", "steel"),
        ("Curtains", "curtain"),
        ("Material.001", "plasterboard"),
        ("", "plasterboard"),
        ("stable", "plasterboard"),  # a table is a word, not a part of one
    ],
)
def test_words_of_names_are_guessed(name: str, expected: str) -> None:
    assert Naming.of(None).surface(name, "").name == expected


def test_every_guess_is_a_surface() -> None:
    for word, name in GUESSES.items():
        assert material(name).absorption, word


def test_what_a_file_of_materials_gets_wrong_is_named(tmp_path: Path) -> None:
    with pytest.raises(SoundwalkError, match=r"unknown material 'carpet_hary'.*'carpet_hairy'"):
        Naming.of({"materials": {"*": "carpet_hary"}})
    with pytest.raises(SoundwalkError, match=r"unknown key of materials 'defualt'.*'default'"):
        Naming.of({"defualt": "brickwork"})
    with pytest.raises(SoundwalkError, match="expected patterns of names and surfaces"):
        Naming.of({"materials": ["brickwork"]})
    with pytest.raises(SoundwalkError, match="there is no file of materials at"):
        Naming.of(tmp_path / "none.yaml")
    (tmp_path / "bad.yaml").write_text("materials: [")
    with pytest.raises(SoundwalkError, match=r"bad.yaml' is not YAML"):
        Naming.of(tmp_path / "bad.yaml")
    (tmp_path / "list.yaml").write_text("- brickwork\n")
    with pytest.raises(SoundwalkError, match="holds list: expected the keys materials"):
        Naming.of(tmp_path / "list.yaml")


def test_an_exported_home_keeps_its_materials_and_a_plain_mesh_has_the_default(
    tmp_path: Path,
) -> None:
    home = generate(3, 2)
    save_glb(home, tmp_path / "home.glb")
    scene, report = import_mesh(tmp_path / "home.glb")
    assert all(name == made_of for name, made_of in report.materials.items())
    by_name = {entry.name: entry for entry in home.surfaces}
    used = {scene.surfaces[k].name for k in set(scene.surface.tolist())}
    assert used == {home.surfaces[k].name for k in set(home.surface.tolist())}
    for entry in scene.surfaces[: len(used)]:
        assert entry.absorption == by_name[entry.name].absorption
    _, plain = import_mesh(
        write(tmp_path / "room.stl", *room()),
    )
    assert plain.materials == {"room.stl": "plasterboard"}
