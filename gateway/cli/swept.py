"""Where bytes of what was erased may still be, in words; nobody is told that nothing is left when something may be."""

from __future__ import annotations

from gateway.cli.session import out
from gateway.store.sweeping import Remains, Swept

REMAINS = {
    Remains.HOLES: "PostgreSQL garde des octets effacés dans les trous de ses pages, que plus aucune requête ne lit, jusqu’à ce "
    "qu’il y écrive de nouveau ; gateway rights sweep --full récrit les tables.",
    Remains.LOG: "Son journal d’écriture (WAL) les garde jusqu’à ce que ses fichiers resservent ; gateway rights sweep --full "
    "les recouvre, si le compte de la base a les rôles pg_checkpoint et pg_monitor.",
    Remains.COPIES: "Ce journal est copié ailleurs (archives, serveur de secours) : ces copies gardent ce qui a été effacé "
    "jusqu’à leur propre échéance, hors de portée de la passerelle.",
}

_AT_NIGHT = (
    "cette nuit, par gateway serve ou gateway ticker : la base est grande, et qui s’oppose attendrait qu’elle soit récrite. "
    "Tout de suite : gateway rights sweep."
)


def tell(swept: Swept) -> None:
    """That free space is not swept yet, or where bytes of what was erased may still be, and what ends that."""
    if not swept.done:
        when = _AT_NIGHT if swept.at_night else "dans quelques minutes, quand plus personne ne lit."
        out.print(f"[yellow]![/] L’espace libre de la base sera nettoyé {when}", soft_wrap=True)
    for one in swept.remains:
        out.print(f"[dim]·[/] {REMAINS[one]}", soft_wrap=True)
