"""What the theme's table of contents has between headings: found out on two pages of marks, and put between any others.

Headings are regular when there is one of level 1, and then those of level 2, with those of level 3 below them. What
stands between two of them hangs on their levels alone. That this is so is seen by the pages of marks themselves.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import NamedTuple

Gap = tuple[str, Callable[[str], str]]  # whose words, and how the theme writes them
Part = bytes | Gap

SAMPLE = (1, 2, 2, 3, 3, 2)  # levels that have all joints among them but one
OTHER_SAMPLE = (1, 2, 3)
OUTLINE: Gap = ("outline", str)  # where the headings stand in a frame


class Joints(NamedTuple):
    """What stands between the headings below the first: the gaps of one heading, and the texts around them."""

    address: Gap
    link: bytes  # between a heading's address and its words
    words: Gap
    same: bytes  # between two of level 2
    same_below: bytes  # between two of level 3
    down: bytes  # between one of level 2 and the first below it
    up: bytes  # between the last of these and the next of level 2
    end: bytes  # after the last of all, of level 2
    end_below: bytes  # after the last of all, of level 3


def is_regular(levels: Sequence[int]) -> bool:
    """Tell whether headings of these levels are regular."""
    return len(levels) > 1 and levels[0] == 1 and levels[1] == 2 and {2, 3}.issuperset(levels[1:])


def outline_of(levels: Sequence[int], joints: Joints) -> list[Part]:
    """Return what the table of contents has of headings of these levels; gaps are named by the place of a heading."""
    parts: list[Part] = []
    for at, (level, following) in enumerate(pairwise([*levels[1:], 0]), start=1):
        parts += [(f"id{at}", joints.address[1]), joints.link, (str(at), joints.words[1])]
        if not following:
            parts.append(joints.end if level == 2 else joints.end_below)
        elif following == level:
            parts.append(joints.same if level == 2 else joints.same_below)
        else:
            parts.append(joints.down if following > level else joints.up)
    return parts


def joints_of(parts: Sequence[Part], other_parts: Sequence[Part]) -> Joints | None:
    """Return what is between the headings of two pages, of the levels of the samples; None when that is not certain."""
    found, other = _from_first(parts), _from_first(other_parts)
    try:
        address, words = _gap(found[0]), _gap(found[2])
        link, same, down, same_below, up, tail = (_text(found[at]) for at in (1, 3, 7, 11, 15, 19))
        tail_below = _text(other[7])
    except LookupError:
        return None
    alike = next((at for at, (one, two) in enumerate(zip(same, tail, strict=False)) if one != two), 0)
    end, rest = tail[:alike], tail[alike:]
    if not tail_below.endswith(rest):
        return None
    joints = Joints(address, link, words, same, same_below, down, up, end, tail_below.removesuffix(rest))
    is_sure = without_outline(parts, SAMPLE, joints) and without_outline(other_parts, OTHER_SAMPLE, joints)
    return joints if is_sure else None


def without_outline(parts: Sequence[Part], levels: Sequence[int], joints: Joints) -> tuple[Part, ...] | None:
    """Return the parts of a page with one gap for its headings; None where these are not between these joints."""
    start = len(parts) - len(_from_first(parts))
    *wanted, end = outline_of(levels, joints)
    stop = start + len(wanted)
    tail = parts[stop] if stop < len(parts) else b""
    if [*parts[start:stop]] != wanted or not isinstance(tail, bytes) or not tail.startswith(_text(end)):
        return None
    rest: tuple[Part, ...] = (tail.removeprefix(_text(end)), *parts[stop + 1 :])
    names = {name for at in range(1, len(levels)) for name in (str(at), f"id{at}")}
    if any(isinstance(part, tuple) and part[0] in names for part in (*parts[:start], *rest)):
        return None
    return *parts[:start], OUTLINE, *rest


def _from_first(parts: Sequence[Part]) -> Sequence[Part]:
    """Return the parts from the first heading below the title on."""
    at = next((at for at, part in enumerate(parts) if isinstance(part, tuple) and part[0] == "id1"), len(parts))
    return parts[at:]


def _text(part: Part) -> bytes:
    if not isinstance(part, bytes):
        raise LookupError(part[0])
    return part


def _gap(part: Part) -> Gap:
    if isinstance(part, bytes):
        raise LookupError(part)
    return part
