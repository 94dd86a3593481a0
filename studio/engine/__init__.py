"""Models, training and generation. The only layer that works with torch; it speaks in events and knows no window."""
