from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tieline.sync.routes import build_hop_fields, closed_hops, plan_route, unfed_fields
from tieline.sync.snapshot import Hop


def hop(start: str, end: str, *required: str) -> Hop:
    return Hop(transition_id=f"{start}>{end}", name=f"To {end}", to_status=end, required=required)


WORKFLOW = {"a": (hop("a", "b"), hop("a", "c")), "b": (hop("b", "d"),), "c": (hop("c", "d"),), "d": (hop("d", "a"),)}


def test_the_shortest_way_is_taken_and_of_equal_ones_the_first_listed() -> None:
    assert plan_route(WORKFLOW, "a", "d") == (hop("a", "b"), hop("b", "d"))


def test_there_is_nothing_to_do_where_it_stands_already() -> None:
    assert plan_route(WORKFLOW, "a", "a") == ()


def test_no_way_known_is_none() -> None:
    assert plan_route(WORKFLOW, "a", "z") is None
    assert plan_route({}, "a", "d") is None


def test_a_closed_transition_is_gone_round() -> None:
    assert plan_route(WORKFLOW, "a", "d", closed={"a>b"}) == (hop("a", "c"), hop("c", "d"))
    assert plan_route(WORKFLOW, "a", "d", closed={"b>d", "c>d"}) is None


def test_a_required_field_is_fed_by_a_constant_or_by_the_issue() -> None:
    demanding = hop("a", "b", "resolution", "duedate")
    assert unfed_fields(demanding, {}, {"duedate": None}) == ("resolution", "duedate")
    assert unfed_fields(demanding, {"resolution": {"name": "Done"}}, {"duedate": "2026-05-01"}) == ()
    assert build_hop_fields(demanding, {"resolution": {"name": "Done"}, "team": 1}) == {"resolution": {"name": "Done"}}
    assert closed_hops({"a": (demanding, hop("a", "c"))}, {}, {}) == {"a>b"}


STATIONS = st.sampled_from("abcdef")


@given(st.dictionaries(STATIONS, st.lists(STATIONS, max_size=4)), STATIONS, STATIONS)
def test_a_route_is_a_chain_of_transitions_that_ends_at_its_target(
    ends: dict[str, list[str]], start: str, target: str
) -> None:
    workflow = {one: tuple(hop(one, end) for end in others) for one, others in ends.items()}
    route = plan_route(workflow, start, target)
    reached = {start}
    while more := {hop.to_status for one in reached for hop in workflow.get(one, ())} - reached:
        reached |= more
    assert (route is not None) == (target in reached)
    at = start
    for one in route or ():
        assert one in workflow[at]
        at = one.to_status
    assert route is None or at == target
