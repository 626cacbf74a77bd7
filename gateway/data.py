"""Where the files that ship beside the code are found: policies, templates, the default config.toml."""

from __future__ import annotations

import os
from pathlib import Path

ENVIRONMENT = "GATEWAY_DATA_DIR"

_PACKAGE = Path(__file__).resolve().parent


def data_dir(name: str) -> Path:
    """The shipped folder or file of this name ("policies", "templates", "config.toml").

    Looked for under GATEWAY_DATA_DIR when it is set (and nowhere else), then inside the installed package, then at the root of
    the source tree. Raises FileNotFoundError naming every place looked at.
    """
    override = os.environ.get(ENVIRONMENT)
    # An editable install leaves a copy under site-packages that would go stale; it is never looked at, since the package
    # itself is then the source tree.
    places = [Path(override) / name] if override else [_PACKAGE / "_data" / name, _PACKAGE.parent / name]
    for place in places:
        if place.exists():
            return place
    raise FileNotFoundError(
        f"{name}: not found in {', '.join(str(place.parent) for place in places)}; reinstall, or set {ENVIRONMENT}"
    )
