"""Lines of a table that hold nobody: whoever stands below « Ne veulent plus rien recevoir » is no contact.

And « C = ne plus écrire », or « en rouge : ne veut plus rien », explains codes and colours that are not read here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import partial

from gateway.compliance.listwords import ListWords, Standing
from gateway.domain.errors import InvalidInput
from gateway.flows.collecting.headings import plain
from gateway.flows.collecting.noting import may_object
from gateway.flows.collecting.objecting import names_all_but_them, names_register, says_no
from gateway.flows.collecting.refusals import shown
from gateway.flows.collecting.table import Record, is_somebody

#: « C = ne plus contacter », « * : désinscrits », « en rouge, ne veut plus rien »: a mark, and what it says of people.
_EXPLAINED = re.compile(
    r"\W*(?:l[ée]gende\W+)?(?:en\s+)?(?!(?:nb|ps|note|attention|remarque|total|source|date|rq)\b)(?P<mark>[^\W_]{1,12}|[^\w\s]{1,3})"
    r"\s*(?:=+>?|:|->|→|⇒|\s[-–—]\s)\s*(?P<says>\S.*)",
    re.IGNORECASE,
)
_MARKED = re.compile(
    r"\b(?:en (?:rouge|orange|vert|bleu|jaune|gris|noir|rose|violet|gras|italique)|barr[ée]e?s?|ray[ée]e?s?"
    r"|gris[ée]e?s?|surlign\w+|ast[ée]risques?|[ée]toiles?|couleurs?|croix|fond (?:rouge|orange|jaune|gris|rose))\b",
    re.IGNORECASE,
)
#: Beside somebody, where « Tél : ne plus appeler » is about her: colours and signs alone.
_BESIDE = re.compile(
    r"\W*(?:l[ée]gende\W+)?(?:(?:les? )?(?:lignes?|cases?|noms?) )?(?:en |fond )?"
    r"(?:(?:rouge|orange|vert|bleu|jaune|gris|noir|rose|violet|barr[ée]|ray[ée]|gris[ée]|surlign[ée])e?s?\s*(?:=+>?|:|->|→|⇒|[-–—])"
    r"|[^\W_]{1,2}\s*=+>?|[^\w\s]{1,3}\s*(?:=+>?|:|->|→|⇒))\s*(?P<says>\S.*)",
    re.IGNORECASE,
)
#: What is asked of whoever holds the file: « ne pas diffuser », « ne pas modifier cette feuille ».
_OF_THE_FILE = re.compile(
    r"\b(?:ne|à ne|merci de ne) (?:pas|plus|jamais) (?:diffus|communiqu|transmett|partag|imprim|modifi|supprim|touch|copi"
    r"|effac|tri|public|divulgu|remplir|écrire (?:ici|dans)|ouvrir)\w*"
    r"|\b(?:rgpd|gdpr|cnil|vie privée|confidenti\w*|(?:usage|diffusion) (?:interne|restreinte|interdite)|"
    r"(?:reproduction|copie|diffusion|modification) (?:\w+ )?interdite|uniquement)\b",
    re.IGNORECASE,
)
#: Within a heading: what a code says.
_CODED = re.compile(r"\b[^\W_]{1,2}\s*=\s*([^=/;,|()]+)")
#: In two cells: the mark, and what it says.
_MARK = re.compile(r"\W*(?:\w{1,3}|rouge|orange|vert|bleu|jaune|gris|noir|rose|violet|barr[ée]e?|ray[ée]e?)\W*", re.IGNORECASE)
_MARK_AND_WORDS, _LEGEND_CELLS_MAX, _CODE_CHARACTERS_MAX = 2, 3, 3
#: Sheets so called; a file may be one of lines that we refused.
_REFUSALS = ("refus", "les refus", "stop", "non", "non merci")
#: Fewest words by which a line of another sheet is no choice to be made in cells.
_SENTENCE_WORDS_MIN = 5
#: A line below the people of a list that may be about one of them: « * pas de mail », « NB : Mme Riou a changé d’avis »; of fewer
#: words it is a title, « Désinscrits : aucun », and « Total des désinscrits : 14 » or « Liste arrêtée à 14 personnes » counts.
_REMARK = re.compile(
    r"\s*(?!(?:sous\W)?tota(?:l|ux)\b|nombres?\b|nb de\b|dont \d|soit \d|effectifs?\b"
    r"|(?:\w+\W+){0,3}arr[êe]t[ée]e?s?\W+(?:[àa]|au)\W+\d)(?:[^\w\s(«\"'-]|(?:\w+\W+){3}\w)",
    re.IGNORECASE,
)

#: How many a group has, behind its name: « Non abonnés (2) », « Refus : 3 »; and a cell that counts, too.
_HOW_MANY = re.compile(r"\s*(?:\(\s*\d+\s*\)|:?\s\d+)\s*$")
_A_COUNT = re.compile(r"\d{1,6}(?:[.,]\d+)?\s*%?")
_SAID_OF_A_GROUP = (Standing.NO, Standing.DECLINES, Standing.OBJECTS, Standing.WITHHOLDS, Standing.UNCONFIRMED)


class Legends:
    """Finds what explains marks and codes of a list, where it says that some of its people want nothing more."""

    def __init__(self, tells_objection: Callable[[str], bool], words: ListWords) -> None:
        self._tells_objection = tells_objection
        self._words = words
        self._stirs = partial(may_object, words)  #: whether words may say so

    def check(self, where: str, cells: Sequence[str]) -> None:
        """Raise InvalidInput for a line of nobody that explains who objects: by a code, or by a colour."""
        told = [cell.strip() for cell in cells if cell.strip()]
        if not told or len(told) > _LEGEND_CELLS_MAX or is_somebody(told):
            return
        found = [one for cell in told if (one := _EXPLAINED.match(cell))]
        explained = [one["says"] for one in found if not _is_plain(one["mark"])]
        explained += [cell for cell in told if _MARKED.search(cell)]
        if len(told) == _MARK_AND_WORDS and _MARK.fullmatch(told[0]):
            explained.append(told[1])
        if any(map(self._refuses, explained)):
            raise _explains(where, " ".join(told))

    def check_title(self, title: str) -> None:
        """Raise InvalidInput for words above the headings that explain who objects, or say it in a sentence."""
        where = "au-dessus des titres de colonnes"
        self.check(where, [title])
        if names_register(plain(title)) and not is_somebody([title]):  # of the whole list: told elsewhere
            return
        if self._refuses(_OF_THE_FILE.sub(" ", title)):
            raise _explains(where, title)

    def names_them(self, sheet: str) -> bool:
        """Whether a sheet may be called after those who want nothing more: « Désinscrits », « Refus », « Fâchés »."""
        bare = plain(sheet)
        if names_register(bare) or bare in _REFUSALS:
            return True
        return self._stirs(_OF_THE_FILE.sub(" ", sheet)) and not names_all_but_them(bare)

    def names_group(self, title: str) -> bool:
        """The same of a group of lines, or of those of it who agreed to nothing: « Non abonnés (2) »."""
        names = {title, _HOW_MANY.sub("", title)}
        of_it = {" ".join(word.removesuffix("s") for word in name.split()) for name in names}
        # « N » is where names begin by it
        told = any(len(said) > 1 and self._words.standing(said) in _SAID_OF_A_GROUP for said in names | of_it)
        return told or any(self.names_them(name) or self._tells_objection(name) for name in names)

    def check_said(self, where: str, words: str) -> None:
        """Raise InvalidInput for words beside the table that may say of its people that they want nothing more."""
        told = _OF_THE_FILE.sub(" ", words.replace("_", " "))
        if names_register(plain(words)) or self._tells_objection(told) or self._stirs(told):
            raise InvalidInput(
                f"{where} : « {shown(words)} » dit peut-être que des personnes de cette liste ne veulent plus rien recevoir, "
                "et rien ne dit lesquelles : si ce sont toutes, gateway suppressions import ; si ce sont quelques-unes, dites-le "
                "dans une colonne « opposition » ; puis ôtez ces mots, comme s’ils parlent d’autre chose"
            )

    def check_sentence(self, where: str, words: str) -> None:
        """The same where choices to be made in cells are listed, too: « Ne plus contacter »."""
        explained = _EXPLAINED.match(words)
        if (
            len(words.split()) >= _SENTENCE_WORDS_MIN
            and not is_somebody([words])
            and not (explained and _is_plain(explained["mark"]))
        ):
            self.check_said(where, words)

    def check_beside(self, where: str, cell: str) -> None:
        """Raise InvalidInput for a cell beside somebody that explains a colour, or a sign, of those who object."""
        if (found := _BESIDE.fullmatch(cell)) and self._refuses(found["says"]):
            raise _explains(where, cell)

    def check_heading(self, heading: str) -> None:
        """Raise InvalidInput for a heading that explains the codes below it: « Accord (1 = oui, 9 = ne plus contacter) »."""
        if any(map(self._refuses, _CODED.findall(heading))):
            raise _explains("un titre de colonne", heading)

    def _refuses(self, says: str) -> bool:
        return self._tells_objection(says) or self._stirs(says)


def _explains(where: str, told: str) -> InvalidInput:
    return InvalidInput(
        f"{where} : « {shown(told)} » explique des codes, des couleurs ou des signes de cette liste, et certains disent qui ne "
        "veut plus rien recevoir ; ici ils ne se lisent pas : écrivez-le en toutes lettres, dans une colonne « opposition », "
        "puis ôtez cette ligne ou cette case ; si elle parle d’autre chose, ôtez-la"
    )


def _is_plain(mark: str) -> bool:
    """Whether what is explained is no code, but says it by itself: « Opposition »."""
    return len(mark) > _CODE_CHARACTERS_MAX and says_no(plain(mark))


def _counted(cell: str) -> str:
    """What a line of a table is the total of: « Total Désabonné », “Unsubscribed Total”; empty for any other cell."""
    words = cell.split()
    bare = [word.casefold() for word in words]
    if len(words) < _MARK_AND_WORDS or "total" not in (bare[0], bare[-1]):
        return ""
    return " ".join(words[1:] if bare[0] == "total" else words[:-1])


class Sections:
    """Looks at the lines of a file that hold nobody, and at whether somebody follows."""

    def __init__(self, legends: Legends) -> None:
        self._legends = legends
        self._title: tuple[int, str] | None = None
        self._remarks: list[tuple[int, str]] = []  #: since the last person, sentences that may say no
        self._above: Sequence[str] = ()  #: what the line of the last person says

    def nobody(self, record: Record) -> None:
        """Take note of a line that could not be taken: a title says one thing, and holds no address."""
        told = {cell.strip() for cell in record.cells if cell.strip() and not _A_COUNT.fullmatch(cell.strip())}
        self._legends.check(f"ligne {record.line}", record.cells)
        self._check_group(record)
        if len(told) != 1 or is_somebody([*told]):  # merged over several columns, it stands in each of them
            return
        (title,) = told
        objects = self._legends.names_group(title)
        self._title = (record.line, title) if objects else None
        if objects and _REMARK.match(title):
            self._remarks.append((record.line, title))

    def _check_group(self, record: Record) -> None:
        """Raise InvalidInput for « Total Désabonné » below people who left, only the first of whom the table calls so."""
        for cell, above in zip(record.cells, self._above, strict=False):
            if not above.strip() and (label := _counted(cell)) and self._legends.names_them(label):
                raise InvalidInput(
                    f"ligne {record.line} : « {shown(cell)} » clôt un groupe de lignes dont la première seule porte "
                    f"« {shown(label)} » ; les autres seraient prises comme si elles ne disaient rien : répétez ces mots sur "
                    "chaque ligne (tableau croisé d’Excel : Création, Disposition du rapport, Répéter toutes les étiquettes "
                    "d’éléments), ou apportez la liste dont ce tableau est tiré"
                )

    def somebody(self, record: Record) -> None:
        """Raise InvalidInput when a title says of the person of this line that she wants nothing more."""
        self._above = record.cells
        if self._title is None and not self._remarks:
            return
        line, title = self._title or self._remarks[0]
        raise InvalidInput(
            f"ligne {line} : « {shown(title)} » semble être le titre d’une liste de personnes qui ne veulent plus rien recevoir, "
            "ou n’ont rien accepté, et les lignes qui suivent seraient prises comme les autres : mettez-les dans un fichier à "
            "part (si elles ne veulent plus rien, apportez-le d’abord : gateway suppressions import), puis ôtez-les d’ici ; si "
            "c’est une remarque sur la personne du dessus, écrivez-la sur sa ligne ; si ce n’est ni l’un ni l’autre, ôtez cette "
            "ligne"
        )

    def ended(self) -> None:
        """Raise InvalidInput when a sentence below the last person may say of one of the list that she wants nothing more."""
        for line, remark in self._remarks:
            self._legends.check_said(f"ligne {line}", remark)
