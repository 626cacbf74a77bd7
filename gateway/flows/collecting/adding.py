"""One person typed in from a paper: she goes the way of a file of one line, so that the same checks, undoing and journal hold."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from gateway.domain.channel import Medium
from gateway.domain.consent import Evidence
from gateway.domain.contact import ContactClass
from gateway.domain.errors import Conflict, InvalidInput
from gateway.flows.collecting.bringing import Brought, bringing
from gateway.flows.collecting.headings import Field
from gateway.flows.collecting.plan import ImportPlan
from gateway.flows.collecting.refusals import Doubt
from gateway.flows.collecting.request import ConsentClaim, ImportRequest
from gateway.flows.collecting.table import How
from gateway.flows.collecting.write import ImportReport
from gateway.flows.consenting import Agreement, ConsentScope, check_agreement
from gateway.flows.gateway import Gateway
from gateway.store import suppressions
from gateway.store.engine import reading
from gateway.store.origins import Origin

_FILE, _LINE = "saisie.csv", 2
_NOWHERE = "ce code postal ne désigne aucun territoire connu : la période de silence la plus large vaut pour elle"
_HOW = How(encoding="utf-8", separator=";", header_line=1)
_COLUMNS = {
    "email": ("Courriel", Field.EMAIL),
    "phone": ("Téléphone", Field.PHONE),
    "given_name": ("Prénom", Field.GIVEN_NAME),
    "family_name": ("Nom", Field.FAMILY_NAME),
    "postcode": ("Code postal", Field.POSTCODE),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Newcomer:
    """A person, as she stands on the paper; empty: it does not say."""

    email: str = ""
    phone: str = ""  #: mobile or landline
    given_name: str = ""
    family_name: str = ""
    postcode: str = ""

    def address(self, medium: Medium) -> str:
        """By which she is reached on a channel; empty where the paper gives none."""
        return self.email if medium is Medium.EMAIL else self.phone


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """Who is on it, where it comes from, and what she agreed to."""

    person: Newcomer
    origin: Origin
    scopes: tuple[ConsentScope, ...]  #: one for each channel at most
    evidence: Evidence  #: of all of them
    declared: tuple[str, ...] = ()  #: attestations, as rules ask for them
    contact_class: ContactClass = ContactClass.REGULAR
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """What became of her."""

    report: ImportReport
    known: bool  #: she was in the file of contacts before


class Adding:
    """A paper that was looked at and may enter, until its context ends."""

    def __init__(self, paper: Paper, brought: Brought, plan: ImportPlan) -> None:
        self._paper = paper
        self._brought = brought
        self._plan = plan

    @property
    def doubts(self) -> Sequence[Doubt]:
        """What deserves a look: a slip of the finger, a box that several people open, a postcode of nowhere."""
        noted = self._plan.loaded.noted
        heading, _ = _COLUMNS["postcode"]
        nowhere = Doubt(line=_LINE, column=heading, value=self._paper.person.postcode, code="postcode", says=_NOWHERE)
        return (*noted.hints.samples, *self._plan.doubt_samples, *([nowhere] if noted.unknown_postcodes else []))

    def write(self) -> Added:
        """Enter her with what she agreed to."""
        return Added(report=self._brought.write(), known=self._plan.impact.known > 0)


@contextmanager
def adding(gw: Gateway, paper: Paper) -> Iterator[Adding]:
    """Look at a paper; nothing is written before `Adding.write`.

    Raises InvalidInput for what cannot be read or proves nothing, Conflict where she objected, said no since, or a rule refuses.
    """
    if not (paper.person.email or paper.person.phone):
        raise InvalidInput("il manque comment la joindre : une adresse électronique, un numéro, ou les deux")
    for scope in paper.scopes:
        check_agreement(Agreement(scope=scope, evidence=paper.evidence, by=paper.by), gw.clock.now())
        _check_reachable(gw, paper.person, scope.medium)
    with TemporaryDirectory() as folder:
        request = ImportRequest(
            path=_written(Path(folder) / _FILE, paper.person),
            origin=paper.origin,
            operator=paper.by,
            contact_class=paper.contact_class,
            claims=tuple(_claim(scope, paper.evidence) for scope in paper.scopes),
            how=_HOW,
            mapping=dict(_COLUMNS.values()),
            declared=paper.declared,
        )
        with bringing(gw, request) as brought:
            plan = brought.plan()
            _check_taken(plan)
            yield Adding(paper, brought, plan)


def _claim(scope: ConsentScope, evidence: Evidence) -> ConsentClaim:
    return ConsentClaim(
        medium=scope.medium,
        purpose=scope.purpose,
        election=scope.election,
        hours=scope.hours,
        form=evidence.form,
        wording=evidence.wording,
        means=evidence.means,
        collector=evidence.collector,
        given_at=evidence.given_at,
        scan_sha256=evidence.scan_sha256,
        scan_reference=evidence.scan_reference,
        everyone=True,
    )


def _written(path: Path, person: Newcomer) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        lines = csv.writer(file, delimiter=";")
        lines.writerow([heading for heading, _ in _COLUMNS.values()])
        lines.writerow([" ".join(getattr(person, name).split()) for name in _COLUMNS])
    return path


def _check_reachable(gw: Gateway, person: Newcomer, medium: Medium) -> None:
    """Raises where the paper has no address for a channel that she agreed to, or one that is on the list of objections."""
    address = person.address(medium)
    if not address:
        raise InvalidInput(
            "un accord demande l’adresse ou le numéro par lequel la joindre : le papier n’en donne pas pour ce canal"
        )
    digest = gw.keys.digest_of(address, medium)
    with reading(gw.engine) as tx:
        if suppressions.present(tx, [digest], medium, gw.clock.now()):
            raise Conflict(
                f"{address} est sur la liste d’opposition : un papier n’y change rien, elle seule peut revenir (optout-effect)"
            )


def _check_taken(plan: ImportPlan) -> None:
    """Raises where the line of the paper would not enter, with the reason."""
    if not plan.admitted:
        because = {one.rule for one in plan.admission.because}
        raise Conflict(" ; ".join(f"{one.sentence} ({one.rule})" for one in plan.explanations if one.rule in because))
    for row in plan.refused_samples:
        raise InvalidInput(f"« {row.value} » : {row.says}" if row.value else row.says)
    if plan.impact.objected:
        raise Conflict("cette personne est sur la liste d’opposition : rien d’elle n’est gardé (optout-effect)")
    if plan.impact.restricted:
        raise Conflict("le traitement de ses données est limité à sa demande : elles restent telles quelles (RGPD, article 18)")
    if plan.impact.kept_refusals:
        raise Conflict(
            "elle a dit non, ou est revenue sur son accord, après ce papier : seul un accord plus récent compte "
            "(consent-withdrawal-easy)"
        )
    if plan.impact.doubtful or plan.impact.numberless:
        raise Conflict("cette adresse ou ce numéro est celui d’une autre personne du fichier : vérifiez le papier")
