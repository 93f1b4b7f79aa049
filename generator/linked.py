"""What linking found: whom each record, page and the card name, and their linked prose. Kept for the next reading.

Knows who is to be linked again when the world is another: names of actors, and the keys that there are.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from generator.backlinks import Naming, WaysBack
from generator.errors import Problem
from generator.fields import FieldPath, Part, marked_values
from generator.load import RawPage
from generator.names import NameIndex, as_line
from generator.noted import Lazy
from generator.prose import Prose


@dataclass(frozen=True, slots=True)
class HandPage:
    """A hand-written page: its name below `docs/`, its title, and its text after the front matter, linked."""

    name: str
    front_matter: Mapping[str, object]
    title: str
    prose: Prose

    @property
    def key(self) -> str:
        return self.name.removesuffix(".md")

    @property
    def front(self) -> tuple[str, Mapping[str, object]]:
        """What it says of itself."""
        return self.title, self.front_matter


class Author(NamedTuple):
    """What has the links: its key, the file it is written in, and where in that file it starts."""

    key: str
    path: str
    at: FieldPath = ()


@dataclass(slots=True)
class Linked:
    """What came of linking one record, the card or a hand-written page."""

    of: Part | RawPage  # the record, card or page
    author: Author
    names: list[Naming] = field(default_factory=list)
    prose: dict[tuple[str, FieldPath], Prose] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    page: HandPage | None = None


class World(NamedTuple):
    """What a link may lead to: the names of actors, with their keys, and the keys of all records. `others` are those of
    drafts, the files below `docs/`, and the keys of what could not be read.
    """

    names: Mapping[str, list[str]]
    keys: Collection[str]
    others: tuple[frozenset[str], frozenset[str], frozenset[str]]


@dataclass(slots=True)
class LinkMemory:
    """What linking found last time: what is the same object is not linked again, unless the world around it is another
    and that touches it.
    """

    world: World = field(default_factory=lambda: World({}, frozenset(), (frozenset(),) * 3))
    names: NameIndex = field(default_factory=lambda: NameIndex({}))
    linked: dict[str, Linked] = field(default_factory=dict)  # by key of the author
    texts: Lazy[str, str] = field(init=False)  # all words of an author, as far as they are asked for
    ways_back: WaysBack = field(default_factory=WaysBack)
    prose: dict[tuple[str, FieldPath], Prose] = field(default_factory=dict)
    faulty: set[str] = field(default_factory=set)  # authors with whose links something is wrong
    steps: Mapping[str, int] = field(default_factory=dict)  # of events, as `steps_back` has them

    def __post_init__(self) -> None:
        self.texts = Lazy(lambda key: words_of(self.linked[key].of))

    def remember(self, linked: Linked) -> None:
        """Take it that this is what linking found of an author."""
        key = linked.author.key
        self.linked[key] = linked
        if linked.problems:
            self.faulty.add(key)
        self.ways_back.give(key, linked.names)
        self.prose.update(linked.prose)

    def forget(self, linked: Linked) -> None:
        """Take it that this is no longer what linking an author gives."""
        key = linked.author.key
        self.texts.pop(key, None)
        self.faulty.discard(key)
        self.ways_back.forget(key, linked.names)
        for at in linked.prose:
            del self.prose[at]

    def gather_texts(self, most: int) -> bool:
        """Put the texts of some authors together before a name is looked for in them; tell whether there are more."""
        missing = [key for key in self.linked if key not in self.texts]
        self.texts.fill(missing[:most])
        return len(missing) > most

    def enter(self, world: World) -> frozenset[str]:
        """Take it that this is the world now, and return the authors whose links may be others in it."""
        before, self.world = self.world, world
        if before == world:
            return frozenset()
        old_names = self.names
        if before.names != world.names:
            self.names = old_names.after(world.names)
        if before.others != world.others:
            return frozenset(self.linked)
        touched = {*self.faulty}
        if before.keys is not world.keys:
            last, keys = {*before.keys}, {*world.keys}
            ids = {_id_of(key) for key in last ^ keys}  # of which there are more now, or fewer
            named = (key for key in last | keys if ids and _id_of(key) in ids)
            touched |= {author for key in named for author in self.ways_back.authors_of(key)}
        forms = {as_line(form) for form in self.names.changed(old_names)}
        self.texts.fill(self.linked if forms else ())
        for form in forms:
            touched |= {key for key, text in self.texts.items() if form in text}
        return frozenset(touched)


def _id_of(key: str) -> str:
    return key.partition("/")[2]


def words_of(author: Part | RawPage) -> str:
    """Return all text in which an author may name somebody, on lines of their own."""
    if isinstance(author, RawPage):
        return as_line(author.text)
    return "\n".join(as_line(marked.text) for marked in marked_values(author))
