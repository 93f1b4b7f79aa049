"""The network of actors as a picture: who is drawn, where, and what ties them; and the same as a table.

The layout is computed once, when the pages are made, from a fixed start: the picture is the same on every build.
"""

from collections import Counter, defaultdict, deque
from collections.abc import Collection, Mapping, Sequence
from itertools import combinations
from math import cos, exp, log, pi, sin, sqrt
from random import Random
from typing import Any, NamedTuple

from generator.characters import isolated
from generator.fields import shorten
from generator.labels import Spot, place_labels, text_width
from generator.link import Briefing
from generator.pictures import Drawing, Pictures, key_entries
from generator.records import Actor
from generator.ties import Tie, TieKind, Ties

MOST_NODES = 80
MOST_EDGES = 240  # more lines than that, and none can be followed
WIDTH = 1000.0
KINDS: tuple[TieKind, ...] = ("together", "quoted", "part")
SHAPES = ("person", "country", "organisation", "group")
LABEL = 26  # characters
ROW = 44.0  # pixels that a node and its label need from top to bottom
ROUNDS = 24  # of the layout


class Edge(NamedTuple):
    """What ties two actors in one way. `years` are (year, ties), with "" for those that have no date."""

    one: str
    other: str
    kind: TieKind
    years: tuple[tuple[str, int], ...]

    @property
    def total(self) -> int:
        return sum(count for _, count in self.years)


class NetworkChoice(NamedTuple):
    """Which actors are in the network, by keys and in the order of the briefing, of how many, and what ties them.

    `points` are about as far apart as those who are tied should be: (x, y) of each, in no certain unit.
    """

    keys: tuple[str, ...]
    total: int
    edges: tuple[Edge, ...]
    points: tuple[tuple[float, float], ...]


def choose_network(
    briefing: Briefing,
    ties: Ties,
    counts: Mapping[str, int],
    most: int = MOST_NODES,
    last: tuple[NetworkChoice, Collection[frozenset[str]]] | None = None,
) -> NetworkChoice:
    """Return the actors with most ties, of which there are so many, and what ties them.

    `last` is what was chosen before edits, and the pairs that are tied in another way since then.
    """
    keys = _shown_actors(briefing, counts, most)
    edges = _edges_of(briefing, ties, keys, _untouched(*last) if last else {})
    near = _near(keys, edges)
    is_alike = last is not None and _in_order(_near(last[0].keys, last[0].edges)) == _in_order(near)
    points = last[0].points if last and is_alike else tuple((x, y) for x, y in _settle(_distances(near)))
    return NetworkChoice(tuple(keys), len(briefing.keys_of(Actor.folder)), tuple(edges), points)


def _untouched(last: NetworkChoice, touched: Collection[frozenset[str]]) -> dict[tuple[str, str], list[Edge]]:
    """Return what ties the pairs that are tied as before, or not at all."""
    found: dict[tuple[str, str], list[Edge]] = {
        pair: [] for pair in combinations(last.keys, 2) if frozenset(pair) not in touched
    }
    for edge in last.edges:
        found.get((edge.one, edge.other), []).append(edge)
    return found


def _shown_actors(briefing: Briefing, counts: Mapping[str, int], most: int) -> list[str]:
    """Return the keys of the actors that are drawn: those with most ties, in the order of the briefing."""
    chosen = {*sorted(counts, key=lambda key: (-counts[key], key))[:most]}
    return [key for key in briefing.keys_of(Actor.folder) if key in chosen]


def _edges_of(
    briefing: Briefing, ties: Ties, keys: Sequence[str], known: Mapping[tuple[str, str], Sequence[Edge]]
) -> list[Edge]:
    """Return what ties these actors to each other, once for each pair and kind."""
    edges: list[Edge] = []
    for one, other in combinations(keys, 2):
        if (one, other) in known:
            edges += known[one, other]
            continue
        by_kind: defaultdict[TieKind, Counter[str]] = defaultdict(Counter)
        for tie in ties.get(one, {}).get(other, ()):
            by_kind[tie.kind][_year(briefing, tie)] += 1
        edges += [Edge(one, other, kind, tuple(sorted(by_kind[kind].items()))) for kind in KINDS if kind in by_kind]
    return edges


def drawn_edges(edges: Sequence[Edge]) -> list[Edge]:
    """Return the edges that are drawn: the strongest, and of each actor at least the strongest one, in their order."""
    ranked = sorted(edges, key=lambda edge: -edge.total)
    chosen: set[Edge] = set()
    reached: set[str] = set()
    for edge in ranked:
        if not {edge.one, edge.other} <= reached:
            chosen.add(edge)
            reached |= {edge.one, edge.other}
    for edge in ranked[:MOST_EDGES]:
        if len(chosen) < MOST_EDGES:
            chosen.add(edge)
    return [edge for edge in edges if edge in chosen]


def _year(briefing: Briefing, tie: Tie) -> str:
    when = briefing.records[tie.record].when
    return str(when.years[0]) if when and when.years else ""


def network_picture(pictures: Pictures, chosen: NetworkChoice, edges: Sequence[Edge], width: float = WIDTH) -> Drawing:
    """Draw the network of these actors, with these of the edges between them."""
    words, keys = pictures.words, chosen.keys
    nodes = _nodes(pictures, keys, edges)
    height = 400.0 + 6 * len(nodes) * WIDTH / width
    _lay_out(nodes, chosen.points, width, height)
    for node, spot in zip(nodes, place_labels([_spot(node) for node in nodes], 13, width, height), strict=True):
        node |= spot._asdict() if spot else {"dx": 0, "dy": node["r"] + 13, "anchor": "middle"}
    at = {node["key"]: (node["x"], node["y"]) for node in nodes}
    lines = [
        {
            "one": edge.one,
            "other": edge.other,
            "kind": edge.kind,
            "d": _curve(at[edge.one], at[edge.other], KINDS.index(edge.kind)),
            "weight": round(min(5.0, 0.9 + 0.4 * edge.total), 1),
            "years": " ".join(f"{year}:{count}" for year, count in edge.years),
        }
        for edge in edges
    ]
    shapes = [(name, words(f"types.{name}"), "shape", 14.0) for name in SHAPES]
    legend, tall = key_entries([*((name, words(f"network.{name}"), "edge", 34.0) for name in KINDS), *shapes], width)
    title = words("network.alt", shown=len(keys), count=chosen.total)
    values = {"nodes": nodes, "edges": lines, "legend": legend, "legend_y": height + 8}
    return pictures.draw("network", title, width, height + tall + 12, **values)


def _nodes(pictures: Pictures, keys: Sequence[str], edges: Sequence[Edge]) -> list[dict[str, Any]]:
    records = pictures.briefing.records
    totals: Counter[str] = Counter()
    for edge in edges:
        totals[edge.one] += edge.total
        totals[edge.other] += edge.total
    most = max(totals.values())
    return [
        {
            "key": key,
            "kind": getattr(records[key], "type", "") or "actor",
            "label": shorten(records[key].caption, LABEL),
            "title": f"{isolated(records[key].caption)}: {pictures.words('network.ties', count=totals[key])}",
            "r": round(6 + 12 * sqrt(totals[key] / most), 1),
            "x": 0.0,
            "y": 0.0,
        }
        for key in keys
    ]


def _spot(node: Mapping[str, Any]) -> Spot:
    return Spot(node["x"], node["y"], node["r"], node["label"])


def _curve(one: tuple[float, float], other: tuple[float, float], bend: int) -> str:
    """Return a line between two points, bent a little for each kind, so that two kinds do not lie on each other."""
    (x1, y1), (x2, y2) = one, other
    middle_x = round((x1 + x2) / 2 - (y2 - y1) * 0.08 * bend, 1)
    middle_y = round((y1 + y2) / 2 + (x2 - x1) * 0.08 * bend, 1)
    return f"M{x1:g} {y1:g}Q{middle_x:g} {middle_y:g} {x2:g} {y2:g}"


Points = list[list[float]]


def _lay_out(
    nodes: Sequence[dict[str, Any]], apart: Sequence[tuple[float, float]], width: float, height: float
) -> None:
    """Give each node its place: those tied are near each other, and no label lies on another."""
    points = _fill(_turn([[x, y] for x, y in apart]), width, height)
    widths = [max(2 * node["r"], text_width(node["label"], 13)) for node in nodes]
    for node, (x, y) in zip(nodes, _spread(points, widths, width, height), strict=True):
        node["x"], node["y"] = round(x, 1), round(y, 1)


def _near(keys: Sequence[str], edges: Sequence[Edge]) -> list[dict[int, float]]:
    """Return how many ties that are drawn each actor has to others, by their numbers."""
    number = {key: index for index, key in enumerate(keys)}
    near: list[dict[int, float]] = [{} for _ in keys]
    for edge in drawn_edges(edges):
        one, other = number[edge.one], number[edge.other]
        near[one][other] = near[other][one] = near[one].get(other, 0) + edge.total
    return near


def _in_order(near: Sequence[Mapping[int, float]]) -> list[list[tuple[int, float]]]:
    return [[*found.items()] for found in near]  # the order of which counts where two ways are as long


def _distances(near: Sequence[Mapping[int, float]]) -> list[list[float]]:
    """Return how far apart any two nodes should be: the shortest way by ties, where a tie to a hub is longer."""
    count = len(near)
    far = 2.0 + sqrt(count) / 2  # of those that nothing ties
    table = [[far] * count for _ in range(count)]
    for start in range(count):
        table[start][start] = 0
        queue, seen = deque([start]), {start}
        while queue:
            at = queue.popleft()
            for other, weight in near[at].items():
                length = 1 + 0.35 * log(min(len(near[at]), len(near[other])) + 1) - min(0.4, 0.1 * log(weight))
                if other not in seen:
                    seen.add(other)
                    table[start][other] = table[start][at] + length
                    queue.append(other)
    return table


def _settle(wanted: Sequence[Sequence[float]]) -> Points:
    """Return points that are about as far apart as wanted, from a spiral and in a fixed order.

    Source: Zheng, Pawar and Goodman, Graph Drawing by Stochastic Gradient Descent (2018).
    """
    count = len(wanted)
    points = [[sqrt(at + 1) * cos(at * 2.4), sqrt(at + 1) * sin(at * 2.4)] for at in range(count)]
    pairs = [
        (one, other, (wanted[one][other] + wanted[other][one]) / 2) for one, other in combinations(range(count), 2)
    ]
    if not pairs:
        return points
    longest, random = max(want for _, _, want in pairs), Random(7)
    for step in range(ROUNDS):
        rate = longest**2 * exp(-step / (ROUNDS - 1) * log(longest**2 / 0.05))
        random.shuffle(pairs)
        for one, other, want in pairs:
            a, b = points[one], points[other]
            x, y = a[0] - b[0], a[1] - b[1]
            apart = sqrt(x * x + y * y) or 1e-6
            pull = min(1.0, rate / (want * want)) * (apart - want) / (2 * apart)
            a[0] -= pull * x
            a[1] -= pull * y
            b[0] += pull * x
            b[1] += pull * y
    return points


def _turn(points: Points) -> Points:
    """Return the points turned so that they lie broad, not tall: their longest axis is level."""
    count = len(points)
    middle = [sum(point[axis] for point in points) / count for axis in (0, 1)]
    moved = [(x - middle[0], y - middle[1]) for x, y in points]
    angles = [step * pi / 36 for step in range(36)]

    def breadth(angle: float) -> float:
        across = [x * cos(angle) + y * sin(angle) for x, y in moved]
        return max(across) - min(across)

    best = max(angles, key=breadth)
    return [[x * cos(best) + y * sin(best), y * cos(best) - x * sin(best)] for x, y in moved]


def _fill(points: Points, broad: float, height: float) -> Points:
    """Return the points spread over the whole picture: half by where they lie, half by their order from side to side.

    By the places alone a few that lie far out would leave the others no room.
    """
    filled = [[0.0, 0.0] for _ in points]
    for axis, (start, size) in enumerate(((80.0, broad - 160), (30.0, height - 70))):
        order = sorted(range(len(points)), key=lambda number: points[number][axis])
        least, most = points[order[0]][axis], points[order[-1]][axis]
        for rank, number in enumerate(order):
            by_place = (points[number][axis] - least) / ((most - least) or 1)
            by_rank = rank / max(1, len(points) - 1)
            filled[number][axis] = start + (by_place + by_rank) / 2 * size
    return filled


def _spread(points: Points, widths: Sequence[float], broad: float, height: float) -> Points:
    """Move nodes apart until no label lies on another, or the picture has no room left."""
    for _ in range(60):
        order = sorted(range(len(points)), key=lambda number: points[number][1])
        moved = False
        for place, one in enumerate(order):
            for other in order[place + 1 :]:
                if points[other][1] - points[one][1] >= ROW:
                    break
                moved |= _push(points[one], points[other], (widths[one] + widths[other]) / 2 + 8)
        for point, width in zip(points, widths, strict=True):
            point[0] = min(max(point[0], width / 2 + 6), broad - width / 2 - 6)
            point[1] = min(max(point[1], 24), height - 36)
        if not moved:
            break
    return points


def _push(one: list[float], other: list[float], wide: float) -> bool:
    """Move two points a little apart when they are nearer than a label needs; tell whether they were."""
    across, along = wide - abs(one[0] - other[0]), ROW - abs(one[1] - other[1])
    if across <= 0 or along <= 0:
        return False
    axis, push = (1, along) if along < across else (0, across)
    step = push * 0.3 if one[axis] >= other[axis] else push * -0.3
    one[axis] += step
    other[axis] -= step
    return True
