"""The nouns of the studio: plain values that every layer shares. Knows pydantic and nothing above it."""
