"""Does a mail say that a message could not be delivered? For notices that no header and no subject tells: the words decide,
once the author is known to be a machine. A person who writes the same is no machine, and is never asked here."""

from __future__ import annotations

import re

_SEARCHED_MAX = 3_000
_LINES_MAX = 6
_ADDRESS = re.compile(r"[^\s@]{1,120}@[^\s@]{1,253}(?<![.,;:!?])")  #: its dots end no sentence

_MESSAGE = (
    r"(?:e-?mails?|mails?|messages?|notes?|letters?|delivery|courriels?|courriers?|mél|lettre|nachricht(?:en)?|zustellung"
    r"|mensajes?"
    r"|correos?|entrega|messaggi[oi]?|mensagem|mensagens|berichten?|wiadomo[sś][cć]|meddelande|besked|viesti|mesajul?|zpr[aá]va"
    r"|письмо|сообщение)"
)
#: What is said of it, in the languages of mail servers.
_UNDELIVERED = (
    r"(?:could|can|was|were|is|are|has|have|did|will)(?: ?n[o'’]t|not)\b.{0,25}(?:deliver|sen[dt]\b|reach|relay|forward|transmi"
    r"|distribut|accept)"
    r"|undeliver|non-?deliver|unable to (?:be )?deliver|failed to (?:be )?(?:deliver|reach)|not (?:be )?(?:deliver|distribut)"
    r"|(?:delivery|transmission) (?:has )?(?:failed|failure|error)|(?:was|been|were) (?:returned|rejected|refused|bounced"
    r"|(?:automatically|permanently) rejected|stopped|blocked)"
    r"|n['’](?:a|ont|est) (?:pas|jamais|pas encore)? ?(?:pu|[eé]t[eé]|arriv|parvenu)|ne (?:peut|pourra|sera) (?:pas )?[eê]tre"
    r" (?:remis|livr|distribu|achemin|d[eé]livr)"
    r"|(?:non remis|rejet[eé]|refus[eé]|bloqu[eé]|impossible de (?:remettre|livrer|distribuer))"
    r"|nicht (?:zugestellt|ausgeliefert|zustellbar|übermittelt|weitergeleitet)|unzustellbar|fehlgeschlagen|abgelehnt|zurückgewie"
    r"|no (?:se )?(?:ha (?:podido|sido|entregad|enviad|llegad)|pudo|puede|fue|ser[aá])"
    r"|no entregado|devuelto|rechazado|ha fallado|fallida"
    r"|non (?:[eè] stato|pu[oò]|[eè] possibile|[eè] arrivat|consegnat|recapitat)|respint|rifiutat"
    r"|n[aã]o (?:p[oô]de|foi|ser[aá]|pode)|devolvid|rejeitad|recusad"
    r"|niet (?:worden )?(?:afgeleverd|bezorgd|bestel)|(?:kon|kan|is) niet|geweigerd|onbestelbaar"
    r"|nie (?:zosta[lł]|mog[lł]a|mo[zż]e)|niedostarcz|kunde inte|kunne ikke|ei voitu|nebyl[ao]?|nu a (?:fost|putut)"
    r"|не (?:может|был|удалось|доставлен)"
)
_SAYS = re.compile(
    rf"\b{_MESSAGE}\b[^.!?]{{0,120}}?(?:{_UNDELIVERED})"
    rf"|\b(?:unable|failed|not able|wasn['’]?t able|impossible|error|problem|trouble|failure|couldn['’]?t|could not|cannot"
    rf"|[eé]chec)\b.{{0,30}}"
    rf"\b(?:deliver|send|remettre|livrer|distribuer|remise|distribution)\w*.{{0,40}}\b{_MESSAGE}\b"
    rf"|\bnon[- ]?delivery (?:notif|report|status)|\bdelivery (?:to the following .{{0,40}})?(?:has )?failed"
    rf"|\b(?:could|can) ?not be (?:delivered|sent) to (?:the )?following|^\W*failed recipients?\b"
    rf"|\bimpossible de (?:remettre|livrer|distribuer|d[eé]livrer|transmettre)"
    r"|(?:メール|メッセージ).{0,40}(?:配信|送信|配送|お届け)[^。]{0,12}(?:できません|できなかっ|されません|失敗|エラー)"
    r"|(?:配信|送信)(?:できません|に失敗)"
    r"|邮件.{0,20}(?:无法|未能|退回|退信)|郵件.{0,20}(?:無法|退回)",
    re.IGNORECASE,
)


def says_undelivered(words: str) -> bool:
    """Whether a mail's own words say that a message was not delivered; quoted lines do not count. Linear, in twelve languages."""
    own = (line for line in words[:_SEARCHED_MAX].split("\n") if not line.startswith(">"))
    return _SAYS.search(_ADDRESS.sub("<>", " ".join(" ".join(own).split()))) is not None


def begins_so(words: str) -> bool:
    """The same of its first lines alone: a person who tells of a bounce greets first, a machine does not."""
    lines = [line for line in words[:_SEARCHED_MAX].split("\n") if any(map(str.isalpha, line))]
    return says_undelivered("\n".join(lines[:_LINES_MAX]))
