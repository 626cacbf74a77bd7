"""What stands around the rules of a pack: its sources, elections, words, and what the engine itself says."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from string import Formatter
from zoneinfo import ZoneInfo

from gateway.compliance.calendar import Election, read_election
from gateway.compliance.reading import Faults, Table, parse_toml
from gateway.compliance.rule import Confidence, Force, Source
from gateway.compliance.territory import Territory, known_zones
from gateway.compliance.verdict import NO_ENTRY, NO_GROUND, RULE_FAILED, UNMADE

_UTC = ZoneInfo("UTC")
Words = Mapping[str, Mapping[str, Mapping[str, str]]]


@dataclass(slots=True)
class Files:
    """The files of a bundle, by folder, with the names people know them by."""

    texts: Mapping[str, str]
    shown: Mapping[str, str]
    faults: Faults

    def root(self, path: str) -> Table:
        """One file; an absent one is a fault and reads as empty."""
        if path not in self.texts:
            self.faults.add(self._name(path), "", "ce fichier n’existe pas")
        return parse_toml(self.texts.get(path, ""), self._name(path), self.faults)

    def under(self, folder: str) -> Iterator[Table]:
        """The files of a folder, in the order of their names."""
        for path in sorted(self.texts):
            if path.startswith(folder):
                yield self.root(path)

    def has(self, path: str) -> bool:
        """Whether a file is there: packs of earlier versions lack some."""
        return path in self.texts

    def _name(self, path: str) -> str:
        prefix, _, rest = path.partition("/")
        return f"{self.shown.get(prefix, prefix)}/{rest}"


def read_standing(root: Table, sources: Container[str]) -> None:
    """Where the words of a file come from: as of a rule. Faults are recorded in it."""
    for name in root.texts("sources"):
        if name not in sources:
            root.fault("sources", f"« {name} » n’est pas une clé de sources.toml")
    root.choice("force", Force)
    root.choice("confidence", Confidence)
    root.date("checked_on")


def read_engine_sentences(meta: Table, languages: tuple[str, ...]) -> dict[str, dict[str, str]]:
    """What the engine itself says, with what it can tell."""
    spoken = meta.table("says")
    says = {}
    told = {NO_GROUND: frozenset[str](), RULE_FAILED: frozenset({"rule", "fault"}), UNMADE: frozenset({"fault"})}
    told |= {NO_ENTRY: frozenset[str]()}
    for finding, known in told.items():
        if finding in (UNMADE, NO_ENTRY) and finding not in spoken:  # packs of earlier versions have no words of their own here
            continue
        says[finding] = spoken.in_languages(finding, languages)
        for name in {name for text in says[finding].values() for name in placeholders(text)} - known:
            spoken.fault(finding, f"{{{name}}} n’est rien que le moteur puisse dire")
    spoken.done()
    return says


def read_zone(meta: Table) -> ZoneInfo:
    """The clock of the jurisdiction; UTC when the file names none, which is recorded as a fault."""
    name = meta.text("zone")
    if name in known_zones():
        return ZoneInfo(name)
    if name:
        meta.fault("zone", f"« {name} » n’est pas un fuseau de la base IANA")
    return _UTC


def read_house_meta(files: Files, languages: tuple[str, ...]) -> Table:
    """`pack.toml` of the house; an empty table when there is no house."""
    if not any(path.startswith("house/") for path in files.texts):
        return Table({}, "house/pack.toml", "", files.faults)
    meta = files.root("house/pack.toml")
    meta.in_languages("title", languages)
    read_review(meta)
    return meta


def read_review(meta: Table) -> None:
    """`reviewed`, and `review_by`, which rules fall back on."""
    meta.date("reviewed")
    meta.optional_date("review_by")


def read_sources(files: Files) -> dict[str, Source]:
    """Sources by key."""
    sources: dict[str, Source] = {}
    for path in ("law/sources.toml", "house/sources.toml"):
        if path not in files.texts and path.startswith("house/"):
            continue
        root = files.root(path)
        for table in root.tables("source"):
            key = table.text("key")
            if key in sources:
                table.fault("key", f"« {key} » y est deux fois")
            url = table.text("url") if "url" in table or not table.flag("own", False) else ""
            table.flag("own", False)
            if url and not url.startswith("https://"):
                table.fault("url", "il faut une adresse qui commence par https://")
            sources[key] = Source(key=key, instrument=table.text("instrument"), article=table.text("article"), url=url)
            table.done()
        root.done()
    return sources


def read_elections(
    files: Files, languages: tuple[str, ...], territories: Mapping[str, Territory], sources: Mapping[str, Source]
) -> dict[str, Election]:
    """Elections by id."""
    elections: dict[str, Election] = {}
    for root in files.under("law/elections/"):
        election = read_election(root, languages, territories)
        if election.id in elections:
            root.fault("id", f"« {election.id} » y est deux fois")
        if election.source not in sources:
            root.fault("source", f"« {election.source} » n’est pas une clé de sources.toml")
        if election.rounds:
            elections[election.id] = election
    return elections


def read_words(files: Files, languages: tuple[str, ...]) -> Words:
    """Words by section and id, in every language."""
    words: dict[str, dict[str, Mapping[str, str]]] = {}
    for path in ("law/words.toml", "house/words.toml"):
        if path not in files.texts and path.startswith("house/"):
            continue
        root = files.root(path)
        for section in root.names():
            table = root.table(section)
            named = words.setdefault(section, {})
            for name in table.names():
                named[name] = table.in_languages(name, languages)
            table.done()
    return words


def placeholders(sentence: str) -> set[str]:
    """What a sentence names in braces; the whole sentence when its braces do not match, so that it is reported."""
    try:
        return {name for _, name, _, _ in Formatter().parse(sentence) if name is not None}
    except ValueError:
        return {sentence}
