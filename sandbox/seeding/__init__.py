"""Turns scenarios and recipes into worlds, through the engine, so that a seeded world is never an impossible one."""
