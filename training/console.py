"""What commands share: points as options, and figures printed or written as JSON."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Annotated, Any

from tyro.conf import UseAppendAction, arg

from ..envs.interface import SoundwalkError

Out = Annotated[Path | None, arg(aliases=["-o"])]
Triple = Annotated[str, arg(metavar="X,Y,Z")]
Sets = Annotated[
    tuple[tuple[str, ...], ...], arg(name="set", metavar="KEY=VALUE …"), UseAppendAction
]  # --set a=1 b=2 and --set a=1 --set b=2 say the same
Json = Path | None


def report(figures: dict[str, Any], path: Path | None, *, quiet: bool = False) -> None:
    """Print figures line by line; write them as JSON if asked to."""
    if not quiet:
        for key, value in figures.items():
            print(f"{key}: {json.dumps(value) if isinstance(value, dict | list) else value}")
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


def triple(option: str, text: str) -> tuple[float, float, float]:
    """Three numbers with commas between them.

    Raises:
        SoundwalkError: they are not, or one is not finite.
    """
    try:
        x, y, z = (float(part) for part in text.split(","))
    except ValueError:
        x = y = z = math.nan
    if not (math.isfinite(x) and math.isfinite(y) and math.isfinite(z)):
        raise SoundwalkError(
            f"{option} {text!r}: expected three numbers with commas, e.g. 1.5,2,1.2"
        )
    return x, y, z
