"""`python -m captioner`, the same as `captioner`."""

from __future__ import annotations

import sys

from captioner.cli import main

if __name__ == "__main__":
    sys.exit(main())
