"""Rows: read, understood, cleaned, divided, and turned into tokens. No Qt, no torch; plugins are handed in."""
