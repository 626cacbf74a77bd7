"""Her mailbox is full, her server asks to come again later, or has something against us: said in French in many words, beside
whatever status, and never that she is dead."""

from __future__ import annotations

import pytest

from gateway.channels.inbound import Verdict, read_mail
from gateway.channels.refusals import Reply, Step, judge
from tests.inbound.letters import RETURN_PATH, block, bounce

FULL = [
    "550 5.0.0 Le compte de messagerie de ce client a atteint la limite de son espace de stockage",
    "550 La boite a lettres de votre correspondant deborde",
    "550 Capacite maximale de la BAL atteinte",
    "550 Messagerie du destinataire remplie",
    "554 Le casier de l'utilisateur est plein",
    "550 La BAL est pleine",
    "550 Compte de messagerie plein a 100%",
    "550 L'utilisateur a depasse son quota disque",
    "550 Volume maximal de la boite atteint",
    "550 5.2.3 L’espace alloué à la boîte aux lettres est épuisé",
    "550 Capacité de stockage dépassée pour cet abonné",
    "550 nombre maximum de messages atteint dans la boite du destinataire",
    "550 boite aux lettres de l'usager au complet",
    "550 5.0.0 Inbox is at capacity",
    "554 5.0.0 Recipient mailbox has no free space left",
    "550 account has reached its limit of stored messages",
]
FOR_NOW = [
    "550 5.1.1 Liste grise active, merci de reessayer plus tard",
    "550 5.7.1 mise en liste grise, renvoyez votre message dans quelques minutes",
    "550 5.1.1 Greylisted, please retry",
    "550 Boite temporairement indisponible",
    "550 Maintenance en cours sur la boite du destinataire",
    "550 5.1.1 Erreur temporaire, reessayez",
    "550 5.1.1 annuaire indisponible",
    "550 5.1.1 Service indisponible",
    "550 5.1.1 Delai depasse lors de la verification du destinataire",
    "550 5.1.10 Le domaine destinataire est en cours de migration",
]
OURS = [
    "550 5.1.1 Votre serveur n'est pas autorise a nous ecrire",
    "550 5.1.1 IP 192.0.2.1 refusee",
    "550 5.1.1 Trop de destinataires par heure",
    "550 5.1.1 Authentification requise",
    "550 5.1.1 Domaine de l'expediteur introuvable",
    "550 5.1.1 votre adresse n'est pas reconnue",
    "550 5.1.1 connexion interdite depuis votre reseau",
    "550 votre abonnement est resilie",
    "550 compte d'envoi supprime",
    "550 expediteur indesirable",
    "554 votre domaine d'envoi est trop recent",
    "550 5.7.1 le serveur 192.0.2.1 figure sur une liste de blocage",
]
HER_RULE = [
    "550 5.1.1 Votre message a ete classe indesirable",
    "550 5.1.1 Rejet antispam",
    "550 5.1.1 message trop volumineux",
    "550 Cette adresse ne recoit que les messages internes",
    "550 l'utilisateur a choisi de bloquer vos messages",
    "550 contenu interdit par la politique de securite de l'etablissement",
]
NOBODY = [
    "550 5.1.1 Utilisateur inconnu (antispam)",
    "550 5.0.0 l'adresse indiquee n'est rattachee a aucun compte",
    "550 Aucune correspondance pour cette adresse",
    "550 la boite n'a jamais ete creee",
    "550 Address does not resolve to a mailbox",
]


@pytest.mark.parametrize(
    ("reply", "verdict"),
    [
        *((each, Verdict.FULL) for each in FULL),
        *((each, Verdict.SOFT) for each in FOR_NOW),
        *((each, Verdict.BLOCKED) for each in OURS),
        *((each, Verdict.POLICY) for each in HER_RULE),
        *((each, Verdict.HARD) for each in NOBODY),
        ("550 Ce serveur ne traite pas le courrier de ce domaine", Verdict.MISROUTED),
        ("550 Quota d'envoi dépassé", Verdict.BLOCKED),
        ("552 5.3.4 La taille du message dépasse la limite", Verdict.POLICY),
    ],
)
def test_a_reply_in_french_says_what_became_of_her(reply: str, verdict: Verdict) -> None:
    assert judge(Reply.parse(reply, gave_up=True, step=Step.RCPT)).verdict is verdict


@pytest.mark.parametrize("reply", FOR_NOW[:3])
def test_a_person_whose_server_keeps_a_grey_list_is_not_taken_for_dead_by_a_report_that_calls_her_so(reply: str) -> None:
    report = read_mail(bounce(block(reply, status="5.1.1")), envelope_to=(RETURN_PATH,))
    assert [each.verdict for each in report.recipients] == [Verdict.SOFT]


@pytest.mark.parametrize(
    "help_",
    [
        "Vérifiez l’adresse, et que la boîte de votre correspondant n’est pas pleine.",
        "Ce problème peut survenir si la boîte est pleine ou si l’adresse n’existe pas.",
        "Cela arrive quand un compte a été supprimé ou a dépassé son quota.",
        "Si le compte est plein, réessayez plus tard.",
        "Le quota de la boîte n’est pas en cause.",
    ],
)
def test_what_a_notice_supposes_for_help_makes_no_dead_address_a_full_one(help_: str) -> None:
    words = f"Votre message n’a pas été remis : utilisateur inconnu.\n\n{help_}"
    report = read_mail(bounce(block("550 5.1.1 utilisateur inconnu", status="5.1.1"), words=words), envelope_to=(RETURN_PATH,))
    assert [each.verdict for each in report.recipients] == [Verdict.HARD]
