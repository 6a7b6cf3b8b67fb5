"""Many trees at once."""

import numpy as np
import pytest
from sklearn.ensemble import RandomForestRegressor
from sklearn.tree import DecisionTreeRegressor

from bandits.predictors.regression.flat_trees import FlatTrees, single_precision


def grown(trees=7, leaf=2):
    """A small forest and its inputs."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((60, 4))
    forest = RandomForestRegressor(trees, min_samples_leaf=leaf, random_state=0).fit(single_precision(X), X[:, 0])
    return forest, X


def test_leaves_are_those_of_scikit_learn():
    """Each tree's nodes are numbered on from the tree before; arms end where scikit-learn says."""
    forest, X = grown()
    flat = FlatTrees.of(forest.estimators_)
    asked = np.concatenate((X, 3 * X[::-1]))

    assert sum(tree.tree_.node_count for tree in forest.estimators_) == len(flat)
    assert np.array_equal(forest.apply(single_precision(asked)) + flat.roots, flat.leaves(asked))


def test_a_tree_of_one_leaf_has_one_answer():
    """A tree that found nothing to split."""
    tree = DecisionTreeRegressor(min_samples_leaf=9).fit(np.zeros((10, 1)), np.arange(10.0))

    assert [[0], [0]] == FlatTrees.of([tree]).leaves(np.array([[-1.0], [1.0]])).tolist()


@pytest.mark.parametrize("value", [1e300, -1e300, np.inf, np.nan])
def test_numbers_beyond_single_precision_have_a_leaf(value):
    """Nothing overflows, and nothing is raised."""
    forest, _ = grown()
    flat = FlatTrees.of(forest.estimators_)
    leaves = flat.leaves(np.full((1, 4), value))

    assert (flat.left[leaves] == leaves).all()
