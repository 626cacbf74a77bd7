"""What an auditor asks: who got what and why, is the record whole, and would the law decide the same again."""

from gateway.flows.auditing.beside import Compared, compare_tables
from gateway.flows.auditing.export import Exported, export
from gateway.flows.auditing.replay import Replayed, replay
from gateway.flows.auditing.scope import Scope, choice_of
from gateway.flows.auditing.whole import StoreReport, verify_store

__all__ = [
    "Compared",
    "Exported",
    "Replayed",
    "Scope",
    "StoreReport",
    "choice_of",
    "compare_tables",
    "export",
    "replay",
    "verify_store",
]
