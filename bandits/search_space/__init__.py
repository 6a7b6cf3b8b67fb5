"""Search spaces: distributions, spaces inferred from configurations, and features for predictors."""

from bandits.search_space.distributions import (
    check_space,
    choices_of,
    inside,
    is_numeric,
    lower_end,
    middle_of,
    number_of,
    params_in,
    place_of,
)
from bandits.search_space.encoding import ABSENT, ChoiceEncoding, Encoder, Encoding, NumberEncoding, encoding_of
from bandits.search_space.inference import infer_space
from bandits.search_space.saved import space_from_json, space_to_json
from bandits.search_space.unit_cube import from_cube, to_cube

__all__ = [
    "ABSENT",
    "ChoiceEncoding",
    "Encoder",
    "Encoding",
    "NumberEncoding",
    "check_space",
    "choices_of",
    "encoding_of",
    "from_cube",
    "infer_space",
    "inside",
    "is_numeric",
    "lower_end",
    "middle_of",
    "number_of",
    "params_in",
    "place_of",
    "space_from_json",
    "space_to_json",
    "to_cube",
]
