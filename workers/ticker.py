"""The ticker: once a second it rings if something is due, and runs the regular jobs whose hour has come.

Any number of tickers may run at once: a job is run by the one that takes its lease. A job that outlives its lease may run twice
side by side, so jobs are harmless when repeated. A job that speaks with somebody outside has a thread of its own: whoever is slow
to answer keeps nothing else from being sealed, erased or told. The rows of scheduled_job are the ticker's own bookkeeping; they
describe no person and no decision, and are not journalled.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from gateway.domain.channel import Medium
from gateway.domain.errors import GatewayError, StoreUnavailable
from gateway.flows.gateway import Gateway
from gateway.flows.sending.absence import Presence
from gateway.store import campaigns, jobs
from gateway.store.engine import begin, reading

log = logging.getLogger(__name__)

_TICK_SECONDS = 1.0
#: A job that erases, and did not run for so long, waits so much longer, once: the date of this machine may be wrong.
_LONG_AGO, _PATIENCE = timedelta(days=1), timedelta(hours=6)


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Something to do regularly, by one process at a time."""

    name: str
    every: timedelta  #: from the end of one run to the beginning of the next
    lease: timedelta  #: after which another ticker may believe that this one died
    run: Callable[[Gateway], object]
    outside: bool = False  #: it speaks with somebody outside, who may be slow, or silent
    rests: Mapping[type[Exception], timedelta] = field(default_factory=dict)  #: after these faults it waits longer
    erases: bool = False  #: what it does cannot be undone

    @property
    def longest(self) -> timedelta:
        """The most that may pass from the end of one run to the beginning of the next."""
        return max([self.every, *self.rests.values(), *([_PATIENCE] if self.erases else [])])

    def after(self, fault: Exception | None) -> timedelta:
        """How long it waits for its next run."""
        return self.every if fault is None else self.rests.get(type(fault), self.every)


class Ticker:
    """Rings and runs jobs until stopped. Never dies of a fault: it says so, and tries again."""

    def __init__(self, gw: Gateway, regular: Iterable[Job], *, presence: Presence | None = None) -> None:
        self._gw = gw
        self._presence = presence
        self._jobs = {job.name: job for job in regular}
        self._outside: dict[str, threading.Thread] = {}
        self._declared = False
        self._away = False
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="ticker", daemon=True)

    def start(self) -> None:
        """Tick on a thread of its own."""
        self._thread.start()

    def stop(self, *, within_seconds: float) -> bool:
        """Stop after the jobs under way; False when one did not end in time."""
        self._stopping.set()
        until = time.monotonic() + within_seconds
        under_way = [thread for thread in (self._thread, *self._outside.values()) if thread.is_alive()]
        for thread in under_way:
            thread.join(max(0.0, until - time.monotonic()))
        return not any(thread.is_alive() for thread in under_way)

    def tick(self) -> list[str]:
        """One tick: ring if something is due, then run what is due; returns the names of the jobs this ticker ran, or began.

        A job that raises is told to operators and written down, and does not keep the others from running.
        Raises StoreUnavailable when the database is away.
        """
        if self._presence is not None:
            self._presence.look()
        at = self._gw.clock.now()
        self._declare(at)
        with reading(self._gw.engine) as tx:
            must_ring = any(campaigns.with_due(tx, medium, at) for medium in Medium)
            waiting = jobs.due(tx, [name for name in self._jobs if not self._is_under_way(name)], at=at)
            astray = jobs.astray(tx, {job.name: (job.longest, job.lease) for job in self._jobs.values()}, at=at)
        if astray:
            self._call_back(astray, at)
        if must_ring:
            self._gw.ring()
        waiting = [name for name in waiting if not self._put_off(self._jobs[name], at)]
        return [name for name in waiting if not self._stopping.is_set() and self._run_job(self._jobs[name])]

    def _run(self) -> None:
        while not self._stopping.wait(_TICK_SECONDS):
            try:
                self.tick()
            except StoreUnavailable as fault:
                if not self._away:
                    log.warning("the ticker waits: %s", fault)
                self._away = True
            except Exception:  # a ticker that died would seal, erase and ring no more
                log.exception("a tick failed; the next one comes in %s s", _TICK_SECONDS)
            else:
                self._away = False

    def _declare(self, at: datetime) -> None:
        if not self._declared:
            with begin(self._gw.engine) as tx:
                jobs.declare(tx, self._jobs, at=at)
            self._declared = True

    def _call_back(self, astray: list[str], at: datetime) -> None:
        """After a clock that was ahead is put right nothing would be sealed, erased or doubted until its hour comes again."""
        log.warning("the clock was put back: these jobs are run again at once: %s", ", ".join(astray))
        with begin(self._gw.engine) as tx:
            jobs.call_back(tx, astray, at=at)

    def _put_off(self, job: Job, at: datetime) -> bool:
        """Whether a job that erases waits a few hours: a clock that is a year ahead for a minute makes every term end."""
        if not job.erases:
            return False
        with begin(self._gw.engine) as tx:
            since = jobs.put_off(tx, job.name, at=at, long_ago=_LONG_AGO, until=at + _PATIENCE)
        if since is not None:
            log.warning(
                "job %s erases, and has not run since %s: was this machine off, or is its date wrong? It waits for %s hours",
                job.name,
                since.isoformat(timespec="minutes"),
                _PATIENCE // timedelta(hours=1),
            )
        return since is not None

    def _run_job(self, job: Job) -> bool:
        """Run a job if its lease can be had, or begin one that speaks with somebody outside; whether it is ours."""
        at = self._gw.clock.now()
        lease_until = at + job.lease
        with begin(self._gw.engine) as tx:
            taken = jobs.take(tx, job.name, at=at, lease_until=lease_until)
        if not taken:
            return False
        if job.outside:
            thread = threading.Thread(target=self._apart, args=(job, lease_until), name=f"ticker-{job.name}", daemon=True)
            self._outside[job.name] = thread
            thread.start()
        else:
            self._complete(job, lease_until)
        return True

    def _is_under_way(self, name: str) -> bool:
        """Whether a job still speaks with somebody outside: it is not begun a second time, lease or no lease."""
        return name in self._outside and self._outside[name].is_alive()

    def _apart(self, job: Job, lease_until: datetime) -> None:
        try:
            self._complete(job, lease_until)
        except StoreUnavailable as fault:
            log.warning("job %s has ended, which could not be written down: %s", job.name, fault)

    def _complete(self, job: Job, lease_until: datetime) -> None:
        """Run a job whose lease we hold, and write down how it ended."""
        fault = self._fault_of(job)
        ended = self._gw.clock.now()
        run = jobs.ScheduledJob(job.name, ended + job.after(fault), lease_until, ended, type(fault).__name__ if fault else None)
        with begin(self._gw.engine) as tx:
            kept = jobs.finish(tx, run)
        if not kept:
            log.warning("job %s outlived its lease of %s: another ticker may have run it at the same time", job.name, job.lease)

    def _fault_of(self, job: Job) -> Exception | None:
        """Run it; what went wrong. The name of its class is kept; its text stays in the log, where addresses are struck out."""
        try:
            job.run(self._gw)
        except StoreUnavailable as fault:  # nothing is wrong with the job: no trace of where it stood
            log.warning("job %s waits for the database: %s", job.name, fault)
            return fault
        except GatewayError as fault:  # its sentence says what to do
            log.warning("job %s failed; it is tried again in %s: %s", job.name, job.after(fault), fault)
            return fault
        except Exception as fault:  # one job's fault is no reason not to run the others
            log.exception("job %s failed; it is tried again in %s", job.name, job.after(fault))
            return fault
        return None
