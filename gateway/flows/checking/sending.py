"""Lines of the checklist that rest on the pack itself: an ordinary message to somebody who agreed to everything must pass."""

from __future__ import annotations

from dataclasses import replace

from gateway.compliance.decide import decide
from gateway.compliance.explain import explain
from gateway.compliance.verdict import Effect
from gateway.domain.channel import Medium
from gateway.domain.errors import GatewayError
from gateway.flows.asking import ordinary
from gateway.flows.campaigning.previewing import everything_agreed
from gateway.flows.checking.line import Line, Standing, advice, line
from gateway.flows.gateway import Gateway
from gateway.flows.sending.briefing import brief


def letter_line(gw: Gateway) -> Line:
    """Whether the pack would let an ordinary letter pass, today, to somebody who agreed to everything."""
    return _message_line(gw, Medium.EMAIL, "letter", "Une lettre ordinaire, à quelqu’un qui a tout accepté, pourrait partir")


def telephone_lines(gw: Gateway) -> tuple[Line, ...]:
    """Whether texts and calls could leave. Advice only: a team may write letters and nothing else."""
    twilio = gw.settings.twilio
    if gw.settings.mode == "live" and not (twilio.account_sid and twilio.auth_token.get_secret_value()):
        todo = "Pour envoyer des SMS ou appeler : twilio.account_sid, et GATEWAY_TWILIO__AUTH_TOKEN_FILE."
        return (advice("telephone", "Un opérateur de SMS et d’appels est réglé", False, todo),)
    text = "Un SMS ordinaire, à quelqu’un qui a tout accepté, pourrait partir"
    call = "Un appel ordinaire, à quelqu’un qui a tout accepté, pourrait se faire"
    no_sender = advice("text", text, False, "Il manque sms.sender.")
    no_caller = advice("call", call, False, "Il manque calls.caller.")
    return (
        _by_telephone(_message_line(gw, Medium.SMS, "text", text)) if gw.settings.sms.sender else no_sender,
        _by_telephone(_message_line(gw, Medium.CALL, "call", call)) if gw.settings.calls.caller else no_caller,
    )


def _by_telephone(found: Line) -> Line:
    """What blocks a text or a call is advice; one that waits for its hour is in order."""
    if found.standing is Standing.BLOCKING:
        return replace(found, standing=Standing.ADVISED)
    return replace(found, standing=Standing.READY, todo="")


def _message_line(gw: Gateway, medium: Medium, id_: str, says: str) -> Line:
    try:
        base = brief(gw, ordinary(gw, medium)).base
    except GatewayError as fault:
        return line(id_, says, False, str(fault))
    verdict = decide(everything_agreed(base, gw.pack, first_contact=False), gw.pack)
    because = [one for one in explain(verdict, gw.pack) if one.rule in verdict.rules and one.effect is not Effect.GRANT]
    standing = Standing.ADVISED if verdict.name == "defer" else Standing.BLOCKING
    todo = " ".join(f"{one.sentence} ({one.rule})" for one in because)
    return line(id_, says, verdict.name == "allow", todo, otherwise=standing)
