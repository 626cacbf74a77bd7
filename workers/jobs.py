"""The regular jobs of an installation."""

from __future__ import annotations

from datetime import timedelta

from gateway.domain.errors import MailboxRefused
from gateway.flows import breaches, informing
from gateway.flows.forms.signing import lapse
from gateway.flows.hearing import end_terms
from gateway.flows.keeping import sweep
from gateway.flows.receiving.fetching import fetch
from gateway.flows.retaining import retain
from gateway.flows.rights.requests import watch
from gateway.flows.sealing import seal
from gateway.flows.secondlist import note
from gateway.flows.sending.housekeeping import keep
from gateway.flows.sending.rates import weigh_complaints
from gateway.flows.sending.returning import end_rests
from gateway.flows.telephoning import call_off, take_in_missed, trace
from gateway.flows.witnessing import bear_witness
from workers.ticker import Job

#: Expired leases, campaigns that are finished or late.
HOUSEKEEPING = Job(name="keep", every=timedelta(seconds=5), lease=timedelta(minutes=2), run=keep)

#: Campaigns that too many people report as unwanted.
COMPLAINTS = Job(name="complaints", every=timedelta(seconds=15), lease=timedelta(minutes=2), run=weigh_complaints)
#: Addresses that failed, and may be tried again.
RESTS = Job(name="rests", every=timedelta(hours=1), lease=timedelta(minutes=10), run=end_rests)
#: The mailbox of what comes back, when there is one.
MAILBOX = Job(
    name="mailbox",
    every=timedelta(seconds=30),
    lease=timedelta(minutes=10),
    run=fetch,
    outside=True,
    rests={MailboxRefused: timedelta(minutes=10)},
)
#: Words of replies, and mails that came back, that nobody needs any more.
TERMS = Job(name="reply-terms", every=timedelta(hours=1), lease=timedelta(minutes=10), run=end_terms, erases=True)
#: Forms that nobody confirmed.
SIGNUPS = Job(name="signups", every=timedelta(minutes=10), lease=timedelta(minutes=10), run=lapse, erases=True)

#: People whose term is over; terms are counted in months.
RETENTION = Job(name="retention", every=timedelta(hours=1), lease=timedelta(minutes=30), run=retain, erases=True)

#: Free space after people were erased.
SWEEPING = Job(name="sweep", every=timedelta(minutes=10), lease=timedelta(hours=1), run=sweep)

#: Requests of persons whose deadline comes near, or has passed.
RIGHTS = Job(name="rights", every=timedelta(minutes=10), lease=timedelta(minutes=10), run=watch)

#: Breaches of which the authority must soon be, or was not, told.
BREACHES = Job(name="breaches", every=timedelta(minutes=10), lease=timedelta(minutes=10), run=breaches.watch)

#: People whose data came from somebody else, and who must be told so or go.
INFORMING = Job(name="informing", every=timedelta(days=1), lease=timedelta(minutes=10), run=informing.warn)

#: The journal enters its tree.
SEALING = Job(name="seal", every=timedelta(seconds=2), lease=timedelta(minutes=5), run=seal)

#: Who objected, a second time beside the database.
SECOND_LIST = Job(name="second-list", every=timedelta(seconds=2), lease=timedelta(minutes=5), run=note)

#: Checkpoints go to whoever keeps them outside; their hours are counted there.
WITNESSES = Job(name="witness", every=timedelta(minutes=1), lease=timedelta(minutes=10), run=bear_witness, outside=True)

#: Texts and calls in doubt: the provider is asked.
TRACING = Job(name="trace", every=timedelta(seconds=30), lease=timedelta(minutes=5), run=trace, outside=True)

#: Calls that wait at the provider, and in which nothing may be said any more.
CALLING_OFF = Job(name="call-off", every=timedelta(seconds=5), lease=timedelta(minutes=5), run=call_off, outside=True)

#: Texts that came while nobody was here: the provider is asked.
MISSED_TEXTS = Job(name="missed-texts", every=timedelta(minutes=5), lease=timedelta(minutes=10), run=take_in_missed, outside=True)

EVERY_JOB = (
    BREACHES,
    CALLING_OFF,
    HOUSEKEEPING,
    INFORMING,
    COMPLAINTS,
    RESTS,
    MAILBOX,
    MISSED_TEXTS,
    TERMS,
    RETENTION,
    RIGHTS,
    SEALING,
    SECOND_LIST,
    SIGNUPS,
    SWEEPING,
    TRACING,
    WITNESSES,
)
