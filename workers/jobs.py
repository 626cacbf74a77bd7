"""The regular jobs of an installation."""

from __future__ import annotations

from datetime import timedelta

from gateway.flows.sending import keep
from workers.ticker import Job

#: Expired leases, campaigns that are finished or late.
HOUSEKEEPING = Job(name="keep", every=timedelta(seconds=5), lease=timedelta(minutes=2), run=keep)

EVERY_JOB = (HOUSEKEEPING,)
