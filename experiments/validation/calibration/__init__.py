"""The core worlds fitted to the published patterns, their domains balanced, their beginnings found.

Nothing here reads a claim, a seat's catalogue or a person: worlds are run under the neutral organization alone.
"""
