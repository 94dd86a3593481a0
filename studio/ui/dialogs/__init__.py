"""The windows beside the main one: preferences, log, disk use, shortcuts, about, and our own faults."""
