"""Makes the starter models and the sample project: `python -m resources.make`."""
