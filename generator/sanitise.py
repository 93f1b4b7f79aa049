"""A Python-Markdown extension that lets only an allow-list of HTML out of a page, whatever went in.

It is the last thing that touches a page's HTML, under MkDocs, ProperDocs and Zensical alike: `markdown_extensions:
[briefbook]`. What templates write must be on the list too. Never changes text.
"""

from typing import Any
from xml.etree.ElementTree import Element

import nh3
from markdown import Extension, Markdown
from markdown.postprocessors import Postprocessor
from markdown.treeprocessors import Treeprocessor

TAGS = frozenset(
    "a abbr article aside b bdi bdo blockquote br caption cite code col colgroup dd del details dfn div dl dt em "
    "figcaption figure footer h1 h2 h3 h4 h5 h6 header hr i img ins kbd li mark nav ol p pre q s samp section small "
    "span strong sub summary sup table tbody td tfoot th thead time tr u ul var wbr".split()
)
_GLOBAL = frozenset({"class", "dir", "id", "lang", "role", "title", "aria-label", "aria-hidden", "translate"})
ATTRIBUTES: dict[str, set[str]] = {
    "*": set(_GLOBAL),
    "a": {"href", "rel"},
    "img": {"src", "alt", "width", "height", "loading"},
    "ol": {"start", "reversed"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
    "time": {"datetime"},
    "details": {"open"},
    "div": {"data-pagefind-ignore"},
    "section": {"data-pagefind-ignore"},
}
# The classes that Material styles in running text, and our own. Any other could dress text up as the site's interface.
_CLASSES = frozenset(
    "admonition admonition-title abstract attention bug caution danger error example failure footnote "
    "footnote-backref footnote-ref headerlink highlight hint highlighttable important info inline end linenos "
    "md-button note question quote seealso success tip toc todo tldr version warning summary task-list".split()
)
RESERVED = ("_", "pagefind")  # what ids of the theme and of the search start with
_ROLES = frozenset({"note", "doc-noteref", "doc-endnotes", "doc-backlink", "img"})
_ALIGN = {f"text-align: {side};": f"bb-{side}" for side in ("left", "center", "right")}
_FOREIGN = ("//", "\\", "/\\")


def _keep(tag: str, name: str, value: str) -> str | None:
    """Return the value that an attribute may keep, or None to drop it."""
    if name == "class":
        kept = [
            word
            for word in value.split()
            if word in _CLASSES or word.startswith(("bb-", "language-")) or _is_token(word, tag)
        ]
        return " ".join(kept) or None
    if name == "id":
        return None if value.startswith(RESERVED) else value
    if name == "role":
        return value if value in _ROLES else None
    if name == "src":  # pictures come from the site alone
        return None if ":" in value.partition("/")[0] or value.startswith(_FOREIGN) else value
    return value


def _is_token(word: str, tag: str) -> bool:
    """Tell whether a class is one of Pygments' short ones, which colour code."""
    return tag in ("span", "div", "pre", "code") and len(word) <= 3 and word.isalnum()


def sanitise(html: str) -> str:
    """Return the HTML with everything removed that is not on the allow-list; text stays as it is."""
    return nh3.clean(
        html,
        tags=set(TAGS),
        clean_content_tags={"script", "style"},
        attributes=ATTRIBUTES,
        attribute_filter=_keep,
        url_schemes={"http", "https", "mailto"},
        link_rel=None,
        strip_comments=True,
    )


class _Sanitiser(Postprocessor):
    def run(self, text: str) -> str:
        return sanitise(text)


class _Aligner(Treeprocessor):
    """Tells by a class how a table's cell is aligned, not by a style: the site's policy lets no `style` through."""

    def run(self, root: Element) -> None:
        for cell in root.iter():
            side = _ALIGN.get(cell.get("style", "")) if cell.tag in ("td", "th") else None
            if side:
                del cell.attrib["style"]
                cell.set("class", f"{cell.get('class', '')} {side}".strip())


class SanitiseExtension(Extension):
    """Puts the sanitiser behind every other postprocessor."""

    def extendMarkdown(self, md: Markdown) -> None:
        md.treeprocessors.register(_Aligner(md), "briefbook-align", -100)
        md.postprocessors.register(_Sanitiser(md), "briefbook-sanitise", -100)


def makeExtension(**options: Any) -> SanitiseExtension:
    """Return the extension, as Python-Markdown asks for it by name."""
    return SanitiseExtension(**options)
