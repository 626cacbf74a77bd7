"""Plug-ins to providers: each knows domain.channel and its provider, nothing else."""
