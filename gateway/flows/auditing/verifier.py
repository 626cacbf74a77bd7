"""The stand-alone verifier, used from inside: one mechanism checks exports here and at the auditor's."""

from __future__ import annotations

import sys
from functools import cache
from importlib.util import module_from_spec, spec_from_file_location
from typing import Any

from gateway.data import data_dir

_NAME = "passerelle_verify_bundle"


@cache
def verifier() -> Any:
    """tools/verify_bundle.py as a module. It imports nothing of ours, and is the very file an outsider runs."""
    path = data_dir("tools") / "verify_bundle.py"
    spec = spec_from_file_location(_NAME, path)
    if spec is None or spec.loader is None:
        raise FileNotFoundError(path)
    module = module_from_spec(spec)
    sys.modules[_NAME] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module
