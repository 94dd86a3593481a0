"""Built-in readers, one idea a module; found by name."""
