"""Refusals that come as something else than a report of delivery: a mailbox's own filter answers by a receipt that says
"deleted" (Sieve, RFC 5429), or a mailing list will not have a message of somebody who is no member."""

from __future__ import annotations

import re

from gateway.channels.inbound import automatic
from gateway.channels.inbound.dsn import bare_address, one_line
from gateway.channels.inbound.mime import Fields, Mail, read_fields
from gateway.channels.inbound.report import RecipientReport, Verdict
from gateway.channels.refusals import Reply, Step, judge

_RECEIPT = "message/disposition-notification"
_THROWN_AWAY = re.compile(r"automatic-action.{0,80}(?:deleted|failed|denied|error|rejected)", re.IGNORECASE)
_LIST = ("x-mlserver", "x-ml-name", "x-mailman-version", "list-id", "list-post", "x-list-administrivia")
#: Programs that keep lists, by the names they write under.
_ROBOT = re.compile(
    r"(?:[^<]*<)?(?:sympa|listserv|majordomo|mailman|listes?|[\w.-]{1,60}-(?:owner|request|bounces))@", re.IGNORECASE
)
_NO_MEMBER = re.compile(
    r"\bnot (?:a |an )?(?:list |subscribed )?(?:member|subscriber)|\bmembers?[- ]only\b|\bonly (?:list )?members\b"
    r"|\bnot (?:allowed|authori[sz]ed|permitted) to (?:post|send|write)|non[- ]members?\b"
    r"|pas (?:abonn[eé]|inscrit|membre|autoris[eé])|n['’]accepte que les messages de ses (?:abonn|membre)|メンバーでは",
    re.IGNORECASE,
)
_REFUSED = re.compile(
    r"\b(?:not|never) (?:be )?(?:distributed|posted|delivered|forwarded|accepted)|\b(?:rejected|refused|ignored|returned)\b"
    r"|\bnot member article|rejet[eé]|refus[eé]",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"[^\s<>\"'(),;:\[\]]{1,64}@[^\s<>\"'(),;:\[\]@]{1,253}")
_SEARCHED_MAX = 3_000


def read_rejection(mail: Mail, said: str) -> list[RecipientReport]:
    """Whom a filter or a mailing list refused our message for, and why; empty for every other mail."""
    return _by_filter(mail, said) or _by_list(mail.fields, said)


def _by_filter(mail: Mail, said: str) -> list[RecipientReport]:
    part = next((part for part in mail.parts if part.type == _RECEIPT), None)
    by_machine = automatic.from_daemon(mail.fields) or "rejected" in mail.fields.get("auto-submitted").lower()
    if part is None or not by_machine:
        return []
    told = read_fields(part.text.strip("\n").split("\n"))
    if not _THROWN_AWAY.search(told.get("disposition")):
        return []
    whom = bare_address(told.get("original-recipient")) or bare_address(told.get("final-recipient"))
    ruling = judge(Reply.parse(said, gave_up=True, step=Step.DATA))
    verdict = Verdict.POLICY if ruling.verdict is Verdict.UNKNOWN else ruling.verdict
    return [RecipientReport(address=whom, verdict=verdict, reply=one_line(said), why=f"receipt: {ruling.row}")]


def _by_list(fields: Fields, said: str) -> list[RecipientReport]:
    told = said[:_SEARCHED_MAX]
    by_robot = automatic.is_automatic(fields) and _ROBOT.match(fields.get("from")[:300])
    if not (by_robot or any(name in fields for name in _LIST)) or automatic.answers(fields):
        return []
    subject = fields.get("subject")
    if not _NO_MEMBER.search(told) or not _REFUSED.search(f"{subject} {told}"):
        return []
    ours = {(bare_address(value) or "").casefold() for value in fields.all("to", "cc")}
    own = bare_address(fields.get("list-post").replace("mailto:", ""))
    named = [each.strip(".") for each in _ADDRESS.findall(told) if each.strip(".").casefold() not in ours]
    whom = own or next(iter(named), None)
    return [RecipientReport(address=whom, verdict=Verdict.POLICY, reply=one_line(told), why="list: not a member")]
