"""The sitemap after pages came and went: of the last one, in the order in which MkDocs lists pages.

Source: `mkdocs/templates/sitemap.xml` and `mkdocs.commands.build._build_theme_template`, MkDocs 1.6.
"""

import gzip
import io
import re
from collections.abc import Iterable
from datetime import UTC, date, datetime

from markupsafe import escape

from generator.addresses import Spot

SITEMAP = "sitemap.xml"

_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n'
_TAIL = "</urlset>"
_ENTRY = "    <url>\n         <loc>{}</loc>\n         <lastmod>{}</lastmod>\n    </url>\n"
_INDEX = ("index.md", "README.md")
_PLAIN = re.compile(r"[a-z0-9/-]+\.md")
_FOUND = re.compile(r"<loc>(.*)</loc>\n *<lastmod>(.*)</lastmod>")


def sitemap_after(text: str, before: Iterable[str], now: Iterable[str], day: date) -> str | None:
    """Return the sitemap of the pages at the paths `now` below docs, dated to a day, or None where that is not certain.

    `text` is the sitemap of those at the paths `before`. Where no page has an address, none is in it.
    """
    found = _FOUND.findall(text)
    if not found:
        return text if text == _HEAD + _TAIL else None
    top, last_day = min(found, key=lambda entry: len(entry[0]))  # that of the home page
    return _listed(top, now, day.isoformat()) if text == _listed(top, before, last_day) else None


def _listed(top: str, paths: Iterable[str], day: str) -> str:
    entries = (_ENTRY.format(top + _address_of(path), day) for path in sorted(paths, key=_place_of))
    return _HEAD + "".join(entries) + _TAIL


def packed(text: str, day: date) -> bytes:
    """Return a sitemap as `sitemap.xml.gz` has it."""
    buffer = io.BytesIO()
    moment = datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()
    with gzip.GzipFile(fileobj=buffer, filename=f"{SITEMAP}.gz", mode="wb", mtime=moment) as file:
        file.write(text.encode("utf-8"))
    return buffer.getvalue()


def _place_of(path: str) -> tuple[tuple[str, ...], bool, str]:
    """Return by what MkDocs sorts pages (`file_sort_key`): a folder's own before those in folders below it."""
    *folders, name = path.split("/")
    return tuple(folders), name not in _INDEX, name


def _address_of(path: str) -> str:
    if _PLAIN.fullmatch(path) and not path.endswith(_INDEX):  # nearly all
        return f"{path.removesuffix('.md')}/"
    url = Spot.of(path).url
    return str(escape("" if url == "./" else url))
