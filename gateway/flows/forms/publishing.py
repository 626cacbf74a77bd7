"""Publishing: a form is shown word for word as it was published, and every version that was ever shown is kept.

Serves rules notice-art13-page, form-art9-ground, form-optional-answers, form-objection-address and form-call-hours.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256

from gateway.audit.entry import EntryKind, entry
from gateway.compliance.explain import Explanation, explain_findings
from gateway.compliance.publish import FormFacts, publishable
from gateway.compliance.verdict import Effect
from gateway.domain.channel import Medium
from gateway.domain.errors import Conflict, GatewayError, NotFound
from gateway.domain.form import FieldName, Form, SignupState
from gateway.flows.forms.reading import body_of, form_ids, form_of, read_form
from gateway.flows.gateway import Gateway
from gateway.store import consents, forms, journal, signups
from gateway.store.engine import begin, reading

#: What a form tells by its very boxes, rather than by a sentence of the notice.
_HOURS = "form-hours"


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """A form, and the hash by which consents name it."""

    form: Form
    sha256: str
    published_at: datetime | None = None
    closed_at: datetime | None = None

    @property
    def name(self) -> str:
        """Form and version, as evidence of consent names them."""
        return f"{self.form.id} (version {self.sha256[:12]})"


@dataclass(frozen=True, slots=True, kw_only=True)
class FormCheck:
    """What stands between a form and its publication."""

    version: Version
    refusals: tuple[Explanation, ...]  #: empty: it may be published


@dataclass(frozen=True, slots=True, kw_only=True)
class FormStanding:
    """One form of the installation: what its file says, and what people see."""

    id: str
    published: Version | None
    closed_at: datetime | None  #: of a form that people could see, and no longer can
    edited: bool  #: file or settings say something else than what people see
    signups: Mapping[SignupState, int]  #: by all its versions; who never confirmed and was erased is not in it
    fault: str = ""  #: why its file cannot be read


def check(gw: Gateway, form_id: str) -> FormCheck:
    """Read a form and ask the pack whether it may be published. Raises NotFound or InvalidInput."""
    version = _version(read_form(gw, form_id))
    decision = publishable(_facts(version.form, gw.clock.now()), gw.pack)
    told = explain_findings(decision.findings, gw.pack)
    return FormCheck(version=version, refusals=tuple(one for one in told if one.effect is Effect.REFUSE))


def publish(gw: Gateway, form_id: str, *, by: str) -> Version:
    """Make the form, as its file and the settings have it now, the one people see at /f/ID.

    Publishing the same words again changes nothing, unless the form was closed. Raises Conflict with every reason of the pack.
    """
    checked = check(gw, form_id)
    if checked.refusals:
        raise Conflict("\n".join(f"{one.sentence} ({one.rule})" for one in checked.refusals))
    version = checked.version
    at = gw.clock.now()
    with begin(gw.engine) as tx:
        if not forms.publish(tx, form_id, version.sha256, body_of(version.form), by=by, at=at):
            return version
        words = {sha256(text.encode()).hexdigest(): text for box in version.form.boxes for text in box.text.values()}
        consents.keep_wordings(tx, words, at=at)
        told = entry(EntryKind.FORM, at, act="published", form=form_id, version=version.sha256, wordings=sorted(words), by=by)
        journal.append(tx, [told])
    return version


def close(gw: Gateway, form_id: str, *, by: str) -> None:
    """Take a form off the web: nobody can fill it in any more; what people confirmed stays. Raises NotFound."""
    at = gw.clock.now()
    with begin(gw.engine) as tx:
        if not forms.close(tx, form_id, at=at):
            raise NotFound(f"le formulaire « {form_id} » n’est pas en ligne : gateway forms list les montre")
        journal.append(tx, [entry(EntryKind.FORM, at, act="closed", form=form_id, by=by)])


def current(gw: Gateway, form_id: str) -> Version | None:
    """The version people see; None when the form is not published."""
    with reading(gw.engine) as tx:
        row = forms.current(tx, form_id)
    return kept_version(row) if row else None


def opened_version(gw: Gateway, form_id: str, beginning: bytes) -> Version | None:
    """The version of a form that a page was opened with, by the beginning of its hash; None once the form is closed."""
    with reading(gw.engine) as tx:
        seen = forms.current(tx, form_id)
        if seen is None or seen.sha256.startswith(beginning.hex()):
            return kept_version(seen) if seen else None
        row = next((one for one in forms.versions(tx, form_id) if one.sha256.startswith(beginning.hex())), None)
    return kept_version(row) if row else None


def versions(gw: Gateway, form_id: str) -> list[Version]:
    """Every version of a form that people could see, oldest first."""
    with reading(gw.engine) as tx:
        return [kept_version(row) for row in forms.versions(tx, form_id)]


def standings(gw: Gateway) -> list[FormStanding]:
    """Every form: those with a file, and those that were published and have none any more."""
    with reading(gw.engine) as tx:
        published = {row.form: kept_version(row) for row in forms.all_current(tx)}
        ids = sorted({*form_ids(gw), *published})
        counted = signups.counts(tx)
        shown = {form_id: forms.versions(tx, form_id) for form_id in ids}
    found = []
    for form_id in ids:
        seen, parts = published.get(form_id), [counted.get(row.sha256, {}) for row in shown[form_id]]
        standing = FormStanding(
            id=form_id,
            published=seen,
            closed_at=shown[form_id][-1].closed_at if shown[form_id] and seen is None else None,
            edited=seen is not None,
            signups={state: sum(part.get(state, 0) for part in parts) for state in SignupState},
        )
        try:
            now = _version(read_form(gw, form_id))
        except GatewayError as fault:
            found.append(replace(standing, fault=str(fault)))
        else:
            found.append(replace(standing, edited=seen is not None and seen.sha256 != now.sha256))
    return found


def _version(form: Form) -> Version:
    return Version(form=form, sha256=sha256(body_of(form)).hexdigest())


def kept_version(row: forms.FormRow) -> Version:
    """A version as the store has it."""
    return Version(form=form_of(row.body), sha256=row.sha256, published_at=row.published_at, closed_at=row.closed_at)


def _facts(form: Form, at: datetime) -> FormFacts:
    """What the form tells, in every one of its languages."""
    told = set.intersection(*({line.id for line in lines} for lines in form.notice.values()))
    calls = [box for box in form.boxes if box.medium is Medium.CALL]
    if calls and all(box.hours is not None for box in calls):
        told.add(_HOURS)
    needed = {FieldName.PHONE} if any(box.medium is not Medium.EMAIL for box in form.boxes) else set()
    return FormFacts(
        at=at,
        declared=tuple(sorted(told)),
        channels=tuple(sorted({box.medium for box in form.boxes})),
        purposes=tuple(sorted({box.purpose for box in form.boxes})),
        asks_more=bool({field.name for field in form.fields} - needed) or len(form.boxes) > 1,
    )
