"""Test copies: a campaign as it is now, to declared members of the team, through the same gate."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from gateway.audit.entry import EntryKind, entry
from gateway.domain.address import EmailAddress
from gateway.domain.campaign import CampaignState, MessageClass
from gateway.domain.channel import Medium
from gateway.domain.errors import InvalidInput, NotFound
from gateway.domain.keys import PERSON_KEY_BYTES
from gateway.domain.phone import PhoneNumber
from gateway.flows.campaigning.drafting import find, named, store
from gateway.flows.gateway import Gateway
from gateway.flows.sending.briefing import brief, team_digests
from gateway.store import campaigns, journal, outbox, people
from gateway.store.campaigns import CampaignRow, NewCampaign
from gateway.store.engine import Connection, begin

_COPIES_MAX = 999


@dataclass(frozen=True, slots=True, kw_only=True)
class TestCopy:
    """A test copy on its way."""

    campaign: str  #: the campaign of class test that carries it
    message_id: int


def send_test(gw: Gateway, name: str, to: str, *, by: str, sample: int | None = None) -> TestCopy:
    """Put one test copy into the outbox; `sample` is the id of the contact whose fields it shows.

    Raises InvalidInput for an address that is not in team.addresses, or a number not in team.numbers: a test is no way around
    the gate. InvalidAddress for one that cannot be read.
    """
    medium = find(gw, name).medium
    if medium is Medium.CALL:
        raise InvalidInput("on n’appelle pas pour essayer : lisez ce que dit l’appel avec gateway campaign preview")
    value = str(EmailAddress.parse(to)) if medium is Medium.EMAIL else PhoneNumber.parse(to).e164
    digest = gw.keys.digest_of(to, medium)
    if digest not in team_digests(gw, medium):
        declared = "team.addresses" if medium is Medium.EMAIL else "team.numbers"
        raise InvalidInput(f"{to} n’est pas dans {declared} de config.toml : un essai ne va qu’aux membres déclarés de l’équipe")
    at = gw.clock.now()
    with begin(gw.engine) as tx:
        campaign = named(tx, name)
        if campaign.message_class is MessageClass.CONSENT_REQUEST:
            raise InvalidInput(
                f"la campagne « {name} » demande un accord : sa question ne figure dans aucun exemplaire d’essai ; "
                f"regardez-la avec gateway campaign preview {name}"
            )
        if sample is not None and people.names(tx, sample) is None:
            raise NotFound(f"aucun contact n’a le numéro {sample} : gateway contacts list les montre")
        copy = _carrier(gw, tx, campaign, by)
        brief(gw, copy)
        address_id = people.ensure_team_member(tx, medium, value, digest, at=at, key=secrets.token_bytes(PERSON_KEY_BYTES))
        message_id = outbox.add(
            tx,
            copy.id,
            MessageClass.TEST,
            contact_id=people.contact_of(tx, address_id),
            address_id=address_id,
            digest=digest,
            domain=value.partition("@")[2],
            due_at=at,
            sample_id=sample,
        )
        journal.append(
            tx, [entry(EntryKind.CAMPAIGN, at, campaign_id=copy.id, act="test", name=copy.name, of=campaign.id, by=by)]
        )
    gw.ring()
    return TestCopy(campaign=copy.name, message_id=message_id)


def _carrier(gw: Gateway, tx: Connection, campaign: CampaignRow, by: str) -> CampaignRow:
    """A running campaign of class test with the same definition."""
    beginning = f"{campaign.name}.test-"
    taken = campaigns.names_beginning(tx, beginning)
    free = (f"{beginning}{number}" for number in range(1, _COPIES_MAX + 1) if f"{beginning}{number}" not in taken)
    carrier = next(free, None)
    if carrier is None:
        raise InvalidInput(
            f"la campagne « {campaign.name} » a eu ses {_COPIES_MAX} exemplaires d’essai : "
            "annulez-la, recommencez sous un autre nom"
        )
    new = NewCampaign(
        name=carrier,
        medium=campaign.medium,
        message_class=MessageClass.TEST,
        state=CampaignState.RUNNING,
        definition=campaign.definition,
        author=by,
        created_at=gw.clock.now(),
    )
    return store(tx, new)
