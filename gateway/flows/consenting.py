"""One person's consent: recorded with its evidence, withdrawn as easily. Ledger, projection and journal change together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from gateway.audit.entry import EntryKind, entry
from gateway.domain.channel import Medium
from gateway.domain.consent import SAID_NO, Consent, ConsentAct, ConsentState, Evidence, Purpose
from gateway.domain.errors import Conflict, InvalidInput, NotFound
from gateway.domain.hours import CallWindow
from gateway.domain.keys import pseudonym
from gateway.flows.collecting.ledger import WITHDRAWN
from gateway.flows.collecting.request import check_given, hash_of
from gateway.flows.gateway import Gateway
from gateway.store import consents, contacts, crossing, journal, outbox, people, suppressions
from gateway.store.consents import ConsentStanding
from gateway.store.engine import Connection, begin
from gateway.store.people import Holder

#: Names of the elements of evidence, as people say them.
_ELEMENTS = {
    "given_at": "la date de l’accord",
    "form": "le formulaire et sa version",
    "wording": "la phrase exacte",
    "collector": "qui l’a recueilli",
    "means": "par quel moyen",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentScope:
    """What a consent is for."""

    medium: Medium = Medium.EMAIL
    purpose: Purpose = Purpose.POLITICAL
    election: str | None = None  #: None: not tied to one election
    hours: CallWindow | None = None  #: calls: the hours the person stated


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawal:
    """A consent that ended."""

    effective_at: datetime
    purposes: tuple[Purpose, ...]
    cancelled: int  #: messages that were waiting


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """What a person agreed to."""

    scope: ConsentScope
    evidence: Evidence
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenBack:
    """What a person takes back."""

    medium: Medium
    purposes: tuple[Purpose, ...]
    by: str
    means: str


def record_consent(gw: Gateway, address: str, scope: ConsentScope, evidence: Evidence, by: str) -> ConsentStanding:
    """Record that a known person agreed, on complete evidence (rule consent-proof); returns where her consent stands.

    Makes a regular contact of an occasional one: this is her positive act (rule contact-class). Raises NotFound for somebody
    unknown; Conflict when she objected, or withdrew after the date of this evidence; InvalidInput when evidence is missing.
    """
    if scope.election is not None and scope.election not in gw.pack.elections:
        raise InvalidInput(f"élection inconnue : {scope.election} ; connues : {', '.join(sorted(gw.pack.elections))}")
    with begin(gw.engine) as tx:
        crossing.hold(tx)
        digest, holder = _holder(tx, gw, address, scope.medium)
        agree(tx, gw, digest, holder, Agreement(scope=scope, evidence=evidence, by=by))
        return _standing(tx, holder.contact_id, scope.medium, scope.purpose)


def agree(tx: Connection, gw: Gateway, digest: bytes, holder: Holder, given: Agreement) -> None:
    """Within a transaction: record what a person agreed to, on complete evidence. Raises Conflict and InvalidInput as above."""
    at = gw.clock.now()
    scope, evidence = given.scope, given.evidence
    check_agreement(given, at)
    if suppressions.present(tx, [digest], scope.medium, at):
        raise Conflict("cette adresse est sur la liste d’opposition : aucun accord ne peut y être consigné (optout-effect)")
    _check_newer(tx, holder.contact_id, scope, evidence, gw.pack.calendar.zone)
    agreed = Consent(
        medium=scope.medium,
        purpose=scope.purpose,
        act=ConsentAct.GRANTED,
        at=evidence.given_at or at,
        evidence=evidence,
        election=scope.election,
        hours=scope.hours,
    )
    promoted = scope.purpose is Purpose.POLITICAL and contacts.promote(tx, holder.contact_id)
    record(tx, holder, agreed, by=given.by, at=at, promoted=promoted or None)


def check_agreement(given: Agreement, at: datetime) -> None:
    """Raises InvalidInput where an element of evidence is missing, or hours that should not, or should, be there."""
    _check_evidence(given.evidence, at)
    _check_hours(given.scope)


def withdraw_consent(
    gw: Gateway, address: str, *, by: str, means: str, medium: Medium = Medium.EMAIL, purpose: Purpose | None = None
) -> Withdrawal:
    """Record that a known person takes her consent back, for one purpose or for all (rule consent-withdrawal-easy).

    Effective at once: messages that waited for her on this channel are cancelled. What she never gave is recorded as withdrawn
    too, so that no file brought in later can claim it. Withdrawing is not objecting: she may agree again. Raises NotFound.
    """
    with gw.urgent() as tx:
        crossing.leave(tx)
        at = gw.clock.now()
        digest, holder = _holder(tx, gw, address, medium)
        ended = (purpose,) if purpose else to_withdraw(consents.standing(tx, holder.contact_id), medium)
        taken_back = TakenBack(medium=medium, purposes=ended, by=by, means=means)
        return Withdrawal(effective_at=at, purposes=ended, cancelled=take_back(tx, holder, digest, taken_back, at=at))


def take_back(tx: Connection, holder: Holder, digest: bytes, taken: TakenBack, *, at: datetime) -> int:
    """Within a transaction: end these consents in ledger, projection and journal; returns how many messages no longer wait.

    digest: of any address of the person. Serves rule consent-withdrawal-easy.
    """
    evidence = Evidence(given_at=at, form=None, wording=None, collector=taken.by, means=taken.means)
    for one in taken.purposes:
        act = Consent(medium=taken.medium, purpose=one, act=ConsentAct.WITHDRAWN, at=at, evidence=evidence)
        record(tx, holder, act, by=taken.by, at=at, promoted=None)
    if Purpose.POLITICAL not in taken.purposes:
        return 0
    return len(outbox.cancel_for_contacts(tx, digest, taken.medium, because=WITHDRAWN, at=at))


def record(tx: Connection, holder: Holder, act: Consent, *, by: str, at: datetime, promoted: bool | None) -> None:
    """Within a transaction: one act of a person, in ledger, projection and journal. promoted: it made her a regular contact."""
    evidence = act.evidence
    wording_sha256 = hash_of(evidence.wording) if evidence.wording else None
    if evidence.wording and wording_sha256:
        consents.keep_wordings(tx, {wording_sha256: evidence.wording}, at=at)
    consents.record(tx, holder.contact_id, act, wording_sha256=wording_sha256, at=at)
    told = entry(
        EntryKind.CONSENT,
        at,
        person=pseudonym(holder.key),
        medium=act.medium.value,
        purpose=act.purpose.value,
        act=act.act.value,
        since=act.at,
        election=act.election,
        hours=str(act.hours) if act.hours else None,
        given=evidence.given_at,
        form=evidence.form,
        wording=wording_sha256,
        collector=evidence.collector,
        means=evidence.means,
        scan=evidence.scan_sha256,
        by=by,
        promoted=promoted,
    )
    journal.append(tx, [told])


def _holder(tx: Connection, gw: Gateway, address: str, medium: Medium) -> tuple[bytes, Holder]:
    digest = gw.keys.digest_of(address, medium)
    holder = people.holder(tx, digest, medium)
    if holder is None:
        raise NotFound(
            "personne n’a cette adresse dans le fichier de contacts : gateway contacts add l’y fait entrer, avec son accord ; "
            "gateway suppressions import note un refus"
        )
    return digest, holder


def _check_evidence(evidence: Evidence, now: datetime) -> None:
    if missing := [words for name, words in _ELEMENTS.items() if not getattr(evidence, name)]:
        raise InvalidInput(f"un accord ne compte qu’avec sa preuve ; il manque : {', '.join(missing)} (consent-proof)")
    check_given(evidence.given_at, now)


def _check_hours(scope: ConsentScope) -> None:
    """A consent to calls states its hours; no other one has any."""
    if scope.medium is Medium.CALL and scope.purpose is Purpose.POLITICAL and scope.hours is None:
        raise InvalidInput("un accord aux appels dit à quelles heures la personne accepte d’être appelée (voice-consent-window)")
    if scope.medium is not Medium.CALL and scope.hours is not None:
        raise InvalidInput("des heures d’appel ne vont qu’avec un accord aux appels")


def _check_newer(tx: Connection, contact_id: int, scope: ConsentScope, evidence: Evidence, zone: ZoneInfo) -> None:
    """An old form says nothing against a refusal that came after it, and takes no hour or limit from an agreement that did."""
    standing = _find(consents.standing(tx, contact_id), scope.medium, scope.purpose)
    if standing is None:
        return
    since = f"{standing.since.astimezone(zone):%d/%m/%Y}"
    if standing.state is ConsentState.GRANTED:
        if standing.evidence and evidence.given_at is not None and evidence.given_at < standing.since:
            raise Conflict(
                f"un accord plus récent, du {since}, est consigné avec sa preuve : c’est lui qui vaut, l’ancien n’y change rien"
            )
    elif standing.state in SAID_NO and (evidence.given_at is None or evidence.given_at <= standing.since):
        raise Conflict(
            f"la personne a dit non, ou est revenue sur son accord, le {since} : "
            "seul un accord plus récent compte (consent-withdrawal-easy)"
        )


def to_withdraw(standings: Sequence[ConsentStanding], medium: Medium) -> tuple[Purpose, ...]:
    """Purposes to withdraw when none is named: those given or pending, and always the messages themselves."""
    open_states = (ConsentState.GRANTED, ConsentState.PENDING)
    given = [one.purpose for one in standings if one.medium is medium and one.state in open_states]
    return tuple(dict.fromkeys((Purpose.POLITICAL, *given)))


def _standing(tx: Connection, contact_id: int, medium: Medium, purpose: Purpose) -> ConsentStanding:
    found = _find(consents.standing(tx, contact_id), medium, purpose)
    if found is None:
        raise NotFound("ce consentement n’a pas été consigné")
    return found


def _find(standings: Sequence[ConsentStanding], medium: Medium, purpose: Purpose) -> ConsentStanding | None:
    return next((one for one in standings if one.medium is medium and one.purpose is purpose), None)
