"""What the commands of a checkout do, step by step. Standard library only: this runs before anything is installed."""
