"""SciPy's sparse matrices, which come without types: the one module that imports them."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import linalg, sparse  # type: ignore[import-untyped]  # it ships no types

Sparse = Any
Dense = NDArray[np.float64]
Scores = NDArray[np.float32]
Indices = NDArray[np.int64]
LARGEST_TABLE = 5000
"""Products whose pairs are held in one table: 100 MB."""


def incidence(rows: Indices, columns: Indices, shape: tuple[int, int]) -> Sparse:
    """A matrix of ones where (row, column) is listed; repetitions count once."""
    made = sparse.csr_matrix((np.ones(len(rows), dtype=np.float32), (rows, columns)), shape=shape)
    made.data[:] = 1
    return made


def weighted(rows: Sparse, weights: NDArray[Any]) -> Sparse:
    """Each row times its weight."""
    return sparse.diags(weights.astype(np.float32)) @ rows


def narrow(rows: Sparse, most: int) -> Sparse:
    """The rows with at most so many cells; the others are left empty."""
    made = weighted(rows, np.diff(rows.indptr) <= most)
    made.eliminate_zeros()  # they would be multiplied with each other
    return made


def together(rows: Sparse) -> Sparse:
    """How often two columns are set in the same row."""
    return (rows.T @ rows).tocsr()


def diagonal(values: NDArray[Any]) -> Sparse:
    """A matrix with these values on its diagonal."""
    return sparse.diags(np.asarray(values, dtype=np.float32)).tocsr()


def sparse_of(rows: Indices, columns: Indices, values: NDArray[Any], width: int) -> Sparse:
    """A square matrix of the values that are not zero."""
    made = sparse.csr_matrix((values, (rows, columns)), shape=(width, width))
    made.eliminate_zeros()
    return made


def neighbours(gram: Sparse, most: int) -> Indices:
    """Products × `most`: to each product those that go with it most, by cosine; never itself.

    Where fewer go with it than `most`, the first products of all fill the row.
    """
    width = int(gram.shape[0])
    lengths = np.sqrt(np.maximum(gram.diagonal(), 1e-9))
    found = np.empty((width, most), dtype=np.int64)
    for product in range(width):
        mine = slice(gram.indptr[product], gram.indptr[product + 1])
        others = gram.indices[mine]
        likeness = np.where(others == product, -np.inf, gram.data[mine] / lengths[others])
        best = others[_highest(likeness, most + 1)]
        best = best[best != product][:most]
        if len(best) < most:
            is_free = np.ones(min(2 * most + 1, width), dtype=np.bool_)
            taken = np.append(best, product)
            is_free[taken[taken < len(is_free)]] = False
            best = np.concatenate([best, np.flatnonzero(is_free)[: most - len(best)]])
        found[product] = best
    return found


def _highest(values: NDArray[Any], most: int) -> NDArray[Any]:
    """Places of the highest values, the highest first."""
    if len(values) > most:
        places = np.argpartition(-values, most - 1)[:most]
        return places[np.argsort(-values[places], kind="stable")]
    return np.argsort(-values, kind="stable")


class Cells:
    """Looks up cells of a square matrix: in a table where it is small, else in its sorted keys."""

    def __init__(self, matrix: Sparse) -> None:
        self._width = int(matrix.shape[0])
        self._table = matrix.toarray() if self._width <= LARGEST_TABLE else None
        self._values = matrix.data
        if self._table is None:
            matrix.sort_indices()
            rows = np.repeat(np.arange(self._width, dtype=np.int64), np.diff(matrix.indptr))
            self._keys = rows * self._width + matrix.indices
            self._values = matrix.data

    def at(self, rows: Indices, columns: Indices) -> Dense:
        """The cells at these places; zero where nothing is."""
        if self._table is not None:
            return np.asarray(self._table[rows, columns], dtype=np.float64)
        wanted = rows * self._width + columns
        order = np.argsort(wanted, axis=None)  # in a row they are found in half the time
        keys = wanted.ravel()[order]
        places = np.minimum(np.searchsorted(self._keys, keys), len(self._keys) - 1)
        found = np.empty(len(keys))
        found[order] = np.where(self._keys[places] == keys, self._values[places], 0)
        return found.reshape(wanted.shape)


def scaled(matrix: Any, left: NDArray[Any], right: NDArray[Any]) -> Any:
    """Rows times `left`, columns times `right`; dense stays dense, and is changed in place."""
    if sparse.issparse(matrix):
        return sparse.diags(left.astype(np.float32)) @ matrix @ sparse.diags(right.astype(np.float32))
    matrix *= left.astype(np.float32)[:, None]
    matrix *= right.astype(np.float32)[None, :]
    return matrix


def filled(matrix: Any) -> Scores:
    """All cells of a sparse or dense matrix."""
    return np.asarray(matrix.toarray() if sparse.issparse(matrix) else matrix, dtype=np.float32)


def total(matrices: Sequence[Any]) -> Any:
    """The sum of sparse and dense matrices: sparse if all of them are."""
    if all(sparse.issparse(matrix) for matrix in matrices):
        return sum(matrices[1:], start=matrices[0])
    return sum((filled(matrix) for matrix in matrices[1:]), start=filled(matrices[0]))


def inverted(matrix: Scores) -> Scores:
    """The inverse of a symmetric, positive definite matrix, whose room is used up."""
    if not len(matrix):
        return matrix
    return np.asarray(linalg.inv(matrix, overwrite_a=True, check_finite=False, assume_a="pos"), dtype=np.float32)


def embedded(part: Scores, places: Indices, width: int, most: int) -> Sparse:
    """A sparse matrix with `part` at these rows and columns: the `most` largest cells of each column."""
    kept = np.argpartition(-np.abs(part), most - 1, axis=0)[:most]
    columns = np.tile(np.arange(len(places)), len(kept))
    return sparse_of(places[kept.ravel()], places[columns], part[kept.ravel(), columns], width)
