"""Built-in exporters, one idea a module; found by name."""
