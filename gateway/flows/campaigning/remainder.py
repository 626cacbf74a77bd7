"""A campaign in the place of another that was stopped: the same audience, without whoever that one reached."""

from __future__ import annotations

from dataclasses import replace

from gateway.domain.audience import Audience
from gateway.domain.campaign import CampaignState, MessageClass
from gateway.domain.errors import Conflict, InvalidInput, NotFound
from gateway.domain.message import MessageState
from gateway.flows.campaigning.definition import Definition
from gateway.store import campaigns, progress
from gateway.store.campaigns import CampaignRow
from gateway.store.engine import Connection

#: States that a campaign never leaves: nothing of it is claimed any more.
_OVER = (CampaignState.CANCELLED, CampaignState.FINISHED)
#: On its way at this instant: it may still come back as not handed over.
_UNDER_WAY = (MessageState.HANDING_OVER, MessageState.RINGING)


def rest_of(tx: Connection, definition: Definition, message_class: MessageClass) -> Definition:
    """The definition with the audience of the campaign it takes the place of; as it is when it takes nobody's.

    Criteria, and what was told and attested of them, are that campaign's: a correction selects nobody anew. Raises NotFound,
    InvalidInput, Conflict.
    """
    if not definition.audience.unreached_by:
        return definition
    [name] = definition.audience.unreached_by
    if definition.audience != Audience(unreached_by=(name,)):
        raise InvalidInput(f"--rest-of reprend le public de « {name} » : ne donnez avec elle ni --class, ni --commune, ni --tag")
    first = campaigns.by_name(tx, name)
    if first is None:
        raise NotFound(f"--rest-of : aucune campagne ne s’appelle « {name} » ; gateway campaign list les montre")
    if first.launched_at is None:
        raise Conflict(
            f"--rest-of : « {name} » n’est pas partie ; changez-la elle-même (gateway campaign create {name} … --edit)"
        )
    if first.medium is not definition.medium or first.message_class is not message_class:
        raise Conflict(f"--rest-of : « {name} » n’est pas du même canal, ou n’est pas du même genre de message")
    theirs = Definition.from_body(first.definition)
    return replace(
        definition,
        audience=replace(theirs.audience, unreached_by=(*theirs.audience.unreached_by, name)),
        attestations=definition.attestations or theirs.attestations,
        targeting_data=definition.targeting_data or theirs.targeting_data,
    )


def not_over(tx: Connection, audience: Audience) -> tuple[str, ...]:
    """Campaigns that may still reach somebody whom this audience counts as not reached."""
    firsts = [row for name in audience.unreached_by if (row := campaigns.by_name(tx, name)) is not None]
    return tuple(row.name for row in firsts if row.state not in _OVER or any(map(progress.tally(tx, row.id).get, _UNDER_WAY)))


def check_over(tx: Connection, audience: Audience) -> None:
    """Raises Conflict while somebody could get both a campaign and the one in its place."""
    if going := not_over(tx, audience):
        raise Conflict(
            f"« {going[0]} » n’est pas finie, et quelqu’un recevrait les deux : arrêtez-la d’abord (gateway campaign cancel "
            f"{going[0]} --why …) ; si c’est fait, ses derniers messages sont en route, recommencez dans une minute"
        )


def how_to_correct(row: CampaignRow) -> str:
    """What to do about a mistake in a campaign that was launched."""
    stop = "Écrivez" if row.state in _OVER else f"Arrêtez-la (gateway campaign cancel {row.name} --why …), puis écrivez"
    return (
        f"Une faute à corriger ? {stop}-en une autre avec --rest-of {row.name} : elle ira au même public, sans les personnes que "
        "celle-ci a atteintes"
    )
