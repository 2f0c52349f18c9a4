"""SciPy's sparse matrices and LAPACK, which come without types: the one module that imports them."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse  # type: ignore[import-untyped]  # it ships no types
from scipy.linalg import lapack  # type: ignore[import-untyped]  # it ships no types

Sparse = Any
Dense = NDArray[np.float64]
Scores = NDArray[np.float32]
Indices = NDArray[np.int64]


def incidence(rows: Indices, columns: Indices, shape: tuple[int, int]) -> Sparse:
    """A matrix of ones where (row, column) is listed; repetitions count once."""
    made = sparse.csr_matrix((np.ones(len(rows), dtype=np.float32), (rows, columns)), shape=shape)
    made.data[:] = 1
    return made


def weighted(rows: Sparse, weights: NDArray[Any]) -> Sparse:
    """Each row times its weight."""
    return sparse.diags(weights.astype(np.float32)) @ rows


def together(rows: Sparse) -> Sparse:
    """How often two columns are set in the same row."""
    return (rows.T @ rows).tocsr()


def invert(matrix: Dense) -> Dense:
    """The inverse of a symmetric positive definite matrix, in place: half the work and a third of the memory.

    Raises:
        ValueError: the matrix is not positive definite.
    """
    factor, failed = lapack.dpotrf(matrix.T, lower=1, clean=1, overwrite_a=1)
    inverse, failed = lapack.dpotri(factor, lower=1, overwrite_c=1) if not failed else (factor, failed)
    if failed:
        raise ValueError("the matrix is not positive definite")
    diagonal = inverse.diagonal().copy()
    inverse += inverse.T.copy()
    np.fill_diagonal(inverse, diagonal)
    made: Dense = inverse
    return made


def without_block(matrix: Sparse, inside: NDArray[np.bool_], *, least: float) -> Sparse:
    """The cells that don't lie between two columns of `inside`, nor on the diagonal, and hold at least `least`."""
    cells = matrix.tocoo()
    kept = ~(inside[cells.row] & inside[cells.col]) & (cells.row != cells.col) & (cells.data >= least)
    return sparse.csr_matrix((cells.data[kept], (cells.row[kept], cells.col[kept])), shape=matrix.shape)


def scaled(matrix: Sparse, left: NDArray[Any], right: NDArray[Any]) -> Sparse:
    """Rows times `left`, columns times `right`."""
    return sparse.diags(left.astype(np.float32)) @ matrix @ sparse.diags(right.astype(np.float32))
