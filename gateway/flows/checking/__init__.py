"""The go-live checklist: what must be true before real people are written to, each line with what to do when it is not."""

from gateway.flows.checking.declared import pack_lines, settings_lines
from gateway.flows.checking.line import Line, Standing, blocking
from gateway.flows.checking.people import breach_line, contest_line, form_line, informed_line, rights_line, unread_line
from gateway.flows.checking.running import (
    backup_line,
    callbacks_line,
    files_line,
    jobs_line,
    room_line,
    seal_line,
    spool_line,
    witness_line,
)
from gateway.flows.checking.sending import letter_line, telephone_lines
from gateway.flows.checking.whole import installation_lines, refuse_unready

__all__ = [
    "Line",
    "Standing",
    "backup_line",
    "blocking",
    "breach_line",
    "callbacks_line",
    "contest_line",
    "files_line",
    "form_line",
    "informed_line",
    "installation_lines",
    "jobs_line",
    "letter_line",
    "pack_lines",
    "refuse_unready",
    "rights_line",
    "room_line",
    "seal_line",
    "settings_lines",
    "spool_line",
    "telephone_lines",
    "unread_line",
    "witness_line",
]
