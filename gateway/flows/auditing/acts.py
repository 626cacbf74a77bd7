"""Do campaigns, approvals, origins and requests stand in their tables as the journal tells of them? beside.py asks the rest."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from hashlib import sha256
from typing import Any, NamedTuple

import orjson

from gateway.audit.entry import EntryKind, stamp
from gateway.domain.campaign import CampaignState
from gateway.store import beside
from gateway.store.beside import Told
from gateway.store.engine import Connection

#: Acts after which messages of a campaign leave.
_GOING = frozenset({"launched", "resumed", "test", "standing"})
_OVER = {"cancelled": CampaignState.CANCELLED, "finished": CampaignState.FINISHED}


class Difference(NamedTuple):
    """Something that a table says, and the journal does not; or the other way round."""

    what: str  #: message, person, address, objection, consent, restriction, approval, campaign, origin, request
    number: int | None  #: of the message, person, campaign, origin or request; of an objection from a list: the entry's
    sentence: str


def acts_of(tx: Connection) -> Iterator[Difference]:
    """What the team did and was asked: each row against its entries."""
    yield from _approvals(tx)
    yield from _campaigns(tx)
    yield from _origins(tx)
    yield from _requests(tx)


def _approvals(tx: Connection) -> Iterator[Difference]:
    told_of = {(one.campaign_id, told["binding"], told["by"], told.get("waiver")) for one, told in _read(tx, EntryKind.APPROVAL)}
    there = set(beside.approvals(tx))
    for approved in sorted(there - told_of, key=str):
        said = f"le journal ne connaît pas l’approbation par {approved.by}"
        yield Difference("approval", approved.campaign_id, f"campagne n° {approved.campaign_id} : {said}")
    for number, _, by, _ in sorted(told_of - there, key=str):
        yield Difference("approval", number, f"campagne n° {number} : l’approbation par {by} n’est plus là")


def _campaigns(tx: Connection) -> Iterator[Difference]:
    """Each one says what its last version says, goes on or is over as it was told, and its audience is as long as it was."""
    last, versions, frozen = dict[int, str](), dict[int, str](), dict[int, int]()
    writers: dict[tuple[int, str], set[str]] = defaultdict(set)
    for one, told in _read(tx, EntryKind.CAMPAIGN):
        number = one.campaign_id
        if number is None:
            continue
        last[number] = told["act"]
        if told["act"] in ("created", "changed", "standing"):
            versions[number] = told["version"]
            writers[number, told["version"]].add(told["by"])
        elif told["act"] == "launched":
            frozen[number] = told["messages"] + told.get("elsewhere", 0)
    there = beside.campaigns(tx)
    for number in sorted(last.keys() - there.keys()):
        yield Difference("campaign", number, f"campagne n° {number} : le journal en parle, et elle n’est plus là")
    for number, kept in there.items():
        act, said = last.get(number, "rien"), None
        if number in versions and sha256(kept.definition).hexdigest() != versions[number]:
            said = "son contenu n’est plus celui de sa dernière version"
        elif (kept.state is CampaignState.RUNNING and act not in _GOING) or _OVER.get(act, kept.state) is not kept.state:
            said = f"elle est dite « {kept.state.value} », et le journal finit par « {act} »"
        elif number in frozen and frozen[number] != kept.rows:
            said = f"{frozen[number]} lignes à son lancement, et {kept.rows} dans la file d’envoi"
        if said is not None:
            yield Difference("campaign", number, f"campagne « {kept.name} » : {said}")
    for number, version, author in beside.authors(tx):
        if (number, version) in writers and author not in writers[number, version]:
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


def _requests(tx: Connection) -> Iterator[Difference]:
    """Each request that was opened is there, with its term, and only what was answered is called so."""
    terms, answered = dict[int, tuple[str, str]](), set[int]()
    for _, told in _read(tx, EntryKind.RIGHTS):
        if "deadline" in told:
            terms[told["request"]] = told["right"], told["deadline"]
        elif told.get("act") == "answered":
            answered.add(told["request"])
    there = beside.requests(tx)
    for number in sorted(terms.keys() - there.keys()):
        yield Difference("request", number, f"demande n° {number} : le journal dit qu’elle est arrivée, et elle n’est plus là")
    for number, kept in there.items():
        if kept.waits is (number in answered):
            said = "en attente, et le journal dit sa réponse" if kept.waits else "close, sans réponse au journal"
            yield Difference("request", number, f"demande n° {number} : {said}")
        elif number in terms and terms[number] != (kept.right, stamp(kept.deadline_at)):
            yield Difference("request", number, f"demande n° {number} : son terme, ou son droit, n’est plus celui du journal")


def _read(tx: Connection, kind: EntryKind) -> Iterator[tuple[Told, dict[str, Any]]]:
    return ((one, orjson.loads(one.body)) for one in beside.told(tx, kind))
