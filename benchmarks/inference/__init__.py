"""The attack on the service's answers, and what it gains: worlds, questions, attackers, statistics."""
