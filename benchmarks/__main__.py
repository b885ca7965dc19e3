"""`python -m benchmarks`: every figure, as JSON."""

from benchmarks.dashboard import main

main()
