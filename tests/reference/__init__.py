"""The model once more, as Mesa's tutorial would write it: one agent a thing, plain Python, no columns.

It is slow and small on purpose. What it shares with `simulation` are the scalar rules, run as plain Python, and the
numbers of a scenario; the loops, the desks, the order of the week and the generator of chance are written anew.
"""
