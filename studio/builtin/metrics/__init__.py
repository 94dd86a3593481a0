"""Built-in metrics, one idea a module; found by name."""
