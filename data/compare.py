"""The final comparison of the sample calls: stored scores, words and speakers against the truth.

``python data/compare.py --home hotline-home [--audio-only] [--json] [--check]``

This is the only program that reads ``data/truth`` to judge; ingestion and scoring never look there. ``--audio-only`` hears recordings again
with no transcript at all and judges the timing faults by that. ``--check`` does so too, and exits with 1 when a claim is not met.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import audio_only
import yaml
from calls.words import errors
from measure import DiarizationErrors, Judgement, Speech, diarization_errors, role_at, share_found, tally, verdict_shares

from hotline import console, settings
from hotline.errors import HotlineError, NotFound
from hotline.store import OPERATOR, Store, open_store
from hotline.store import calls as call_store
from qa.calls import Call, Role
from qa.redaction import mask

TRUTH = Path(__file__).resolve().parent / "truth"
FROM_AUDIO = "timing faults found from audio alone (judged or sent to a person)"
TIMING = audio_only.TIMING


@dataclass
class Measured:
    """What the comparison gathers over the calls."""

    judgements: list[Judgement] = field(default_factory=list)
    planted: list[dict[str, Any]] = field(default_factory=list)
    calls: list[dict[str, Any]] = field(default_factory=list)
    diarization: dict[str, DiarizationErrors] = field(default_factory=lambda: defaultdict(DiarizationErrors))
    missing: list[str] = field(default_factory=list)


def read_truth(folder: Path = TRUTH) -> tuple[dict[str, dict[str, Any]], dict[str, list[dict[str, Any]]]]:
    """True words with times per call id, and planted faults per call id. Raises NotFound when there is no truth."""
    words = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("S*.json"))}
    if not words:
        raise NotFound(str(folder), "no truth there", "make it with python data/calls/render.py")
    faults: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for fault in yaml.safe_load((folder / "faults.yaml").read_text(encoding="utf-8")):
        faults[fault["call"]].append(fault)
    return words, faults


def _text_errors(truth: dict[str, Any], call: Call) -> tuple[int, int]:
    """Character edits and characters; personal numbers are masked in the store, so they are left out on both sides."""
    return errors("".join(mask(line["text"]) for line in truth["lines"]), "".join(mask(turn.text) for turn in call.turns))


def _roles(speech: Speech, call: Call) -> dict[str, int]:
    """Turns by whether their role is the true one, wrong, or left open; turns where nobody truly speaks are not judged."""
    counts = {"right": 0, "wrong": 0, "unknown": 0}
    for turn in call.turns:
        true = role_at(speech, turn.span.start, turn.span.end) if turn.span else None
        if true is None:
            continue
        known = turn.role in (Role.AGENT, Role.CUSTOMER)
        counts["unknown" if not known else "right" if turn.role.value == true else "wrong"] += 1
    return counts


def measure_call(measured: Measured, store: Store, truth: dict[str, Any], faults: list[dict[str, Any]]) -> None:
    """Add one call to what was measured."""
    call_id = truth["call_id"]
    try:
        opened = call_store.open_call(store, OPERATOR, call_id)
    except NotFound:
        measured.missing.append(call_id)
        return
    kind = opened.row.text_source.kind.value if opened.row.text_source else "none"
    planted = {fault["item"] for fault in faults}
    outcomes = {item.item_id: item.outcome.name.lower() for item in opened.items}
    for item in opened.items:
        name = item.item_id
        measured.judgements.append(
            Judgement(call_id, name, outcomes[name], bool(item.fatal), name in planted, not faults, kind, truth["layout"])
        )
    for fault in faults:
        outcome = outcomes.get(fault["item"], "not judged")
        measured.planted.append({**fault, "outcome": outcome, "text_source": kind, "layout": truth["layout"]})
    speech = [(a, b, line["role"]) for line in truth["lines"] for a, b in line["segments"]]
    found = [(t.span.start, t.span.end, t.speaker or t.role.value) for t in opened.call.turns if t.span]
    measured.diarization[f"{truth['layout']} collar 0"] += diarization_errors(speech, found)
    measured.diarization[f"{truth['layout']} collar 0.25"] += diarization_errors(speech, found, 0.25)
    edits, length = _text_errors(truth, opened.call)
    row: dict[str, Any] = {"call": call_id, "layout": truth["layout"], "text": kind, "edits": edits, "characters": length}
    row |= {f"roles_{key}": value for key, value in _roles(speech, opened.call).items()}
    row |= {"role_method": opened.role_method, "low": opened.row.low, "high": opened.row.high}
    failed, doubtful = ([name for name, outcome in outcomes.items() if outcome == wanted] for wanted in ("fail", "doubtful"))
    measured.calls.append(row | {"planted": sorted(planted), "failed": failed, "doubtful": doubtful, "mute_caller": truth["mute_caller"]})


def summary(measured: Measured, heard: dict[str, Any] | None = None) -> dict[str, Any]:
    """Everything the comparison says, as plain values; ``heard`` is what :func:`audio_only.hear` found, if it was asked to."""
    groups: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for p in measured.planted:
        wording = str(p["wording"]) if p["wording"] else "–"
        groups[p["kind"], p["item"], wording, p["layout"] if p["kind"] in TIMING else "any", p["text_source"]].append(p["outcome"])
    names = ("kind", "item", "wording", "layout", "text")
    faults = [dict(zip(names, key, strict=True)) | tally(outcomes) for key, outcomes in sorted(groups.items())]
    clean = [j for j in measured.judgements if j.clean_call]
    alarms = [j for j in measured.judgements if j.outcome == "fail" and not j.planted]
    lines = measured.calls
    totals = {key: sum(row[key] for row in lines) for key in ("edits", "characters", "roles_right", "roles_wrong", "roles_unknown")}
    turns = totals["roles_right"] + totals["roles_wrong"] + totals["roles_unknown"]
    mute = [row for row in lines if row["mute_caller"]]
    return {
        "calls": len(lines),
        "not_stored": measured.missing,
        "faults": faults,
        "false_alarms": [
            {"call": j.call, "item": j.item, "fatal": j.fatal, "clean_call": j.clean_call, "text": j.text_source} for j in alarms
        ],
        "false_alarms_on_clean_calls": sum(j.outcome == "fail" for j in clean),
        "fatal_on_clean_calls": sum(j.outcome == "fail" and j.fatal for j in clean),
        "fatal_doubtful_on_clean_calls": sum(j.outcome == "doubtful" and j.fatal for j in clean),
        "mute_caller_points_lost": sum(100 - row["high"] for row in mute if row["high"] is not None) if mute else None,
        "verdicts": verdict_shares(measured.judgements),
        "verdicts_by_text": {
            kind: verdict_shares([j for j in measured.judgements if j.text_source == kind])
            for kind in sorted({j.text_source for j in measured.judgements})
        },
        "character_error_rate": totals["edits"] / totals["characters"] if totals["characters"] else float("nan"),
        "role_accuracy": totals["roles_right"] / turns if turns else float("nan"),
        "turns_judged": turns,
        "diarization_error_rate": {key: value.rate for key, value in sorted(measured.diarization.items())},
        "audio_only": heard,
        "per_call": lines,
    }


def claims(found: dict[str, Any]) -> list[dict[str, Any]]:
    """What the sample calls are meant to show, each with its value and whether it is met."""
    rows = found["faults"]
    # Without words a person must settle some: talking over on a mono recording, and whether the agent asked to wait before a silence.
    heard = found["audio_only"]
    flagged, outright, alarms = (heard[key] if heard else None for key in ("found", "found_outright", "false_alarms_on_clean_calls"))
    known = share_found(r for r in rows if r["kind"] not in TIMING and r["wording"] in ("1", "2"))
    rare = share_found(r for r in rows if r["wording"] == "3")
    verdicts = found["verdicts"]
    checked = [
        (FROM_AUDIO, flagged, ">= 0.90", None if flagged is None else flagged >= 0.90),
        ("timing deductions on clean calls, from audio alone", alarms, "= 0", None if alarms is None else alarms == 0),
        ("text faults found, known wordings", known, ">= 0.90", known >= 0.90),
        ("fatal items on clean calls", found["fatal_on_clean_calls"], "= 0", found["fatal_on_clean_calls"] == 0),
        ("points lost by the caller who cannot speak", found["mute_caller_points_lost"], "= 0", found["mute_caller_points_lost"] == 0),
        ("certain verdicts right", verdicts["certain_right_share"], ">= 0.97", verdicts["certain_right_share"] >= 0.97),
        ("doubtful verdicts", verdicts["doubtful_share"], "<= 0.15", verdicts["doubtful_share"] <= 0.15),
    ]
    told = [
        {"claim": name, "value": value, "wanted": wanted, "met": None if met is None else bool(met)} for name, value, wanted, met in checked
    ]
    sent = heard["clean_calls_sent_to_a_person"] if heard else None
    reported = {
        "timing faults judged outright from audio alone": outright,
        "clean calls sent to a person for timing, from audio alone": sent,
        "text faults found, wording 3 (in no vocabulary)": rare,
    }
    return [*told, *({"claim": name, "value": value, "wanted": "reported", "met": None} for name, value in reported.items())]


def _percent(value: float) -> str:
    return "–" if math.isnan(value) else f"{100 * value:.1f} %"


def _finite(value: Any) -> Any:
    """The same with None for NaN, which JSON does not have."""
    if isinstance(value, dict):
        return {key: _finite(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_finite(part) for part in value]
    return None if isinstance(value, float) and math.isnan(value) else value


def by_text(found: dict[str, Any]) -> list[dict[str, Any]]:
    """One row a source of text: planted faults found and sent to a person, false alarms, verdict shares."""
    rows = []
    for kind, shares in found["verdicts_by_text"].items():
        faults = [r for r in found["faults"] if r["text"] == kind]
        rows.append(
            {
                "text": kind,
                "planted": sum(r["planted"] for r in faults),
                "recall": _percent(share_found(faults)),
                "recall with doubtful": _percent(share_found(faults, with_doubtful=True)),
                "false alarms": sum(a["text"] == kind for a in found["false_alarms"]),
                "certain right": _percent(shares["certain_right_share"]),
                "doubtful": _percent(shares["doubtful_share"]),
            }
        )
    return rows


def show(found: dict[str, Any], *, brief: bool) -> None:
    """The comparison for people; ``brief`` leaves out the table of single calls."""
    console.emit(found["faults"], False, title="植入的差错 Planted faults")
    alarms = [{k: a[k] for k in ("call", "item", "text", "fatal", "clean_call")} for a in found["false_alarms"]]
    console.emit(alarms or [{"call": "–"}], False, title="误报 Deductions without a planted fault")
    console.emit(by_text(found), False, title="按文字来源 By text source")
    columns = ("call", "layout", "text", "CER", "roles", "role_method", "low", "high", "planted", "failed", "doubtful")
    rows = []
    for row in found["per_call"]:
        judged = row["roles_right"] + row["roles_wrong"] + row["roles_unknown"]
        lists = {key: " ".join(row[key]) for key in ("planted", "failed", "doubtful")}
        cer = _percent(row["edits"] / row["characters"]) if row["characters"] else "–"
        rows.append({**row, **lists, "CER": cer, "roles": f"{row['roles_right']}/{judged}"})
    if not brief:
        console.emit(rows, False, title="逐通 Per call", columns=columns)
    facts = {
        "CER of stored text": _percent(found["character_error_rate"]),
        "Role accuracy (turns)": f"{_percent(found['role_accuracy'])} of {found['turns_judged']}",
        **{f"DER {key} s": _percent(value) for key, value in found["diarization_error_rate"].items()},
        "False alarms on clean calls": found["false_alarms_on_clean_calls"],
        "Not stored": " ".join(found["not_stored"]) or "–",
    }
    console.emit(facts, False, title="文字与说话人 Words and speakers")
    show_audio_only(found["audio_only"], brief=brief)
    if found["audio_only"] is None:
        console.out.print("只凭录音的时间类差错未测，加 --audio-only Timing faults by audio alone: not measured; add --audio-only")
    told = [{**c, "value": _shown(c["value"])} for c in found["claims"]]
    console.emit(told, False, title="结论 Claims")


def _shown(value: Any) -> Any:
    return "not measured" if value is None else f"{value:.3f}" if isinstance(value, float) else value


def show_audio_only(heard: dict[str, Any] | None, *, brief: bool) -> None:
    """The timing faults by the recordings alone, for people; nothing when that was not asked for."""
    if heard is None:
        return
    head = f"只凭录音（不用任何文字） By audio alone, no words: {heard['calls']} calls in {heard['seconds']} s"
    console.emit(heard["kinds"], False, title=head)
    if not brief:
        console.emit(heard["verdicts"], False, title="只凭录音逐项 By audio alone, item by item")


def main() -> int:
    """Command line; exit code 0, 1 when ``--check`` finds a claim not met, 2 when there is nothing to compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--home", type=Path, default=None, help="the installation whose store is compared (default: as for hotline)")
    parser.add_argument("--json", action="store_true", help="print JSON for programs instead of tables")
    parser.add_argument("--brief", action="store_true", help="leave out the table of single calls")
    parser.add_argument(
        "--audio-only", action="store_true", help="also judge timing faults with every transcript put aside (a minute or two)"
    )
    parser.add_argument("--check", action="store_true", help="exit with 1 when a claim is not met; implies --audio-only")
    options = parser.parse_args()
    try:
        truths, faults = read_truth()
        current = settings.load(options.home)
        store = open_store(current)
        measured = Measured()
        for call_id, truth in truths.items():
            measure_call(measured, store, truth, faults.get(call_id, []))
        heard = None
        if options.audio_only or options.check:
            calls = audio_only.worth_hearing(faults, list(truths))
            heard = audio_only.hear(calls, faults, rules=current.rules, models=current.models, zone=current.zone)
    except HotlineError as error:
        console.err.print(str(error))
        return error.exit_code
    found = summary(measured, heard)
    found["claims"] = claims(found)
    if options.json:
        console.emit(_finite(found), True)
    else:
        show(found, brief=options.brief)
    return 1 if options.check and any(c["met"] is False for c in found["claims"]) else 0


if __name__ == "__main__":
    sys.exit(main())
