"""The network of actors as a picture: who is drawn, where, and what ties them; and the same as a table.

The layout is computed once, when the pages are made, from a fixed start: the picture is the same on every build.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from itertools import combinations
from math import sqrt
from typing import NamedTuple

from generator.fields import shorten
from generator.link import Briefing
from generator.pictures import Drawing, Pictures, text_width
from generator.records import Actor
from generator.ties import Tie, TieKind, Ties

MOST_NODES = 80
WIDTH, HEIGHT = 1000.0, 700.0
KINDS: tuple[TieKind, ...] = ("together", "quoted", "part")


class Edge(NamedTuple):
    """What ties two actors in one way. `years` is {year: ties}, with "" for those that have no date."""

    one: str
    other: str
    kind: TieKind
    years: Mapping[str, int]

    @property
    def total(self) -> int:
        return sum(self.years.values())


def shown_actors(briefing: Briefing, ties: Ties) -> list[str]:
    """Return the keys of the actors that are drawn: those with most ties, in the order of the briefing."""
    ranked = sorted(ties, key=lambda key: (-sum(len(found) for found in ties[key].values()), key))
    chosen = set(ranked[:MOST_NODES])
    return [actor.key for actor in briefing.of_kind(Actor.folder) if actor.key in chosen]


def edges_of(briefing: Briefing, ties: Ties, keys: Sequence[str]) -> list[Edge]:
    """Return what ties these actors to each other, once for each pair and kind."""
    edges = []
    for one, other in combinations(keys, 2):
        by_kind: defaultdict[TieKind, Counter[str]] = defaultdict(Counter)
        for tie in ties.get(one, {}).get(other, ()):
            by_kind[tie.kind][_year(briefing, tie)] += 1
        edges += [Edge(one, other, kind, by_kind[kind]) for kind in KINDS if kind in by_kind]
    return edges


def _year(briefing: Briefing, tie: Tie) -> str:
    when = briefing.records[tie.record].when
    return str(when.years[0]) if when and when.years else ""


def network_picture(pictures: Pictures, keys: Sequence[str], edges: Sequence[Edge]) -> Drawing:
    """Draw the network of these actors."""
    briefing, words = pictures.briefing, pictures.words
    places = _layout(keys, edges, {key: shorten(briefing.records[key].caption, 24) for key in keys})
    degrees: Counter[str] = Counter()
    for edge in edges:
        degrees.update({edge.one: edge.total, edge.other: edge.total})
    nodes = [
        {
            "key": key,
            "kind": getattr(briefing.records[key], "type", "") or "actor",
            "label": shorten(briefing.records[key].caption, 24),
            "title": briefing.records[key].caption,
            "x": places[key][0],
            "y": places[key][1],
            "r": round(min(18.0, 5 + 1.3 * sqrt(degrees[key])), 1),
        }
        for key in keys
    ]
    lines = [
        {
            "one": edge.one,
            "other": edge.other,
            "kind": edge.kind,
            "d": _curve(places[edge.one], places[edge.other], KINDS.index(edge.kind)),
            "weight": round(min(6.0, 0.8 + 0.5 * edge.total), 1),
            "years": " ".join(f"{year}:{count}" for year, count in sorted(edge.years.items())),
        }
        for edge in edges
    ]
    title = words("network.alt", shown=len(keys), count=len(pictures.ties))
    return pictures.draw("network", title, WIDTH, HEIGHT, nodes=nodes, edges=lines, kinds=KINDS)


Points = dict[str, tuple[float, float]]


def _curve(one: tuple[float, float], other: tuple[float, float], bend: int) -> str:
    """Return a line between two points, bent a little for each kind, so that two kinds do not lie on each other."""
    (x1, y1), (x2, y2) = one, other
    middle_x = round((x1 + x2) / 2 - (y2 - y1) * 0.07 * bend, 1)
    middle_y = round((y1 + y2) / 2 + (x2 - x1) * 0.07 * bend, 1)
    return f"M{x1:g} {y1:g}Q{middle_x:g} {middle_y:g} {x2:g} {y2:g}"


def _layout(keys: Sequence[str], edges: Sequence[Edge], labels: Mapping[str, str]) -> Points:
    """Return where each actor stands, so that those with many ties are near, and labels do not lie on each other."""
    # Imported here: with numpy it takes a quarter of a second, which `briefbook check` can do without.
    import networkx

    graph = networkx.Graph()
    graph.add_nodes_from(keys)
    for edge in edges:
        weight = graph.edges[edge.one, edge.other]["weight"] if graph.has_edge(edge.one, edge.other) else 0
        graph.add_edge(edge.one, edge.other, weight=weight + sqrt(edge.total))
    if not keys:
        return {}
    found = networkx.spring_layout(graph, k=2.6 / sqrt(len(keys)), iterations=300, seed=7)
    xs, ys = ([float(point[axis]) for point in found.values()] for axis in (0, 1))
    points = {
        key: (
            90 + (float(x) - min(xs)) / ((max(xs) - min(xs)) or 1) * (WIDTH - 180),
            40 + (float(y) - min(ys)) / ((max(ys) - min(ys)) or 1) * (HEIGHT - 100),
        )
        for key, (x, y) in found.items()
    }
    return _spread(points, {key: text_width(label, 13) for key, label in labels.items()})


def _spread(points: Points, widths: Mapping[str, float]) -> Points:
    """Move actors apart until no label lies on another, or the picture has no room left."""
    at = {key: list(point) for key, point in points.items()}
    for _ in range(120):
        moved = False
        for one, other in combinations(at, 2):
            across = (widths[one] + widths[other]) / 2 + 6 - abs(at[one][0] - at[other][0])
            along = 42 - abs(at[one][1] - at[other][1])
            if across <= 0 or along <= 0:
                continue
            moved = True
            axis, push = (1, along / 2) if along < across else (0, across / 2)
            sign = 1 if at[one][axis] >= at[other][axis] else -1
            at[one][axis] += sign * push * 0.6
            at[other][axis] -= sign * push * 0.6
        for key, point in at.items():
            point[0] = min(max(point[0], widths[key] / 2 + 4), WIDTH - widths[key] / 2 - 4)
            point[1] = min(max(point[1], 22), HEIGHT - 30)
        if not moved:
            break
    return {key: (round(x), round(y)) for key, (x, y) in at.items()}
