"""Forms read from the files of an installation, strictly, with what its settings tell; and from what was published."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import orjson

from gateway.audit.entry import canonical
from gateway.compliance.reading import Faults, Table, not_utf8, parse_toml
from gateway.data import data_dir
from gateway.domain.channel import Medium
from gateway.domain.consent import Purpose
from gateway.domain.errors import InvalidInput, NotFound
from gateway.domain.form import Box, FieldName, Form, FormField, NoticeLine
from gateway.domain.hours import CallWindow
from gateway.domain.language import Language
from gateway.flows.gateway import Gateway
from gateway.settings import Settings

_ID = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")
_ID_IN_WORDS = "des minuscules sans accent, des chiffres et des tirets, 40 au plus"
_LANGUAGES: tuple[Language, ...] = ("fr", "en")
_TEXT_MAX = 2_000
#: Words by which somebody may mean that a box is ticked beforehand.
_TICKED = ("ticked", "checked", "preticked", "default", "selected")
_BOXES_MAX = 12
#: What stands in a text for the candidate of the settings, or for the controller where there is none.
_CANDIDATE = "{candidate}"


def folder_of(settings: Settings) -> Path:
    """Where the forms of an installation are; the example that ships when it names no folder."""
    return settings.forms.folder or data_dir("templates") / "forms"


def form_ids(gw: Gateway) -> list[str]:
    """Ids of the forms there are files for."""
    return sorted(path.stem for path in folder_of(gw.settings).glob("*.toml"))


def read_form(gw: Gateway, form_id: str) -> Form:
    """The form as its file and the settings have it now. Raises NotFound, or InvalidInput with every fault: file, key, reason."""
    path = folder_of(gw.settings) / f"{form_id}.toml"
    if form_id in form_ids(gw) and not _ID.fullmatch(form_id):
        raise InvalidInput(
            f"{path} : ce nom ne peut pas être celui d’un formulaire, il est dans l’adresse de la page : renommez le fichier, "
            f"avec {_ID_IN_WORDS}"
        )
    if not _ID.fullmatch(form_id) or not path.is_file():
        raise NotFound(f"aucun formulaire « {form_id} » dans {path.parent} : son fichier s’appellerait {form_id}.toml")
    faults = Faults()
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as fault:
        raise InvalidInput(f"{path} : {not_utf8(fault)}") from fault
    except OSError as fault:
        raise InvalidInput(f"{path} : ce formulaire ne peut pas être lu ({fault})") from fault
    table = parse_toml(text, path.as_posix(), faults)
    form = None if faults.lines else _form(table, gw)
    if form is not None and form.id and form.id != form_id:
        table.fault("id", f"« {form.id} » : un formulaire porte le nom de son fichier, « {form_id} »")
    if faults.lines or form is None:
        raise InvalidInput("\n".join(faults.lines))
    return form


def body_of(form: Form) -> bytes:
    """Canonical bytes of a version: their SHA-256 is what a consent refers to."""
    return canonical({**asdict(form), "boxes": [{**asdict(box), "hours": box.hours and str(box.hours)} for box in form.boxes]})


def form_of(body: bytes) -> Form:
    """The version that these bytes are."""
    fields: dict[str, Any] = orjson.loads(body)
    boxes = tuple(_box_of(box) for box in fields.pop("boxes"))
    asked = tuple(FormField(name=FieldName(one["name"]), required=one["required"]) for one in fields.pop("fields"))
    notice = {language: tuple(NoticeLine(**line) for line in lines) for language, lines in fields.pop("notice").items()}
    return Form(**{**fields, "languages": tuple(fields["languages"])}, boxes=boxes, fields=asked, notice=notice)


def _box_of(box: Mapping[str, Any]) -> Box:
    kept = {**box, "medium": Medium(box["medium"]), "purpose": Purpose(box["purpose"])}
    return Box(**{**kept, "hours": CallWindow.parse(box["hours"]) if box["hours"] else None})


def _form(table: Table, gw: Gateway) -> Form:
    languages = tuple(one for one in _LANGUAGES if one in table.texts("languages"))
    if not languages or len(languages) != len(table.texts("languages")):
        table.fault("languages", 'il faut ["fr"], ou ["en"], ou ["fr", "en"]')
        languages = languages or _titled(table)
    form = Form(
        id=table.text("id"),
        languages=languages,
        title=_texts(table, "title", languages, gw),
        introduction=_texts(table, "introduction", languages, gw),
        fields=tuple(_field(one) for one in (table.tables("field") if "field" in table else ())),
        boxes=tuple(_box(one, languages, gw) for one in table.tables("box")),
        collector=_optional(table, "collector") or gw.settings.controller.name,
        origin=table.text("origin"),
        notice=_notice(table, languages, gw),
    )
    table.done()
    _check(form, table)
    return form


def _titled(table: Table) -> tuple[Language, ...]:
    """The languages its title has: what a form without languages is read in, so that its one fault is not told of each text."""
    title = table.content.get("title")
    return tuple(one for one in _LANGUAGES if isinstance(title, Mapping) and one in title) or _LANGUAGES[:1]


def _field(table: Table) -> FormField:
    field = FormField(name=table.choice("name", FieldName), required=table.flag("required", False))
    table.done()
    return field


def _box(table: Table, languages: tuple[Language, ...], gw: Gateway) -> Box:
    hours, election = _optional(table, "hours"), _optional(table, "election")
    window = None
    if hours:
        try:
            window = CallWindow.parse(hours)
        except InvalidInput as fault:
            table.fault("hours", str(fault))
    if election and election not in gw.pack.elections:
        table.fault("election", f"« {election} » n’est pas une élection connue : {', '.join(gw.pack.elections)}")
    box = Box(
        id=table.text("id"),
        medium=table.choice("medium", Medium),
        purpose=table.choice("purpose", Purpose),
        text=_texts(table, "text", languages, gw),
        election=election or None,
        hours=window,
    )
    if window is not None and box.medium is not Medium.CALL:
        table.fault("hours", "seule une case d’appels a des heures")
    if box.id and not _ID.fullmatch(box.id):
        table.fault("id", _ID_IN_WORDS)
    for name in _TICKED:
        if name in table:
            table.fault(name, "une case n’est jamais cochée d’avance : retirez cette clé")
    table.done(but=_TICKED)
    return box


def _optional(table: Table, name: str) -> str:
    return table.text(name) if name in table else ""


def _texts(table: Table, name: str, languages: tuple[Language, ...], gw: Gateway) -> dict[str, str]:
    """What people read, with the name of who they vote for where the file says {candidate}."""
    inner, of = table.table(name), gw.settings.controller
    named = of.candidate or of.name
    found: dict[str, str] = {language: inner.text(language).strip().replace(_CANDIDATE, named) for language in languages}
    _done(inner, languages)
    for language, text in found.items():
        if len(text) > _TEXT_MAX:
            inner.fault(language, f"{_TEXT_MAX} caractères au plus")
    return found


def _done(table: Table, languages: tuple[Language, ...]) -> None:
    """Nothing is left in a table by language; what is in a language that the form does not speak is told so."""
    silent = tuple(one for one in _LANGUAGES if one not in languages)
    for language in silent:
        if language in table:
            table.fault(language, f"« {language} » n’est pas dans languages : ajoutez-la, ou retirez ces mots")
    table.done(but=silent)


def _check(form: Form, table: Table) -> None:
    """What no single table can tell."""
    pairs = [(box.medium, box.purpose) for box in form.boxes]
    ids = [box.id for box in form.boxes]
    if form.id and not _ID.fullmatch(form.id):
        table.fault("id", f"{_ID_IN_WORDS} : il est dans l’adresse de la page")
    if not any(purpose is Purpose.POLITICAL for _, purpose in pairs):
        table.fault("box", "il faut au moins une case dont le but est political")
    if len(set(pairs)) != len(pairs) or len(set(ids)) != len(ids) or len(ids) > _BOXES_MAX:
        table.fault("box", f"une seule case par canal et par but, chacune avec son propre id, {_BOXES_MAX} au plus")
    names = [field.name for field in form.fields]
    if len(set(names)) != len(names):
        table.fault("field", "chaque chose se demande une seule fois")
    if any(medium is not Medium.EMAIL for medium, _ in pairs) and form.asks(FieldName.PHONE) is None:
        table.fault("field", "une case de SMS ou d’appels demande le champ « phone »")
    if form.asks(FieldName.PHONE) is not None and all(medium is Medium.EMAIL for medium, _ in pairs):
        table.fault("field", "un numéro de téléphone ne se demande que si une case en a besoin (minimise-fields)")


def _notice(table: Table, languages: tuple[Language, ...], gw: Gateway) -> dict[str, tuple[NoticeLine, ...]]:
    """The notice in each language: the installation's elements, with the sentences of the form in their place."""
    given = table.optional_table("notice")
    notice: dict[str, tuple[NoticeLine, ...]] = {}
    for language in languages:
        own = given.optional_table(language) if given is not None else None
        notice[language] = _lines(own, language, gw)
    if given is not None:
        _done(given, languages)
    return notice


def _lines(own: Table | None, language: str, gw: Gateway) -> tuple[NoticeLine, ...]:
    lines = []
    for element, shipped in _elements(gw.templates, language).items():
        sentence = _optional(own, element) if own is not None else ""
        sentence = sentence.strip() or _filled(shipped["text"], gw.settings)
        if sentence:
            lines.append(NoticeLine(id=element, heading=shipped["heading"], text=sentence))
    if own is not None:
        own.done()
    return tuple(lines)


def _elements(templates: Path, language: str) -> dict[str, dict[str, str]]:
    path = templates / "notices" / "form" / f"{language}.toml"
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as fault:
        raise InvalidInput(f"{path} : illisible ({fault})") from fault


def _filled(sentence: str, settings: Settings) -> str:
    """The sentence with what the settings say; empty when they lack something it needs."""
    controller = settings.controller
    known = {
        "controller_name": controller.name,
        "controller_address": controller.address,
        "controller_email": controller.email,
        "dpo": controller.dpo,
        "retention": controller.retention,
        "objection_email": controller.email or settings.sender.reply_to,
    }
    for name, value in known.items():
        mark = "{" + name + "}"
        if mark in sentence and not value:
            return ""
        sentence = sentence.replace(mark, value)
    return sentence
