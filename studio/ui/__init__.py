"""The window: the only place where Qt is used. It shows values and says what the person did."""
