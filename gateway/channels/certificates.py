"""A server whose certificate cannot be trusted: what is wrong with it, and who mends it."""

from __future__ import annotations

import ssl

#: By OpenSSL's code (x509_vfy.h).
_EXPIRED = frozenset({9, 10})
_OTHER_NAME = frozenset({62, 64})


def distrust(fault: ssl.SSLCertVerificationError, *, its: str, host_key: str) -> str:
    """In French. its: « le certificat du relais »; host_key: the setting that names the server."""
    if fault.verify_code in _EXPIRED:
        what = "est périmé ; à qui tient ce serveur de le renouveler, ou à l’horloge de cette machine d’être à l’heure"
    elif fault.verify_code in _OTHER_NAME:
        what = f"est à un autre nom ; mettez dans {host_key} celui que donne l’hébergeur"
    else:
        what = "n’est signé par aucune autorité connue ici ; SSL_CERT_FILE en nomme d’autres"
    return f"{its} {what} ({fault.verify_message})"
