"""The gate: claim, decide, record, hand over, settle. Nothing leaves by another way."""

from gateway.flows.sending.keeping import keep
from gateway.flows.sending.recovering import recover
from gateway.flows.sending.runner import Runner

__all__ = ["Runner", "keep", "recover"]
