"""`python -m generator` is the `briefbook` command."""

from generator.cli import main

if __name__ == "__main__":
    main(prog_name="briefbook")
