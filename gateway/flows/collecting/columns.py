"""Which column of a file holds what: what somebody said of it, else what its heading means."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from gateway.domain.errors import InvalidInput
from gateway.flows.collecting.headings import (
    AGREEING,
    CHANNELS,
    CONSENTS,
    NAME_PARTS,
    SEVERAL,
    WHOLE_NAMES,
    Field,
    as_written,
    is_of_email_beside,
    is_ours,
    is_remark,
    key_of,
    labels,
    meaning,
    plain,
)
from gateway.flows.collecting.objecting import is_turned_round

_PARTED = re.compile(r"[;,|]")  #: what parts the cells of a line
_HEADINGS_SHOWN = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """The columns of one file."""

    headings: tuple[str, ...]  #: as written, all of them
    places: Mapping[Field, int]
    ignored: tuple[str, ...]  #: headings that mean nothing to us; what they hold is not stored
    #: Further columns of those that a file may have several of, by their place: a no in any of them counts.
    more: tuple[tuple[int, Field], ...] = ()
    #: Columns of remarks: nothing of them is stored, whatever is said of them, but an objection told there counts.
    remarks: tuple[int, ...] = ()
    #: Columns that somebody left out by saying so: what they say of whoever objects is heard all the same.
    left_out: tuple[int, ...] = ()

    @property
    def fields(self) -> dict[int, Field]:
        """What each column that means something holds, by its place."""
        return {place: field for field, place in self.places.items()} | dict(self.more)

    @property
    def key(self) -> str:
        """Under which a mapping of these headings is kept: the same for the file of its refused lines."""
        return key_of(self.headings)

    def named(self, without: Collection[int] = ()) -> tuple[str, ...]:
        """Every heading, ours by the name of its field, but of empty columns: what the pack judges a file by."""
        known = {place: field.value for place, field in self.fields.items()}
        return tuple(known.get(at, one) for at, one in enumerate(self.headings) if one and at not in without and not is_ours(one))

    def told(self) -> tuple[str, ...]:
        """Headings that only somebody's word gives their meaning, as written: saying so makes no column harmless."""
        return tuple(self.headings[place] for place, field in self.fields.items() if meaning(self.headings[place]) is not field)

    def heading(self, field: Field) -> str:
        """The heading of a field, as written in this file; the field's own name when the file has no such column."""
        place = self.places.get(field)
        return field.value if place is None else self.headings[place]

    def mapping(self) -> dict[str, Field | None]:
        """What each column was taken for, by its label."""
        fields = self.fields
        return {label: fields.get(place) for place, label in enumerate(labels(self.headings)) if not is_ours(label)}


def read_columns(
    headings: Sequence[str], *, channels: Sequence[Field] = CHANNELS, mapping: Mapping[str, Field | None] = MappingProxyType({})
) -> Columns:
    """What each column means: what somebody said of it, else what its heading means.

    channels: columns of which one at least must be there; none when people of the file need not be reached. mapping: by label,
    None for a column to leave out. Raises InvalidInput when none is there, when two columns claim the same thing (nobody may
    guess which is right; who objected may stand in several), or when the mapping speaks of a column that is not there.
    """
    written = as_written(headings)
    _check_one_cell(written)
    said = _said_of(written, mapping)
    claims = _claims(written, said)
    _check_claims(written, claims)
    if channels and claims.keys().isdisjoint(channels):
        raise _of_no_address(written)
    return _told(written, said, _by_channel(claims))


def _claims(written: Sequence[str], said: Mapping[int, Field | None]) -> dict[Field, list[int]]:
    """Which columns claim each field: those that somebody named, or else, those whose headings mean it."""
    claims: dict[Field, list[int]] = {}
    for place, field in said.items():
        if field not in (None, Field.REMARK):
            claims.setdefault(field, []).append(place)
    named = claims.keys() - SEVERAL
    for place, heading in enumerate(written):
        field = meaning(heading)
        if field is not None and place not in said and field not in named:
            claims.setdefault(field, []).append(place)
    _part_channels(written, claims, said)
    if any(field in claims for field in NAME_PARTS):
        claims = {field: places for field, places in claims.items() if field not in WHOLE_NAMES}
    return claims


def _by_channel(claims: dict[Field, list[int]]) -> dict[Field, list[int]]:
    """The same, where a question of several boxes is read once for each channel, and stands last as the question it is."""
    if not (asked := claims.get(Field.CONSENT_CHANNELS)):
        return claims
    by_channel = {**dict.fromkeys(CONSENTS, asked), **claims}
    by_channel[Field.CONSENT_CHANNELS] = by_channel.pop(Field.CONSENT_CHANNELS)
    return by_channel


def _told(written: tuple[str, ...], said: Mapping[int, Field | None], claims: Mapping[Field, Sequence[int]]) -> Columns:
    """The columns of a file, once it is settled which field each of them holds."""
    places = {field: claimed[0] for field, claimed in claims.items()}
    more = tuple((place, field) for field in SEVERAL for place in claims.get(field, ())[1:])
    taken = {*places.values(), *(place for place, _ in more)}
    remarks = {place for place, heading in enumerate(written) if is_remark(heading) or said.get(place) is Field.REMARK} - taken
    return Columns(
        headings=written,
        places=places,
        ignored=tuple(one for place, one in enumerate(written) if one and place not in taken and not is_ours(one)),
        more=more,
        remarks=tuple(sorted(remarks)),
        left_out=tuple(place for place, field in said.items() if field is None and place not in taken | remarks),
    )


def _of_no_address(written: Sequence[str]) -> InvalidInput:
    shown = ", ".join(f"« {heading} »" for heading in written[:_HEADINGS_SHOWN] if heading)
    return InvalidInput(
        f"aucune colonne d’adresses électroniques ni de numéros de téléphone parmi {shown or 'les colonnes'} ; dites "
        'laquelle (--map "Colonne=email") ou nommez-la « courriel », « portable » ou « téléphone »'
    )


def _check_one_cell(written: Sequence[str]) -> None:
    """Raise InvalidInput for a table whose every line stands in one cell, as spreadsheets leave a text that they did not part."""
    (first, *others) = [heading for heading in written if heading] or [""]
    parts = [part.strip(' "') for part in _PARTED.split(first)]
    if not others and sum(meaning(part) is not None for part in parts) > 1:
        raise InvalidInput(
            f"toutes les colonnes sont dans une seule case (« {first[:80]} ») : dans le tableur, Données, Convertir, puis "
            "enregistrez de nouveau ; ou apportez le fichier d’origine, tel que l’outil l’a exporté"
        )


def _said_of(written: Sequence[str], mapping: Mapping[str, Field | None]) -> dict[int, Field | None]:
    """What somebody said, by the place of the column."""
    places = {plain(label): place for place, label in reversed(list(enumerate(labels(written))))}
    said: dict[int, Field | None] = {}
    for label, field in mapping.items():
        place = places.get(plain(label))
        if place is None:
            shown = ", ".join(f"« {each} »" for each in labels(written)[:20])
            raise InvalidInput(f"aucune colonne « {label} » ; il y a {shown}")
        if field is not None and field not in (*SEVERAL, Field.REMARK) and field in said.values():
            left = f'laissez celle-ci de côté, --map "{label}=ignorer", ou dites ce qu’elle est d’autre'
            raise InvalidInput(f"deux colonnes sont données pour « {field.value} » : une seule peut l’être ; {left}")
        said[place] = field
    return said


def _part_channels(written: Sequence[str], claims: dict[Field, list[int]], said: Collection[int]) -> None:
    """Whoever wants no mails has said nothing of texts, where the file asks of them too; nobody's word is changed."""
    for place in [one for one in claims.get(Field.OBJECTION, ()) if one not in said]:
        if is_of_email_beside(written[place], claims):
            claims[Field.OBJECTION].remove(place)
            claims.setdefault(Field.OBJECTION_EMAIL, []).append(place)
    if not claims.get(Field.OBJECTION, True):
        del claims[Field.OBJECTION]


def _check_claims(written: Sequence[str], claims: Mapping[Field, Sequence[int]]) -> None:
    names = labels(written)
    if (by_name := claims.get(Field.CONSENT_CHANNELS)) and (others := [claims[one] for one in CONSENTS if one in claims]):
        claims = {**claims, Field.CONSENT: [*by_name, *others[0]]}
    for field, places in claims.items():
        if field in AGREEING and is_turned_round(written[places[0]]):
            label = names[places[0]]
            raise InvalidInput(
                f"la colonne « {label} » est donnée pour un accord, et son titre explique qu’une case cochée, ou un « 1 », y est "
                f'un refus : --map "{label}=opposition" ; si ce n’est pas cela, ôtez ces mots du titre'
            )
        if len(places) > 1 and field not in SEVERAL:
            columns = " et ".join(f"« {names[place]} »" for place in places)
            what = "disent qui a consenti" if field in CONSENTS else f"prétendent être « {field.value} »"
            raise InvalidInput(
                f"{'deux' if len(places) == 2 else len(places)} colonnes {what} ({columns}) : dites laquelle laisser de côté, "
                f'par exemple --map "{names[places[1]]}=ignorer"'
            )
