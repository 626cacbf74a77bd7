"""Valbrume, an invented commune: its people, and the files a campaign team would bring, with the mess of real files.

Nobody here exists, and no address can: all domains end in .example (RFC 2606). The same seed makes the same people.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from random import Random


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


COMMUNE, POSTCODE = "Valbrume", "39999"
_GIVEN = _words("""
Aïcha Alban Amélie Ariane Aurore Bakary Basile Bérénice Blanche Brune Camille Célestin Chloé Clémence Côme Dalila Daphné
Élie Éloïse Énora Fanta Félix Firmin Flore Gaël Gaspard Hawa Héloïse Honoré Idris Inès Irène Jeanne Joachim Kenza Laure
Léonie Lilou Louison Maël Mahé Malik Marguerite Maëlys Mina Nadège Noémie Octave Odile Ousmane Paloma Perrine Quentin
Rémi Rokia Rosalie Sacha Séverin Solène Suzanne Théa Tiphaine Ulysse Valère Violette Yanis Youna Zélie Zoé
""")
_FAMILY = _words("""
Aubépine Bellerive Bonnefoi Boisclair Brindille Cendrebois Chantemerle Clairfontaine Coquelin Courtepaille
Dubreuil-Lande Deschamps-Gris Églantier Fontvieille Froidevaux Garancelle Grandpré Hautbois Jolivet-Mas Lagrange-Vive Lavandou
Loupiac Maisonneuve Merlebois Montclar Noisetier Ormeau Passerose Peyrebrune Pommeraie Quatrevents Rivebelle Rochebrune
Roncevaux Saulaie Sorbier Tournesol Traversière Valombreuse Verdelet
""")
_DOMAINS = ("courriel.example", "poste.example", "valbrume.example", "boite.example", "lettres.example")
_PLAIN = str.maketrans("àâäéèêëîïôöùûüçÀÂÉÈÊÎÔÛÇ", "aaaeeeeiioouuucAAEEEIOUC")
#: One person in so many has a mailbox that does not exist, or is full; see sandbox.mailbox.
_UNKNOWN_EVERY, _FULL_EVERY = 45, 130
#: One in so many takes the letter, and something comes back: see sandbox.returns.
_RETURNS = (("revient", 60, 31), ("repond-stop", 400, 233), ("plainte", 1500, 741), ("absente", 500, 347))


@dataclass(frozen=True, slots=True, kw_only=True)
class Voter:
    """An invented person."""

    given: str
    family: str
    email: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """What the team brings."""

    objections: Path  #: the opposition list of the tool they used before
    members: Path  #: people who signed up on the site, as a spreadsheet saved them
    meeting: Path  #: occasional contacts of a public meeting
    roll: Path  #: an extract of the electoral roll, with addresses from elsewhere
    letter: Path  #: the newsletter


class Commune:
    """The people of Valbrume, and the files about them."""

    def __init__(self, people: int, *, today: date, seed: int = 2027) -> None:
        self._random = Random(seed)  # noqa: S311 (invented people, the same each time)
        self._today = today
        voters = [self._voter(number) for number in range(people)]
        objected, met = max(4, people // 50), max(6, people // 12)
        self.met, self.signed_up = voters[:met], voters[met:]
        #: Objected long ago, elsewhere: half of them are in the new file all the same.
        self.objected = [*self.signed_up[: objected // 2], *(self._voter(people + n) for n in range(objected - objected // 2))]

        self.agreed: set[str] = set()  #: addresses of those who agreed, with the day; known once the files are written

    def write(self, folder: Path) -> Files:
        """Write every file into a folder."""
        folder.mkdir(parents=True, exist_ok=True)
        files = Files(
            objections=folder / "anciens-desinscrits.csv",
            members=folder / "inscrits-du-site.csv",
            meeting=folder / "reunion-publique.csv",
            roll=folder / "liste-electorale.csv",
            letter=folder / "lettre.md",
        )
        _write(files.objections, ";", ["Adresse e-mail", "Depuis"], self._objection_rows(), encoding="utf-8-sig")
        _write(files.members, ";", _MEMBER_HEADINGS, self._member_rows(), encoding="cp1252")
        meeting = ([voter.email, voter.given, POSTCODE] for voter in self.met)
        _write(files.meeting, ",", ["mail", "prénom", "cp"], meeting, encoding="utf-8")
        roll = ([voter.family.upper(), voter.given, voter.email, "Bureau 2"] for voter in self.signed_up[:40])
        _write(files.roll, ";", ["Nom de famille", "Prénoms", "Courriel", "Bureau de vote"], roll, encoding="cp1252")
        files.letter.write_text(LETTER, encoding="utf-8")
        return files

    def write_return(self, path: Path, addresses: Sequence[str]) -> None:
        """A file of the market stall, where somebody wrote down again people who had said stop, and three new ones."""
        again = [[address.upper(), "Marché du samedi"] for address in addresses]
        fresh = [[self._voter(900_000 + number).email, "Marché du samedi"] for number in range(3)]
        _write(path, ";", ["E-mail", "Où"], again + fresh, encoding="utf-8")

    def _voter(self, number: int) -> Voter:
        given, family = self._random.choice(_GIVEN), self._random.choice(_FAMILY)
        local = f"{given}.{family}".translate(_PLAIN).lower()
        if number % _UNKNOWN_EVERY == _UNKNOWN_EVERY - 1:
            local = f"inconnu.{local}"
        elif number % _FULL_EVERY == _FULL_EVERY - 1:
            local = f"pleine.{local}"
        else:
            local = next((f"{says}.{local}" for says, every, rank in _RETURNS if number % every == rank), local)
        return Voter(given=given, family=family, email=f"{local}.{number}@{self._random.choice(_DOMAINS)}")

    def _objection_rows(self) -> Iterable[list[str]]:
        for number, voter in enumerate(self.objected):
            yield [voter.email.upper() if number % 3 == 0 else voter.email, self._day().strftime("%d/%m/%Y")]
        yield [self.objected[0].email.capitalize(), ""]

    def _member_rows(self) -> Iterable[list[str]]:
        """Most agreed, with the day; some did not say, some said no, some want nothing; and the mess."""
        draw = self._random
        for number, voter in enumerate(self.signed_up):
            consent, day = "oui", self._day().strftime("%d/%m/%Y")
            if number % 9 == 4:
                consent, day = "", ""  # never asked
            elif number % 31 == 7:
                consent = "non"
            elif number % 97 == 11:
                consent = "désinscrit"
            elif number % 23 == 5:
                day = ""  # agreed, but nobody wrote down when
            if consent == "oui" and day:
                self.agreed.add(voter.email)
            row = [voter.given, voter.family.upper(), voter.email, POSTCODE, COMMUNE, consent, day, ""]
            yield row
            if number % 19 == 3:
                yield [*row[:2], voter.email.upper(), *row[3:]]  # the same person, typed twice
            if number % 60 == 17:
                yield draw.choice(_MESSES)(row)

    def _day(self) -> date:
        return self._today - timedelta(days=self._random.randrange(30, 400))


_MEMBER_HEADINGS = ["Prénom", "NOM", "Courriel", "Code postal", "Ville", "Consentement", "Date du consentement", "Remarques"]


def _other(row: list[str], **cells: str) -> list[str]:
    """The same line with other cells, and an address of its own."""
    names = ("given", "family", "email", "postcode", "commune", "consent", "day", "note")
    own = {"email": f"bis.{row[2]}"}
    return [(own | cells).get(name, cell) for name, cell in zip(names, row, strict=True)]


_MESSES: tuple[Callable[[list[str]], list[str]], ...] = (
    lambda row: _other(row, email=row[2].replace("@", "")),
    lambda row: _other(row, email=row[2].replace("@", " chez ")),
    lambda row: _other(row, email=row[2].replace(".example", "..example")),
    lambda row: _other(row, email=row[2].replace(".example", ",example")),
    lambda row: _other(row, email=f"bis.{row[2]} / {row[2]}"),
    lambda row: _other(row, email=f"  <bis.{row[2]}>  "),
    lambda row: _other(row, email=f"mailto:bis.{row[2]}"),
    lambda row: _other(row, given='=HYPERLINK("https://piege.example";"Cliquez")'),
    lambda row: _other(row, note="+33 = rappeler, -2 places"),
    lambda row: _other(row, consent="peut-être"),
    lambda row: _other(row, consent="oui", day="31/02/2026"),
    lambda row: _other(row, email=""),
)


def _write(path: Path, separator: str, headings: Sequence[str], rows: Iterable[Sequence[str]], *, encoding: str) -> None:
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.writer(file, delimiter=separator)
        writer.writerow(headings)
        writer.writerows(rows)


LETTER = """\
# La lettre de Valbrume

Bonjour {{ given_name|"chère voisine, cher voisin" }},

Ce printemps, à Valbrume, nous proposons trois choses simples :

- **des écoles ouvertes le soir**, pour les devoirs et pour la musique ;
- **une cantine préparée sur place**, avec les maraîchers de la vallée ;
- **des trottoirs où l’on marche à deux**, jusqu’à la gare.

Venez en parler au lavoir, jeudi à 19 heures. Il y aura de la soupe.

[Lire le programme](https://valbrume.example/programme)

À bientôt,

Camille Rochebrune et l’équipe
"""
