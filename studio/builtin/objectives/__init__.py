"""Built-in objectives, one idea a module; found by name."""
