"""Markdown that would keep a renderer busy is refused where it stands; what is let through of it costs little."""

import os
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from generator import weigh
from generator.weigh import MAX_CHARACTERS, weigh_markdown
from tests.sites import slowness
from tests.test_prose import render

PATTERNS: Mapping[str, Mapping[str, str]] = yaml.safe_load((Path(__file__).parent / "patterns.yml").read_text("utf-8"))
SECONDS, MEGABYTES = 2.0, 200


def grown(pattern: Mapping[str, str], count: int) -> str:
    """Return the text of a pattern with so many repetitions."""
    parts = (pattern.get("deeper", "") * n + pattern["repeat"].replace("{n}", str(n)) for n in range(count))
    again = "".join(pattern.get("again", "").replace("{n}", str(n)) for n in range(count))
    return f"Fine.\n\n{pattern.get('before', '')}{''.join(parts)}{pattern.get('after', '').replace('{all}', again)}\n"


def most_of(pattern: Mapping[str, str]) -> int:
    """Return how often a pattern may be repeated before it is too much."""
    low, high = 1, 400 if "deeper" in pattern else MAX_CHARACTERS // len(pattern["repeat"])
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (low, middle - 1) if weigh_markdown(grown(pattern, middle)) else (middle, high)
    return low


def cost_of(text: str) -> tuple[float, float]:
    """Return the processor's seconds and the megabytes in all that rendering a text takes, in a process of its own."""
    child = os.fork()
    if child == 0:
        is_done = False
        try:
            render(text)
            is_done = True
        finally:
            os._exit(0 if is_done else 1)  # never back into pytest
    _, status, used = os.wait4(child, 0)
    assert status == 0
    return used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


@pytest.mark.slow
@pytest.mark.parametrize("name", PATTERNS)
def test_what_is_let_through_of_a_pattern_costs_little_and_more_is_refused(name: str) -> None:
    pattern = PATTERNS[name]
    most = most_of(pattern)
    assert weigh_markdown(grown(pattern, most + 1))
    least_seconds, least_megabytes = cost_of("Fine.\n")
    runs = (cost_of(grown(pattern, most)) for _ in range(3))  # what else a machine does makes some of them slower
    more = ((seconds - least_seconds, megabytes - least_megabytes) for seconds, megabytes in runs)
    assert any(seconds < SECONDS * slowness() and megabytes < MEGABYTES for seconds, megabytes in more)


def test_weighing_takes_time_in_step_with_the_length() -> None:
    # Not timed: with a quadratic step, this many would take minutes.
    for pattern in (pattern for pattern in PATTERNS.values() if "again" not in pattern):
        assert weigh_markdown(grown(pattern, 400 if "deeper" in pattern else 100_000)[:MAX_CHARACTERS])


def test_no_real_text_is_too_much() -> None:
    pages = [*Path("docs").rglob("*.md"), *Path().glob("*.md")]
    assert len(pages) > 10
    assert [str(path) for path in pages if weigh_markdown(path.read_text("utf-8"))] == []
    paragraph = (
        "And *so* we said, [as written](https://example.org/a_b), with `code` & [[a-record|its words]].[^1]\n" * 9
    )
    assert weigh_markdown("# A speech of four hours\n\n" + f"{paragraph}\n" * 110 + "[^1]: There.\n") == []


PIECES = (
    "[",
    "](",
    "<a",
    "<!",
    "`",
    "*[",
    "[^1]",
    "[TOC]",
    "# ",
    "> " * 35,
    "- " * 31,
    "1. ",
    "    ",
    "\n",
    "\n" * 400,
    "x" * 50,
)


@given(st.lists(st.tuples(st.sampled_from(PIECES), st.integers(1, 300)), max_size=6))
def test_what_is_light_at_a_glance_has_too_much_of_nothing(parts: list[tuple[str, int]]) -> None:
    text = "".join(piece * count for piece, count in parts)[: weigh.LIGHT]
    with pytest.MonkeyPatch.context() as settings:
        settings.setattr(weigh, "LIGHT", -1)
        weighed = weigh_markdown(text)
    assert weigh_markdown(text) == weighed
