"""The checklist in the order it is read, and what keeps a live installation from sending."""

from __future__ import annotations

from gateway.domain.errors import InvalidSettings
from gateway.flows.checking.declared import pack_lines, settings_lines
from gateway.flows.checking.line import Line, blocking
from gateway.flows.checking.people import breach_line, contest_line, form_line, informed_line, rights_line, unread_line
from gateway.flows.checking.running import (
    backup_line,
    callbacks_line,
    files_line,
    jobs_line,
    room_line,
    seal_line,
    spool_line,
    store_lines,
    witness_line,
)
from gateway.flows.checking.sending import letter_line, telephone_lines
from gateway.flows.gateway import Gateway


def installation_lines(gw: Gateway) -> tuple[Line, ...]:
    """Every line that an opened gateway tells. Raises GatewayError where the database goes away meanwhile."""
    return (
        *store_lines(gw),
        files_line(gw),
        room_line(gw),
        form_line(gw),
        rights_line(gw),
        unread_line(gw),
        breach_line(gw),
        jobs_line(gw),
        backup_line(gw),
        spool_line(gw),
        seal_line(gw),
        witness_line(gw),
        contest_line(gw),
        informed_line(gw),
        letter_line(gw),
        *telephone_lines(gw),
        callbacks_line(gw),
    )


def refuse_unready(gw: Gateway) -> None:
    """Raises InvalidSettings, naming every blocking line, when a live installation is not ready to send; trial mode always is."""
    if gw.settings.mode != "live":
        return
    lines = (
        *settings_lines(gw.settings),
        *pack_lines(gw.settings, gw.pack, gw.clock.now().date()),
        *store_lines(gw),
        letter_line(gw),
    )
    if red := blocking(lines):
        told = "\n".join(f"  ✗ {line.says} : {line.todo}" for line in red)
        raise InvalidSettings(
            f"mode = live : rien ne part tant que ceci n’est pas réglé (gateway check) :\n{told}\n"
            "En attendant, gateway web reçoit les oppositions."
        )
