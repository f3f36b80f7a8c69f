"""``python -m planner.reference docs/reference`` (`make docs`)."""

from __future__ import annotations

import sys

from planner.reference.pages import main

if __name__ == "__main__":
    main(sys.argv[1:])
