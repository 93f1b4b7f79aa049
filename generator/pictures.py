"""Pictures as SVG files: the means to draw them, and the small ones on the pages of actors, places and home.

A picture is drawn when the pages are made, the same each time: it stands still, needs no script, and prints. It takes
its colours from the reader's scheme. Layout is decided here; the templates in `pictures/` only write it down.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from math import cos, pi, sin
from pathlib import Path
from typing import Any, NamedTuple

from jinja2 import Environment

from generator.characters import isolated
from generator.dates import PartialDate
from generator.fields import shorten
from generator.gazetteer import KnownPlace
from generator.labels import text_width
from generator.link import Briefing
from generator.records import Actor, Record, Role
from generator.render import new_environment, template_faults
from generator.ties import Tie, Ties
from generator.words import Words
from generator.world import land_around

FOLDER = "pictures"
WIDTH = 360  # of small pictures, in pixels: what a phone shows of a page
NEIGHBOURS = 8
DRAWN = ("events", "quotes")  # tallies, by year
BARS = 40


class Drawing(NamedTuple):
    """A picture: its SVG, and what it shows in words."""

    svg: str
    title: str


def templates_of_pictures(template_dirs: Iterable[Path]) -> Environment:
    """Return what reads the templates of pictures."""
    return new_environment((folder / FOLDER for folder in template_dirs), autoescape=True)


class Pictures:
    """Draws the pictures of one briefing: what is shown is looked up in it. `last_day` is that up to which it lasts."""

    def __init__(
        self, briefing: Briefing, ties: Ties, words: Words, environment: Environment, last_day: Callable[[], date]
    ) -> None:
        self.briefing = briefing
        self.ties = ties
        self.words = words
        self.last_day = last_day
        self.environment = environment

    def draw(self, name: str, title: str, width: float, height: float, **values: Any) -> Drawing:
        """Return the picture that the template `<name>.svg.j2` makes of these values.

        Raises: BriefbookError with the template's line when something is wrong with it.
        """
        with template_faults():
            template = self.environment.get_template(f"{name}.svg.j2")
            svg = template.render(name=name, title=title, width=width, height=height, words=self.words, **values)
        return Drawing(svg + "\n", title)

    def styles(self) -> str:
        """Return the rules of all pictures as CSS for a page that holds one."""
        with template_faults():
            return self.environment.get_template("page.css.j2").render().strip() + "\n"

    def for_print(self, drawing: Drawing) -> Drawing:
        """Return a picture for paper: its light colours written out, for what knows no variables or themes."""
        colours = dict(re.findall(r"(--p-\w+): (#\w+);", drawing.svg.partition("@media")[0]))
        svg = re.sub(r"^@media.*\n", "", drawing.svg, flags=re.MULTILINE)
        svg = re.sub(r"var\((--p-\w+)\)", lambda found: str(colours[found[1]]), svg)
        return Drawing(re.sub(r"font-family: [^;]*;", 'font-family: "Noto Sans";', svg), drawing.title)

    def roles(self, actor: Actor) -> Drawing | None:
        """Draw an actor's roles as bars over time; None when fewer than two have dates: one is said in words."""
        roles = [role for role in actor.roles if role.from_ or role.to]
        if len(roles) < 2:
            return None
        days = [day for role in roles for day in (_start(role), _end(role)) if day]
        last = max([*days, self.last_day()])
        first = min(days)
        scale = Scale(first, last, 4, WIDTH - 12)
        roles.sort(key=lambda role: _start(role) or first)
        rows = [_role_row(role, scale, number * 30) for number, role in enumerate(roles)]
        height = len(rows) * 30 + 24
        title = self.words("pictures.roles", name=isolated(actor.name))
        return self.draw("roles", title, WIDTH, height, rows=rows, ticks=scale.year_ticks(6), axis_y=height - 20)

    def neighbours(self, actor: Actor) -> Drawing | None:
        """Draw an actor among those who appear with it most; None when fewer than two do."""
        others = self.ties.get(actor.key, {})
        ranked = sorted(others, key=lambda key: (-len(others[key]), key))[:NEIGHBOURS]
        if len(ranked) < 2:  # one is said in words
            return None
        tall = 210
        nodes = [_node(actor, WIDTH / 2, tall / 2, 13, tall)]
        ranked.sort(key=lambda key: (self._kind(key), key))  # like beside like
        for number, key in enumerate(ranked):
            angle = 2 * pi * (number + 0.5) / len(ranked) - pi / 2
            x, y = WIDTH / 2 + 0.36 * WIDTH * cos(angle), tall / 2 + (tall / 2 - 26) * sin(angle)
            nodes.append(_node(self.briefing.records[key], round(x, 1), round(y, 1), 7, tall, others[key]))
        title = self.words("pictures.neighbours", name=isolated(actor.name), count=len(others))
        return self.draw("neighbours", title, WIDTH, tall, nodes=nodes)

    def _kind(self, key: str) -> str:
        record = self.briefing.records[key]
        return record.type or "" if isinstance(record, Actor) else ""

    def place(self, place: KnownPlace) -> Drawing | None:
        """Draw where a place is, on a map of its part of the world; None without coordinates."""
        if place.latitude is None or place.longitude is None:
            return None
        height = 200
        x, y = WIDTH / 2, height / 2
        land = land_around(place.latitude, place.longitude, WIDTH, height)
        label = shorten(place.name, 40)
        return self.draw("place", self.place_title(place), WIDTH, height, land=land, x=x, y=y, label=label)

    def place_title(self, place: KnownPlace) -> str:
        """Return what the picture of a place shows in words; "" where there is none."""
        is_drawn = place.latitude is not None and place.longitude is not None
        return self.words("pictures.place", name=isolated(place.name)) if is_drawn else ""

    def years(self, tallies: Mapping[str, Mapping[str, int]]) -> Drawing | None:
        """Draw how many events and quotes there are of each year, or month when all are of three years at most."""
        days = {name: Counter({date.fromisoformat(day): n for day, n in tallies[name].items()}) for name in DRAWN}
        starts = sorted(day for found in days.values() for day in found.elements())
        if len(starts) < 2:
            return None
        first, last = starts[len(starts) // 20], starts[-1]  # a few that lie far back would squeeze the others
        by_month = (last.year - first.year) < 3
        counts = {
            name: Counter(day.replace(day=1) if by_month else date(day.year, 1, 1) for day in found.elements())
            for name, found in days.items()
        }
        return self._bars(counts, _periods(first, last, by_month), by_month)

    def _bars(self, counts: dict[str, Counter[date]], periods: Sequence[date], by_month: bool) -> Drawing:
        periods = periods[-BARS:]
        axis, height = 90, 110
        most = max(sum(counts[name][period] for name in counts) for period in periods) or 1
        step = WIDTH / len(periods)
        bars = []
        for number, period in enumerate(periods):
            top = float(axis)
            for name in counts:
                tall = round(counts[name][period] * (axis - 18) / most, 1)
                top -= tall
                if tall:
                    left, wide = round(number * step, 1), round(min(24, max(1.5, step * 0.8)), 1)
                    bars.append({"x": left, "y": round(top, 1), "width": wide, "height": tall, "kind": name})
        ends = [(0, periods[0], "start"), (WIDTH, periods[-1], "end")]
        format = "%Y-%m" if by_month else "%Y"
        ticks = [{"x": x, "label": self._period(day.strftime(format)), "anchor": anchor} for x, day, anchor in ends]
        legend = [
            {"x": 120 * number, "label": self.words(f"plurals.{name}"), "kind": name}
            for number, name in enumerate(counts)
        ]
        title = self.words("pictures.years", first=ticks[0]["label"], last=ticks[1]["label"])
        return self.draw("years", title, WIDTH, height, bars=bars, ticks=ticks, axis_y=axis, legend=legend)

    def _period(self, text: str) -> str:
        day = date.fromisoformat(f"{text}-01-01"[:10])
        return self.words.in_words(PartialDate(text, day, day))


class _Node(NamedTuple):
    """An actor in a picture of neighbours, and the line to the one in the middle."""

    x: float
    y: float
    r: float
    kind: str
    label: str
    label_x: float
    label_y: float
    edge: str
    weight: float


def _node(record: Record, x: float, y: float, r: float, tall: float, ties: Sequence[Tie] = ()) -> _Node:
    """Return an actor with its label beside it: inwards or outwards, so that it stays in the picture.

    `ties` are those to the one in the middle, which has none: they make the kind and the width of the line.
    """
    label = shorten(record.caption, 18 if ties else 22)
    across = text_width(label, 12) / 2
    label_x = min(max(x, across + 2), WIDTH - across - 2)
    label_y = y + r + 12 if y >= tall / 2 or not ties else y - r - 5
    edge = Counter(tie.kind for tie in ties).most_common(1)[0][0] if ties else ""
    kind = getattr(record, "type", "") or "actor"
    weight = round(min(5.0, 1 + 0.4 * len(ties)), 1)
    return _Node(x, y, r, kind, label, round(label_x, 1), round(label_y, 1), edge, weight)


class Scale(NamedTuple):
    """Where days lie: the first at `left`, the last at `right`; days beyond them lie at the ends."""

    first: date
    last: date
    left: float
    right: float

    def x(self, day: date) -> float:
        """Return where a day lies."""
        span = max(1, (self.last - self.first).days)
        at = self.left + (day - self.first).days / span * (self.right - self.left)
        return round(min(max(at, self.left), self.right), 1)

    def year_ticks(self, most: int) -> list[dict[str, Any]]:
        """Return where years begin, at most so many, evenly: {x, label}; those of a short time are months."""
        if self.last.year - self.first.year < 2:
            return self._month_ticks(most)
        years = range(self.first.year + 1, self.last.year + 1)
        step = next(step for step in (1, 2, 5, 10, 20, 50, 100, 1000, 10000) if len(years) / step <= most)
        shown = [year for year in years if year % step == 0]
        return [{"x": self.x(date(year, 1, 1)), "label": str(year)} for year in shown]

    def _month_ticks(self, most: int) -> list[dict[str, Any]]:
        months = _months(self.first, self.last)[1:]
        step = next(step for step in (1, 2, 3, 6, 12, 24) if len(months) / step <= most)
        shown = [month for month in months if (month.month - 1) % step == 0]
        return [{"x": self.x(month), "label": f"{month:%Y-%m}"} for month in shown]


def _months(first: date, last: date) -> list[date]:
    """Return the first day of each month from that of `first` to that of `last`."""
    numbers = range(first.year * 12 + first.month - 1, last.year * 12 + last.month)
    return [date(number // 12, number % 12 + 1, 1) for number in numbers]


def key_entries(
    entries: Sequence[tuple[str, str, str, float]], width: float, size: float = 12
) -> tuple[list[dict[str, Any]], float]:
    """Return a legend in lines that fit a width, and its height: {name, label, kind, x, y, label_x, width} of each.

    An entry is its name, its label, a kind for the template to tell entries apart by, and the width of its sample.
    """
    shown = []
    x = y = 0.0
    for name, label, kind, sample in entries:
        wide = round(sample + 6 + text_width(label, size), 1)
        if x and x + wide > width - 20:
            x, y = 0.0, y + 20
        shown.append({"name": name, "label": label, "kind": kind, "x": 10 + x, "y": y, "label_x": sample + 6})
        shown[-1]["width"] = wide
        x = round(x + wide + 18, 1)
    return shown, y + 20


def _start(role: Role) -> date | None:
    return role.from_.start if role.from_ else None


def _end(role: Role) -> date | None:
    return role.to.end if role.to else None


def _role_row(role: Role, scale: Scale, y: float) -> dict[str, Any]:
    left, right = scale.x(_start(role) or scale.first), scale.x(_end(role) or scale.last)
    label = shorten(role.title, 46)
    is_late = left + text_width(label, 12) > WIDTH
    shown = {"label": label, "x": left, "width": max(2.0, round(right - left, 1)), "y": y}
    shown |= {"text_x": WIDTH - 2 if is_late else left, "anchor_end": is_late}
    return shown | {"open_start": _start(role) is None, "open_end": _end(role) is None}


def _periods(first: date, last: date, by_month: bool) -> list[date]:
    return _months(first, last) if by_month else [date(year, 1, 1) for year in range(first.year, last.year + 1)]
