"""Walking by hand: a terminal that shows what the agent sees and takes single keys."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from typing import Any, TextIO

import numpy as np

from ..envs.interface import U8, Action, SoundwalkError
from ..envs.vector import AudioGoalVectorEnv

KEYS = {
    "w": Action.MOVE_FORWARD,
    "a": Action.TURN_LEFT,
    "d": Action.TURN_RIGHT,
    " ": Action.STOP,
    "\x1b[A": Action.MOVE_FORWARD,
    "\x1b[D": Action.TURN_LEFT,
    "\x1b[C": Action.TURN_RIGHT,
}
_QUIT = ("q", "\x03", "\x04", "")


def play(envs: AudioGoalVectorEnv, *, seed: int, window: bool, screen: TextIO) -> dict[str, Any]:
    """Walk one episode by hand: w or arrow up, a and d or arrows to turn, space to stop, q to quit.

    Args:
        envs: one environment with the sensors "rgb" and "audio".
        seed: of the episode.
        window: show a window with plan and spectrogram, too (`render_mode="human"`).
        screen: the terminal.

    Returns:
        The metrics of the episode; empty if it was left.

    Raises:
        SoundwalkError: standard input is no terminal.
    """
    if not sys.stdin.isatty():
        raise SoundwalkError(
            "play reads single keys, and standard input is not a terminal: run it in one, or film "
            "an agent with `soundwalk evaluate … --video 1`"
        )
    observations, _ = envs.reset(seed=seed)
    with _single_keys():
        while True:
            screen.write("\x1b[H\x1b[2J" + picture(observations["rgb"][0]))
            screen.write(ears(observations["audio"][0]) + "\r\n")
            screen.write("w forward  a left  d right  space stop here  q quit\r\n")
            screen.flush()
            if window:
                envs.render()
            action = _next_action()
            if action is None:
                return {}
            observations, _, ended, cut, infos = envs.step(np.array([action]))
            if ended[0] or cut[0]:
                final = infos["final_info"]
                return {key: final[key][0].item() for key in final if f"_{key}" in final}


def picture(image: U8) -> str:
    """An image (H, W, 3) in half blocks, two rows of pixels a line, 24-bit colour."""
    lines = []
    for upper, lower in zip(image[::2], image[1::2], strict=False):
        cells = [
            f"\x1b[38;2;{a[0]};{a[1]};{a[2]}m\x1b[48;2;{b[0]};{b[1]};{b[2]}m▀"
            for a, b in zip(upper, lower, strict=True)
        ]
        lines.append("".join(cells) + "\x1b[0m\r\n")
    return "".join(lines)


def ears(audio: Any, width: int = 30) -> str:
    """Level meters of both ears, -80 to 0 dB full scale."""
    meters = []
    for name, ear in zip(("left ", "right"), audio, strict=True):
        level = 20 * np.log10(np.sqrt(np.mean(np.square(ear))) + 1e-9)
        filled = int(np.clip((level + 80) / 80, 0, 1) * width)
        meters.append(f"{name} {'█' * filled}{'·' * (width - filled)} {level:4.0f} dB")
    return "   ".join(meters)


def _next_action() -> Action | None:
    """The next key that means something; None to quit."""
    while True:
        key = os.read(sys.stdin.fileno(), 8).decode(errors="ignore")
        if key in KEYS:
            return KEYS[key]
        if key in _QUIT:
            return None


@contextlib.contextmanager
def _single_keys() -> Iterator[None]:
    """Keys arrive one by one, unechoed."""
    try:
        import termios
        import tty
    except ImportError:
        raise SoundwalkError("play needs a POSIX terminal: use WSL on Windows") from None
    before = termios.tcgetattr(sys.stdin)
    try:
        tty.setraw(sys.stdin)
        yield
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)
