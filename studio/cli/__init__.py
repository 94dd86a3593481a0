"""The command line: the same services as the window, told in sentences or as one JSON object. No Qt, no torch."""
