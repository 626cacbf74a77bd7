"""A preview: the message with all its notices, as a first letter to somebody who agreed, for an invented person or a real one."""

from __future__ import annotations

from dataclasses import replace

from gateway.compliance.decide import decide
from gateway.compliance.facts import Facts
from gateway.compliance.pack import Pack
from gateway.compliance.verdict import Allow
from gateway.domain.campaign import MessageClass
from gateway.domain.channel import Medium
from gateway.domain.consent import ConsentScope, ConsentState
from gateway.domain.contact import AgeBand, ContactClass
from gateway.domain.errors import NotFound
from gateway.domain.keys import LinkScope
from gateway.domain.language import spoken_by
from gateway.flows.campaigning.drafting import find
from gateway.flows.gateway import Gateway
from gateway.flows.sending.briefing import brief
from gateway.render.origin import origin_sentence
from gateway.render.preview import Preview, sample_person
from gateway.render.preview import preview as rendered
from gateway.store import people
from gateway.store.engine import reading

#: Calls at whatever hour the pack allows.
_ANY_HOUR = "lun-dim 00:00-24:00"


def preview(gw: Gateway, name: str, *, contact_id: int | None = None) -> Preview:
    """What a first letter, text or call is; its links act on nothing. Raises NotFound, InvalidContent, RenderFault."""
    known = brief(gw, find(gw, name))
    verdict = decide(everything_agreed(known.base, gw.pack, first_contact=True), gw.pack)
    duties = verdict.duties if isinstance(verdict, Allow) else known.compiled.elements
    inert = f"{gw.settings.web.public_url}/o/{gw.keys.link_token(LinkScope.INERT, 0, bytes(16))}"
    person = sample_person(spoken_by(known.language), at=gw.clock.now(), link=inert)
    if contact_id is not None:
        with reading(gw.engine) as tx:
            names, origin = people.names(tx, contact_id), people.origin_of(tx, contact_id)
        if names is None:
            raise NotFound(f"aucun contact n’a le numéro {contact_id} : gateway contacts list les montre")
        person = replace(person, values=names)
        if origin is not None:
            said = origin_sentence(origin.label, origin.collected_on, known.language)
            person = replace(person, origin_sentence=said, origin_kind=origin.kind)
    return rendered(known.compiled, duties, person)


def everything_agreed(base: Facts, pack: Pack, *, first_contact: bool) -> Facts:
    """The same message to whom it is meant for: somebody who agreed to everything, or an occasional contact never asked.

    What remains to be judged is the message itself, and the hour.
    """
    if base.message_class is MessageClass.CONSENT_REQUEST:
        return replace(base, contact_class=ContactClass.OCCASIONAL, sent=(0,) * len(pack.needs.caps))
    return replace(
        base,
        age=AgeBand.REACHED,
        consent=ConsentState.GRANTED,
        consent_evidence=True,
        consent_scope=ConsentScope.OPEN,
        targeting_consent=ConsentState.GRANTED,
        first_contact=first_contact,
        sent=(0,) * len(pack.needs.caps),
        hours=_ANY_HOUR if base.channel is Medium.CALL else "",
    )
