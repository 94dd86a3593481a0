"""`python -m studio.ui`: open the window."""

from __future__ import annotations

import sys

from studio.ui.application import main

if __name__ == "__main__":
    sys.exit(main())
