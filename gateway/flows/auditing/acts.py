"""Do campaigns, approvals, origins, files, forms, requests, holds and breaches stand in their tables as the journal tells of
them? beside.py asks the rest."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from hashlib import sha256
from typing import Any, NamedTuple

import orjson

from gateway.audit.entry import EntryKind, stamp
from gateway.domain.campaign import CampaignState
from gateway.domain.keys import pseudonym
from gateway.domain.rights import RequestState
from gateway.flows.auditing.unnamed import Unnamed
from gateway.store import beside, tabled
from gateway.store.beside import CampaignAsKept, Told
from gateway.store.engine import Connection

#: Acts after which messages of a campaign leave.
_GOING = frozenset({"launched", "resumed", "test", "standing"})
_OVER = {"cancelled": CampaignState.CANCELLED, "finished": CampaignState.FINISHED}


class Difference(NamedTuple):
    """Something that a table says, and the journal does not; or the other way round."""

    what: str  #: message, receipt, person, address, objection, pause, reply, consent, restriction, approval, campaign, origin, …
    number: int | None  #: of the message, person, campaign and so on; of an objection from a list: the entry's
    sentence: str


def acts_of(tx: Connection, nameless: Unnamed) -> Iterator[Difference]:
    """What the team did and was asked: each row against its entries."""
    yield from _approvals(tx)
    yield from _campaigns(tx)
    yield from _origins(tx)
    yield from _files(tx)
    yield from _forms(tx)
    yield from _requests(tx, nameless)
    yield from _holds(tx, nameless)
    yield from _breaches(tx)
    for number in tabled.unmarked(tx):
        said = "il a demandé un accord, et plus rien ne le dit : la personne pourrait être sollicitée deux fois"
        yield Difference("request-mark", number, f"message n° {number} : {said}")


def _approvals(tx: Connection) -> Iterator[Difference]:
    told_of = {(one.campaign_id, told["binding"], told["by"], told.get("waiver")) for one, told in _read(tx, EntryKind.APPROVAL)}
    there = set(beside.approvals(tx))
    for approved in sorted(there - told_of, key=str):
        said = f"le journal ne connaît pas l’approbation par {approved.by}"
        yield Difference("approval", approved.campaign_id, f"campagne n° {approved.campaign_id} : {said}")
    for number, _, by, _ in sorted(told_of - there, key=str):
        yield Difference("approval", number, f"campagne n° {number} : l’approbation par {by} n’est plus là")


class _Campaign:
    """One campaign, as the entries of the journal tell of it one after the other."""

    def __init__(self) -> None:
        self.act = "rien"  #: the last thing done to it
        self.version: str | None = None  #: hash of what it last said
        self.author: str | None = None  #: who began it
        self.rows: int | None = None  #: of its audience, as it was launched
        self.writers: dict[str, set[str]] = defaultdict(set)  #: by version, who wrote it

    def take(self, told: dict[str, Any]) -> None:
        """One more entry."""
        self.act = told["act"]
        if self.act in ("created", "changed", "standing"):
            self.version = told["version"]
            self.writers[told["version"]].add(told["by"])
            self.author = self.author or told["by"]
        elif self.act == "launched":
            self.rows = told["messages"] + told.get("elsewhere", 0)

    def fault(self, kept: CampaignAsKept) -> str | None:
        """What its row says otherwise; None when it says the same."""
        if self.version is not None and sha256(kept.definition).hexdigest() != self.version:
            return "son contenu n’est plus celui de sa dernière version"
        if self.author is not None and kept.author != self.author:
            return f"{kept.author} ne l’a pas écrite, mais {self.author}"
        if not self._may_be(kept.state):
            return f"elle est dite « {kept.state.value} », et le journal finit par « {self.act} »"
        if self.rows is not None and self.rows != kept.rows:
            return f"{self.rows} lignes à son lancement, et {kept.rows} dans la file d’envoi"
        return None

    def _may_be(self, state: CampaignState) -> bool:
        """Whether a campaign to which this was done last may be in a state."""
        if self.act in _OVER:
            return state is _OVER[self.act]
        return state not in _OVER.values() and (state is not CampaignState.RUNNING or self.act in _GOING)


def _campaigns(tx: Connection) -> Iterator[Difference]:
    """Each one says what its last version says, goes on or is over as it was told, and its audience is as long as it was."""
    told_of: dict[int, _Campaign] = defaultdict(_Campaign)
    for one, told in _read(tx, EntryKind.CAMPAIGN):
        if one.campaign_id is not None:
            told_of[one.campaign_id].take(told)
    there = beside.campaigns(tx)
    for number in sorted(told_of.keys() - there.keys()):
        yield Difference("campaign", number, f"campagne n° {number} : le journal en parle, et elle n’est plus là")
    for number, kept in there.items():
        if said := told_of[number].fault(kept):
            yield Difference("campaign", number, f"campagne « {kept.name} » : {said}")
    for number, version, author in beside.authors(tx):
        writers = told_of[number].writers.get(version)
        if writers is not None and author not in writers:
            said = f"{author} n’a pas écrit la version qu’on lui prête"
            yield Difference("campaign", number, f"campagne n° {number} : {said}")


def _origins(tx: Connection) -> Iterator[Difference]:
    there = beside.origins(tx)
    for _, told in _read(tx, EntryKind.ORIGIN):
        if "act" in told:
            continue
        kind = "web_form" if told["of"] == "form" else told["of"]
        said = (kind, told["label"], told["collection"], told.get("collected"), told.get("collector"))
        if there.get(told["origin"]) != said:
            name = told["label"]
            yield Difference(
                "origin", told["origin"], f"origine n° {told['origin']} : ce n’est plus celle du journal, « {name} »"
            )


def _files(tx: Connection) -> Iterator[Difference]:
    """Each file that was brought in is the one that was, by whom, of which origin; only what was undone is called so."""
    brought, undone = dict[int, tuple[str, int, str]](), set[int]()
    for _, told in _read(tx, EntryKind.IMPORT):
        if told.get("act") == "undone":
            undone.add(told["batch"])
        elif "batch" in told:
            brought[told["batch"]] = told["file"], told["origin"], told["by"]
    there = tabled.batches(tx)
    for number in sorted(brought.keys() - there.keys()):
        yield Difference("import", number, f"import n° {number} : le journal en parle, et il n’est plus là")
    for number, kept in there.items():
        said = kept.file, kept.origin_id, kept.by
        if number in brought and (brought[number] != said or kept.undone is not (number in undone)):
            yield Difference("import", number, f"import n° {number} : son fichier, son origine, son auteur ou sa fin ont changé")


def _forms(tx: Connection) -> Iterator[Difference]:
    """Each version of a form that people could see says what it said then."""
    shown = {(told["form"], told["version"]) for _, told in _read(tx, EntryKind.FORM) if told["act"] == "published"}
    there = tabled.forms(tx)
    for name, version in sorted(shown - {(one[0], one[1]) for one in there}):
        yield Difference("form", None, f"formulaire « {name} » : sa version {version[:8]} n’est plus là")
    for name, version, body in there:
        if (name, version) not in shown or sha256(body).hexdigest() != version:
            yield Difference("form", None, f"formulaire « {name} » : sa version {version[:8]} n’est plus celle que l’on a vue")


class _Asked:
    """A request, as the journal tells of it so far."""

    def __init__(self, told: dict[str, object], by: Told) -> None:
        self.said = {name: told.get(name) for name in ("right", "via", "received", "deadline", "identity")}
        self.opened = by
        self.outcome, self.by = RequestState.OPEN.value, None

    def take(self, told: dict[str, Any]) -> None:
        """Take one more entry in."""
        names = {"antedated": ("received", "deadline"), "extended": ("deadline",), "identity": ("identity",)}
        self.said |= {name: told[name] for name in names.get(told["act"], ())}
        if told["act"] == "answered":
            self.outcome, self.by = told["outcome"], told["by"]

    def fault(self, kept: beside.Requested, nameless: Unnamed) -> str | None:
        """What the table says otherwise."""
        if kept.state.value != self.outcome:
            waits = kept.state is RequestState.OPEN
            return "en attente, et le journal dit sa réponse" if waits else "close, sans réponse au journal"
        times = {"received": stamp(kept.received_at), "deadline": stamp(kept.deadline_at)}
        if {"right": kept.right, "via": kept.via, "identity": kept.identity} | times != self.said:
            return "son droit, sa date, son terme, sa voie ou l’identité vérifiée ne sont plus ceux du journal"
        if kept.answered_by != self.by:
            return f"{kept.answered_by} n’y a pas répondu"
        person = self.opened.person
        if person is not None and kept.key is not None and pseudonym(kept.key) != person and not nameless.may_be(self.opened):
            return "elle est dite d’une autre personne que dans le journal"
        return None


def _requests(tx: Connection, nameless: Unnamed) -> Iterator[Difference]:
    """Each request that was opened is there, with its term, and only what was answered is called so."""
    asked = dict[int, _Asked]()
    for one, told in _read(tx, EntryKind.RIGHTS):
        if told.get("act") == "opened":
            asked[told["request"]] = _Asked(told, one)
        elif told.get("request") in asked:
            asked[told["request"]].take(told)
    there = beside.requests(tx)
    for number in sorted(asked.keys() - there.keys()):
        yield Difference("request", number, f"demande n° {number} : le journal dit qu’elle est arrivée, et elle n’est plus là")
    for number, kept in there.items():
        if number not in asked:
            yield Difference("request", number, f"demande n° {number} : le journal ne la connaît pas")
        elif said := asked[number].fault(kept, nameless):
            yield Difference("request", number, f"demande n° {number} : {said}")


def _holds(tx: Connection, nameless: Unnamed) -> Iterator[Difference]:
    """Each hold stands for whom it was placed, as long as it was; one that is gone has gone with the person."""
    placed, lifted, by = dict[int, tuple[str | None, str, str]](), set[int](), dict[int, Told]()
    for one, told in _read(tx, EntryKind.HOLD):
        if told["act"] == "placed":
            placed[told["hold"]], by[told["hold"]] = (one.person, told["until"], told["by"]), one
        else:
            lifted.add(told["hold"])
    there = tabled.holds(tx)
    for number, kept in there.items():
        person = placed[number][0] if nameless.may_be(by.get(number)) else kept.key and pseudonym(kept.key)
        said = person, stamp(kept.until), kept.by
        if placed.get(number) != said or kept.lifted is not (number in lifted):
            yield Difference("hold", number, f"gel n° {number} : la personne, le terme ou la fin ne sont plus ceux du journal")
    gone = {number: person for number, (person, *_) in placed.items() if number not in there}
    people = set[str | None]()
    if gone:
        people = {pseudonym(one.key) for page in beside.each_person(tx) for one in page if one.key is not None}
    for number in sorted(number for number, person in gone.items() if person in people):
        yield Difference("hold", number, f"gel n° {number} : il n’est plus là, et la personne n’est plus gardée")


def _breaches(tx: Connection) -> Iterator[Difference]:
    """Each breach is there, with its hours, and only what was closed is called so."""
    opened, closed = dict[int, tuple[str, str, str]](), dict[int, str | None]()
    for _, told in _read(tx, EntryKind.BREACH):
        if told["act"] == "opened":
            opened[told["breach"]] = _instant(told["aware"]), _instant(told["deadline"]), told["by"]
        else:
            closed[told["breach"]] = _instant(told["told"]) if "told" in told else None
    there = tabled.breaches(tx)
    for number in sorted(opened.keys() - there.keys()):
        yield Difference("breach", number, f"violation n° {number} : le journal la dit, et elle n’est plus au registre")
    for number, kept in there.items():
        said = stamp(kept.aware_at), stamp(kept.deadline_at), kept.by
        told_at = kept.told_at and stamp(kept.told_at)
        if opened.get(number) != said or kept.closed is not (number in closed) or told_at != closed.get(number):
            yield Difference("breach", number, f"violation n° {number} : ses instants ou sa fin ne sont plus ceux du journal")


def _instant(told: str) -> str:
    """An instant as entries write it; older ones of a breach were written on the clock of whoever typed it."""
    return stamp(datetime.fromisoformat(told))


def _read(tx: Connection, kind: EntryKind) -> Iterator[tuple[Told, dict[str, Any]]]:
    return ((one, orjson.loads(one.body)) for one in beside.told(tx, kind))
