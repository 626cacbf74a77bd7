"""Lines that wait because they may be refusals, and what that means for other lines about the same people.

Somebody who answered a form twice may say yes on one line and, on another, what nobody can tell from a no. Until that one is
settled, she agrees to nothing: no agreement is certain beside it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gateway.domain.keys import DIGEST_BYTES
from gateway.flows.collecting.further import Addresses
from gateway.flows.collecting.refusals import Doubt, Doubts, RefusedRow
from gateway.flows.collecting.table import Malformed
from gateway.store.engine import Connection
from gateway.store.waiting import withhold

#: Why a line waits that may say no: what stands on it, or beside it, is not understood. A day or a postcode says no to nobody.
_MAY_REFUSE = frozenset({"remark", "consent", "objection", *(fault.value for fault in Malformed)})
_CODE = "waits"
_SAYS = (
    "une autre ligne de ce fichier, au sujet de cette personne, attend, et c’est peut-être un refus : celle-ci est prise sans "
    "son accord ; corrigez d’abord l’autre, puis importez de nouveau celle qui vaut"
)


class Waiting:
    """Remembers by which addresses those people are known: sixteen bytes each, for a whole file may wait."""

    def __init__(self, addresses: Addresses) -> None:
        self._addresses = addresses
        self._digests = bytearray()

    def add(self, row: RefusedRow, cells: Sequence[str]) -> None:
        """Look at a line that is not taken. cells: as they stand in the file."""
        if row.code not in _MAY_REFUSE:
            return
        for address in self._addresses.of(cells):
            for name, digest in address.items():
                if name.endswith("_digest") and digest:
                    self._digests += digest

    def settle(self, tx: Connection, doubts: Doubts) -> None:
        """Take agreements back from the lines of the same people, once lines are folded, and say so of each."""
        if not self._digests:
            return
        for line in withhold(tx, self._known()):
            doubts.add(Doubt(line=line, column="", value="", code=_CODE, says=_SAYS))

    def _known(self) -> Iterator[bytes]:
        return (bytes(self._digests[at : at + DIGEST_BYTES]) for at in range(0, len(self._digests), DIGEST_BYTES))
