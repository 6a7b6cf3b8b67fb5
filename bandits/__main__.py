"""`python -m bandits` is the `bandits` command."""

from bandits.cli import main

if __name__ == "__main__":
    main()
