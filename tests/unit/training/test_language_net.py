"""The net has the weights that its recipe counts, and reads a text in pieces as it reads it whole."""

import pytest

torch = pytest.importorskip("torch")

from bandits.training.language.net import LanguageModel, cut  # noqa: E402
from bandits.training.language.recipe import Recipe  # noqa: E402

VOCABULARY = 11
RECIPES = [
    Recipe(n_layer=1, n_inputs=6),
    Recipe(n_layer=3, n_inputs=6, tied=True),
    Recipe(n_layer=2, n_inputs=6, embedding=4),
]


def model_of(recipe: Recipe, seed: int = 0) -> LanguageModel:
    torch.manual_seed(seed)
    return LanguageModel(recipe, VOCABULARY)


def tokens(steps: int, streams: int) -> "torch.Tensor":
    return torch.randint(VOCABULARY, (steps, streams), generator=torch.Generator().manual_seed(1), dtype=torch.int32)


@pytest.mark.parametrize("recipe", RECIPES)
def test_shapes(recipe: Recipe) -> None:
    """A score for every token of the vocabulary at every step of every stream; a memory for every layer."""
    scores, state = model_of(recipe)(tokens(steps=5, streams=3))

    assert scores.shape == (5, 3, VOCABULARY)
    assert [(output.shape, memory.shape) for output, memory in state] == [((1, 3, 6), (1, 3, 6))] * recipe.n_layer


@pytest.mark.parametrize("recipe", RECIPES)
def test_the_recipe_counts_the_weights(recipe: Recipe) -> None:
    """As many as the net's parameters have numbers, a tied matrix once."""
    assert recipe.num_params(VOCABULARY) == sum(weights.numel() for weights in model_of(recipe).parameters())


@pytest.mark.parametrize("recipe", RECIPES)
def test_windows_are_read_as_the_whole(recipe: Recipe) -> None:
    """With the memory handed on, cutting a text into windows changes no score."""
    model = model_of(recipe).eval()
    text = tokens(steps=12, streams=3)
    whole, _ = model(text)
    first, state = model(text[:5])
    second, _ = model(text[5:], cut(state))

    torch.testing.assert_close(torch.cat([first, second]), whole)


def test_no_gradient_goes_back_through_a_cut() -> None:
    """What is remembered is a number to the next window, whatever made it."""
    model = model_of(RECIPES[0])
    _, state = model(tokens(4, 2))

    assert all(tensor.requires_grad for pair in state for tensor in pair)
    assert not any(tensor.requires_grad for pair in cut(state) for tensor in pair)


def test_layers_keep_their_precision() -> None:
    """Inside autocast, scores are of low precision, what the layers remember is not."""
    with torch.autocast("cpu", torch.bfloat16):
        scores, state = model_of(RECIPES[1])(tokens(4, 2))

    assert scores.dtype == torch.bfloat16
    assert {tensor.dtype for pair in state for tensor in pair} == {torch.float32}


def test_dropout_is_for_training_only() -> None:
    """In training, two readings differ; in evaluation they are the same."""
    model = model_of(Recipe(n_layer=2, n_inputs=6, dropout=0.5))
    text = tokens(4, 2)

    assert not torch.equal(model(text)[0], model(text)[0])
    model.eval()
    assert torch.equal(model(text)[0], model(text)[0])


def test_forget_gates_start_open() -> None:
    """Their biases together are about 1 larger than those of the other gates."""
    layer = model_of(Recipe(n_inputs=50)).layers[0]
    bias = (layer.bias_ih_l0 + layer.bias_hh_l0).detach().view(4, 50).mean(dim=1)

    torch.testing.assert_close(bias, torch.tensor([0.0, 1.0, 0.0, 0.0]), atol=0.1, rtol=0)


def test_tied_weights_stay_one_tensor() -> None:
    """After weights are loaded, the decoder still has the embedding's."""
    model, other = model_of(RECIPES[1], seed=0), model_of(RECIPES[1], seed=1)
    model.load_state_dict({name: weights.clone() for name, weights in other.state_dict().items()})

    assert model.decoder.weight is model.embedding.weight
    assert torch.equal(model.embedding.weight, other.embedding.weight)
