"""`python -m benchmarks.what_if`."""

from benchmarks.what_if.run import main

if __name__ == "__main__":
    main()
