"""Built-in methods, one idea a module; found by name."""
