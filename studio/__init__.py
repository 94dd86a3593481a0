"""Fine-Tuning Studio: teach a language model your own work, on your own computer."""

__version__ = "0.1.0"
