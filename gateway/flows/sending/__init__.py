"""The gate: claim, decide, record, hand over, settle. Nothing leaves by another way."""
