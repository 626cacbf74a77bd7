"""What is said of a line that is not taken, or whose words are kept apart."""

from __future__ import annotations

from gateway.flows.collecting.table import Malformed

NO_ADDRESS = (
    "aucune adresse ici : il manque « @ » ; si ces mots disent que cette personne ne veut plus rien recevoir, portez-la sur la "
    "liste d’opposition ; sinon, videz la case"
)
LEFT_OUT = "la colonne est laissée de côté, mais elle dit ici une opposition : elle est retenue"
ASIDE = "ces mots n’ont pas leur place ici, mais ils disent une opposition : elle est retenue"
LABELLED = "cette étiquette dit une opposition : elle est retenue"
UNCONFIRMED = (
    "l’outil d’où vient cette liste n’a pas noté d’accord de cette personne : celui que vous déclarez pour chaque ligne ne vaut "
    "pas pour elle"
)
NEVER_CONFIRMED = "cette liste dit que cette personne n’a jamais confirmé : aucun accord n’est pris d’elle"
ENDED = "l’accord de cette personne a pris fin, dit cette colonne : aucun n’est pris d’elle"
READ_OVER = "ces mots peuvent être un refus : vous dites que quelqu’un les a lus, et qu’ils n’en sont pas un"
IN_WORDS = "ces mots ne disent ni oui ni non, mais une opposition : elle est retenue"
BEYOND = (
    "« {} » dépasse la dernière colonne : une case de trop avant, ou une colonne sans titre ; si c’est cela, donnez-lui-en un "
    "(par exemple « remarque »)"
)
MALFORMED = {
    Malformed.QUOTE: "un guillemet est ouvert et n’est jamais fermé",
    Malformed.WIDTH: "il manque des cases",
    Malformed.FIELD: "une cellule est démesurée",
    Malformed.STRUCK: (
        "cette ligne est barrée dans le classeur : si cette personne ne veut plus rien recevoir, portez-la sur la liste "
        "d’opposition ; si elle est bien de la liste, ôtez la rayure"
    ),
    Malformed.PASSED_OVER: (
        "un signe devant cette ligne dit de la laisser de côté : si cette personne ne veut plus rien recevoir, portez-la sur la "
        "liste d’opposition ; si elle est bien de la liste, ôtez le signe"
    ),
    Malformed.NUL: "contient un caractère nul",
}
A_NUMBER = (
    "un numéro de téléphone, là où l’on attend une adresse électronique : mettez-le dans une colonne à lui, « téléphone » par "
    "exemple"
)
