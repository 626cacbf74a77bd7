"""Everything about a campaign that is the same for all its people: compiled words and the constant half of Facts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import assert_never

from gateway.compliance.facts import Facts
from gateway.compliance.scan import scan
from gateway.domain.campaign import MessageClass
from gateway.domain.channel import Medium
from gateway.domain.errors import InvalidAddress, InvalidContent, InvalidSettings, system_says
from gateway.flows.campaigning.definition import Definition
from gateway.flows.gateway import Gateway
from gateway.flows.sending.brief import Brief
from gateway.flows.sending.declared import declared
from gateway.flows.sending.recipients import REQUEST
from gateway.flows.sending.returnpaths import feedback_address
from gateway.flows.sending.telephone import callbacks, caller, shown_sender
from gateway.flows.sending.texting import sms_head
from gateway.render.compiled import Compiled
from gateway.render.dkim import DkimSigner
from gateway.render.email import EmailContent, compile_email
from gateway.render.letterhead import Letterhead
from gateway.render.origin import long_day
from gateway.render.sms import SmsContent, SmsHead, compile_sms
from gateway.render.voice import CHARACTERS_PER_MINUTE, CallContent, CompiledCall, compile_call
from gateway.store.campaigns import CampaignRow


def compiled(gw: Gateway, campaign: CampaignRow, definition: Definition) -> Compiled:
    """The message under the installation's own mentions. Raises InvalidContent, RenderFault, InvalidSettings."""
    content = definition.content
    match content:
        case EmailContent():
            held = letterhead(gw, campaign, definition)
            return compile_email(content, held, gw.templates, campaign.message_class, definition.single)
        case SmsContent():
            head = sms_head(gw.settings, content.language)
            return compile_sms(content, head, gw.templates, campaign.message_class)
        case CallContent():
            held = letterhead(gw, campaign, definition)
            return compile_call(content, held, caller(gw.settings), gw.templates)
        case never:
            assert_never(never)


def brief(gw: Gateway, campaign: CampaignRow) -> Brief:
    """What the gate and the dry run need of a campaign. Raises InvalidContent, RenderFault, InvalidSettings."""
    definition = Definition.from_body(campaign.definition)
    message = compiled(gw, campaign, definition)
    if isinstance(message, CompiledCall):
        _check_ends(gw, message)
    text = "\n".join((message.subject, message.text, *_own_words(gw, campaign, definition)))
    flags = {*scan(gw.pack, gw.clock.now(), html=message.html, text=text), *message.flags}
    base = Facts(
        at=gw.clock.now(),
        channel=campaign.medium,
        message_class=campaign.message_class,
        sender_kind=gw.settings.controller.kind,
        election=gw.settings.election or None,
        criteria=definition.criteria,
        declared=declared(gw.settings, definition),
        elements=tuple(sorted(message.elements)),
        sender=shown_sender(gw.settings, campaign.medium),
        content_flags=tuple(sorted(flags)),
    )
    return Brief(
        campaign_id=campaign.id,
        name=campaign.name,
        medium=campaign.medium,
        message_class=campaign.message_class,
        pack=gw.pack,
        base=base,
        compiled=message,
        return_path=_return_paths(gw, campaign, definition),
        callback=callbacks(gw.settings, campaign.medium),
        language=definition.content.language,
        sign=_signer(gw) if campaign.medium is Medium.EMAIL else None,
        ask=REQUEST if campaign.message_class is MessageClass.CONSENT_REQUEST else definition.single.ask,
        team=team_digests(gw, campaign.medium) if campaign.message_class is MessageClass.TEST else (),
    )


def _check_ends(gw: Gateway, call: CompiledCall) -> None:
    """A call that is cut off never says her rights, nor how to object again (rules voice-identity, voice-optout-at-start)."""
    most = gw.settings.calls.talk_seconds_max
    if (over := call.seconds - most) > 0:
        raise InvalidContent(
            f"avec ses mentions, cet appel dure environ {call.seconds} secondes, et il est coupé après {most} "
            f"(calls.talk_seconds_max) : ses dernières mentions manqueraient. Raccourcissez-le de {over} secondes, soit environ "
            f"{over * CHARACTERS_PER_MINUTE // 60} signes"
        )


def _own_words(gw: Gateway, campaign: CampaignRow, definition: Definition) -> list[str]:
    """What the settings make every message of a channel say: addresses, numbers and pages that the law looks at as well."""
    content = definition.content
    own: SmsHead | Letterhead
    own = sms_head(gw.settings, content.language) if isinstance(content, SmsContent) else letterhead(gw, campaign, definition)
    return [value for value in asdict(own).values() if isinstance(value, str)]


def _return_paths(gw: Gateway, campaign: CampaignRow, definition: Definition) -> Callable[[str], str]:
    """Who a message comes from, as its channel has it: a return path of its own, or the number or name that telephones show."""
    if campaign.medium is Medium.EMAIL:
        return letterhead(gw, campaign, definition).return_paths()
    shown = shown_sender(gw.settings, campaign.medium)
    return lambda token: shown


def _signer(gw: Gateway) -> Callable[[bytes], bytes] | None:
    """DKIM with the team's own key; None: the relay signs. Raises InvalidSettings."""
    sender = gw.settings.sender
    if not sender.dkim_selector or sender.dkim_key_file is None:
        return None
    try:
        pem = sender.dkim_key_file.read_bytes()
    except OSError as fault:
        raise InvalidSettings(
            f"sender.dkim_key_file : {sender.dkim_key_file} ne peut pas être lu ({system_says(fault)})"
        ) from fault
    return DkimSigner(sender.email.rpartition("@")[2], sender.dkim_selector, pem).sign


def team_digests(gw: Gateway, medium: Medium) -> tuple[bytes, ...]:
    """Digests of the addresses, or numbers, that test copies may go to. Raises InvalidSettings."""
    team = gw.settings.team
    key, declared = ("team.addresses", team.addresses) if medium is Medium.EMAIL else ("team.numbers", team.numbers)
    try:
        return tuple(gw.keys.digest_of(one, medium) for one in declared)
    except InvalidAddress as fault:
        raise InvalidSettings(f"{key} : {fault}") from fault


def letterhead(gw: Gateway, campaign: CampaignRow, definition: Definition) -> Letterhead:
    """What every message says of itself. Raises InvalidSettings when a message could not even name its sender."""
    settings, language = gw.settings, definition.content.language
    controller, sender = settings.controller, settings.sender
    missing = [
        key
        for key, value in (("controller.name", controller.name), ("sender.name", sender.name), ("sender.email", sender.email))
        if not value
    ]
    if missing:
        raise InvalidSettings(f"{', '.join(missing)} : à remplir dans config.toml ; sans cela aucun message ne peut être préparé")
    name, dates = _election(gw, language)
    words = gw.pack.words.get("criteria", {})
    criteria = [words[one][language] if one in words else one for one in definition.criteria]
    return Letterhead(
        language=language,
        campaign=f"c{campaign.id}",
        sender_name=sender.name,
        sender_email=sender.email,
        reply_to=sender.reply_to,
        list_id=sender.list_id or f"list.{sender.email.rpartition('@')[2]}",
        bounce_domain=sender.bounce_domain,
        cfbl_address=feedback_address(settings),
        controller_name=controller.name,
        controller_address=controller.address,
        controller_email=controller.email,
        dpo=controller.dpo,
        candidate=controller.candidate,
        election=name,
        election_dates=dates,
        sponsor=controller.sponsor,
        sponsor_controller=controller.sponsor_controller,
        privacy_url=controller.privacy_url,
        transparency_url=controller.transparency_url,
        retention=controller.retention,
        selection_criteria=", ".join(criteria),
        targeting_data=definition.targeting_data,
    )


def _election(gw: Gateway, language: str) -> tuple[str, str]:
    election = gw.pack.elections.get(gw.settings.election)
    if election is None:
        return "", ""
    days = [long_day(vote.votes_on, language) for vote in election.rounds]
    return election.name[language], (" et " if language == "fr" else " and ").join(days)
