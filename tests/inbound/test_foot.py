"""What stands below a signature: the words of a house object for nobody, and hers do."""

from __future__ import annotations

import pytest

from gateway.channels.inbound import read_mail
from gateway.channels.inbound.foot import without_foot
from tests.inbound.letters import mail

LUCIE = "Lucie Martin <lucie.martin@mairie.example>"
PRAISE = "Merci beaucoup, je viendrai samedi !"


def said(text: str) -> str:
    return read_mail(mail(text, sender=LUCIE)).text


@pytest.mark.parametrize(
    "signed", ["Lucie Martin", "Lucie", "Bien cordialement,", "L. MARTIN\nChargée de mission\n02 98 00 00 00", "_______"]
)
@pytest.mark.parametrize(
    "foot",
    [
        "Pour exercer votre droit d’opposition au traitement par notre cabinet, écrivez à dpo@martin.example.",
        "Vos données sont traitées par la société Martin. Vous pouvez demander leur suppression.",
        "Pour vous opposer au démarchage téléphonique, inscrivez-vous gratuitement sur bloctel.gouv.fr.",
        "La loi vous interdit de divulguer ce message. Toute copie est interdite.",
        "Merci de répondre STOP pour vous désinscrire de nos envois.",
        "Pour se désabonner de notre newsletter, merci de cliquer sur le lien de désinscription.",
        "Consultez notre politique de confidentialité : ce message et ses pièces jointes sont protégés.",
        "You are receiving this because you opted in. Click here to unsubscribe.",
        "L’émetteur décline toute responsabilité. Merci d’effacer ce message, et de cesser toute diffusion,\nsi vous n’en "
        "êtes pas destinataire.",
    ],
)
def test_who_praised_us_from_her_office_said_no_more_than_she_signed(signed: str, foot: str) -> None:
    assert said(f"{PRAISE}\n\n{signed}\n\n{foot}\n") == f"{PRAISE}\n\n{signed}"


@pytest.mark.parametrize(
    "asked",
    [
        "PS : désabonnez-moi de tous vos courriels, s’il vous plaît.",
        "Retirez cette adresse de la liste des courriels, merci.",
        "Merci de nous retirer de ces courriels une bonne fois.",
        "Plus de courriels de votre part, s’il vous plaît.",
        "Désinscription de tous les courriels sans exception, merci.",
        "Veuillez ne plus envoyer de courriels politiques à mon mari.",
        "Merci de cesser l’envoi de ces messages par courriel, svp.",
        "STOP",
        "Veuillez procéder à la désinscription svp, et merci encore.",
        "PS : merci de procéder à notre désinscription de ces courriels.",
        "Merci de bien vouloir vous charger du désabonnement de Mme Martin, décédée.",
        "Le démarchage politique par courriel n’est pas souhaité dans cette maison.",
        "Aucun message politique ne doit plus arriver ici, merci.",
        "On se désabonne, tous les deux, de ces courriels.",
        "Nous ne souhaitons plus aucun message de ce genre.",
        "La réunion de samedi est-elle maintenue malgré la grève des trains ?",
    ],
)
def test_what_she_writes_below_her_signature_stays(asked: str) -> None:
    assert said(f"{PRAISE}\n\nLucie Martin\n\n{asked}").endswith(asked)


def test_a_signature_below_a_greeting_alone_hides_nothing() -> None:
    text = "Madame,\n\nLucie Martin\n\nMerci d’effacer ce message et de supprimer toutes données."
    assert said(text) == text


def test_nobody_who_did_not_sign_has_a_foot() -> None:
    text = f"{PRAISE}\n\nVos données sont traitées par la société Martin. Vous pouvez demander leur suppression."
    assert said(text) == text


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("a\n" * 25_000, "a\n" * 24_999 + "a"),
        ("cordialement\n" * 4_000, "cordialement\n" * 3_999 + "cordialement"),
        ("x y z\n\ncordialement\n" + "message supprimer " * 3_000, "x y z\n\ncordialement"),
        ("x y z\n\ncordialement\n" + "merci de " * 6_000, "x y z\n\ncordialement\n" + "merci de " * 6_000),
    ],
    ids=["short-lines", "closings", "a-house", "thanks"],
)
def test_the_longest_texts_are_read_to_their_end(text: str, left: str) -> None:
    """Whoever reads mails reads what strangers send: a text that took minutes would hold up everybody behind it."""
    assert without_foot(text, frozenset({"lucie"})).strip() == left.strip()
