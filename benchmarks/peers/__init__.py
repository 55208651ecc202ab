"""The same lexicographic problem, given to fristad and to its peers, each in a process of its own.

``python -m benchmarks.peers --size N --seeds 3 --json`` prints one JSON object a solver and instance.
What each peer is, and why these: docs/decisions/0018-benchmarks-and-peers.md.
"""
