"""The walk over D-Bus signatures that both adapters share."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedtui.bus.port import BusError
from fedtui.bus.values import complete_types, outgoing_all

basic = st.sampled_from("ybnqiuxtdsogv")
whole = st.recursive(
    basic,
    lambda inner: st.one_of(
        inner.map(lambda kind: f"a{kind}"),
        st.lists(inner, min_size=1, max_size=3).map(lambda kinds: f"({''.join(kinds)})"),
        inner.map(lambda kind: f"a{{s{kind}}}"),
    ),
    max_leaves=6,
)


@settings(max_examples=200)
@given(st.lists(whole, max_size=5))
def test_splitting_a_joined_signature_gives_its_types_back(types: list[str]) -> None:
    assert complete_types("".join(types)) == types


@pytest.mark.parametrize("signature", ["a", "(", "(s", "{", "s)", "aa", "k", "a{s"])
def test_what_is_no_signature_is_refused(signature: str) -> None:
    with pytest.raises(ValueError, match="not a D-Bus signature"):
        complete_types(signature)


def test_a_pair_at_a_variant_becomes_the_librarys_variant() -> None:
    made = outgoing_all(
        "sa(sv)a{sv}",
        ("run.service", [("ExecStart", ("a(sasb)", [("/bin/true", ["/bin/true"], False)]))], {"x": ("u", 7)}),
        lambda signature, value: ("variant", signature, value),
    )
    assert made == [
        "run.service",
        [("ExecStart", ("variant", "a(sasb)", [("/bin/true", ["/bin/true"], False)]))],
        {"x": ("variant", "u", 7)},
    ]


def test_a_variant_within_a_variant_is_converted_too() -> None:
    made = outgoing_all("v", (("v", ("s", "inside")),), lambda signature, value: (signature, "made", value))
    assert made == [("v", "made", ("s", "made", "inside"))]


def test_too_few_arguments_are_refused() -> None:
    with pytest.raises(ValueError, match="argument"):
        outgoing_all("ss", ("one",), lambda signature, value: value)


@pytest.mark.parametrize("text", ["caf\udce9.timer", "a\0b"])
def test_text_for_which_the_bus_would_close_the_connection_is_not_sent(text: str) -> None:
    for signature, argument in (("s", text), ("as", ["good", text]), ("a{sv}", {"x": ("s", text)})):
        with pytest.raises(BusError, match="not text that D-Bus can carry") as error:
            outgoing_all(signature, (argument,), lambda _, value: value)
        assert error.value.name == BusError.UNSENDABLE
