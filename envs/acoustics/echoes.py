"""Sound that comes back from furniture and rough walls: facets as mirrors and as matt surfaces.

As a mirror a facet reflects what Rindel (1986) leaves of its finite size, in each band; as a matt
surface it reflects by Lambert's law, p^2 = s (1 - a) A cos1 cos2 / (pi r1^2 r2^2). Both are the
same when source and listener are exchanged, and hold for a listener who is the source.
"""

from __future__ import annotations

import math

from .fading import NEAREST, fade, spread
from .fresnel import strip_gain
from .kernels import inner_kernel
from .model import Home
from .occlusion import Vector, straight_detour
from .reflections import shadow
from .tables import FURNITURE, MAX_ARRIVALS, SCATTERED, Place, Tables, Work

FAINT = 0.004  # pressure of echoes that are left out, of a source at 1 m ...
FAR = 1.5  # m; ... or nearer; of a more distant one they are fainter as the direct sound is


@inner_kernel
def _matt(area: float, ds: float, dr: float, r1: float, r2: float) -> float:
    """Share of the power that a matt white facet sends on, times squared pressure at 1 m.

    Product of the solid angles under which it is seen, each at most 2 pi, over pi times its area;
    ds and dr are the heights over it, r1 and r2 the distances from its middle.
    """
    least = area / (2.0 * math.pi)
    one = area * ds / (r1 * (r1 * r1 + least))
    two = area * dr / (r2 * (r2 * r2 + least))
    return one * two / (math.pi * area)


@inner_kernel
def _fresnel_units(du: float, dv: float, share: float, length: float) -> tuple[float, float]:
    """Rindel's factors of a rectangle in both directions: Fresnel's v per metre and per root.

    Args:
        du: from source to listener along the first tangent.
        dv: and along the second.
        share: of the way that lies before the reflection.
        length: of the way.
    """
    per_metre = 0.5 / (length * share * (1.0 - share))
    x = per_metre * max(1.0 - (du / length) ** 2, 0.0)
    y = per_metre * max(1.0 - (dv / length) ** 2, 0.0)
    return math.sqrt(x), math.sqrt(y)


@inner_kernel
def _write(work: Work, found: int, kind: int, length: float, to: Vector, off: Vector) -> None:
    """Enter an echo: `to` from the listener to where it comes from, `off` as it leaves."""
    work.kinds[found] = kind
    work.lengths[found] = max(length, 1e-9)
    a = max(math.sqrt(to[0] * to[0] + to[1] * to[1] + to[2] * to[2]), 1e-9)
    b = max(math.sqrt(off[0] * off[0] + off[1] * off[1] + off[2] * off[2]), 1e-9)
    for k in range(3):
        work.directions[found, k] = to[k] / a
        work.departures[found, k] = off[k] / b


@inner_kernel
def furniture_echoes(  # noqa: C901 one list
    home: Home, slot: int, tables: Tables, s: Place, r: Place, found: int, work: Work
) -> int:
    """Append the echoes of the facets in the room that source and listener share.

    Returns:
        number of arrivals.
    """
    room = r.room
    panels, mirrors, scatters = (
        home.panels[slot, room],
        home.mirrors[slot, room],
        home.scatters[slot, room],
    )
    boxes, reach, lanes = home.solids[slot, room], home.reach[slot, room], home.lanes[slot, room]
    centres, fades, speed, rows = tables.centres, tables.fades, tables.speed[0], work.gains
    roots = tables.roots
    here, there = (s.x, s.y, s.z), (r.x, r.y, r.z)
    apart = math.sqrt((s.x - r.x) ** 2 + (s.y - r.y) ** 2 + (s.z - r.z) ** 2)
    faint, last = FAINT / max(apart, FAR), centres.shape[0] - 1
    for p in range(home.used[slot, room]):
        row = panels[p]
        ax, ay, az = s.x - row[0], s.y - row[1], s.z - row[2]
        bx, by, bz = r.x - row[0], r.y - row[1], r.z - row[2]
        ds = ax * row[3] + ay * row[4] + az * row[5]
        dr = bx * row[3] + by * row[4] + bz * row[5]
        if ds <= 1e-3 or dr <= 1e-3 or found >= MAX_ARRIVALS - 2:
            continue
        if scatters[p, last] > 0.0:
            r1, r2 = math.sqrt(ax * ax + ay * ay + az * az), math.sqrt(bx * bx + by * by + bz * bz)
            sent = math.sqrt(_matt(row[11], ds, dr, r1, r2))
            loud = sent * scatters[p, last]
            if loud > faint:
                middle = (row[0], row[1], row[2])
                extra = straight_detour(boxes, reach, lanes, here, middle, (here, there))
                extra += straight_detour(boxes, reach, lanes, there, middle, (here, there))
                _write(work, found, SCATTERED, r1 + r2, (-bx, -by, -bz), (-ax, -ay, -az))
                sent *= row[12] * min((loud - faint) / faint, 1.0)
                gains = rows[found]
                for b in range(last + 1):
                    gains[b] = scatters[p, b]
                fade(r1 + r2, fades, gains, sent)
                shadow(extra, centres, speed, rows[found])
                found += 1
        if mirrors[p, 0] > 0.0:
            length = math.sqrt(apart * apart + 4.0 * ds * dr)
            share = ds / (ds + dr)
            vx = row[4] * row[8] - row[5] * row[7]
            vy = row[5] * row[6] - row[3] * row[8]
            vz = row[3] * row[7] - row[4] * row[6]
            su, sv = ax * row[6] + ay * row[7] + az * row[8], ax * vx + ay * vy + az * vz
            ru, rv = bx * row[6] + by * row[7] + bz * row[8], bx * vx + by * vy + bz * vz
            u, v = su + (ru - su) * share, sv + (rv - sv) * share
            # Beyond an edge by x, less than 1/2x of the wave is left: most facets end here.
            near = 2.0 * centres[0] / speed / (length * share * (1.0 - share))
            off = max(abs(u) - row[9], abs(v) - row[10], 0.0)
            bound = mirrors[p, 0] / max(length, NEAREST)
            if bound * min(1.0, 0.5 / math.sqrt(near * off * off + 1e-9)) <= faint:
                continue
            gains = rows[found]
            x, y = _fresnel_units(ru - su, rv - sv, share, length)
            for b in range(last + 1):
                wide = strip_gain((-row[9] - u) * x * roots[b], (row[9] - u) * x * roots[b])
                high = strip_gain((-row[10] - v) * y * roots[b], (row[10] - v) * y * roots[b])
                gains[b] = mirrors[p, b] * wide * high
            spread(length, fades, gains, 1.0)
            loud = 0.0
            for b in range(last + 1):
                loud = max(loud, gains[b])
            if loud <= faint:
                continue
            u, v = min(max(u, -row[9]), row[9]), min(max(v, -row[10]), row[10])
            turn = (
                row[0] + u * row[6] + v * vx,
                row[1] + u * row[7] + v * vy,
                row[2] + u * row[8] + v * vz,
            )
            extra = straight_detour(boxes, reach, lanes, here, turn, (here, there))
            extra += straight_detour(boxes, reach, lanes, there, turn, (here, there))
            to = (
                ax - bx - 2.0 * ds * row[3],
                ay - by - 2.0 * ds * row[4],
                az - bz - 2.0 * ds * row[5],
            )
            away = (
                bx - ax - 2.0 * dr * row[3],
                by - ay - 2.0 * dr * row[4],
                bz - az - 2.0 * dr * row[5],
            )
            _write(work, found, FURNITURE, length, to, away)
            soft = min((loud - faint) / faint, 1.0)
            for b in range(last + 1):
                gains[b] *= soft
            shadow(extra, centres, speed, rows[found])
            found += 1
    return found
