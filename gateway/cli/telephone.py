"""`gateway campaign create-sms` and `create-call`: drafts that go out by telephone."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import Annotated

import typer

from gateway.cli import drafts
from gateway.cli.session import OPERATOR, By, Json
from gateway.cli.texts import words_of
from gateway.domain.language import read_language
from gateway.render.sms import SmsContent
from gateway.render.voice import CallContent


def create_sms(
    name: drafts.Name,
    text: Annotated[str, typer.Option(help="The words, or a file that holds them; who speaks, STOP and notices are added.")],
    simplify: Annotated[
        bool, typer.Option("--simplify", help="Write plain characters, as `gateway sms count` proposes.")
    ] = False,
    language: drafts.Spoken = "fr",
    start: drafts.Start = None,
    classes: drafts.Classes = None,
    communes: drafts.Communes = None,
    tags: drafts.Tags = None,
    rest_of: drafts.RestOf = "",
    attest: drafts.Attest = None,
    targeting_data: drafts.Targeting = "",
    edit: drafts.Edit = False,
    by: By = OPERATOR,
    as_json: Json = False,
) -> None:
    """Write a draft that goes out as texts; `gateway sms count` shows while writing what it costs."""
    content = SmsContent(text=words_of(text), language=read_language(language), simplify=simplify)
    meant = drafts.audience(classes, communes, tags, rest_of)
    drafts.keep_draft(name, drafts.drawn(content, meant, start, attest, targeting_data), edit=edit, by=by, as_json=as_json)


def create_call(
    name: drafts.Name,
    text: Annotated[str, typer.Option(help="Words that a voice speaks, or a file that holds them.")] = "",
    audio_url: Annotated[str, typer.Option(help="A recording instead: its https:// address.")] = "",
    audio_file: Annotated[
        Path | None, typer.Option(help="The same recording, on this machine: its hash is approved.", exists=True, dir_okay=False)
    ] = None,
    audio_seconds: Annotated[int, typer.Option(min=0, help="How long it lasts, in seconds.")] = 0,
    transcript: Annotated[str, typer.Option(help="What the recording says, word for word, or a file that holds it.")] = "",
    synthetic: Annotated[bool, typer.Option("--synthetic", help="The recording is of an artificial voice.")] = False,
    language: drafts.Spoken = "fr",
    start: drafts.Start = None,
    classes: drafts.Classes = None,
    communes: drafts.Communes = None,
    tags: drafts.Tags = None,
    rest_of: drafts.RestOf = "",
    attest: drafts.Attest = None,
    targeting_data: drafts.Targeting = "",
    edit: drafts.Edit = False,
    by: By = OPERATOR,
    as_json: Json = False,
) -> None:
    """Write a draft that goes out as automated calls, to people who agreed to them at the hours they were told."""
    content = CallContent(
        text=words_of(text),
        audio_url=audio_url,
        audio_sha256=sha256(audio_file.read_bytes()).hexdigest() if audio_file else "",
        audio_seconds=audio_seconds,
        transcript=words_of(transcript),
        synthetic=synthetic,
        language=read_language(language),
    )
    meant = drafts.audience(classes, communes, tags, rest_of)
    drafts.keep_draft(name, drafts.drawn(content, meant, start, attest, targeting_data), edit=edit, by=by, as_json=as_json)
