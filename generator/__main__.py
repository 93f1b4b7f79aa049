"""The `briefbook` command, also as `python -m generator`: quiet from its first moment when it is interrupted."""

import gc
import os
import sys

# No other package has a say in what records may be; and to look for one that would takes 0.03 s.
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")


def run() -> None:
    """Run the command line; it ends the process."""
    try:
        gc.disable()  # nothing dies while modules are loaded
        from generator.cli import main  # takes a fifth of a second, in which somebody may press Ctrl+C

        gc.freeze()  # nor do modules die after that
        gc.enable()
        main(prog_name="briefbook")
    except KeyboardInterrupt:
        sys.exit(130)
    finally:
        gc.freeze()  # what there is ends with the process: to look through it once more takes 0.05 s


if __name__ == "__main__":
    run()
