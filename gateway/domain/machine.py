"""What stays on this machine."""

from __future__ import annotations

from ipaddress import ip_address


def is_loopback(host: str) -> bool:
    """Whether a host name or address never leaves this machine. Other names than localhost are not looked up."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
