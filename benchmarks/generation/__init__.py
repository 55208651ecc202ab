"""Parts of the generator of synthetic weeks, in the order they are made.

`spec` (how large) → `dice` (chance that repeats itself) → `ground` (where) → `underworld` (networks
and relations) → `people` (households) → `catalogue` (providers and facilities) → `placing` (who
already lives where) → `assessments` and `waiting` (cases) → `conflicts` (person to person).
"""
