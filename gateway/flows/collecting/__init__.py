"""Bringing files of contacts in: a request, a dry run that shows everything, then the writing of it."""

from gateway.flows.collecting.bringing import Brought, bringing, plan_import, write_import
from gateway.flows.collecting.plan import Impact, ImportPlan
from gateway.flows.collecting.refusals import RefusedRow
from gateway.flows.collecting.request import ConsentClaim, ImportRequest, Progress, Step
from gateway.flows.collecting.undo import UndoReport, list_batches, undo_import
from gateway.flows.collecting.write import ImportReport

__all__ = [
    "Brought",
    "ConsentClaim",
    "Impact",
    "ImportPlan",
    "ImportReport",
    "ImportRequest",
    "Progress",
    "RefusedRow",
    "Step",
    "UndoReport",
    "bringing",
    "list_batches",
    "plan_import",
    "undo_import",
    "write_import",
]
