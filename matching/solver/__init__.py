"""Search: clauses of the rules to CP-SAT, levels in order, a second opinion, and the solver-free check."""
