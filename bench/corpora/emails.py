"""Email addresses of two public suites: valid ones accepted, invalid ones refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from gateway.domain.address import EmailAddress
from gateway.domain.errors import InvalidAddress


def measure(folder: Path) -> bool:
    """Two public suites of valid and invalid addresses. Addresses we refuse on purpose are told apart from mistakes."""
    notify: dict[str, list[str]] = json.loads((folder / "notify.json").read_text("utf-8"))
    other: dict[str, Any] = json.loads((folder / "python-email-validator.json").read_text("utf-8"))
    # A name before the address, or a quoted local part, is refused on purpose: no person who signs up has one.
    must_pass = [each for each in notify["valid_email_addresses"] + other["test_email_valid"] if not set(each) & set('"<')]
    invalid = notify["invalid_email_addresses"] + other["test_email_invalid_syntax"] + other["test_email_invalid_syntax_strict"]
    must_not = [each for each in invalid if each == each.strip()]  # white space around a cell is cut, as people expect
    not_carried = other["test_email_valid_intl_local_part"] + other["test_email_valid_only_if_quoted_local_part"]
    refused = [address for address in must_pass if not _accepted(address)]
    let_in = [address for address in must_not if _accepted(address)]
    odd = [address for address in not_carried if _accepted(address)]
    print(f"emails: {len(must_pass) - len(refused)} of {len(must_pass)} valid ones accepted; refused: {refused}")
    print(f"emails: {len(must_not) - len(let_in)} of {len(must_not)} invalid ones refused; let in: {let_in}")
    kept_out = f"{len(not_carried) - len(odd)} of {len(not_carried)}"
    print(f"emails: {kept_out} that need SMTPUTF8 or quotes refused with a reason; let in: {odd}")
    return not refused and not let_in


def _accepted(address: str) -> bool:
    try:
        EmailAddress.parse(address)
    except InvalidAddress:
        return False
    return True
