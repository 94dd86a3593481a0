"""Tests, a folder per layer. They stand on what the project makes or ships itself."""
