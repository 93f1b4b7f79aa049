"""The pages of the timeline, the network and the map: each a picture, and below it the same in words."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from generator.fields import shorten
from generator.gazetteer import KnownPlace
from generator.lists import Maker, Page
from generator.network import KINDS, Edge, edges_of, network_picture, shown_actors
from generator.pictures import FOLDER, Drawing, Pictures
from generator.prose import escape_text
from generator.render import PageLinks
from generator.timeline import Item, items_of, timeline_data, timeline_picture
from generator.world import project, world_path

PATHS = {"timeline": "timeline.md", "network": "network.md", "map": "map.md"}
ROWS = 100  # of a picture's text twin
MAP_WIDTH = 1000.0
LABELLED = 30  # places that are named on the map itself


def build_views(maker: Maker) -> Iterator[Page]:
    """Yield the three pages, their pictures, and the data of the timeline."""
    pictures = maker.pictures
    yield from _timeline(maker, pictures)
    yield from _network(maker, pictures)
    yield from _map(maker, pictures)


def _view(maker: Maker, name: str, drawing: Drawing | None, **values: Any) -> Iterator[Page]:
    path = PATHS[name]
    words = maker.words
    title = words(f"{name}.title")
    meta = {
        "title": title,
        "description": words(f"{name}.intro"),
        "kind": "Overview",
        "picture": name if drawing else "",
    }
    links = values.pop("links")
    picture = f"{FOLDER}/{name}.svg" if drawing else ""
    shown = {"name": name, "picture": picture, "alt": drawing.title if drawing else "", **values}
    yield maker.render("view.md.j2", path, meta, links, **shown)
    if drawing:
        yield Page(picture, drawing.svg)


def _timeline(maker: Maker, pictures: Pictures) -> Iterator[Page]:
    links = maker.links_on(PATHS["timeline"])
    items, count = items_of(maker.briefing)
    table = [_item_row(maker, links, item) for item in items[-ROWS:]]
    drawing = timeline_picture(pictures, items)
    head = [maker.words(f"timeline.{name}") for name in ("when", "what", "where", "quotes")]
    shown = maker.words("pictures.shown", shown=len(items), count=count)
    more = links.link("events/index", maker.words("timeline.all"))
    yield from _view(maker, "timeline", drawing, links=links, head=head, table=table, shown=shown, more=more)
    if drawing:
        yield Page(f"{FOLDER}/timeline.json", timeline_data(pictures, items, maker.topics))


def _item_row(maker: Maker, links: PageLinks, item: Item) -> list[str]:
    place = getattr(item.record, "place", None)
    where = links.link(maker.places[place.name].key, escape_text(place.name)) if place else ""
    said = ", ".join(links.to(quote.key) for quote in item.said)
    return [escape_text(maker.words.in_words(item.date)), links.to(item.record.key), where, said]


def _network(maker: Maker, pictures: Pictures) -> Iterator[Page]:
    links = maker.links_on(PATHS["network"])
    keys = shown_actors(maker.briefing, maker.ties)
    edges = edges_of(maker.briefing, maker.ties, keys)
    drawing = network_picture(pictures, keys, edges) if edges else None
    head = [maker.words(f"network.{name}") for name in ("pair", "together", "quoted", "part", "years")]
    table = _pairs(links, edges)
    shown = maker.words("pictures.shown", shown=len(keys), count=len(maker.ties))
    more = links.link("actors/index", maker.words("network.all"))
    yield from _view(maker, "network", drawing, links=links, head=head, table=table, shown=shown, more=more)


def _pairs(links: PageLinks, edges: Sequence[Edge]) -> list[list[str]]:
    """Return the pairs that are tied most: who, how often in each way, and from when to when."""
    by_pair: defaultdict[tuple[str, str], dict[str, Edge]] = defaultdict(dict)
    for edge in edges:
        by_pair[edge.one, edge.other][edge.kind] = edge
    ranked = sorted(by_pair.items(), key=lambda item: (-sum(edge.total for edge in item[1].values()), item[0]))
    rows = []
    for (one, other), kinds in ranked[:ROWS]:
        years = sorted({year for edge in kinds.values() for year in edge.years if year})
        span = "" if not years else years[0] if len(years) == 1 else f"{years[0]}\N{EN DASH}{years[-1]}"
        counts = [str(kinds[kind].total) if kind in kinds else "" for kind in KINDS]
        rows.append([f"{links.to(one)} \N{EN DASH} {links.to(other)}", *counts, span])
    return rows


def _map(maker: Maker, pictures: Pictures) -> Iterator[Page]:
    links = maker.links_on(PATHS["map"])
    ranked = sorted(maker.places.values(), key=lambda place: (-len(place.events), place.name.casefold()))
    mapped = [place for place in ranked if place.is_mapped]
    drawing = _map_picture(maker, pictures, mapped) if mapped else None
    head = [maker.words(f"map.{name}") for name in ("place", "country", "events", "on_map")]
    table = [_place_row(maker, links, place) for place in ranked[:ROWS]]
    shown = maker.words("pictures.shown", shown=len(mapped), count=len(ranked))
    more = links.link("places/index", maker.words("map.all"))
    yield from _view(maker, "map", drawing, links=links, head=head, table=table, shown=shown, more=more)


def _place_row(maker: Maker, links: PageLinks, place: KnownPlace) -> list[str]:
    country = maker.words.country_name(place.country) if place.country else ""
    is_mapped = maker.words("map.yes" if place.is_mapped else "map.no")
    return [links.link(place.key, escape_text(place.name)), escape_text(country), str(len(place.events)), is_mapped]


def _map_picture(maker: Maker, pictures: Pictures, places: Sequence[KnownPlace]) -> Drawing:
    at = {place.key: project(place.longitude or 0.0, place.latitude or 0.0, MAP_WIDTH) for place in places}
    left, top, wide, tall = _frame(at)
    scale = round(wide / MAP_WIDTH, 3)
    pins = [
        {
            "key": place.key,
            "x": at[place.key][0],
            "y": at[place.key][1],
            "r": round(min(16.0, 5 + 1.5 * len(place.events) ** 0.5), 1),
            "label": shorten(place.name, 30),
            "title": f"{place.name}: {maker.words('map.count', count=len(place.events))}",
            "years": " ".join(str(year) for year in _years(maker, place)),
            "is_labelled": number < LABELLED,
        }
        for number, place in enumerate(places)
    ]
    title = maker.words("map.alt", count=len(places))
    box = f"{left:g} {top:g} {wide:g} {tall:g}"
    return pictures.draw(
        "map", title, MAP_WIDTH, 0.52 * MAP_WIDTH, land=world_path(MAP_WIDTH), pins=pins, box=box, scale=scale
    )


def _years(maker: Maker, place: KnownPlace) -> list[int]:
    found = (maker.briefing.records[key].when for key in place.events)
    return sorted({year for when in found if when for year in when.years})


def _frame(at: Mapping[str, tuple[float, float]]) -> tuple[float, float, float, float]:
    """Return the part of the map that has all the places, with room around: left, top, width, height."""
    xs, ys = [x for x, _ in at.values()], [y for _, y in at.values()]
    wide = max(120.0, (max(xs) - min(xs)) * 1.5, (max(ys) - min(ys)) * 1.5 / 0.52)
    wide = min(wide, MAP_WIDTH)
    tall = 0.52 * wide
    left = min(max(0.0, (min(xs) + max(xs) - wide) / 2), MAP_WIDTH - wide)
    top = min(max(0.0, (min(ys) + max(ys) - tall) / 2), 0.52 * MAP_WIDTH - tall)
    return round(left, 1), round(top, 1), round(wide, 1), round(tall, 1)
