"""The journal, filtered for reading."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import replace

import orjson

from gateway.audit.entry import EntryKind, canonical
from gateway.flows.auditing.scope import Scope, choice_of
from gateway.flows.gateway import Gateway
from gateway.store import auditing
from gateway.store.engine import reading
from gateway.store.journal import Recorded


def logged(
    gw: Gateway, scope: Scope, *, kinds: Sequence[EntryKind] = (), rule: str | None = None, verdict: str | None = None
) -> Generator[Recorded, None, None]:
    """Entries of a part of the journal, oldest first, in constant memory; a rule or a verdict chooses decisions only.

    It holds a connection until it ends, or is closed. Raises NotFound for an unknown campaign or person.
    """
    wanted = (EntryKind.DECISION,) if rule or verdict else tuple(kinds)
    # The database leaves out what surely does not say it; the entry itself decides.
    saying = [canonical(rule)] if rule else []
    saying += [b'"verdict":' + canonical(verdict)] if verdict else []
    with reading(gw.engine) as tx:
        choice = replace(choice_of(tx, gw, scope), kinds=wanted, saying=tuple(saying))
        if wanted and EntryKind.FACTS not in wanted:
            choice = replace(choice, also=())  # the facts behind her decisions are of another kind
        for recorded in auditing.each(tx, choice):
            if rule or verdict:
                told = orjson.loads(recorded.body)
                if (rule and rule not in told.get("rules", ())) or (verdict and told.get("verdict") != verdict):
                    continue
            yield recorded
