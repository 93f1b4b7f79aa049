"""Briefbook: YAML records about actors, quotes, events and sources in, a briefing out."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("briefbook")
except PackageNotFoundError:  # run from a checkout that was never installed: `python -m generator`
    __version__ = "0.0.0"
