"""Builds worlds from scenarios and recipes, through the engine, so that their data is always valid."""
