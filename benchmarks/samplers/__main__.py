"""`python -m benchmarks.samplers`."""

from benchmarks.samplers.run import main

if __name__ == "__main__":
    main()
