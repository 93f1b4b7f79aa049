"""The HTML that a page may have: an allow-list. What templates write must be on it, too.

On hand-written pages the list is shorter: these could dress up as pages of records. `sanitise.py` holds pages to it.
"""

import re

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
# Of our own classes, those that the theme and its scripts write, and pages never: cards, buttons, results of a search.
_INTERFACE = re.compile(
    r"bb-(?:actions|appear|buttons|cards?|checks|chips?|choices|content|copied|copy|drawer|edition|explorer|facets?|fade|"
    r"fields|filter|footmark|footnotes|hidden|hint|kind|legend|name|page|picture|results?|search|skip|stage|status-line|"
    r"svg|years)(?:-.*)?"
)
RESERVED = ("_", "bb-", "pagefind", "pf-")  # what ids of the theme, its scripts and the search start with
_ROLES = frozenset({"note", "doc-noteref", "doc-endnotes", "doc-backlink", "img"})
ALIGN = {f"text-align: {side};": f"bb-{side}" for side in ("left", "center", "right")}
_FOREIGN = ("//", "\\", "/\\")


def keep(tag: str, name: str, value: str) -> str | None:
    """Return the value that an attribute may keep, or None to drop it."""
    if name == "class":
        kept = [
            word
            for word in value.split()
            if word in _CLASSES or word.startswith("language-") or is_own(word) or _is_token(word, tag)
        ]
        return " ".join(kept) or None
    if name == "id":
        return value if is_id(value) else None
    if name == "role":
        return value if value in _ROLES else None
    if name == "src":  # pictures come from the site alone
        return None if ":" in value.partition("/")[0] or value.startswith(_FOREIGN) else value
    return value


def keep_by_hand(tag: str, name: str, value: str) -> str | None:
    """Return the value that an attribute of a hand-written page may keep, or None to drop it."""
    kept = keep(tag, name, value)
    if name == "class" and kept:
        return " ".join(word for word in kept.split() if word in ALIGN.values() or not is_own(word)) or None
    return kept


def is_id(value: str) -> bool:
    """Tell whether an element of a page may have this id: the theme and its scripts do not look for it."""
    return not value.lower().startswith(RESERVED)


def is_own(word: str) -> bool:
    """Tell whether a class is one by which pages are laid out, of ours or of a briefing's own templates."""
    return word.startswith("bb-") and not _INTERFACE.fullmatch(word)


def _is_token(word: str, tag: str) -> bool:
    """Tell whether a class is one of Pygments' short ones, which colour code."""
    return tag in ("span", "div", "pre", "code") and len(word) <= 3 and word.isalnum()
