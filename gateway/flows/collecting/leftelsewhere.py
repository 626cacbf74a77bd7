"""People of the sheet that is read who stand on another one, too, called after those who left: « Désinscrits »."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from gateway.domain.address import EmailAddress
from gateway.domain.channel import Medium
from gateway.domain.errors import InvalidAddress, InvalidInput
from gateway.domain.keys import Keyring
from gateway.domain.phone import read_phone_cell
from gateway.flows.collecting.refusals import shown
from gateway.flows.collecting.sections import Legends
from gateway.flows.collecting.table import TableFile
from gateway.flows.gateway import Gateway
from gateway.store import suppressions
from gateway.store.engine import Connection


def check_left_elsewhere(tx: Connection, gw: Gateway, file: TableFile, legends: Legends) -> None:
    """Raise InvalidInput where any of them is not on the opposition list: to say which sheet is the list is no word about her."""
    for name, cells in file.shared:
        if not legends.names_them(name):
            continue
        digests = dict(_digests(gw.keys, cells))
        objecting = {medium: suppressions.present(tx, _of(digests, medium), medium, gw.clock.now()) for medium in Medium}
        left = [cell for (medium, digest), cell in digests.items() if digest not in objecting[medium]]
        if left:
            raise InvalidInput(
                f"la feuille « {name} » de ce classeur semble lister des personnes qui ne veulent plus rien recevoir, et "
                f"{len(left)} de ses adresses ou numéros sont aussi sur celle-ci (« {shown(left[0])} »), sans être sur la liste "
                f'd’opposition : apportez-la d’abord (gateway suppressions import "{file.name}" --sheet "{name}") ; si elles '
                "n’ont rien refusé, renommez cette feuille"
            )


def _digests(keys: Keyring, cells: Iterable[str]) -> Iterator[tuple[tuple[Medium, bytes], str]]:
    """Each address and number, as the opposition list knows it; a number, to calls: a landline takes no texts."""
    for cell in cells:
        if "@" in cell:
            try:
                address = EmailAddress.parse(cell)
            except InvalidAddress:  # it is not taken from the sheet that is read, either
                continue
            yield (Medium.EMAIL, keys.address_digest(Medium.EMAIL, address.match_key)), cell
        for number in read_phone_cell(cell).numbers:
            yield (Medium.CALL, keys.address_digest(Medium.CALL, number.match_key)), cell


def _of(digests: Iterable[tuple[Medium, bytes]], medium: Medium) -> list[bytes]:
    return [digest for one, digest in digests if one is medium]
