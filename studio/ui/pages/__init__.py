"""The pages of the window: Home and one per step. A page reads the session's state and asks the session to act."""
