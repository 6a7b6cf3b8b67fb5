"""`python -m benchmarks.calibration`."""

from benchmarks.calibration.run import main

if __name__ == "__main__":
    main()
