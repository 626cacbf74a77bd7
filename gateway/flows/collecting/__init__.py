"""Bringing files of contacts in: a request, a dry run that shows everything, then one transaction."""

from gateway.flows.collecting.plan import Impact, ImportPlan, plan_import
from gateway.flows.collecting.refusals import RefusedRow
from gateway.flows.collecting.request import ConsentClaim, ImportRequest, Progress, Step
from gateway.flows.collecting.write import ImportReport, write_import

__all__ = [
    "ConsentClaim",
    "Impact",
    "ImportPlan",
    "ImportReport",
    "ImportRequest",
    "Progress",
    "RefusedRow",
    "Step",
    "plan_import",
    "write_import",
]
