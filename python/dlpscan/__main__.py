"""The command, as the package carries it: ``dlpscan`` or ``python -m dlpscan``."""

import signal
import sys

from . import _native


def main() -> None:
    """Runs the command and ends with its exit code."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    sys.exit(_native.command(["dlpscan", *sys.argv[1:]]))


if __name__ == "__main__":
    main()
