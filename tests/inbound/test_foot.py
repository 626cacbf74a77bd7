"""What stands below a signature: the words of a house object for nobody, and hers do."""

from __future__ import annotations

import time

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


def test_long_texts_take_linear_time() -> None:
    began = time.perf_counter()
    for text in ("a\n" * 25_000, "cordialement\n" * 4_000, "x y z\n\ncordialement\n" + "message supprimer " * 3_000):
        without_foot(text, frozenset({"lucie"}))
    assert time.perf_counter() - began < 5
