"""Verbs. The only place where layers meet; every write of the gateway is a flow."""
