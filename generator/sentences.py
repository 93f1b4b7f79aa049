"""The sentence in which a record is named, for the lists of what names it. Gives Markdown, from linked prose."""

import re
from collections.abc import Mapping

from generator.link import Briefing
from generator.prose import Mention, Prose, Target, escape_text, strip_markdown
from generator.render import words_of

WIDTH = 260  # characters at most, cut at words

# Marks put around a mention, and around its number while the text loses its Markdown: controls, which no file may have.
_OPEN, _CLOSE = "\x0e", "\x0f"
_NUMBER = re.compile(f"{_OPEN}(\\d+){_CLOSE}")
_BLOCK = re.compile(r"\n[ \t]*\n|\n(?=[ \t]*(?:[-*+>|#]|\d+\.)[ \t])")
_END = re.compile(
    r"""(?<=[.!?\u2026])["'\u201d\u2019)\]]*\s+(?=["'\u201c\u2018(\[\x0e]*[^\W_a-z])|(?<=[\u3002\uff01\uff1f])[\u300d\u201d]?"""
)
_ABBREVIATION = re.compile(r"(?:\b(?:Mr|Mrs|Ms|Dr|St|No|vs|Gen|Col|Sen|Rep|Prof|Mme|[^\W\d_])\.)$")
_LONGEST = 5  # characters of an abbreviation


def sentences_of(briefing: Briefing, prose: Prose) -> Mapping[str, str]:
    """Return {key: the first sentence that names it} of a prose field, as Markdown with the words that name it bold."""
    found: dict[str, str] = {}
    mentions: list[tuple[str, str]] = []  # key and words
    text = ""
    for piece in prose:
        if isinstance(piece, Mention):
            text += f"{_OPEN}{len(mentions)}{_CLOSE}"
            mentions.append((piece.key, " ".join(words_of(briefing, piece).split())))
        else:
            text += piece.path if isinstance(piece, Target) else piece.text
    for block in _BLOCK.split(text) if mentions else ():
        if _OPEN not in block:
            continue
        plain = strip_markdown(block)
        keys = iter([mentions[int(number)][0] for number in _NUMBER.findall(plain)])
        named = _NUMBER.sub(lambda found: f"{_OPEN}{mentions[int(found[1])][1]}{_CLOSE}", plain)
        for sentence in _split(named):
            for index, key in zip(range(sentence.count(_OPEN)), keys, strict=False):
                if key not in found:
                    found[key] = _marked(sentence, index)
    return found


def _split(text: str) -> list[str]:
    """Return the sentences of a paragraph: split where one ends, but not after an abbreviation or initial."""
    sentences = [""]
    start = 0
    for match in _END.finditer(text):
        head = text[start : match.end()]
        sentences[-1] += head
        start = match.end()
        if not _ABBREVIATION.search(text, max(0, match.start() - _LONGEST), match.start()):
            sentences.append("")
    sentences[-1] += text[start:]
    return [sentence.strip() for sentence in sentences if sentence.strip()]


def _marked(sentence: str, index: int) -> str:
    """Return a sentence with one of its mentions bold, and cut to `WIDTH` around that."""
    before, words, after = _around(sentence, index)
    room = max(0, WIDTH - len(words))
    head = _last(before, max(room // 2, room - len(after)))
    tail = _first(after, room - min(len(before), room // 2))
    return f"{escape_text(head)}<b>{escape_text(words)}</b>{escape_text(tail)}"


def _around(sentence: str, index: int) -> tuple[str, str, str]:
    parts = re.split(f"[{_OPEN}{_CLOSE}]", sentence)  # text, mention, text, mention, text
    at = 2 * index + 1
    return "".join(parts[:at]), parts[at], "".join(parts[at + 1 :])


def _first(text: str, width: int) -> str:
    if len(text) <= width:
        return text
    return text[:width].rpartition(" ")[0] + "\N{HORIZONTAL ELLIPSIS}"


def _last(text: str, width: int) -> str:
    if len(text) <= width:
        return text
    return "\N{HORIZONTAL ELLIPSIS}" + text[len(text) - width :].partition(" ")[2]
