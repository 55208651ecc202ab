"""What people and other programs meet: pages now, the register and its API later."""
