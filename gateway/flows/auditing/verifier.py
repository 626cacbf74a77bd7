"""The stand-alone verifier, used from inside: one mechanism checks exports here and at the auditor's.

Its types come from tools/verify_bundle.py as the type checker sees it; when the gateway runs, the file is loaded from where it is
packaged, by `verifier` alone.
"""

from __future__ import annotations

import sys
from functools import cache
from importlib.util import module_from_spec, spec_from_file_location
from types import ModuleType
from typing import TYPE_CHECKING

from gateway.data import data_dir

if TYPE_CHECKING:
    from tools.verify_bundle import Fault

_NAME = "passerelle_verify_bundle"


@cache
def verifier() -> ModuleType:
    """tools/verify_bundle.py as a module. It imports nothing of ours, and is the very file an outsider runs."""
    path = data_dir("tools") / "verify_bundle.py"
    spec = spec_from_file_location(_NAME, path)
    if spec is None or spec.loader is None:
        raise FileNotFoundError(path)
    module = module_from_spec(spec)
    sys.modules[_NAME] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def fault(what: str, index: int | None, why: tuple[str, str] | str, /, **values: object) -> Fault:
    """Something that does not hold, as the verifier tells it.

    why: in English and in French, with places for the values; or one sentence as it is.
    """
    tool = verifier()
    found: Fault = tool.Fault(what, index, tool.say(why, **values) if isinstance(why, tuple) else why)
    return found
