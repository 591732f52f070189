"""Reading settings from the environment; `NAME_FILE` names a file that holds the value (container secrets)."""

import os
from pathlib import Path


def env(name, default=""):
    """The variable's text, or the text of the file that NAME_FILE points at, or the default."""
    path = os.environ.get(f"{name}_FILE")
    if path:
        return Path(path).read_text(encoding="utf-8").strip()
    return os.environ.get(name) or default


def env_bool(name, default):
    return env(name, "1" if default else "0").lower() in {"1", "true", "yes", "on"}


def env_int(name, default):
    return int(env(name, str(default)))


def env_list(name, default=""):
    return [item.strip() for item in env(name, default).split(",") if item.strip()]
