"""What stands between headings in a table of contents is found out from two pages of marks, or not at all."""

from collections.abc import Callable, Sequence
from html import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.joints import OTHER_SAMPLE, OUTLINE, SAMPLE, Part, is_regular, joints_of, outline_of, without_outline

Contents = Callable[[Sequence[int]], list[Part]]


def nested(levels: Sequence[int]) -> list[Part]:
    """Return a page around a table of contents as themes write it: a list in each entry that has some below it."""
    parts: list[Part] = [b"<title>", ("title", escape), b"</title><ul>\n<li>"]
    for at, (level, following) in enumerate(zip(levels[1:], [*levels[2:], 1], strict=True), start=1):
        parts += [(f"id{at}", str), b"|", (str(at), escape)]
        if following == 3:
            parts.append(b"<ol> <li>" if level == 2 else b"</li>  <li>")
        else:
            ends = b"</li>" if level == 2 else b"</li></ol></li>"
            parts.append(ends + (b"\n<li>" if following == 2 else b"</ul><main>"))
    return [*parts, ("content", str), b"</main>"]


regular = st.lists(st.sampled_from((2, 3)), max_size=12).map(lambda below: (1, 2, *below))


@given(regular)
def test_joints_of_the_samples_are_those_of_any_regular_headings(levels: tuple[int, ...]) -> None:
    joints = joints_of(nested(SAMPLE), nested(OTHER_SAMPLE))
    assert joints
    page = nested(levels)
    around = without_outline(page, levels, joints)
    assert around
    at = around.index(OUTLINE)
    outline = outline_of(levels, joints)
    assert [*around[:at], *outline[:-1]] == page[: at + len(outline) - 1]
    end, rest = outline[-1], around[at + 1]
    assert isinstance(end, bytes)
    assert isinstance(rest, bytes)
    assert [end + rest, *around[at + 2 :]] == page[at + len(outline) - 1 :]


def numbered(levels: Sequence[int]) -> list[Part]:
    count = iter(range(99))
    return [b"<li>%d" % next(count) if part == b"</li>\n<li>" else part for part in nested(levels)]


def twice(levels: Sequence[int]) -> list[Part]:
    return [*nested(levels), ("2", str)]


def without_links(levels: Sequence[int]) -> list[Part]:
    return [part for part in nested(levels) if not (isinstance(part, tuple) and part[0].startswith("id"))]


@pytest.mark.parametrize("page", [numbered, twice, without_links, lambda _: [], lambda _: nested((1, 2, 2, 2))])
def test_what_hangs_on_more_than_levels_is_not_taken_for_known(page: Contents) -> None:
    joints = joints_of(page(SAMPLE), page(OTHER_SAMPLE))
    assert joints is None or without_outline(page((1, 2, 2, 2, 3)), (1, 2, 2, 2, 3), joints) is None


@pytest.mark.parametrize("levels", [(), (1,), (2, 2), (1, 3), (1, 2, 4), (1, 2, 1), (1, 1)])
def test_other_headings_are_not_regular(levels: tuple[int, ...]) -> None:
    assert not is_regular(levels)
