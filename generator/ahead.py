"""What edits and their pages look up, read from the ledger ahead and at once: one by one, it would take twice as long.

Nothing hangs on it: what is not read here is read when it is looked up.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from generator.explorer import keys_in
from generator.outlines import rest_path, section_names
from generator.pages import EXPLORER
from generator.rearranging import Edit
from generator.records import Event
from generator.stored import Stored
from generator.views import PATHS


def fetch_for_edits(stored: Mapping[str, Stored[Any]], edits: Iterable[Edit]) -> None:
    """Read what is arranged anew after edits; `stored` are the kinds of inputs."""
    keys = {key for edit in edits for key in (edit.key, *edit.named)}
    for kind in ("record", "outline", "back", "ties"):
        stored[kind].fetch(keys)
    stored["rest"].fetch(rest_path(key, name) for key in keys for name in section_names())
    events = [record for edit in edits for record in edit.records if isinstance(record, Event)]
    places = stored["place"].fetch({event.place.name for event in events if event.place})
    there = [key for place in places for key in place.events]
    stored["record"].fetch(there)
    stored["back"].fetch(there)


def fetch_for_pages(stored: Mapping[str, Stored[Any]], groups: Collection[str]) -> None:
    """Read what most of these groups of pages ask for: what rows say of those whom they list."""
    plans, rests, outlines = (stored[kind].fetch(groups) for kind in ("plan", "rest", "outline"))
    records = stored["record"].fetch(groups)
    brief = [record.key for record in records if record.key not in stored["outline"]]
    for kind in ("text", "beside"):
        stored[kind].fetch(record.key for record in records)
    ties = [tie for found in stored["ties"].fetch(brief) for shared in found.values() for tie in shared]
    named = [named for rest in rests for named in rest.listed]
    named += [named for outline in outlines for part in outline.parts for named in part.first]
    named += [backlinks for found in stored["back"].fetch(brief) for backlinks in found.values()]
    naming = {backlink.key for backlinks in named for backlink in backlinks}
    parts = {backlink.key for backlinks in named for backlink in backlinks if len(backlink.at) > 1}
    listed = {str(item) for plan in plans for item in plan.items}
    stored["sentence"].fetch(naming)
    rows = stored["row"].fetch(listed | naming)
    company = [companion for outline in outlines for companion in outline.company]
    items = stored["choice"]["timeline"].items if PATHS["timeline"] in groups else ()
    drawn = {key for item in items for key in (item.key, *item.actors, *(quote for quote, _ in item.said))}
    stored["record"].fetch({*parts, *(tie.record for tie in ties)})
    captions = {*listed, *naming, *drawn, *(row.speaker for row in rows), *(tie.record for tie in ties)}
    captions |= {key for companion in company for key in (companion.key, *companion.shared)}
    captions |= {key for outline in outlines for key, _ in outline.sources}
    captions |= {*(keys_in(stored["choice"]["explorer"]) if EXPLORER in groups else ())}
    stored["caption"].fetch(captions)
