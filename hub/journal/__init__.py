"""Journals: each call that is over is posted to a CRM or whatever else listens to HTTP, at least once (HIST-04)."""
