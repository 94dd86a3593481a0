"""Built-in cleaners, one idea a module; found by name."""
