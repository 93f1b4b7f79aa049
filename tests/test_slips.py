"""Suggestions: what somebody most likely meant by a key or an id that is not known."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from string import ascii_lowercase

from generator.errors import Known
from generator.fields import Part
from generator.mend import field_names, types_in
from generator.records import KINDS, BriefingInfo

IDS = sorted(
    file.stem for folder in ("actors", "events", "quotes", "sources") for file in Path("docs", folder).rglob("*.yml")
)
FAR = "zzz qqqq unrelated-words wholly-other-thing x 1 bananas lorem-ipsum-dolor".split()


def slips_of(word: str, random: Random) -> Iterator[str]:
    """Yield what one edit makes of a word: a letter left out, doubled, mistyped, or two of them turned round."""
    for spot, letter in enumerate(word):
        other = random.choice(ascii_lowercase.replace(letter, ""))
        yield word[:spot] + word[spot + 1 :]
        yield word[:spot] + other + word[spot:]
        yield word[:spot] + other + word[spot + 1 :]
        yield word[:spot] + word[spot + 1 : spot + 2] + letter + word[spot + 2 :]


def models() -> Iterator[type[Part]]:
    """Yield all models of records, the card, and their parts."""
    whole: tuple[type[Part], ...] = (*KINDS, BriefingInfo)
    for model in whole:
        yield model
        for field in model.model_fields.values():
            for inner in types_in(field.annotation):
                if isinstance(inner, type) and issubclass(inner, Part):
                    yield inner


def share_found(words: Sequence[str], random: Random) -> tuple[int, int]:
    """Return for how many slips of these words the word itself is suggested, and of how many."""
    known = {word: Known(words) for word in words}
    slips = {(slip, word) for word in words if len(word) > 1 for slip in slips_of(word, random)}
    asked = sorted((slip, word) for slip, word in slips if slip not in words and slip)
    return sum(known[word].nearest(slip) == word for slip, word in asked), len(asked)


def test_one_edit_slips_of_keys_get_the_right_suggestion() -> None:
    shares = [share_found(sorted(field_names(model)), Random(1)) for model in set(models())]
    found, asked = (sum(counts) for counts in zip(*shares, strict=True))
    assert asked > 2000
    assert found / asked >= 0.95


def test_one_edit_slips_of_ids_get_the_right_suggestion() -> None:
    found, asked = share_found(IDS, Random(1))
    assert asked > 1000
    assert found / asked >= 0.95


def test_far_words_get_no_suggestion() -> None:
    for words in (IDS, *(field_names(model) for model in models())):
        assert [near for word in FAR if (near := Known(words).nearest(word))] == []
