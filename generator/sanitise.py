"""A Python-Markdown extension that lets only an allow-list of HTML out of a page, whatever went in.

It is the last thing that touches a page's HTML, under MkDocs, ProperDocs and Zensical alike: `markdown_extensions:
[briefbook]`. The list is in `allowed.py`. Never changes text. What leaves a page beside its HTML, the headings for the
theme's table of contents, is made safe here as well: themes write it as it is.
"""

import re
from collections.abc import Iterable
from typing import Any
from xml.etree.ElementTree import Element

import nh3
from markdown import Extension, Markdown
from markdown.postprocessors import Postprocessor
from markdown.preprocessors import Preprocessor
from markdown.treeprocessors import Treeprocessor

from generator.allowed import ALIGN, ATTRIBUTES, TAGS, is_id, keep, keep_by_hand
from generator.characters import is_address
from generator.prose import BY_HAND

_PLAIN_ID = re.compile(r"[^\s\"'<>&`=\\]+")  # which a theme may write into an attribute as it is
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")


def sanitise(html: str, *, by_hand: bool = False) -> str:
    """Return the HTML with everything removed that is not on the allow-list; text stays as it is.

    `by_hand` takes the classes from it by which records are laid out.
    """
    return nh3.clean(
        html,
        tags=set(TAGS),
        clean_content_tags={"script", "style"},
        attributes=ATTRIBUTES,
        attribute_filter=keep_by_hand if by_hand else keep,
        url_schemes={"http", "https", "mailto"},
        link_rel=None,
        strip_comments=True,
    )


class _Sanitiser(Postprocessor):
    by_hand = False

    def run(self, text: str) -> str:
        return sanitise(text, by_hand=self.by_hand)


class _Origin(Preprocessor):
    """Tells the sanitiser who wrote a page: no author can take its first line away from a hand-written one."""

    def __init__(self, md: Markdown, sanitiser: _Sanitiser) -> None:
        super().__init__(md)
        self._sanitiser = sanitiser

    def run(self, lines: list[str]) -> list[str]:
        at = next((at for at, line in enumerate(lines) if line.strip()), 0)
        self._sanitiser.by_hand = lines[at].strip() == BY_HAND
        return lines[at + 1 :] if self._sanitiser.by_hand else lines


class _Aligner(Treeprocessor):
    """Tells by a class how a table's cell is aligned, not by a style: the site's policy lets no `style` through."""

    def run(self, root: Element) -> None:
        for cell in root.iter():
            side = ALIGN.get(cell.get("style", "")) if cell.tag in ("td", "th") else None
            if side:
                del cell.attrib["style"]
                cell.set("class", f"{cell.get('class', '')} {side}".strip())


class _IdKeeper(Treeprocessor):
    """Takes from headings, before they are gathered, ids that they may not have: they get others, of their words."""

    def run(self, root: Element) -> None:
        for element in (element for element in root.iter() if element.tag in _HEADINGS):
            id = element.get("id", "x")
            if not (_PLAIN_ID.fullmatch(id) and is_id(id)):
                del element.attrib["id"]


class _AddressKeeper(Treeprocessor):
    """Leaves the words alone of links and pictures whose address cannot be read: renderers would give up over it."""

    def run(self, root: Element) -> None:
        for element in root.iter():
            name = {"a": "href", "img": "src"}.get(element.tag)
            if name and not is_address(element.get(name, "")):
                element.text = element.text if name == "href" else element.get("alt")
                element.tag = "span"


class _Contents(Treeprocessor):
    """Leaves no tag in the words of the headings that were gathered, whatever became of theirs."""

    def run(self, root: Element) -> None:
        self._clean(getattr(self.md, "toc_tokens", ()))

    def _clean(self, tokens: Iterable[dict[str, Any]]) -> None:
        for token in tokens:
            token["name"] = token["name"].replace("<", "&lt;")
            self._clean(token["children"])


class SanitiseExtension(Extension):
    """Puts the sanitiser behind every other postprocessor."""

    def extendMarkdown(self, md: Markdown) -> None:
        md.treeprocessors.register(_IdKeeper(md), "briefbook-ids", 6)  # after attr_list (8), before toc (5)
        md.treeprocessors.register(_AddressKeeper(md), "briefbook-addresses", 1)  # before MkDocs reads them (0)
        md.treeprocessors.register(_Contents(md), "briefbook-contents", -99)
        md.treeprocessors.register(_Aligner(md), "briefbook-align", -100)
        sanitiser = _Sanitiser(md)
        md.preprocessors.register(_Origin(md, sanitiser), "briefbook-origin", 1000)  # before anything changes the lines
        md.postprocessors.register(sanitiser, "briefbook-sanitise", -100)


def makeExtension(**options: Any) -> SanitiseExtension:
    """Return the extension, as Python-Markdown asks for it by name."""
    return SanitiseExtension(**options)
