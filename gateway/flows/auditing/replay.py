"""Would the law decide the same again? Each verdict is recomputed from its recorded facts and the pack of its time."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

import orjson

from gateway.audit.entry import EntryKind, stamp
from gateway.compliance.codec import facts_from_json
from gateway.compliance.decide import decide
from gateway.compliance.pack import Pack
from gateway.compliance.verdict import RULE_FAILED, Defer, Verdict
from gateway.domain.errors import GatewayError
from gateway.flows.auditing.reading import read_as_written
from gateway.flows.auditing.scope import Scope, choice_of
from gateway.flows.gateway import Gateway
from gateway.store import auditing, kept
from gateway.store.engine import Connection, reading
from gateway.store.journal import Recorded
from gateway.store.kept import Shelf

_PACKS_KEPT = 8
_VERDICTS_KEPT = 50_000
_DIFFERENCES_MOST = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A verdict that the facts and the pack of its time do not give."""

    entry_id: int
    message_id: int | None
    at: datetime
    recorded: str  #: the verdict and its rules, as the journal has them
    computed: str  #: as they come out, or why they could not be computed


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """What a replay found."""

    verdicts: int  #: recomputed and the same
    beyond: int  #: refusals that no pack makes (person gone, message that could not be made): nothing to recompute
    differences: tuple[Difference, ...]  #: the first hundred
    different: int  #: how many in all


def replay(gw: Gateway, scope: Scope) -> Replayed:
    """Recompute every verdict of a part of the journal. Reads only, in constant memory. Raises NotFound, InvalidInput."""
    same = beyond = different = 0
    differences: list[Difference] = []
    with reading(gw.engine) as tx, read_as_written():
        memory = Memory(tx)
        for recorded in auditing.each(tx, choice_of(tx, gw, scope)):
            if recorded.kind == EntryKind.FACTS:
                memory.learn(orjson.loads(recorded.body))
                continue
            if recorded.kind != EntryKind.DECISION:
                continue
            told = orjson.loads(recorded.body)
            if "facts" not in told or RULE_FAILED in told["rules"]:
                beyond += 1
                continue
            computed = memory.computed(told)
            if computed == _said(told["verdict"], told["rules"], told.get("until")):
                same += 1
                continue
            different += 1
            if len(differences) < _DIFFERENCES_MOST:
                differences.append(_difference(recorded, told, computed))
    return Replayed(verdicts=same, beyond=beyond, differences=tuple(differences), different=different)


class Memory:
    """Facts, packs and verdicts already met; what is not is looked up."""

    def __init__(self, tx: Connection) -> None:
        self._tx = tx
        self._facts: dict[str, bytes] = {}
        self._packs: OrderedDict[str, Pack | None] = OrderedDict()
        self._verdicts: dict[tuple[str, str], tuple[datetime, Verdict]] = {}
        self._searched: set[int] = set()

    def learn(self, told: dict[str, Any]) -> None:
        """Remember the facts of an entry, where they are those by whose hash decisions name them."""
        if "body" in told and sha256(body := told["body"].encode()).hexdigest() == told["facts"]:
            self._facts[told["facts"]] = body

    def computed(self, told: dict[str, object]) -> str:
        """The verdict as it comes out now, in the words of _said; or why it does not."""
        found = self.judged(told)
        if isinstance(found, str):
            return found
        verdict = found[0]
        return _said(verdict.name, list(verdict.rules), stamp(verdict.until) if isinstance(verdict, Defer) else None)

    def judged(self, told: dict[str, Any]) -> tuple[Verdict, Pack] | str:
        """The verdict of a decision computed anew, and the pack that gives it; or why it cannot be."""
        at = datetime.fromisoformat(told["at"])
        pack, facts = self._pack(told["pack"]), self._of(told["facts"], told.get("campaign"))
        if pack is None:
            return f"pack {told['pack']} is not kept"
        if facts is None:
            return f"facts {told['facts'][:12]} are not recorded"
        key = told["facts"], told["pack"]
        known = self._verdicts.get(key)
        if known is None or not _holds(known, at):
            try:
                verdict = decide(facts_from_json(facts, at), pack)
            except GatewayError as fault:
                return f"cannot be computed: {fault}"
            if len(self._verdicts) >= _VERDICTS_KEPT:
                self._verdicts.clear()
            known = self._verdicts[key] = at, verdict
        return known[1], pack

    def _pack(self, version: str) -> Pack | None:
        if version not in self._packs:
            text = kept.text(self._tx, Shelf.PACKS, version)
            pack = None if text is None else Pack.from_text(text)
            self._packs[version] = pack if pack is not None and pack.version == version else None
            if len(self._packs) > _PACKS_KEPT:
                self._packs.popitem(last=False)
        return self._packs[version]

    def _of(self, digest: str, campaign_id: int | None) -> bytes | None:
        if digest not in self._facts and campaign_id is not None and campaign_id not in self._searched:
            self._searched.add(campaign_id)
            for recorded in auditing.of_campaigns(self._tx, [campaign_id], {EntryKind.FACTS}):
                self.learn(orjson.loads(recorded.body))
        return self._facts.get(digest)


def _holds(known: tuple[datetime, Verdict], at: datetime) -> bool:
    """Whether a verdict computed at one instant is still the one at a later one."""
    since, verdict = known
    return since <= at and (verdict.valid_until is None or at < verdict.valid_until)


def _said(verdict: str, rules: list[str], until: str | None) -> str:
    return f"{verdict} ({', '.join(rules)})" + (f" until {until}" if until else "")


def _difference(recorded: Recorded, told: dict[str, Any], computed: str) -> Difference:
    return Difference(
        entry_id=recorded.id,
        message_id=told.get("message"),
        at=recorded.at,
        recorded=_said(told["verdict"], told["rules"], told.get("until")),
        computed=computed,
    )
