"""Pictures of every page in its states, from real projects: `python -m tests.ui.pictures FOLDER`."""
