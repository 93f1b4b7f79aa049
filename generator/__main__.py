"""The `briefbook` command, also as `python -m generator`: quiet from its first moment when it is interrupted."""

import sys


def run() -> None:
    """Run the command line; it ends the process."""
    try:
        from generator.cli import main  # takes a third of a second, in which somebody may press Ctrl+C

        main(prog_name="briefbook")
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    run()
