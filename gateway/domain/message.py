"""One message to one address: its states, and the only moves between them."""

from __future__ import annotations

from enum import StrEnum


class MessageState(StrEnum):
    """State of an outbox row.

    waiting | deferred -> handing_over   the verdict Allow was committed, with a lease
    waiting | deferred -> deferred       the verdict was Defer; due again at its instant
    waiting | deferred -> refused        the verdict was Refuse
    waiting | deferred -> cancelled      objection, or the campaign was cancelled
    handing_over -> accepted             the provider took it (its answer is kept)
    handing_over -> rejected             the provider refused it for good
    handing_over -> refused              the message could not be rendered whole
    handing_over -> deferred | expired   it never began, or the provider asked to come back later; once too often
    handing_over -> cancelled            an objection came before the hand-over began
    handing_over -> ringing              a call was begun; the provider tells how it ended
    handing_over -> uncertain            nobody can say: settled by evidence, never sent again
    ringing -> accepted                  the person heard it
    ringing -> deferred | expired        nobody answered: tried again inside her hours, a few times
    ringing -> cancelled                 she objected before anything was said
    uncertain -> accepted | abandoned    settled by a provider's evidence or by a person; its lane's log may tell more
    accepted -> deferred | expired       a text: the provider says that it gave it up itself, before any carrier had it
    deferred | abandoned -> accepted     and then that it arrived all the same; so of what we gave up
    """

    WAITING = "waiting"
    DEFERRED = "deferred"
    HANDING_OVER = "handing_over"
    RINGING = "ringing"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    REJECTED = "rejected"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    UNCERTAIN = "uncertain"
    ABANDONED = "abandoned"


#: States from which a message may still be claimed.
DUE_STATES = (MessageState.WAITING, MessageState.DEFERRED)
#: Under way; of a batch that a lane holds, some may not have begun.
IN_HAND_STATES = (MessageState.HANDING_OVER, MessageState.RINGING)
#: Under way, or in doubt.
HELD_STATES = (*IN_HAND_STATES, MessageState.UNCERTAIN)
#: The person got it, is getting it, or nobody can say that she did not.
REACHED_STATES = (*HELD_STATES, MessageState.ACCEPTED, MessageState.ABANDONED)
#: States that still ask for something; a campaign is finished when none is left.
OPEN_STATES = (*DUE_STATES, *HELD_STATES)
