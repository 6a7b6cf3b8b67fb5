"""Names and settings as text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandits.config import Description, Quoted, parse, write
from bandits.errors import SettingError

TEXTS = st.one_of(st.text(max_size=12), st.text(alphabet="ab ,:='\"[]-#1\n", max_size=8))
VALUES = st.recursive(TEXTS, lambda inner: st.lists(inner, max_size=3).map(tuple), max_leaves=5)
KEYS = st.from_regex(r"[a-z_][a-z0-9_]{0,8}", fullmatch=True)


@given(
    name=TEXTS.filter(bool),
    argument=st.none() | VALUES,
    settings=st.dictionaries(KEYS, VALUES, max_size=4),
)
def test_what_is_written_is_read_as_it_was(name, argument, settings):
    """Any name, argument and settings come back from their text, whatever commas, quotes and blanks they hold."""
    described = Description(name, argument, settings)

    assert described == parse(write(described))


@given(st.text(alphabet="ab ,:='\"[]-#1", max_size=12))
def test_any_text_is_a_description_or_one_sentence(text):
    """No text breaks the reader: it is read, and then written the same way again, or refused."""
    try:
        described = parse(text)
    except SettingError:
        return
    assert described == parse(write(described))


@pytest.mark.parametrize(
    ("text", "name", "argument", "settings"),
    [
        ("srm", "srm", None, {}),
        ("srm:min_curves=5,model=svr_rbf", "srm", None, {"min_curves": "5", "model": "svr_rbf"}),
        ("srm: min-curves = 5 , model = ridge ", "srm", None, {"min_curves": "5", "model": "ridge"}),
        ("table:runs.csv#top1", "table", "runs.csv#top1", {}),
        ("table:'a,b.csv',goal=minimize", "table", "a,b.csv", {"goal": "minimize"}),
        ("table:'lr=0.1.csv'", "table", "lr=0.1.csv", {}),
        ("table:/data/run=3/a.csv", "table", "/data/run=3/a.csv", {}),
        ("train.py:train", "train.py", "train", {}),
        (r"'C:\nets\train.py':train", r"C:\nets\train.py", "train", {}),
        ("metaqnn:epsilon='1.0:10,0.5:20',replay=4", "metaqnn", None, {"epsilon": "1.0:10,0.5:20", "replay": "4"}),
        ("x:words=[a, 'b,c' ,[1]],empty=[],said='it''s'", "x", None,
         {"words": ("a", "b,c", ("1",)), "empty": (), "said": "it's"}),
        ('x:said="a ""b"""', "x", None, {"said": 'a "b"'}),
        ("x:key=", "x", None, {"key": ""}),
    ],
)  # fmt: skip
def test_the_grammar(text, name, argument, settings):
    """The first colon ends the name; one argument may come first, then settings."""
    assert Description(name, argument, settings) == parse(text)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("", "must begin with a name"),
        (":a=1", "must begin with a name"),
        ("srm:", "must have a setting or an argument after its colon"),
        ("srm:a=1,,b=2", "must give every setting as key=value"),
        ("srm:a=1,b", "must give every setting as key=value, and quote a value that holds a comma"),
        ("table:a.csv,b.csv", "must give every setting as key=value"),
        ("srm:a=1,a=2", "must give `a` once"),
        ("srm:a='x", "must close its quotes"),
        ("srm:a=[x", "must close its bracket"),
        ("srm:a='x'y", "must have a comma between values, not 'y'"),
        ("'srm'x:a=1", "must have a colon after its name"),
    ],
)
def test_what_is_no_description(text, rule):
    """One sentence names the role, the rule and the text."""
    with pytest.raises(SettingError) as error:
        parse(text, "predictor")

    assert str(error.value).startswith(f"`predictor` {rule}")
    assert str(error.value).endswith(f"got {text!r}")


def test_quotes_are_remembered():
    """'none' in quotes is the word, and stays quoted when it is written again."""
    described = parse("x:a='none',b=none")

    assert [Quoted, str] == [type(value) for value in described.settings.values()]
    assert "x:a='none',b=none" == write(described)
