"""What goes wrong is said once, in one family of errors, with the nearest known word."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import landrelease
from landrelease import errors


@pytest.mark.parametrize("name", ["CRSError", "DataError", "OptionError", "ProgrammeError"])
def test_one_except_clause_catches_all(name):
    kind = getattr(errors, name)
    assert issubclass(kind, errors.LandReleaseError)
    assert issubclass(kind, ValueError)
    assert kind.__doc__
    assert getattr(landrelease, name) is kind


def test_a_warning_is_a_warning():
    assert issubclass(errors.DataWarning, UserWarning)
    assert not issubclass(errors.DataWarning, errors.LandReleaseError)


def test_the_nearest_word():
    assert errors.nearest("hazard_clas", ["status", "hazard_class"]) == "; did you mean 'hazard_class'?"
    assert errors.nearest("zebra", ["status"]) == ""
    assert errors.nearest("status", iter(["status"])) == "; did you mean 'status'?"
    assert errors.nearest("", []) == ""


def test_check_option():
    assert errors.check_option("ids", "row", ["column", "row"]) == "row"
    with pytest.raises(errors.OptionError) as caught:
        errors.check_option("ids", "rows", (one for one in ("column", "row")))
    assert str(caught.value) == "ids must be one of column, row; got 'rows'; did you mean 'row'?"


@given(st.text(), st.lists(st.text(), max_size=5))
def test_only_allowed_words_pass(word, allowed):
    if word in allowed:
        assert errors.check_option("option", word, allowed) == word
    else:
        with pytest.raises(errors.OptionError, match="option must be one of"):
            errors.check_option("option", word, allowed)


@pytest.mark.parametrize("value", [None, 3, ["row"]])
def test_a_value_of_another_type_is_told_too(value):
    with pytest.raises(errors.OptionError, match="ids must be one of column, row; got"):
        errors.check_option("ids", value, ["column", "row"])
