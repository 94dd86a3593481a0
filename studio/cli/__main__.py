"""`python -m studio.cli VERB …`."""

from __future__ import annotations

import sys

from studio.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
