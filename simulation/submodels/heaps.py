"""Rows in order: a heap of jobs by their day, and lists of rows in a stage or with a flag."""

from typing import Any

import numpy as np

from revorg.simulation.chance import uniform
from revorg.simulation.codes import Column
from revorg.simulation.compiling import rule


@rule
def list_rows(stage: Column, wanted: int) -> Column:
    """List the rows at a stage in the order of the table.

    Loops that then go over the list are as fast as their own work.

    >>> import numpy
    >>> list_rows(numpy.array([3, 0, 3, 1]), 3).tolist()
    [0, 2]
    """
    flags = np.empty(stage.shape[0], np.uint8)
    for i in range(stage.shape[0]):
        flags[i] = stage[i] == wanted
    return list_set(flags)


@rule
def list_set(flags: Column) -> Column:
    """List the rows whose flag is 1, in the order of the table.

    Written without a branch: which row comes next cannot be guessed, and a wrong guess costs more than the work on
    a row. Flags are first looked at eight at a time, as one number: most often none of them is set.

    >>> import numpy
    >>> list_set(numpy.array([0, 1, 1, 0, 0, 0, 0, 0, 1], numpy.uint8)).tolist()
    [1, 2, 8]
    """
    whole = flags.shape[0] // 8
    eights, some = np.empty(whole + 1, np.int64), 0
    for at, eight in enumerate(flags[: 8 * whole].view(np.uint64)):
        eights[some] = at
        some += eight != 0
    rows, count = np.empty(8 * some + 9, np.int64), 0
    for at in eights[:some]:
        for i in range(8 * at, 8 * at + 8):
            rows[count] = i
            count += flags[i]
    for i in range(8 * whole, flags.shape[0]):
        rows[count] = i
        count += flags[i]
    return rows[:count]


@rule
def below(draws: Any, rows: Column, probability: float) -> Column:
    """Flag the rows whose draw is below a probability.

    By itself, a draw is made for several rows at once. Where it hardly ever hits, ask with the largest probability
    that any row may have, and of those flagged each with its own: the same rows hit.

    >>> import numpy
    >>> with numpy.errstate(over="ignore"):
    ...     below(numpy.uint64(7), numpy.array([3, 5, 6]), 0.5).tolist()
    [0, 1, 1]
    """
    flags = np.empty(rows.shape[0], np.uint8)
    for place in range(rows.shape[0]):
        flags[place] = uniform(draws, rows[place]) < probability
    return flags


@rule
def push(keys: Column, items: Column, size: int, key: float, item: int) -> int:
    """Add to a binary heap ordered by key, then item; return its new size.

    >>> import numpy
    >>> keys, items = numpy.zeros(2), numpy.zeros(2, int)
    >>> push(keys, items, push(keys, items, 0, 2.0, 7), 1.0, 8), int(items[0])
    (2, 8)
    """
    here = size
    while here > 0:
        above = (here - 1) >> 1
        if keys[above] < key or (keys[above] == key and items[above] <= item):
            break
        keys[here], items[here] = keys[above], items[above]
        here = above
    keys[here], items[here] = key, item
    return size + 1


@rule
def drop_first(keys: Column, items: Column, size: int) -> int:
    """Take the first entry off a binary heap; return its new size.

    >>> import numpy
    >>> keys, items = numpy.array([1.0, 2.0]), numpy.array([8, 7])
    >>> drop_first(keys, items, 2), int(items[0])
    (1, 7)
    """
    size -= 1
    key, item = keys[size], items[size]
    here = 0
    while True:
        below = 2 * here + 1
        if below >= size:
            break
        right = below + 1
        if right < size and (keys[right] < keys[below] or (keys[right] == keys[below] and items[right] < items[below])):
            below = right
        if key < keys[below] or (key == keys[below] and item <= items[below]):
            break
        keys[here], items[here] = keys[below], items[below]
        here = below
    keys[here], items[here] = key, item
    return size
