"""The audit trail: what was done, by which pseudonym, so that nobody can change it unseen.

Merkle tree (`merkle`), what an entry may say (`entries`), the database's side (`sql`, `trail`), signed heads
(`notes`, `checkpoint`), the other authority's memory (`witness`), and a verifier that takes nothing from
here (`verify`). See docs/decisions/0023-the-audit-trail.md.
"""
