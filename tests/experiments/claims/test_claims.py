"""The registry: every claim is sound data, and says what the pre-registration says."""

from pathlib import Path

import numpy as np
import pytest

from revorg.experiments.claims.claim import Outcome, Registry, Term, read_registry, registry
from revorg.scenarios import loading
from revorg.scenarios.designs import Design
from revorg.simulation.errors import BadInput
from revorg.simulation.metrics import METRICS

CLAIMS = [claim for claim in registry().claims if claim.source == "002"]
"""The pre-registered ones; claims that are added to the registry later need no line here."""
OUTCOMES = [(claim.id, outcome) for claim in registry().claims for outcome in claim.outcomes]
WORLDS = registry().factorial.worlds

PRE_REGISTERED = {
    # id: (metric, predicts, SESOI in natural units) of each outcome
    "seat-person-fit": [("arr_growth", "+", 0.01)],
    "misfit-hurts-both-seats": [("arr_growth", "−", 0.01), ("arr_growth", "−", 0.01)],
    "misfit-across-four-seats": [("arr_growth", "+", 0.01)],
    "seat-suits-world": [("arr_growth", "+", 0.01)],
    "person-suits-world": [("arr_growth", "+", 0.01)],
    "cso-suits-simple-single": [("arr_growth", "+", 0.01)],
    "cro-suits-complex-multi": [("arr_growth", "+", 0.01)],
    "complexity-or-channels": [("arr_growth", "+", 0.01), ("arr_growth", "+", 0.01)],
    "strategist-in-cso-seat-weakens-execution": [("win_rate", "−", 0.01), ("quota_attainment", "−", 0.04)],
    "strategist-in-cso-seat-slows-decisions": [("decision_latency", "+", 0.5)],
    "direct-reports-speed-decisions": [("decision_latency", "−", 0.5), ("scope_coverage", "+", 0.03)],
    "executor-in-cro-seat-weakens-strategy": [("allocation_regret", "+", 0.01)],
    "executor-neglects-collaboration": [("alignment", "−", 0.02)],
}


def weights(claim: str, place: int = 0) -> dict[tuple[str, str], float]:
    """Return the written-out weights of one outcome by world and design."""
    found = next(row for row in CLAIMS if row.id == claim).outcomes[place].summands(WORLDS)
    return {(term.world, term.design): term.weight for term in found}


def test_claims_are_those_of_the_pre_registration() -> None:
    """Ids, metrics, predictions and smallest effects are as registered, in that order."""
    found = {
        claim.id: [(outcome.metric, outcome.predicts, outcome.sesoi) for outcome in claim.outcomes] for claim in CLAIMS
    }
    assert found == PRE_REGISTERED


def test_rows_by_construction_are_marked() -> None:
    """Rows whose rule writes their outcome carry the mark, and a note that says which rule."""
    marked = {claim.id: claim.by_construction for claim in CLAIMS if claim.by_construction != "no"}
    assert marked == {
        "strategist-in-cso-seat-slows-decisions": "in part",
        "direct-reports-speed-decisions": "in part",
        "executor-in-cro-seat-weakens-strategy": "yes",
        "executor-neglects-collaboration": "yes",
    }
    assert all(bool(claim.forced_sign) == (claim.id in marked) for claim in CLAIMS)


@pytest.mark.parametrize(("claim", "outcome"), OUTCOMES)
def test_outcome_is_a_contrast_in_every_world(claim: str, outcome: Outcome) -> None:
    """Weights sum to 0 in each world and overall; metrics, worlds, seats and persons exist."""
    for world, terms in outcome.summands_by_world(WORLDS).items():
        assert sum(term.weight for term in terms) == pytest.approx(0, abs=1e-12)
        assert world in loading.names()
    written_out = outcome.summands(WORLDS)
    assert sum(term.weight for term in written_out) == pytest.approx(0, abs=1e-12)
    assert outcome.metric in METRICS
    for term in written_out:
        design = Design.parse(term.design)
        assert design.seat in loading.seats()
        assert design.holder in loading.profiles()


def test_claim_without_a_world_is_the_mean_over_the_core_worlds() -> None:
    """Four worlds at a quarter each."""
    found = weights("seat-person-fit")
    assert len(found) == 16
    assert all(abs(weight) == 0.25 for weight in found.values())
    assert found["simple-multi", "cro:strategist"] > 0 > found["simple-multi", "cro:executor"]
    assert found["simple-multi", "cso:executor"] > 0 > found["simple-multi", "cso:strategist"]


def test_mismatched_is_the_mean_of_the_other_three_working_persons() -> None:
    """Mean of four seats; the generalist is left out."""
    found = weights("misfit-across-four-seats")
    for seat, matched in registry().factorial.matching.items():
        for person in registry().factorial.persons:
            expected = 0.0 if person == "generalist" else 1 / 16 if person == matched else -1 / 48
            assert found.get(("complex-multi", f"{seat}:{person}"), 0.0) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("claim", "place", "with_world", "without_world"),
    [
        ("seat-suits-world", 0, "complex-multi", "simple-single"),
        ("complexity-or-channels", 0, "complex-single", "simple-single"),
        ("complexity-or-channels", 1, "simple-multi", "simple-single"),
    ],
)
def test_seat_by_world_interactions(claim: str, place: int, with_world: str, without_world: str) -> None:
    """Seat against seat, mean of two persons, in one world less the same in another."""
    found = weights(claim, place)
    expected = {
        (world, f"{seat}:{person}"): sign * side * 0.5
        for world, sign in ((with_world, 1), (without_world, -1))
        for seat, side in (("cro", 1), ("cso", -1))
        for person in ("strategist", "executor")
    }
    assert found == expected


def test_person_by_world_interaction() -> None:
    """Person against person, mean of both seats, in one world less the same in another."""
    found = weights("person-suits-world")
    assert found["complex-multi", "cso:strategist"] == 0.5 == -found["simple-single", "cso:strategist"]
    assert found["complex-multi", "cro:executor"] == -0.5 == -found["simple-single", "cro:executor"]


def test_whole_designs_carry_their_four_cells() -> None:
    """The two comparisons of whole designs are printed with the 2 × 2 around them."""
    with_cells = {claim.id: claim.cells for claim in CLAIMS if claim.cells}
    square = ("cro:strategist", "cro:executor", "cso:strategist", "cso:executor")
    assert with_cells == {"cso-suits-simple-single": square, "cro-suits-complex-multi": square}


def test_reporting_lines_are_compared_at_equal_measures_level_and_person() -> None:
    """Only the line differs between the two arms."""
    assert set(weights("direct-reports-speed-decisions")) == {
        (world, f"{seat}:strategist") for world in WORLDS for seat in ("cro", "cso_with_cro_measures")
    }
    seats = loading.seats()
    broad, narrow = seats["cro"], seats["cso_with_cro_measures"]
    assert (broad.measures, broad.level, broad.say, broad.week_hours) == (
        narrow.measures,
        narrow.level,
        narrow.say,
        narrow.week_hours,
    )
    assert (set(broad.leads), set(narrow.leads)) == ({"marketing", "sales", "success"}, {"sales"})


def test_single_terms_go_beside_products() -> None:
    """Terms that are no product are added to those that are, in their own windows."""
    terms = (
        Term(weight=1, world="w", design="a:b", window="156-208"),
        Term(weight=-1, world="w", design="a:b", window="0-52"),
    )
    outcome = Outcome(metric="arr_growth", contrast="later − sooner", predicts="+", sesoi=0.01, terms=terms)
    assert outcome.summands(WORLDS) == terms
    assert outcome.summands_by_world(WORLDS) == {"w": terms}


SOUND = """
[source]
id = "999"
title = "t"
[factorial]
seats = ["s"]
persons = ["p"]
worlds = ["w"]
matching = { s = "p" }
[[claims]]
id = "a-claim"
text = "t"
basis = "stated"
by_construction = "no"
[[claims.outcomes]]
metric = "arr_growth"
contrast = "a − b"
predicts = "+"
sesoi = 0.01
designs = { "a:b" = "1/3", "c:d" = "-1/3" }
"""


def read(folder: Path, text: str) -> Registry:
    """Read a registry of one file."""
    (folder / "999.toml").write_text(text, encoding="utf-8")
    return read_registry(folder)


def test_weights_may_be_fractions(tmp_path: Path) -> None:
    """A third is a third."""
    outcome = read(tmp_path, SOUND).claims[0].outcomes[0]
    assert np.isclose(outcome.designs["a:b"], 1 / 3)


@pytest.mark.parametrize(
    ("given", "instead", "message"),
    [
        ('"-1/3"', '"-1/4"', "sum to 0.0833333, a contrast needs 0"),
        ('predicts = "+"', 'predicts = "up"', r"predicts\] = \"up\""),
        ("sesoi = 0.01", "sesoi = -1", r"sesoi\] = -1"),
        ("sesoi = 0.01", "sesio = 0.01", r"sesio\] = 0.01"),
        ("sesoi = 0.01", 'sesoi = 0.01\nwindow = "52-0"', "window '52-0': expected first-last weeks"),
        ('by_construction = "no"', 'by_construction = "yes"', "forced_sign goes with"),
        ('id = "a-claim"', 'id = "A claim"', "id"),
        ("[factorial]", "[factoriel]", "factoriel"),
        ("[source]", "[source", "not TOML"),
    ],
)
def test_faulty_registry_is_refused(tmp_path: Path, given: str, instead: str, message: str) -> None:
    """The message names the file, the place and the value."""
    with pytest.raises(BadInput, match=message) as refusal:
        read(tmp_path, SOUND.replace(given, instead))
    assert "999.toml" in str(refusal.value)


def test_two_claims_of_one_name_are_refused(tmp_path: Path) -> None:
    """A name means one claim."""
    twice = SOUND + SOUND[SOUND.index("[[claims]]") :]
    with pytest.raises(BadInput, match="more than one claim is called a-claim"):
        read(tmp_path, twice)


def test_unknown_claim_gets_its_near_miss() -> None:
    """A typing mistake is answered with the nearest name."""
    with pytest.raises(BadInput, match="claim seat-persn-fit: unknown; did you mean seat-person-fit"):
        registry().select(["seat-persn-fit"])


def test_claims_come_in_the_order_of_the_registry() -> None:
    """Whatever the order they were asked in."""
    asked = registry().select(["person-suits-world", "seat-person-fit"])
    assert [claim.id for claim in asked] == ["seat-person-fit", "person-suits-world"]
