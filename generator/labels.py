"""Where the labels of a picture stand: beside their marks, and not on each other."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

Box = tuple[float, float, float, float]  # left, top, right, bottom


class Spot(NamedTuple):
    """A mark that has a label: its middle, how far it reaches, and the words."""

    x: float
    y: float
    r: float
    label: str


class Offset(NamedTuple):
    """Where a label stands, seen from the middle of its mark, and which end of it stands there, as SVG says it."""

    dx: float
    dy: float
    anchor: str


def text_width(text: str, size: float) -> float:
    """Return about how wide text is, in pixels: those of Chinese, Japanese, Korean are as wide as high."""
    return sum(size if ord(letter) > 0x2E7F else size * 0.56 for letter in text)


def place_labels(spots: Sequence[Spot], size: float, width: float, height: float) -> list[Offset | None]:
    """Return where each label stands: below its mark, above, or beside; None where there is no room in the picture.

    The first of `spots` choose first.
    """
    marks = [(spot.x - spot.r, spot.y - spot.r, spot.x + spot.r, spot.y + spot.r) for spot in spots]
    taken: list[Box] = []
    placed: list[Offset | None] = []
    for number, spot in enumerate(spots):
        others = marks[:number] + marks[number + 1 :]
        free = (
            (offset, box)
            for offset, box in _choices(spot, size)
            if _is_inside(box, width, height) and not any(_overlap(box, other) for other in (*taken, *others))
        )
        offset, box = next(free, (None, None))
        placed.append(offset)
        if box:
            taken.append(box)
    return placed


def _choices(spot: Spot, size: float) -> Iterator[tuple[Offset, Box]]:
    wide, r = text_width(spot.label, size), spot.r
    for anchor, dx, dy in (
        ("middle", 0.0, r + size),
        ("middle", 0.0, -r - 5),
        ("start", r + 5, size * 0.35),
        ("end", -r - 5, size * 0.35),
    ):
        left = spot.x + dx - {"middle": wide / 2, "start": 0, "end": wide}[anchor]
        top = spot.y + dy - size * 0.85
        yield Offset(round(dx, 1), round(dy, 1), anchor), (left, top, left + wide, top + size * 1.1)


def _is_inside(box: Box, width: float, height: float) -> bool:
    return box[0] >= 0 and box[1] >= 0 and box[2] <= width and box[3] <= height


def _overlap(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
