"""The pages of the timeline, the network and the map: each a picture, and below it the same in words."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from generator.characters import isolated
from generator.fields import shorten
from generator.gazetteer import KnownPlace
from generator.labels import Spot, place_labels
from generator.lists import Maker, Page
from generator.network import KINDS, Edge, NetworkChoice, drawn_edges, network_picture
from generator.pictures import FOLDER, Drawing, Pictures
from generator.prose import escape_text
from generator.render import PageLinks
from generator.timeline import Item, Timeline, TimelineChoice, items_of, timeline_data, timeline_picture
from generator.words import Words
from generator.world import project, world_path

PATHS = {"timeline": "timeline.md", "network": "network.md", "map": "map.md"}
STYLES = f"{FOLDER}/pictures.css"
VIEWS = (*PATHS.values(), STYLES)  # groups of pages
DATA = f"{FOLDER}/timeline.json"
ROWS = 100  # of a picture's text twin
MAP_WIDTH = 1000.0
MAP_SHAPE = 0.52  # height by width
MOST_PINS = 500
LABELLED = 30  # places that are named on the map itself


def build_view(maker: Maker, path: str) -> Iterator[Page]:
    """Yield one of the three pages, with its picture and data, or the styles that pages share with pictures."""
    makers = {PATHS["timeline"]: _timeline, PATHS["network"]: _network, PATHS["map"]: _map}
    return makers[path](maker, maker.pictures) if path in makers else iter([Page(STYLES, maker.pictures.styles())])


def title_of_view(words: Words, name: str) -> str:
    """Return the title of one of the three pages."""
    return words(f"{name}.title")


def _view(maker: Maker, name: str, drawing: Drawing | None, **values: Any) -> Iterator[Page]:
    path = PATHS[name]
    words = maker.words
    meta = {
        "title": title_of_view(words, name),
        "description": words(f"{name}.intro"),
        "kind": "Overview",
        "picture": name if drawing else "",
        "hide": ["toc"],
    }
    links = values.pop("links")
    picture = f"{FOLDER}/{name}.svg" if drawing else ""
    rows = values.pop("rows")
    shown = {"name": name, "picture": picture, "alt": drawing.title if drawing else "", "drawn": "", **values}
    shown["table"] = rows[:ROWS]
    shown["cut"] = words("pictures.rows", shown=ROWS, count=len(rows)) if len(rows) > ROWS else ""
    yield maker.render("view.md.j2", path, meta, links, **shown)
    if drawing:
        yield Page(picture, drawing.svg)


def _timeline(maker: Maker, pictures: Pictures) -> Iterator[Page]:
    links = maker.links_on(PATHS["timeline"])
    chosen: TimelineChoice = maker.chosen["timeline"]
    items, count = items_of(maker.captions, chosen.items), chosen.total
    rows = [_item_row(maker, links, item) for item in items]
    made = timeline_picture(pictures, items)
    head = [maker.words(f"timeline.{name}") for name in ("when", "what", "where", "quotes")]
    drawn = _drawn(maker, len(items), made) if made else ""
    shown = maker.words("timeline.capped", shown=len(items), count=count) if len(items) < count else ""
    more = links.link("events/index", maker.words("timeline.all"))
    drawing = made.drawing if made else None
    values = {"head": head, "rows": rows, "drawn": drawn, "shown": shown, "more": more}
    yield from _view(maker, "timeline", drawing, links=links, **values)
    if drawing:
        yield Page(DATA, timeline_data(pictures, items, maker.captions))


def _drawn(maker: Maker, count: int, made: Timeline) -> str:
    """Say what is in the picture that needs no script."""
    told = maker.words("timeline.shown", shown=made.shown, count=count)
    return f"{told} {maker.words('timeline.earlier', count=made.earlier)}" if made.earlier else told


def _item_row(maker: Maker, links: PageLinks, item: Item) -> list[str]:
    where = links.to_place(item.place) if item.place else ""
    said = ", ".join(links.to(quote.key) for quote in item.said)
    return [escape_text(maker.words.in_words(item.date)), links.to(item.key), where, said]


def _network(maker: Maker, pictures: Pictures) -> Iterator[Page]:
    links = maker.links_on(PATHS["network"])
    chosen: NetworkChoice = maker.chosen["network"]
    edges = chosen.edges
    drawn = drawn_edges(edges)
    drawing = network_picture(pictures, chosen, drawn) if drawn else None
    head = [maker.words(f"network.{name}") for name in ("pair", "together", "quoted", "part", "years")]
    rows = _pairs(links, edges)
    shown = maker.words("network.shown", shown=len(chosen.keys), count=chosen.total)
    if len(drawn) < len(edges):
        shown += f" {maker.words('network.lines', shown=len(drawn), count=len(edges))}"
    more = links.link("actors/index", maker.words("network.all"))
    yield from _view(maker, "network", drawing, links=links, head=head, rows=rows, shown=shown, more=more)


def _pairs(links: PageLinks, edges: Sequence[Edge]) -> list[list[str]]:
    """Return the pairs that are tied most: who, how often in each way, and from when to when."""
    by_pair: defaultdict[tuple[str, str], dict[str, Edge]] = defaultdict(dict)
    for edge in edges:
        by_pair[edge.one, edge.other][edge.kind] = edge
    ranked = sorted(by_pair.items(), key=lambda item: (-sum(edge.total for edge in item[1].values()), item[0]))
    rows = []
    for (one, other), kinds in ranked:
        years = sorted({year for edge in kinds.values() for year, _ in edge.years if year})
        span = "" if not years else years[0] if len(years) == 1 else f"{years[0]}\N{EN DASH}{years[-1]}"
        counts = [str(kinds[kind].total) if kind in kinds else "" for kind in KINDS]
        rows.append([f"{links.to(one)} \N{EN DASH} {links.to(other)}", *counts, span])
    return rows


def _map(maker: Maker, pictures: Pictures) -> Iterator[Page]:
    links = maker.links_on(PATHS["map"])
    ranked = [(maker.places[name], count) for name, count in maker.chosen["places"]]
    mapped = [(place, count) for place, count in ranked if place.is_mapped][:MOST_PINS]
    drawing = _map_picture(maker, pictures, mapped) if mapped else None
    head = [maker.words(f"map.{name}") for name in ("place", "country", "events", "on_map")]
    rows = [_place_row(maker, links, place, count) for place, count in ranked]
    shown = maker.words("map.shown", shown=len(mapped), count=len(ranked))
    unplaced = sum(not place.is_mapped for place, _ in ranked)
    shown += f" {maker.words('map.unplaced', count=unplaced)}" if unplaced else ""
    more = links.link("places/index", maker.words("map.all"))
    yield from _view(maker, "map", drawing, links=links, head=head, rows=rows, shown=shown, more=more)


def _place_row(maker: Maker, links: PageLinks, place: KnownPlace, count: int) -> list[str]:
    country = maker.words.country_name(place.country) if place.country else ""
    is_mapped = maker.words("map.yes" if place.is_mapped else "map.no")
    return [links.to_place(place.name), escape_text(country), str(count), is_mapped]


def _map_picture(maker: Maker, pictures: Pictures, places: Sequence[tuple[KnownPlace, int]]) -> Drawing:
    at = [project(place.longitude or 0.0, place.latitude or 0.0, MAP_WIDTH) for place, _ in places]
    box = _frame(at)
    scale = round(MAP_WIDTH / box[2], 4)
    pins = [
        {
            "key": place.key,
            "x": x,
            "y": y,
            "at_x": round((x - box[0]) * scale, 1),
            "at_y": round((y - box[1]) * scale, 1),
            "r": round(min(18.0, 4.5 + 1.5 * count**0.5), 1),
            "label": shorten(place.name, 30),
            "title": f"{isolated(place.name)}: {maker.words('map.count', count=count)}",
        }
        for (place, count), (x, y) in zip(places, at, strict=True)
    ]
    spots = [Spot(pin["at_x"], pin["at_y"], pin["r"], pin["label"]) for pin in pins]
    tall = MAP_SHAPE * MAP_WIDTH
    for number, (pin, offset) in enumerate(zip(pins, place_labels(spots, 13, MAP_WIDTH, tall), strict=True)):
        named = offset if number < LABELLED else None
        pin |= named._asdict() if named else {"dx": 0, "dy": round(-pin["r"] - 5, 1), "anchor": ""}
    title = maker.words("map.alt", count=len(places))
    return pictures.draw(
        "map", title, MAP_WIDTH, tall, land=world_path(MAP_WIDTH), pins=pins[::-1], box=box, scale=scale
    )


def _frame(at: Sequence[tuple[float, float]]) -> tuple[float, float, float, float]:
    """Return the part of the map that has all the places, with room around: left, top, width, height."""
    xs, ys = [x for x, _ in at], [y for _, y in at]
    wide = max(120.0, (max(xs) - min(xs)) * 1.4, (max(ys) - min(ys)) * 1.4 / MAP_SHAPE)
    wide = min(wide, MAP_WIDTH)
    tall = MAP_SHAPE * wide
    left = min(max(0.0, (min(xs) + max(xs) - wide) / 2), MAP_WIDTH - wide)
    top = min(max(0.0, (min(ys) + max(ys) - tall) / 2), MAP_SHAPE * MAP_WIDTH - tall)
    return round(left, 1), round(top, 1), round(wide, 1), round(tall, 1)
