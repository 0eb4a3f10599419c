"""The command line answers at once, and what goes wrong is one line."""

from __future__ import annotations

import json
import os
import pty
import resource
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from soundwalk.envs.tasks.episodes import load_episodes
from soundwalk.training.cli import COMMANDS, main


def fail(capsys: pytest.CaptureFixture[str], *args: str) -> str:
    """The one line that a command fails with."""
    with pytest.raises(SystemExit) as stop:
        main(args)
    assert stop.value.code == 2
    error = capsys.readouterr().err
    assert error.startswith("soundwalk: ")
    assert error.count("\n") == 1
    return error


def test_help_costs_less_than_a_second_and_loads_nothing_heavy() -> None:
    program = (
        "import sys; sys.argv = ['soundwalk', '--help']\n"
        "from soundwalk.training.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print(sorted({'torch', 'numba', 'matplotlib', 'scipy', 'av'} & set(sys.modules)))"
    )
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    said = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stdout
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert said.splitlines()[-1] == "[]"
    assert all(command in said for command in COMMANDS)
    assert after.ru_utime - before.ru_utime < 1.0


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself_and_can_write_json(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stop:
        main([command, "--help"])
    assert stop.value.code == 0
    assert "--json" in capsys.readouterr().out


def test_info_describes_and_draws_a_home(tmp_path: Path) -> None:
    png, out = tmp_path / "plans" / "plan.png", tmp_path / "home.json"
    main(["info", "--scene", "7", "--png", str(png), "--json", str(out)])
    assert png.read_bytes().startswith(b"\x89PNG")
    home = json.loads(out.read_text())
    assert home["seed"] == 7
    assert 3 <= len(home["rooms"]) <= 6


def test_info_writes_episodes_that_load(tmp_path: Path) -> None:
    path, out = tmp_path / "val.jsonl", tmp_path / "val.json"
    main(["info", "--episodes", "--split", "val", "-n", "8", "-o", str(path), "--json", str(out)])
    walks = load_episodes(path)
    figures = json.loads(out.read_text())
    assert len(walks) == figures["episodes"] == 8
    assert figures["through_doors"] == pytest.approx(np.mean([walk.doors for walk in walks]))
    assert all(walk.split == "val" for walk in walks)
    assert figures["geodesic_over_straight"]["p10"] >= 1.0


def test_rir_writes_a_stereo_file_with_the_near_ear_louder(tmp_path: Path) -> None:
    home = tmp_path / "home.json"
    main(["info", "--scene", "7", "--json", str(home)])
    x0, y0, x1, y1 = json.loads(home.read_text())["rooms"][0]["box"]
    x, y = (x0 + x1) / 2, (y0 + y1) / 2
    path, out = tmp_path / "rir.wav", tmp_path / "rir.json"
    main([
        "rir", "--scene", "7", "--source", f"{x},{y + 1},1.25", "--receiver", f"{x},{y},1.25",
        "--heading", "0", "-o", str(path), "--json", str(out),
    ])  # fmt: skip
    audio, rate = soundfile.read(path)
    assert (rate, audio.shape) == (16_000, (8000, 2))
    figures = json.loads(out.read_text())
    left, right = figures["level_db"]
    assert left > right + 1  # the source is to the left
    # The near ear is a head radius nearer: 2.66 ms, its pulse begins a little before.
    assert figures["arrival_ms"] == pytest.approx(1000 * (1 - 0.0875) / 343, abs=0.5)


def test_render_writes_a_picture(tmp_path: Path) -> None:
    path = tmp_path / "view.png"
    main(["render", "--scene", "7", "--size", "64", "-o", str(path)])
    assert path.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["train", "quik"], "unknown config 'quik': did you mean 'quick'?"),
        (["resume", "/nowhere"], "'/nowhere' is not a run directory"),
        (["evaluate", "--agents", "random", "--episodes", "0"], "episodes is 0"),
        (["evaluate", "--agents", "orcale"], "did you mean 'oracle'"),
        (["info"], "say which"),
        (["info", "--scene", "seven"], "expected the seed of a home"),
        (["info", "--episodes", "-n", "0"], "expected at least 1 episode"),
        (["rir", "--scene", "7", "--source", "1,2", "--receiver", "1,2,3"], "three numbers"),
        (
            ["rir", "--scene", "7", "--source", "99,99,1", "--receiver", "1,2,1"],
            "(99.00, 99.00",
        ),
        (["render", "--scene", "7", "--pose", "99,99,0"], "no agent can stand at (99, 99)"),
        (["play"], "standard input is not a terminal"),
    ],
)
def test_what_a_user_can_mend_is_one_line(
    args: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert message in fail(capsys, *args)


def test_set_and_seed_reach_the_run_and_an_existing_run_is_safe(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "run"
    tiny = [
        "total_steps=32", "env.num_envs=2", "env.rooms=1", "env.homes=2", "env.resolution=16",
        "env.max_steps=8", "ppo.n_steps=8", "ppo.batch_size=16", "ppo.n_epochs=1",
        "imitation.steps=0", "policy.width=8", "policy.keys=[depth, spectrogram]",
    ]  # fmt: skip
    out = tmp_path / "state.json"
    sets = ["--set", *tiny[:3], "--set", *tiny[3:]]  # a second --set adds to the first
    main(["train", "quick", "--run-dir", str(run), "--seed", "5", "--json", str(out), *sets])
    assert json.loads(out.read_text())["steps"] == 32
    assert "seed: 5" in (run / "config.yaml").read_text()
    capsys.readouterr()
    assert "exists: go on with `soundwalk resume" in fail(
        capsys, "train", "quick", "--run-dir", str(run)
    )
    main(["resume", str(run), "--json", str(out)])
    assert json.loads(out.read_text())["finished"] is True


def test_an_episode_is_walked_by_hand_in_a_terminal(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    out = tmp_path / "walk.json"
    program = subprocess.Popen(
        [sys.executable, "-c", "from soundwalk.training.cli import main; main()", "play",
         "--rooms", "1", "1", "--json", str(out)],
        stdin=theirs, stdout=subprocess.PIPE,
    )  # fmt: skip
    assert program.stdout is not None
    screen = b""
    for pictures, key in ((1, b"w"), (2, b" ")):
        while screen.count(b"q quit") < pictures:
            screen += os.read(program.stdout.fileno(), 65536)
        os.write(ours, key)
    rest, _ = program.communicate(timeout=60)
    os.close(ours)
    os.close(theirs)
    assert program.returncode == 0
    assert "▀" in (screen + rest).decode(errors="ignore")
    metrics = json.loads(out.read_text())
    assert metrics["na"] == 2  # one step, one STOP
    assert metrics["success"] in (0.0, 1.0)
