"""One module per task, found by its name; each has `run(work) -> result`. Torch only in those that run a model."""
