"""Which item of one list is which of another: the best one-to-one matching.

Two items are the nearer the more of their subfields are equal. Equal items are paired first: with
a distance that obeys the triangle inequality (the number of subfields that differ, as here) no
better total is possible without them. The rest is an assignment problem, solved exactly in whole
numbers, so the answer does not depend on rounding.

Source: Kuhn (1955) and Munkres (1957), in the form of Jonker and Volgenant (1987): shortest
augmenting paths with potentials, cubic in the length of the lists.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

__all__ = ["best_assignment", "matched"]

T = TypeVar("T")


def matched(
    gold: Sequence[T],
    predicted: Sequence[T],
    likeness: Callable[[T, T], int],
    whole: int,
) -> list[tuple[int, int, int]]:
    """The pairs (position in gold, position in predicted, likeness) of greatest total likeness.

    ``likeness`` counts what is equal, 0..``whole``; items with nothing in common are not paired.
    Pairs come in the order of ``gold``. Of equally good matchings the answer is always the same.
    """
    table = np.array(
        [[likeness(wanted, given) for given in predicted] for wanted in gold], dtype=np.int64
    ).reshape(len(gold), len(predicted))
    pairs, taken = [], set()
    rest = []
    for row, likenesses in enumerate(table.tolist()):
        same = next(
            (at for at, value in enumerate(likenesses) if value == whole and at not in taken), None
        )
        if same is None:
            rest.append(row)
        else:
            taken.add(same)
            pairs.append((row, same, whole))
    free = [at for at in range(len(predicted)) if at not in taken]
    for row, at in best_assignment(table[np.ix_(rest, free)]):
        value = int(table[rest[row], free[at]])
        if value > 0:
            pairs.append((rest[row], free[at], value))
    return sorted(pairs)


def best_assignment(worth: NDArray[np.int64]) -> list[tuple[int, int]]:
    """Pairs (row, column) of a table, no row or column twice, whose total worth is greatest.

    As many pairs as the shorter side is long.
    """
    if worth.shape[0] > worth.shape[1]:
        return sorted((row, column) for column, row in best_assignment(worth.T))
    rows, columns = worth.shape
    if rows == 0:
        return []
    cost = worth.max() - worth
    far = np.iinfo(np.int64).max // 4
    row_price = np.zeros(rows + 1, dtype=np.int64)
    column_price = np.zeros(columns + 1, dtype=np.int64)
    # Row of each column, both counted from 1; column 0 holds the row that is being placed.
    owner = np.zeros(columns + 1, dtype=np.int64)
    for row in range(1, rows + 1):
        owner[0] = row
        column = 0
        least = np.full(columns + 1, far, dtype=np.int64)
        origin = np.zeros(columns + 1, dtype=np.int64)
        done = np.zeros(columns + 1, dtype=np.bool_)
        while owner[column] != 0:
            done[column] = True
            placed = owner[column]
            reduced = cost[placed - 1] - row_price[placed] - column_price[1:]
            better = ~done[1:] & (reduced < least[1:])
            least[1:][better] = reduced[better]
            origin[1:][better] = column
            following = int(np.argmin(np.where(done[1:], far, least[1:]))) + 1
            step = least[following]
            row_price[owner[done]] += step
            column_price[done] -= step
            least[~done] -= step
            column = following
        while column != 0:
            before = int(origin[column])
            owner[column] = owner[before]
            column = before
    return sorted(
        (int(owner[column]) - 1, column - 1) for column in range(1, columns + 1) if owner[column]
    )
