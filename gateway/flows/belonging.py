"""Whether this database was begun under the secret of the settings.

Oppositions are kept as digests under that secret, and nothing else tells whose they are: under another one nobody is recognised
any more, and whoever said no would be written to again. So nothing is opened then, whatever it was to be opened for.
"""

from __future__ import annotations

import hmac

from gateway.domain.errors import InvalidAddress, InvalidSettings
from gateway.flows.gateway import Gateway
from gateway.store import installations
from gateway.store.engine import begin, reading

#: Of a database that bears no mark yet, so many addresses are looked at: a single one that is recognised is enough.
_LOOKED_AT = 20


def require_own_secret(gw: Gateway) -> None:
    """Raises InvalidSettings when the digests of this database were made under another secret; marks it at its first opening.

    One that nobody is in, and that is begun for real, was never a trial (`flows/sending/trial.py`): that is noted with its mark.
    """
    with reading(gw.engine) as tx:
        mark = installations.secret_mark(tx)
        known = installations.newest_addresses(tx, _LOOKED_AT) if mark is None else []
        if mark is None and not _recognised(gw, known):
            raise _foreign(gw)
    if mark is None:
        with begin(gw.engine) as tx:
            live = gw.settings.mode == "live" and not known
            installations.keep_mark(tx, gw.keys.mark, gw.clock.now(), live=live)
            mark = installations.secret_mark(tx)
    if mark is None or not hmac.compare_digest(mark, gw.keys.mark):
        raise _foreign(gw)


def _recognised(gw: Gateway, addresses: list[installations.Known]) -> bool:
    """Whether our digest of any of these is that on file; true where nobody is on file."""
    for medium, value, digest in addresses:
        try:
            ours = gw.keys.digest_of(value, medium)
        except InvalidAddress:  # admitted by an earlier version
            continue
        if hmac.compare_digest(ours, digest):
            return True
    return not addresses


def _foreign(gw: Gateway) -> InvalidSettings:
    return InvalidSettings(
        "secret : ce n’est pas celui de cette base. Sa liste d’opposition ne reconnaîtrait personne, et qui a dit stop serait "
        "de nouveau sollicité : rien ne s’ouvre. Remettez le secret sous lequel elle a été commencée, par GATEWAY_SECRET_FILE ; "
        f"celui d’un essai était dans {gw.settings.var_dir / 'secret'}, celui d’une base restaurée est dans sa sauvegarde"
    )
