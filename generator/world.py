"""Where land is: outlines of the world's countries, and the projections that maps are drawn in.

Source of the outlines: Natural Earth, 1:110 million, public domain, by way of the package world-atlas 2.0.2; kept in
`templates/pictures/world.json` as rings of longitude and latitude in tenths of a degree, cut at the 180th meridian.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import pairwise
from math import cos, radians
from pathlib import Path

DEGREES_ACROSS = 44.0  # of a map of one place
MARGIN = 4.0

Point = tuple[float, float]


@cache
def rings() -> tuple[tuple[Point, ...], ...]:
    """Return the outlines of all countries, each as (longitude, latitude) in degrees."""
    inside = Path(__file__).parent / "templates"
    folder = inside if inside.is_dir() else Path(__file__).parent.parent / "templates"
    read = json.loads((folder / "pictures" / "world.json").read_text("utf-8"))
    return tuple(tuple((x / 10, y / 10) for x, y in zip(ring[::2], ring[1::2], strict=True)) for ring in read)


def project(longitude: float, latitude: float, width: float) -> Point:
    """Return where a point lies on a map of the whole world that is `width` wide and 0.52 times as high.

    Source: the Natural Earth projection, Šavrič, Jenny and Patterson (2011), polynomial form.
    """
    phi = radians(latitude)
    square, fourth = phi**2, phi**4
    along = 0.870700 - 0.131979 * square + fourth * (-0.013791 + fourth * (0.003971 * square - 0.001529 * fourth))
    up = phi * (1.007226 + square * (0.015085 + fourth * (-0.044475 + 0.028874 * square - 0.005916 * fourth)))
    scale = width / (2 * 0.870700 * radians(180))
    return round(width / 2 + scale * radians(longitude) * along, 1), round(0.26 * width - scale * up, 1)


def world_path(width: float) -> str:
    """Return the land of the world as the data of an SVG path, in the projection of `project`."""
    return "".join(_closed([project(*point, width) for point in ring]) for ring in rings())


def land_around(latitude: float, longitude: float, width: float, height: float) -> str:
    """Return the land around a point, which lies in the middle, as the data of an SVG path.

    Degrees of longitude are as long as they are at that latitude: near enough over some hundred kilometres.
    """
    scale = width / DEGREES_ACROSS
    narrow = max(0.2, cos(radians(latitude)))
    across, up = (width / 2 + MARGIN) / scale / narrow, (height / 2 + MARGIN) / scale
    path = ""
    for ring, (west, south, east, north) in zip(rings(), _bounds(), strict=True):
        turn = 360 * round((longitude - (west + east) / 2) / 360)  # the nearer way round
        if south > latitude + up or north < latitude - up:
            continue
        if west + turn > longitude + across or east + turn < longitude - across:
            continue
        points = [
            (width / 2 + (x + turn - longitude) * scale * narrow, height / 2 - (y - latitude) * scale) for x, y in ring
        ]
        inside = _clip(points, width, height)
        path += _closed(inside) if inside else ""
    return path


@cache
def _bounds() -> tuple[tuple[float, float, float, float], ...]:
    """Return how far each ring reaches: west, south, east, north."""
    return tuple(
        (min(x for x, _ in ring), min(y for _, y in ring), max(x for x, _ in ring), max(y for _, y in ring))
        for ring in rings()
    )


def _clip(points: Sequence[Point], width: float, height: float) -> Sequence[Point]:
    """Return a ring cut to the picture and a margin around it, which hides the cut; () when it lies outside.

    Source: Sutherland and Hodgman, Reentrant Polygon Clipping (1974).
    """
    for axis, sign, limit in ((0, -1, -MARGIN), (0, 1, width + MARGIN), (1, -1, -MARGIN), (1, 1, height + MARGIN)):
        points = [*_cut(points, axis, sign, limit)]
        if not points:
            return ()
    return [(round(x, 1), round(y, 1)) for x, y in points]


def _cut(points: Sequence[Point], axis: int, sign: int, limit: float) -> Iterator[Point]:
    """Yield what of a ring lies on the inner side of a line across one axis."""
    for number, point in enumerate(points):
        before = points[number - 1]
        is_in, was_in = sign * (point[axis] - limit) <= 0, sign * (before[axis] - limit) <= 0
        if is_in != was_in:
            share = (limit - before[axis]) / (point[axis] - before[axis])
            yield before[0] + share * (point[0] - before[0]), before[1] + share * (point[1] - before[1])
        if is_in:
            yield point


def _closed(points: Iterable[Point]) -> str:
    """Return a closed line as SVG has it, each point as the way from the one before: half as long as with places."""
    tenths = [(round(x * 10), round(y * 10)) for x, y in points]
    steps = [(x - before_x, y - before_y) for (before_x, before_y), (x, y) in pairwise(tenths)]
    ways = "".join(f"{_number(x)}{' ' if y >= 0 else ''}{_number(y)}{' '}" for x, y in steps if x or y)
    return f"M{_number(tenths[0][0])} {_number(tenths[0][1])}l{ways.strip()}z" if ways else ""


def _number(tenths: int) -> str:
    """Return tenths as a decimal number in the fewest letters: "-.5"."""
    return f"{tenths / 10:g}".replace("0.", ".", 1) if -10 < tenths < 10 and tenths else f"{tenths / 10:g}"
