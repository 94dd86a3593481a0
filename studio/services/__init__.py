"""What a person does: projects, wizard, runs, advice; for window and command line alike. No Qt, no torch."""
