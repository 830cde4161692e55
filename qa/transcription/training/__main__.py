"""``python -m qa.transcription.training make``: the small Mandarin recogniser from nothing, in one command.

    make       speech, features, training and the model folder; stopped and started again, it goes on where it was
    export     the model folder from the weights trained so far
    evaluate   character error rates of a model folder as JSON

``make`` needs the extra ``training`` (and ``speech``), and Kokoro's weights (``hotline models pull kokoro-82m-zh``). Speech is made by
as many one-thread processes as there are cores; training takes the GPU when there is one.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import sys
from collections.abc import Iterable
from pathlib import Path

from hotline.errors import BadInput, HotlineError

HOME = Path.home() / ".cache" / "hotline"
SAMPLE_SCRIPTS = Path(__file__).parents[3] / "data" / "calls" / "scripts"


def main(arguments: list[str] | None = None) -> None:
    """Read the command line and do what it says."""
    parser = argparse.ArgumentParser(
        prog="python -m qa.transcription.training", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    commands = parser.add_subparsers(required=True)
    make = commands.add_parser("make", help="the model from nothing")
    make.add_argument("--work", type=Path, default=HOME / "training-speech", help="speech, features and weights are kept here")
    make.add_argument("--out", type=Path, required=True, help="the model folder to write")
    make.add_argument("--weights", type=Path, default=HOME / "models" / "kokoro-82m-zh")
    make.add_argument("--voices", type=Path, nargs="*", default=[], help="folders with more Kokoro voices (*.bin) for timbres")
    make.add_argument("--corpus", type=Path, help="a corpus with manifest.jsonl: its train split is used, its test split measured")
    make.add_argument(
        "--held-out",
        type=Path,
        nargs="*",
        default=[SAMPLE_SCRIPTS],
        help="YAML call scripts, or folders of them, whose clauses no sentence may contain; the sample calls'\n"
        "(data/calls/scripts of the source) unless others are named; nothing after it: none",
    )
    make.add_argument("--hours", type=float, default=1.0, help="speech that goes all the way through the vocoder")
    make.add_argument("--quick-hours", type=float, default=25.0, help="speech by the short cut past the vocoder")
    make.add_argument("--sentences", type=int, default=600_000, help="sentences whose characters are counted for the beam search")
    make.add_argument("--minutes", type=float, default=120.0, help="training time by the clock")
    make.add_argument("--width", type=int, default=224)
    make.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    make.set_defaults(run=_make)
    out = commands.add_parser("export", help="the model folder from trained weights")
    out.add_argument("--trained", type=Path, required=True)
    out.add_argument("--out", type=Path, required=True)
    out.set_defaults(run=_export)
    evaluate = commands.add_parser("evaluate", help="character error rates as JSON")
    evaluate.add_argument("--model", type=Path, required=True)
    evaluate.add_argument("--corpus", type=Path, help="its test split is passed through the telephone band")
    evaluate.add_argument("--calls", type=Path, help="data/calls")
    evaluate.add_argument("--truth", type=Path, help="data/truth")
    evaluate.add_argument("--real", type=Path, help="a folder with references.txt and wav files of people")
    evaluate.set_defaults(run=_evaluate)
    chosen = parser.parse_args(arguments)
    try:
        chosen.run(chosen)
    except HotlineError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(error.exit_code)


def held_out(named: Iterable[Path]) -> tuple[Path, ...]:
    """The call scripts among ``named``: files as they are, of folders every ``*.yaml``.

    Raises BadInput for what is not there: a model that has read what it is measured on must not come about by oversight.
    """
    found: list[Path] = []
    for path in named:
        scripts = sorted(path.glob("*.yaml")) if path.is_dir() else [path] if path.is_file() else []
        if not scripts:
            raise BadInput(f"--held-out {path}", "no call scripts there", "name others, or none with a bare --held-out")
        found += scripts
    return tuple(found)


def _make(options: argparse.Namespace) -> None:
    kept_out = held_out(options.held_out)
    from qa.transcription.training import recipe

    found = recipe.Recipe(options.work, options.weights, tuple(options.voices), options.corpus, kept_out, options.width, options.processes)
    multiprocessing.set_start_method("spawn", force=True)
    recipe.prepare(found)
    recipe.speak(found, options.hours)
    recipe.learn_shortcut(found)
    recipe.speak_quickly(found, options.quick_hours)
    recipe.count_language(found, options.sentences)
    recipe.train(found, options.minutes)
    _export(argparse.Namespace(trained=options.work / "trained", out=options.out))


def _export(options: argparse.Namespace) -> None:
    from qa.transcription.training.export import export

    print(json.dumps(export(options.trained, options.out), indent=1))


def _evaluate(options: argparse.Namespace) -> None:
    from qa.transcription.training.evaluate import figures

    found = figures(options.model, corpus_folder=options.corpus, calls_folder=options.calls, truth=options.truth, real=options.real)
    print(json.dumps(found, ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main()
