"""`python -m benchmarks.unseen`."""

from benchmarks.unseen.record import main

if __name__ == "__main__":
    main()
