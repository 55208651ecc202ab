"""One case from intake to departure, with every role, over real HTTP: for the demonstration and docs/api.md."""
