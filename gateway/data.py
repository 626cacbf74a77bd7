"""Where files are found: those that ship beside the code (policies, templates, a config.toml), and the config.toml in force."""

from __future__ import annotations

import os
from pathlib import Path

ENVIRONMENT = "GATEWAY_DATA_DIR"
CONFIG_VARIABLE = "GATEWAY_CONFIG"

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


def configuration_file() -> Path:
    """The config.toml in force: the one GATEWAY_CONFIG names, else ./config.toml, else the trial-mode default that ships."""
    if named := os.environ.get(CONFIG_VARIABLE):
        return Path(named)
    here = Path("config.toml")
    return here if here.is_file() else data_dir("config.toml")
