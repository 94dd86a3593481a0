"""The child process: one task each, in a folder with two append-only files. Torch only inside the child."""
