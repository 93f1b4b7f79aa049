"""The Content-Security-Policy of a rendered site: what its pages may load, and which inline scripts may run.

Each page gets its own policy as a meta element, which holds wherever the site is put; `_headers`, which Netlify and
Cloudflare Pages read, has that of all pages as a header. Both are made from what the renderer wrote into the pages
(theme, `mkdocs.yml`): what people write has been through the sanitiser, which lets no script, style or foreign picture
out, and no "<" in attributes, so that nothing in it can pass for a tag here.
"""

import base64
import hashlib
import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

Sources = Mapping[str, frozenset[str]]  # directive -> what it allows besides what every page may do

# What every page may do. Material's icons are data: addresses in its styles; Pagefind is WebAssembly.
_BASE = {
    "default-src": "'none'",
    "script-src": "'self' 'wasm-unsafe-eval'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "font-src": "'self'",
    "media-src": "'self'",
    "connect-src": "'self'",
    "worker-src": "'self'",
    "manifest-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'self'",
}
# Browsers heed this in a header only.
_FRAMES = "frame-ancestors 'none'"
_OTHER_HEADERS = (
    "X-Content-Type-Options: nosniff",
    "X-Frame-Options: DENY",
    "Referrer-Policy: same-origin",
    "Permissions-Policy: camera=(), geolocation=(), microphone=()",
)
# A script or style sheet that mkdocs.yml names at another host also gets what it then needs from there: a counter sends
# its counts as a request or a picture, a style sheet brings fonts.
_ALLOWED_FOR = {
    b"script": ("script-src", "connect-src", "img-src"),
    b"stylesheet": ("style-src", "font-src", "img-src"),
    b"preconnect": ("font-src",),
    b"icon": ("img-src",),
    b"img": ("img-src",),
}
_RUNS = frozenset({b"", b"text/javascript", b"application/javascript", b"module", b"importmap", b"speculationrules"})

_TAG = re.compile(rb"<(script|style|link|img)\b((?:[^>\"']|\"[^\"]*\"|'[^']*')*)>", re.IGNORECASE)
_ATTRIBUTE = re.compile(rb"([\w-]+)(?:\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+)))?")
_HOST = re.compile(rb"(?:(?=https?:)|//)((?:https?://)?[\w.:-]+)", re.IGNORECASE)
_END = {b"script": re.compile(rb"</script", re.IGNORECASE), b"style": re.compile(rb"</style", re.IGNORECASE)}
_PLACE = re.compile(rb"<meta\s+charset[^>]*>|<head\b[^>]*>", re.IGNORECASE)
# What validators find wrong in the themes' base templates, where there is no block around it: `autocomplete` on the
# checkboxes of two switches, and in Zensical's a label that is hidden from some.
_FLAWS = re.compile(
    rb'(<(?:input class="?md-toggle|label class="?md-overlay)[^>]*?) (?:autocomplete="?off"?|aria-hidden="?true"?)'
)


HEADERS = "_headers"  # a file that some hosts read


def protect_site(site: Path) -> None:
    """Give each page of a rendered site its policy, and the site a file `_headers` with that of all its pages.

    A `_headers` that is there already, from a theme of the briefing's own, is left as it is: whoever brings one has
    decided on headers, and two rules for the same pages would be joined into one that says neither. The pages have
    their policies all the same.
    """
    needed: list[Sources] = []
    pictures = sorted(site.glob("pictures/*.svg"))  # the small ones in folders below have the same style
    for file in (*pictures, *_pages_of(site)):
        html = file.read_bytes()
        sources = find_sources(html)
        needed.append(sources)
        if file.suffix == ".svg":  # by itself, in a tab of its own, it is a document with a style
            continue
        finished = _with_policy(html, policy(sources))
        if finished != html:
            file.write_bytes(finished)
    headers = site / HEADERS
    if not headers.exists():
        headers.write_text(headers_of(needed), "utf-8")


def protect_page(html: bytes) -> bytes:
    """Return a page with its policy, as `protect_site` writes it."""
    return _with_policy(html, policy(find_sources(html)))


def find_sources(html: bytes) -> Sources:
    """Return what a page needs besides what every page may do: hashes of inline scripts and styles, other hosts.

    Source: Content Security Policy Level 3, 2.3.1 (hashes are of the text between the tags, as UTF-8).
    """
    found: dict[str, set[str]] = {}
    start = 0
    while tag := _TAG.search(html, start):
        name, start = tag[1].lower(), tag.end()
        attributes = {key.lower(): one or two or three for key, one, two, three in _ATTRIBUTE.findall(tag[2])}
        end = _END[name].search(html, start) if name in _END else None
        address = attributes.get(b"src") or attributes.get(b"href")
        if address:
            _allow_host(found, name, attributes, address)
        elif end and (name == b"style" or attributes.get(b"type", b"").lower() in _RUNS):
            found.setdefault(f"{name.decode()}-src", set()).add(_hash(html[start : end.start()]))
        start = end.start() if end else start  # what looks like a tag in a script is none
    return {directive: frozenset(allowed) for directive, allowed in found.items()}


def policy(sources: Sources) -> str:
    """Return a policy that allows what every page may do, and these sources; the same for the same sources."""
    return "; ".join(" ".join((name, base, *sorted(sources.get(name, ())))) for name, base in _BASE.items())


def _allow_host(found: dict[str, set[str]], name: bytes, attributes: Mapping[bytes, bytes], address: bytes) -> None:
    host = _HOST.match(address)
    if not host:
        return
    for role in attributes.get(b"rel", b"").lower().split() if name == b"link" else (name,):
        for directive in _ALLOWED_FOR.get(role, ()):
            found.setdefault(directive, set()).add(host[1].decode())


def _hash(text: bytes) -> str:
    text = text.replace(b"\r\n", b"\n").replace(b"\r", b"\n")  # as browsers read it
    return f"'sha256-{base64.b64encode(hashlib.sha256(text).digest()).decode()}'"


def _with_policy(html: bytes, text: str) -> bytes:
    """Return a page with its policy as early as may be: what stands before it is not held to it."""
    place = _PLACE.search(html)
    if not place:  # no page, but a piece of one
        return html
    charset = _PLACE.search(html, place.end(), place.end() + 200) if place[0][:5].lower() == b"<head" else None
    at = (charset or place).end()
    meta = f'<meta http-equiv="Content-Security-Policy" content="{text}">'.encode()
    return html[:at] + meta + _FLAWS.sub(rb"\1", html[at:], count=3)


def headers_of(needed: Iterable[Mapping[str, Iterable[str]]]) -> str:
    """Return the file of headers of a site whose pages need these sources."""
    together: dict[str, set[str]] = {}
    for sources in needed:
        for directive, allowed in sources.items():
            together.setdefault(directive, set()).update(allowed)
    allowing = policy({directive: frozenset(allowed) for directive, allowed in together.items()})
    lines = (f"Content-Security-Policy: {allowing}; {_FRAMES}", *_OTHER_HEADERS)
    return "".join(("/*\n", *(f"  {line}\n" for line in lines)))


def _pages_of(site: Path) -> Iterable[Path]:
    for folder, _, names in os.walk(site):
        yield from (Path(folder, name) for name in names if name.endswith(".html"))
