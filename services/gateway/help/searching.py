"""Finding articles by words: stems without accents, a title counts for more, and a word that is still being typed counts too."""

import math
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from typing import Any

import snowballstemmer

_STEMMERS = {"fr": "french", "nl": "dutch", "en": "english", "de": "german"}
_UMLAUT_WRITTEN_OUT = re.compile("([aou])e")
_WORD = re.compile(r"[a-z0-9]+")
_IN_TITLE = 4
_AS_BEGINNING = 0.6
_MIN_BEGINNING = 3
MAX_QUERY = 200
MAX_WORDS = 12
MAX_FOUND = 12


class Index:
    """Of one language. documents: title and text by name."""

    def __init__(self, language: str, documents: Mapping[str, tuple[str, str]]) -> None:
        stemmer: Any = snowballstemmer  # comes without types
        self._is_german = language == "de"
        self._stem: Callable[[str], str] = stemmer.stemmer(_STEMMERS[language]).stemWord
        self._count = len(documents)
        self._weights: dict[str, dict[str, float]] = defaultdict(dict)
        for name, (title, text) in documents.items():
            counts = Counter(self._stems(text))
            for stem in self._stems(title):
                counts[stem] += _IN_TITLE
            for stem, count in counts.items():
                self._weights[stem][name] = 1 + math.log(count)

    def search(self, query: str) -> list[str]:
        """Names of documents, the best first. Those that hold more of the words come before those that repeat one."""
        scores: dict[str, float] = defaultdict(float)
        held: Counter[str] = Counter()
        for stem in dict.fromkeys(self._stems(query[:MAX_QUERY])[:MAX_WORDS]):
            for name, weight in self._of(stem).items():
                scores[name] += weight
                held[name] += 1
        ranked = sorted(scores, key=lambda name: (-held[name], -scores[name], name))
        return ranked[:MAX_FOUND]

    def _of(self, stem: str) -> dict[str, float]:
        """What a word of the query is worth in each document: rare words more, words in nearly every text nothing."""
        found: dict[str, float] = {}
        for known, names in self._weights.items():
            share = 1.0 if known == stem else _AS_BEGINNING if _begins(known, stem) else 0.0
            rarity = math.log(self._count / len(names))
            if not share or rarity < math.log(1.5):
                continue
            for name, weight in names.items():
                found[name] = max(found.get(name, 0.0), share * weight * rarity)
        return found

    def _stems(self, text: str) -> list[str]:
        plain = _plain(text)
        if self._is_german:
            plain = _UMLAUT_WRITTEN_OUT.sub(r"\1", plain)
        return [self._stem(word) for word in _WORD.findall(plain)]


def _begins(known: str, stem: str) -> bool:
    return len(stem) >= _MIN_BEGINNING and known.startswith(stem)


def _plain(text: str) -> str:
    """Small letters without accents."""
    decomposed = unicodedata.normalize("NFKD", text.lower().replace("ß", "ss").replace("œ", "oe"))
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))
