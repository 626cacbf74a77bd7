"""Letters that answer requests of persons: to the address on file, and what became of them."""

from __future__ import annotations

from datetime import timedelta

from gateway.domain.address import AddressState
from gateway.domain.campaign import MessageClass
from gateway.domain.channel import Medium
from gateway.domain.errors import Conflict
from gateway.domain.language import spoken_by
from gateway.flows.gateway import Gateway
from gateway.flows.notifying import CARRIER, Notice, notify
from gateway.store import contacts, written
from gateway.store.engine import Connection, reading
from gateway.store.requests import Request
from gateway.store.written import Letter

ANSWER, REFUSAL, EXTENSION = "answer", "refusal", "extension"
#: How long a letter that did not arrive is spoken of.
_ASTRAY_FOR = timedelta(days=30)


def send(tx: Connection, gw: Gateway, request: Request, letter: str, fields: dict[str, str]) -> int:
    """Put a letter to the address on file into the outbox. Raises Conflict when there is none."""
    addresses = contacts.addresses(tx, request.contact_id) if request.contact_id is not None else []
    # One that works, where she has one: whoever has none is refused by the rules, which `astray` tells.
    emails = sorted((one for one in addresses if one.medium is Medium.EMAIL), key=lambda one: one.state is AddressState.DEAD)
    if not emails or request.contact_id is None:
        otherwise = "consignez comment (--told)" if letter == EXTENSION else "consignez-le par la même commande, sans --send"
        raise Conflict(f"nous n’avons pas d’adresse électronique de cette personne : dites-le-lui autrement, et {otherwise}")
    person = contacts.view(tx, request.contact_id)
    notice = Notice(
        message_class=MessageClass.RIGHTS,
        letter=letter,
        occasion=written.occasion_of(request.id, letter),
        fields=fields,
        language=spoken_by(person.language if person else None),
    )
    message_id = notify(tx, gw, emails[0].digest, notice)
    if message_id is None:
        raise Conflict("cette personne n’est plus dans le fichier")
    return message_id


def about(tx: Connection, request: Request) -> tuple[Letter, ...]:
    """Letters to her about her request, oldest first; none once she is out of the file."""
    return tuple(written.of_request(tx, request.contact_id, request.id)) if request.contact_id is not None else ()


def astray(gw: Gateway) -> list[Letter]:
    """Letters of the last month that did not reach whoever asked, oldest first: she is to be told otherwise."""
    names, since = (ANSWER, REFUSAL, EXTENSION), gw.clock.now() - _ASTRAY_FOR
    with reading(gw.engine) as tx:
        letters = written.of_all(tx, names, carrier=f"{CARRIER}{MessageClass.RIGHTS}.", since=since)
    return [letter for letter in letters if letter.astray]
