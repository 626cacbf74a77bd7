"""Delivery status notifications (RFC 3464), as servers really write them: missing blank lines, fields in any order, no Action."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence

from gateway.channels import wording
from gateway.channels.inbound.mime import Fields, read_fields, words
from gateway.channels.inbound.report import RecipientReport
from gateway.channels.refusals import NOTHING_KNOWN, Reply, Step, Verdict, confirmed, judge, plain

REPLY_MAX = 500
_RECIPIENTS_MAX = 200
#: Characters of replies that are searched in one report: a list of many has short ones.
_SEARCHED_MAX = 50_000
_ABOUT_A_RECIPIENT = ("final-recipient", "original-recipient", "x-actual-recipient")
_BOUNCED = {"failed", "delayed"}
_NOT_BOUNCED = {"delivered", "relayed", "expanded", "deliverable"}
_STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")
#: What a server adds to a status for people.
_COMMENT = re.compile(r"\(([^()]{3,200})\)")
_ADDRESS = re.compile(r"[^\s<>\"'(),;:\[\]]{1,120}@[^\s<>\"'(),;:\[\]@]{1,253}")
#: What a recipient is encoded with: « + » and « = » (RFC 3461; « lea+24@ » is an address), and letters outside ASCII (RFC 6533).
_ENCODED = re.compile(r"\+(2B|3D)|\\x\{([0-9A-Fa-f]{2,6})\}")
_TAKEN = re.compile(r"2\d\d\b")
#: The words beside a report speak of a server that was asked.
_ANOTHER_SERVER = re.compile(
    r"\[\d{1,3}\.\d|\[[0-9a-f]{0,4}:|while talking|\b(?:host|server|mta)\b.{0,80}\b(?:said|says|replied|returned"
    r"|responded|r[eé]pon)"
    r"|(?:the|its|la) (?:answer|response|reply|error|r[eé]ponse) (?:was|[eé]tait|from)|error_code|remote (?:server|host|mail|mta"
    r"|smtp)|serveur distant|returned '",
    re.IGNORECASE,
)
_CAME_FROM = re.compile(r"^\s{0,10}(?:from|received(?: from)?|de)\b.*$|\b(?:received|re[çc]u)\b.*$", re.IGNORECASE | re.MULTILINE)
_TYPED = re.compile(r"^\s*[\w.-]{1,30}\s*;\s*")


def read_status(text: str, beside: Callable[[str | None], str], *, step: Step = Step.UNTOLD) -> list[RecipientReport]:
    """What a message/delivery-status says of each recipient, in its order.

    beside: the words for people that stand beside the report, of one recipient. They speak where the report is silent, and where
    they say that a mailbox is full they are believed against a report that calls it dead.
    step: where those words say that the refusal came.
    """
    groups = [group for group in _groups(text) if _says_something(group.pairs)][:_RECIPIENTS_MAX]
    return [_report(group, beside, step, max(REPLY_MAX, _SEARCHED_MAX // len(groups))) for group in groups]


def names_another_server(said: str) -> bool:
    """Whether words of a bounce speak of a server that was asked, not only of the one the message came from."""
    return _ANOTHER_SERVER.search(_CAME_FROM.sub("", said)) is not None


def bare_address(value: str) -> str | None:
    """The address in a field such as "rfc822; <a@example.org>", or None. A source route is left out."""
    found = _ADDRESS.search(value.rpartition(";")[2] if ";" in value else value)
    if not found:
        return None
    return found.group().strip(".")


def one_line(text: str) -> str:
    """Words on one line, at most REPLY_MAX characters."""
    return " ".join(text[: 4 * REPLY_MAX].split())[:REPLY_MAX]


def _groups(text: str) -> Iterator[Fields]:
    """Fields that belong to one recipient each. A group ends where a field of its own comes again, or where a new
    recipient begins after a blank line."""
    group: list[tuple[str, str]] = []
    for block in re.split(r"\n[ \t]*\n", text):
        fields = read_fields(block.strip("\n").split("\n"))
        if group and any(name in fields for name in _ABOUT_A_RECIPIENT) and _says_something(group):
            yield Fields(tuple(group))
            group = []
        for name, value in fields.pairs:
            if name in ("final-recipient", "action") and any(name == seen for seen, _ in group):
                yield Fields(tuple(group))
                group = []
            group.append((name, value))
    if group:
        yield Fields(tuple(group))


def _says_something(group: Iterable[tuple[str, str]]) -> bool:
    return any(name in (*_ABOUT_A_RECIPIENT, "action", "status", "diagnostic-code") for name, _ in group)


def _report(fields: Fields, beside: Callable[[str | None], str], step: Step, searched_max: int) -> RecipientReport:
    address = _addressed(fields)
    action = fields.get("action").split("(")[0].strip().lower()
    found = _STATUS.search(fields.get("status"))
    status = found.group() if found else ""
    diagnostic = words(" ".join(_TYPED.sub("", value) for value in fields.all("diagnostic-code", "x-diagnostic"))).strip()[
        :searched_max
    ]
    aside = beside(address)
    if action in _BOUNCED and _TAKEN.match(diagnostic):
        diagnostic, status = "", status.removeprefix("2.0.0")  # the last reply of the session, not the refusal
    if not diagnostic and (comment := _COMMENT.search(fields.get("status"))):
        diagnostic = comment.group(1) if judge(Reply(text=comment.group(1))).verdict is not Verdict.UNKNOWN else ""
    reply = Reply.parse(diagnostic or aside, reported=status, gave_up=action != "delayed", step=_step(fields, aside, step))
    verdict, row = _verdict(action, reply, aside.split("\n"))
    if row == NOTHING_KNOWN and diagnostic and aside:
        verdict, row = _verdict(action, Reply.parse(aside, reported=status, gave_up=reply.gave_up), aside.split("\n"))
    if verdict is Verdict.HARD and diagnostic and wording.FULL.search(plain(aside)):
        verdict, row = Verdict.FULL, "words beside it"
    shown = one_line(diagnostic or aside)
    return RecipientReport(
        address=address,
        verdict=verdict,
        status=reply.status or status,
        reply=shown,
        final=action != "delayed",
        why=f"report: {row}",
    )


def _step(fields: Fields, aside: str, told: Step) -> Step:
    """Where the refusal came. Whoever bounced and names no other server refused the recipient itself: nobody took her first."""
    nobody_else = "remote-mta" not in fields and not names_another_server(aside)
    of_her_box = fields.get("status").strip().startswith("5.2")
    return Step.RCPT if told is Step.UNTOLD and nobody_else and not of_her_box else told


def _verdict(action: str, reply: Reply, beside: Sequence[str]) -> tuple[Verdict, str]:
    if action in _NOT_BOUNCED or (action not in _BOUNCED and (reply.reported or reply.status).startswith("2")):
        return Verdict.DELIVERED, action or "status 2"
    ruling = confirmed(judge(reply), beside)
    if action == "delayed" and ruling.verdict in (Verdict.HARD, Verdict.EXPIRED, Verdict.UNKNOWN):
        return Verdict.SOFT, "delayed"
    return ruling.verdict, ruling.row


def _addressed(fields: Fields) -> str | None:
    """Whom we wrote to: the original recipient when it is told, else the final one."""
    for name in ("original-recipient", "final-recipient", "x-actual-recipient"):
        for value in fields.all(name):
            if address := bare_address(_ENCODED.sub(_decoded, value)):
                return address
    return None


def _decoded(code: re.Match[str]) -> str:
    point = int(code[1] or code[2], 16)
    return chr(point) if point <= sys.maxunicode else code[0]
