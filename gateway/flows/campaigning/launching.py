"""Approval and launch: what was approved is exactly what leaves; and the brakes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from gateway.audit.entry import Entry, EntryKind, entry
from gateway.compliance.folding import bare
from gateway.domain.campaign import CampaignState
from gateway.domain.errors import Conflict, InvalidInput
from gateway.domain.message import MessageState
from gateway.domain.receipt import ReceiptKind
from gateway.flows.campaigning.definition import Definition, binding
from gateway.flows.campaigning.drafting import IN_WORDS, find, late, named, told
from gateway.flows.campaigning.lateness import VOTED, stop_late, vote_between, vote_over
from gateway.flows.campaigning.remainder import check_over
from gateway.flows.gateway import Gateway
from gateway.flows.sending.briefing import compiled
from gateway.store import campaigns, freezing, journal, paces, progress, receipts, suppressions
from gateway.store.audience import Stretch, selected
from gateway.store.campaigns import ApprovalRow, CampaignRow
from gateway.store.engine import Connection, begin, reading
from gateway.store.freezing import AT_THE_SAME_TIME, Freezing
from gateway.store.suppressions import Delays


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """A launched campaign."""

    campaign: str
    messages: int  #: one for each person
    elsewhere: int  #: addresses passed over: their holder is written to at another, on the same channel
    start_at: datetime
    already: bool  #: it had been launched with this key before; nothing was done


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancelled:
    """What a campaign that is cancelled had not handed over."""

    waited: int  #: messages that waited, and are cancelled
    in_hand: int  #: messages that a lane held: whatever of them had not begun is cancelled as it comes back


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """Where a campaign stands; the counts add up to `messages`."""

    campaign: CampaignRow
    counts: dict[MessageState, int]
    reasons: list[tuple[MessageState, str, int]]
    returned: Mapping[ReceiptKind, int]  #: what came back afterwards, by kind; of messages counted above
    objections: Delays  #: of people who answered these messages, with the delay from reception to effect
    starts_at: datetime | None  #: when it is to begin, while that hour is still to come
    asks_after: datetime | None  #: a vote whose silence holds all that is left: after it the campaign asks before it goes on
    provider_away: bool  #: it runs, and whoever carries its messages was asked in vain the last times

    @property
    def messages(self) -> int:
        """Rows of the frozen audience."""
        return sum(self.counts.values())


#: States of a campaign that may still begin.
_TO_BEGIN = (CampaignState.DRAFT, CampaignState.APPROVED, CampaignState.RUNNING, CampaignState.PAUSED)
#: A provider that was asked in vain so many times in a row is away; once may be a hiccup, over within a second.
_IN_VAIN = 2


def bind(gw: Gateway, campaign: CampaignRow) -> tuple[str, str]:
    """The binding of what would be sent now (content with notices, audience, schedule, attestations, pack version), and the hash
    of the content alone."""
    definition = Definition.from_body(campaign.definition)
    content_hash = compiled(gw, campaign, definition).content_hash
    return binding(definition, content_hash, gw.pack.version), content_hash


def approve(gw: Gateway, name: str, *, by: str, bound_to: str | None = None) -> str:
    """Approve a draft as it stands, or as the dry run showed it (`bound_to`); returns the binding.

    Raises Conflict when it changed since, when it is no draft, or when whoever wrote this version is the only one to look at it
    and no waiver (team.single_approver) was made.
    """
    at = gw.clock.now()
    with begin(gw.engine) as tx:
        campaign = named(tx, name, lock=True)
        if campaign.state not in (CampaignState.DRAFT, CampaignState.APPROVED):
            raise Conflict(f"la campagne « {name} » est {IN_WORDS[campaign.state]} : seul un brouillon s’approuve")
        bound, content_hash = bind(gw, campaign)
        if bound_to is not None and not bound.startswith(bound_to):
            raise Conflict(
                f"la campagne « {name} » n’est plus celle que montrait l’essai à blanc {bound_to[:12]} : "
                f"relancez-le (gateway campaign dry-run {name})"
            )
        version = Definition.from_body(campaign.definition).sha256
        author = campaigns.version_author(tx, campaign.id, version) or campaign.author
        waiver = _waiver(gw, name, author=author, by=by)
        campaigns.add_approval(
            tx, campaign.id, ApprovalRow(binding=bound, content_hash=content_hash, approver=by, at=at, waiver=waiver)
        )
        campaigns.move(tx, campaign.id, leaves=[campaign.state], enters=CampaignState.APPROVED)
        journal.append(
            tx,
            [entry(EntryKind.APPROVAL, at, campaign_id=campaign.id, binding=bound, by=by, author=author, waiver=waiver)],
        )
    return bound


def launch(gw: Gateway, name: str, *, by: str, key: str) -> Launch:
    """Freeze the audience into the outbox and let the gate begin. Repeating it with the same key does nothing twice.

    A long audience is frozen in parts, one transaction each, and nothing of it leaves before the last one; what a launch that was
    cut off had frozen is removed by the next. Raises Conflict when the approval is missing or was given to something else, when
    it was launched with another key, or is being launched by somebody else.
    """
    if not key or len(key) > 80:
        raise InvalidInput("--key : 1 à 80 caractères ; la même clé permet de répéter un lancement sans risque")
    at, people, elsewhere, stretch = gw.clock.now(), 0, 0, Stretch(after=0, last=0)
    while stretch.last is not None:
        with begin(gw.engine) as tx:
            campaign = named(tx, name, lock=True)
            definition = Definition.from_body(campaign.definition)
            start_at = max(at, definition.start_at or at)
            if campaign.launch_key == key:
                people, elsewhere = progress.frozen(tx, campaign.id)
                return Launch(campaign=name, messages=people, elsewhere=elsewhere, start_at=start_at, already=True)
            bound = _check_ready(tx, gw, campaign, definition)
            if not stretch.last and freezing.thaw(tx, campaign.id):
                continue
            stretch = freezing.next_stretch(tx, stretch.last)
            audience = selected(definition.audience, campaign.message_class)
            theirs = Freezing(campaign_id=campaign.id, medium=campaign.medium, audience=audience, due_at=start_at, at=at)
            some, others = freezing.freeze(tx, theirs, stretch)
            people, elsewhere = people + some, elsewhere + others
            if stretch.last is None:
                launched = entry(
                    EntryKind.CAMPAIGN,
                    at,
                    campaign_id=campaign.id,
                    act="launched",
                    name=name,
                    binding=bound,
                    messages=people,
                    elsewhere=elsewhere or None,
                    by=by,
                )
                _open(tx, campaign, people + elsewhere, key=key, launched=launched)
    gw.ring()
    return Launch(campaign=name, messages=people, elsewhere=elsewhere, start_at=start_at, already=False)


def _check_ready(tx: Connection, gw: Gateway, campaign: CampaignRow, definition: Definition) -> str:
    """What was approved, and is what would be sent now: its binding. Raises Conflict."""
    if campaign.launch_key is not None or campaign.state is not CampaignState.APPROVED:
        raise Conflict(
            f"la campagne « {campaign.name} » est {IN_WORDS[campaign.state]} : on ne lance qu’une campagne approuvée, "
            f"et une seule fois (gateway campaign approve {campaign.name} --by NOM)"
        )
    if late(gw, definition):
        raise Conflict(
            "l’heure de cette campagne est passée : donnez-lui-en une autre (gateway campaign create … --edit --start …), "
            "puis faites-la approuver de nouveau"
        )
    approved = campaigns.last_approval(tx, campaign.id)
    if approved is None or approved.binding != bind(gw, campaign)[0]:
        raise Conflict(
            f"la campagne « {campaign.name} » n’est plus celle qu’on a approuvée : mots, public, heure, mentions ou règles "
            f"changés ; faites-la approuver de nouveau (gateway campaign approve {campaign.name} --by NOM)"
        )
    check_over(tx, definition.audience)
    return approved.binding


def _open(tx: Connection, campaign: CampaignRow, frozen: int, *, key: str, launched: Entry) -> None:
    """Let the gate begin: all of the audience is frozen. Raises Conflict where the rows of the campaign are not those that this
    launch wrote: another one removed them or added its own, or people went meanwhile."""
    if freezing.rows(tx, campaign.id) != frozen:
        raise Conflict(AT_THE_SAME_TIME)
    opened = {"launch_key": key, "launched_at": launched.at}
    campaigns.move(tx, campaign.id, leaves=[CampaignState.APPROVED], enters=CampaignState.RUNNING, **opened)
    journal.append(tx, [launched])


def pause(gw: Gateway, name: str, *, by: str, why: str = "") -> None:
    """No message of this campaign leaves any more until it is resumed, nor what is left of a batch in hand."""
    _turn(gw, name, "paused", [CampaignState.RUNNING], CampaignState.PAUSED, by=by, why=why or None)


def resume(gw: Gateway, name: str, *, by: str) -> None:
    """Go on, after a pause, a fault that was mended, or an hour that was missed: its hour is then the one it has, or now.

    Raises Conflict, once, when a vote is over that was to come as it was paused: it is `late` then, and waits for the answer.
    """
    with begin(gw.engine) as tx:
        campaign = named(tx, name, lock=True)
        over = vote_over(gw, campaign)
        asks = over and stop_late(tx, campaign, VOTED, due=over, at=gw.clock.now(), leaves=CampaignState.PAUSED)
    if asks:
        raise Conflict(VOTED)
    leaves, also = [CampaignState.PAUSED, CampaignState.LATE], {"why": None, "resumed_at": gw.clock.now()}
    _turn(gw, name, "resumed", leaves, CampaignState.RUNNING, by=by, **also)
    gw.ring()


def cancel(gw: Gateway, name: str, *, by: str, why: str = "") -> Cancelled:
    """End a campaign: at once, nothing of it leaves any more. What waited is cancelled in parts when it is long."""
    at = gw.clock.now()
    with begin(gw.engine) as tx:
        campaign = named(tx, name, lock=True)
        ended = (CampaignState.CANCELLED, CampaignState.FINISHED)
        if campaign.state in ended:
            raise Conflict(f"la campagne « {name} » est déjà {IN_WORDS[campaign.state]}")
        waited, in_hand = freezing.standing(tx, campaign.id)
        campaigns.move(tx, campaign.id, leaves=[campaign.state], enters=CampaignState.CANCELLED, ended_at=at, why=why or None)
        first = freezing.cancel_some(tx, campaign.id, at=at)
        act = entry(EntryKind.CAMPAIGN, at, campaign_id=campaign.id, act="cancelled", name=name, messages=first, by=by)
        journal.append(tx, [act])
    if first < waited:
        cancel_rest(gw, campaign.id, by=by)
    return Cancelled(waited=waited, in_hand=in_hand)


def cancel_rest(gw: Gateway, campaign_id: int, *, by: str) -> None:
    """Cancel what still waits of a cancelled campaign, in parts: whoever objects meanwhile waits for one of them at most."""
    cancelled = 1
    while cancelled:
        at = gw.clock.now()
        with begin(gw.engine) as tx:
            cancelled = freezing.cancel_some(tx, campaign_id, at=at)
            if cancelled:
                told = entry(EntryKind.CAMPAIGN, at, campaign_id=campaign_id, act="cancelled", messages=cancelled, by=by)
                journal.append(tx, [told])


def status(gw: Gateway, name: str) -> Status:
    """Where a campaign stands, with reasons."""
    campaign = find(gw, name)
    hours = (Definition.from_body(campaign.definition).start_at, campaign.launched_at)
    to_come = [at for at in hours if at is not None and at > gw.clock.now()] if campaign.state in _TO_BEGIN else []
    runs = campaign.state is CampaignState.RUNNING
    over = vote_between(gw, campaign) if runs else None
    with reading(gw.engine) as tx:
        in_vain = paces.rest(tx, paces.sender_of(campaign.medium)).failures
        due_at = progress.next_due(tx, campaign.id) if over else None
        return Status(
            campaign=campaign,
            asks_after=over if over and due_at and due_at >= over else None,
            provider_away=runs and in_vain >= _IN_VAIN,
            starts_at=max(to_come, default=None),
            counts=progress.tally(tx, campaign.id),
            objections=suppressions.delays(tx, campaign.id),
            reasons=progress.reasons(tx, campaign.id),
            returned=receipts.counts(tx, campaign.id),
        )


def _turn(
    gw: Gateway, name: str, act: str, leaves: list[CampaignState], enters: CampaignState, *, by: str, **also: object
) -> None:
    with begin(gw.engine) as tx:
        campaign = named(tx, name, lock=True)
        if not campaigns.move(tx, campaign.id, leaves=leaves, enters=enters, **also):
            wanted = " ou ".join(IN_WORDS[state] for state in leaves)
            raise Conflict(f"la campagne « {name} » est {IN_WORDS[campaign.state]} : il faudrait qu’elle soit {wanted}")
        journal.append(tx, [told(gw, campaign, Definition.from_body(campaign.definition), act, by=by)])


def _spelt(name: str) -> str:
    """A name without what a slip of the keyboard changes: case, accents, spaces. Her own name typed otherwise is nobody else."""
    return " ".join(bare(name).split())


def _waiver(gw: Gateway, name: str, *, author: str, by: str) -> str | None:
    """Author and approver are two people, or the team said in its settings why it has only one."""
    if not by.strip():
        raise InvalidInput("--by : dites qui approuve")
    if _spelt(by) != _spelt(author):
        return None
    waiver = gw.settings.team.single_approver
    alone = waiver.partition(":")[0].strip()
    if alone and _spelt(by) == _spelt(alone):
        return waiver
    but = (
        f" ; team.single_approver ne le permet qu’à {alone}"
        if alone
        else ", ou team.single_approver dit pourquoi personne ne le peut"
    )
    raise Conflict(f"{author} a écrit la campagne « {name} » : une autre personne l’approuve (--by){but}")
