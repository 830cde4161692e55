"""Timing faults by audio alone: the committed recordings, really heard, without any word."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

import audio_only
import compare
import pytest

import scoring_rules

RULES = Path(scoring_rules.__file__).parent
ZONE = ZoneInfo("Asia/Shanghai")


@pytest.fixture(scope="module")
def heard(models_ready):
    """Three stereo calls, which take a second each: S024 (talking over), S027 (a silence), S001 (clean, with a proper hold)."""
    _, faults = compare.read_truth()
    return audio_only.hear(["S001", "S024", "S027"], faults, rules=RULES, models=models_ready, zone=ZONE)


def test_talking_over_is_judged_outright_and_a_silence_sent_to_a_person(heard):
    rows = {row["kind"]: row for row in heard["kinds"]}
    assert (rows["talking over"]["planted"], rows["talking over"]["found"], rows["talking over"]["missed"]) == (1, 1, 0)
    assert (rows["long silence"]["planted"], rows["long silence"]["sent_to_a_person"], rows["long silence"]["missed"]) == (1, 1, 0)
    assert (heard["found"], heard["found_outright"]) == (1.0, 0.5)


def test_clean_calls_lose_nothing_and_what_a_person_must_hear_is_counted(heard):
    assert heard["false_alarms_on_clean_calls"] == 0
    assert heard["clean_calls_sent_to_a_person"] == 1, "nobody can tell that the hold of S001 was asked for"
    doubt = next(v for v in heard["verdicts"] if v["call"] == "S001")
    assert doubt["kind"] == "long silence" and "cannot tell whether the agent asks the caller to wait" in doubt["reason"]


def test_worth_hearing_are_planted_timing_faults_and_clean_calls():
    truths, faults = compare.read_truth()
    calls = audio_only.worth_hearing(faults, list(truths))
    assert {"S013", "S018", "S021", "S024", "S025", "S026", "S027", "S028"} <= set(calls)
    assert "S001" in calls and "S012" not in calls, "S012 has another fault only"
    assert len(calls) == 19


def test_the_claim_is_the_one_from_audio_alone(heard):
    found = compare.summary(compare.Measured(), heard)
    claims = {c["claim"]: c for c in compare.claims(found)}
    assert claims[compare.FROM_AUDIO]["met"] is True
    assert claims["timing faults judged outright from audio alone"]["value"] == 0.5
    worse = {**heard, "found": 0.5, "false_alarms_on_clean_calls": 1}
    claims = {c["claim"]: c["met"] for c in compare.claims(compare.summary(compare.Measured(), worse))}
    assert claims[compare.FROM_AUDIO] is False and claims["timing deductions on clean calls, from audio alone"] is False
