"""Characters that cannot be seen: which of them names may have, how messages show them, and text that reads the same.

Source: the bidirectional controls of UAX #9, the joiners of IDNA (RFC 5892, appendix A), Default_Ignorable_Code_Point.
"""

import re
import unicodedata
from urllib.parse import urlsplit

_JOINERS = "\u200c\u200d"
_MARKS = "\u200e\u200f\u061c"  # these tell a direction for the spot where they stand, and no further
_OPENING, _ISOLATING = "\u202a\u202b\u202d\u202e", "\u2066\u2067\u2068"
_CLOSING = {"\u202c": _OPENING, "\u2069": _ISOLATING}
_DIRECTED = re.compile("[\u202a-\u202e\u2066-\u2069]")
_TURNING = re.compile(
    "[\u0590-\u08ff\u200f\u202a-\u202e\u2066-\u2069\ufb1d-\ufdff\ufe70-\ufefe\U00010800-\U00010fff\U0001e800-\U0001efff]"
)
# Controls, what steers direction, and what has no width; not the soft hyphen, nor the signs inside an emoji.
_UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u115f\u1160\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb]"
)
UNCLOSED_DIRECTION = (
    "a character that cannot be seen turns the direction of text, and its other half is not in the same paragraph.",
    "Remove it.",
)
_PARAGRAPH = re.compile(r"\n[ \t]*\n")
_PLAIN_SCRIPTS = ("LATIN", "GREEK", "CYRILLIC", "DIGIT", "SPACE")  # the letters of these never need a joiner


def visible(text: str) -> str:
    """Return the text with each character that cannot be seen written out, `<U+200B>`, for messages."""
    shown = _UNSEEN.sub(lambda found: f"<U+{ord(found[0]):04X}>", text)
    return shown.encode("utf-8", "backslashreplace").decode("utf-8")  # parts of file names that are no text


def same_text(text: str) -> str:
    """Return the text in the one form in which texts that read the same are equal (NFC)."""
    return unicodedata.normalize("NFC", text)


def unseen_in(name: str) -> str | None:
    """Return the first character that a name may not have, for it cannot be seen and does nothing good, or None.

    Joiners may stand after letters of scripts that need them and in emoji, marks of direction where there are letters
    that are read from right to left.
    """
    if name.isascii() and name.isprintable():  # as most are: it is told in a tenth of the time
        return None
    for found in _UNSEEN.finditer(name):
        character = found[0]
        is_needed = (character in _JOINERS and _may_join(name[: found.start()], name[found.end() :])) or (
            character in _MARKS and any(unicodedata.bidirectional(letter) in ("R", "AL") for letter in name)
        )
        if not is_needed:
            return character
    return None


def turns(text: str) -> bool:
    """Tell whether a text can turn what stands beside it: by what is read from right to left, or by a control."""
    return _TURNING.search(text) is not None


def isolated(text: str) -> str:
    """Return plain text for a place among other plain text, which it does not turn round, where no element can say so.

    Source: UAX #9, the isolate whose direction is that of its first strong character.
    """
    return f"\u2068{text}\u2069" if turns(text) else text


def is_address(text: str) -> bool:
    """Tell whether an address can be taken apart, by us and by browsers: brackets, ports and letters can prevent it."""
    try:
        parts = urlsplit(text)
        return parts.port is None or parts.port >= 0
    except ValueError:
        return False


def is_web_address(text: str) -> bool:
    """Tell whether this is the whole address of a page on the web, or of somebody's mail."""
    scheme, colon, rest = text.partition(":")
    is_page = scheme.lower() in ("http", "https") and rest.startswith("//") and len(rest) > 2
    is_mail = scheme.lower() == "mailto" and "@" in rest
    is_whole = (is_page or is_mail) and text.split() == [text]
    return bool(colon) and is_whole and is_address(text)


def _may_join(before: str, after: str) -> bool:
    return bool(before and after) and not unicodedata.name(before[-1], "").startswith(_PLAIN_SCRIPTS)


def unclosed_direction(text: str) -> int | None:
    """Return where a control of direction stands that is not ended in its paragraph, or None.

    The same of an end of isolation (U+2069) that ends nothing there: it would end what sets the text apart from others.
    """
    start = 0
    for paragraph in _PARAGRAPH.split(text) if _DIRECTED.search(text) else ():
        at = text.index(paragraph, start)
        start = at + len(paragraph)
        opened: list[int] = []
        for found in _DIRECTED.finditer(paragraph):
            if found[0] not in _CLOSING:
                opened.append(found.start())
            elif opened and paragraph[opened[-1]] in _CLOSING[found[0]]:
                opened.pop()
            elif found[0] == "\u2069":
                opened.append(found.start())
                break
        if opened:
            return at + opened[0]
    return None
