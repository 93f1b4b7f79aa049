"""Briefbook: YAML records about actors, quotes, events and sources in, a briefing out."""
