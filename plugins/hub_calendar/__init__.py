"""Calendars: what the user's appointments say about where the user is."""
