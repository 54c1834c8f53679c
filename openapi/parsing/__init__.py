"""YAML and JSON as plain values, with the line of each part."""
