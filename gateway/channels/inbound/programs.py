"""What programs write in somebody's name without a field that says so: absences, answers to invitations, and what keeps
strangers out until they prove to be people.

None is her own word: read as hers, « merci de ne pas m’écrire pendant cette période » or « a refusé cette invitation » would
object for her; « sans cela, votre message sera supprimé » may.
"""

from __future__ import annotations

import re

from gateway.channels.inbound.mime import Mail
from gateway.channels.inbound.ownwords import own_words

_SEARCHED_MAX = 3_000
#: She is away, in the words of the languages that mailboxes answer in.
_AWAY = re.compile(
    r"\b(?:je (?:suis|serai)|actuellement|momentan[eé]ment) (?:\S+ ){0,2}"
    r"(?:absente?|en (?:cong[eé]s?|vacances|d[eé]placement|mission|formation|arr[eê]t|voyage))\b"
    r"|\bcong[eé]s? (?:de )?(?:maternit[eé]|paternit[eé]|parental|maladie|annuels?)|\barr[eê]t (?:de )?(?:travail|maladie)\b"
    r"|\babsente? (?:du|de|jusqu|depuis|pour|ce|cette|le)\b|\b(?:de |mon |à mon )?retour (?:le|au|à partir|pr[eé]vu)\b"
    r"|\b(?:pendant|durant) mon (?:absence|cong[eé])|\bbureaux? (?:est|sont|sera|seront) ferm[eé]"
    r"|\bfermeture (?:annuelle|estivale)|\bout of (?:the )?office\b|\b(?:until|upon) my return\b"
    r"|\b(?:on|from) (?:my )?(?:annual |maternity |paternity |sick |parental |medical )?(?:leave|vacation|holidays?)\b"
    r"|\bi(?: am|['’]m| will be) (?:currently )?(?:away|travel+ing)\b"
    r"|\bnicht im (?:b[uü]ro|haus)|\bim urlaub\b|\bwieder (?:erreichbar|im b[uü]ro)"
    r"|\bfuera de la oficina|\bde vacaciones\b|\bin ferie\b|\bfuori (?:sede|ufficio)|\bde f[eé]rias\b",
    re.IGNORECASE,
)
#: What our letter waits for, and what is asked of us, as filters that question strangers say.
_WAITS = re.compile(
    r"\bpour que (?:votre|vos) (?:message|courriel|e-?mail|mail)s? (?:\S+ )?(?:soi(?:en)?t|parvien)"
    r"|\b(?:votre|ce) (?:message|courriel|e-?mail|mail)\b[^.\n]{0,60}\b(?:n['’]est pas encore"
    r"|ne (?:me |lui |nous )?sera pas(?: encore)?) (?:remis|d[eé]livr[eé]|livr[eé]|transmis)"
    r"|\b(?:so (?:that )?(?:i|we|he|she|they) can|before) [^.\n]{0,30}receive your (?:e-?mail|message|mail)s?"
    r"|\byour (?:e-?mail|message|mail)\b[^.\n]{0,60}\b(?:waitlisted|(?:will be|be|is being|was) (?:delivered|held|quarantined))",
    re.IGNORECASE,
)
_PROVE = re.compile(
    r"\bcliqu(?:er|ez)\b|\bclick\b|\b(?:confirm|v[eé]rifi|prouv|authentifi)\w*|\bverify\b|\bguest list\b|\bprove\b", re.IGNORECASE
)
_ANSWERS = re.compile(r"^METHOD:(?:REPLY|COUNTER)\b", re.IGNORECASE | re.MULTILINE)
#: What calendars say for whoever answers.
_PROGRAM = re.compile(
    r"\b(?:a (?:provisoirement )?(?:refus|accept|d[eé]clin)\w+|ne participera? (?:pas|peut-[eê]tre)|participera)\b"
    r"|\b(?:has )?(?:declined|accepted|tentatively accepted)\b|\binvitation\b"
    r"|\b(?:hat|haben)\b.{0,60}\b(?:abgelehnt|zugesagt|angenommen)\b"
    r"|\bha (?:rechazado|aceptado|rifiutato|accettato)\b",
    re.IGNORECASE,
)


def speaks_of_absence(said: str) -> bool:
    """Whether these words say that whoever has the mailbox is away. A person says so, too: ask where only machines write."""
    return _AWAY.search(said[:_SEARCHED_MAX]) is not None


def questions_strangers(said: str) -> bool:
    """Whether these words keep our letter back until we prove to be people. Ask where only machines write."""
    searched = said[:_SEARCHED_MAX]
    return bool(_WAITS.search(searched) and _PROVE.search(searched))


def beside_answer(mail: Mail) -> str | None:
    """What she adds to her answer to an invitation (RFC 5546): '' when the calendar wrote it all; None for any other mail."""
    calendars = (part.text[:_SEARCHED_MAX] for part in mail.parts if part.type == "text/calendar")
    if not any(map(_ANSWERS.search, calendars)):
        return None
    return "\n".join(line for line in own_words(mail).split("\n") if not _PROGRAM.search(line[:500])).strip()
