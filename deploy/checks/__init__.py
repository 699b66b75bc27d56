"""Load and soak checks: what a release executable must show before it ships.

They stand in `deploy` and not in `benchmarks`, because they judge one executable against fixed bars, need no other
program beside it, and gate a release; benchmarks compare programs and judge nothing.
"""
