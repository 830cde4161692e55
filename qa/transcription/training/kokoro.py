"""Kokoro-82M (Mandarin, Apache-2.0) three times as fast as its int8 graph runs: the vocoder in bfloat16 on OpenVINO.

The published graph is quantised dynamically, and ``ConvInteger`` is slow in onnxruntime. The graph is cut in three: text to acoustic frames
(int8, onnxruntime), the vocoder's convolutions (weights back to float, sine as a polynomial, OpenVINO, bfloat16 where the processor
has it), and the inverse transform (onnxruntime). The harmonic source keeps full precision: its phase is a running sum that bfloat16 would
break. Without ``onnx`` and ``openvino`` the published graph runs as it is.
"""

from __future__ import annotations

import collections
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

RATE = 24_000
LONGEST = 510
_FRAMES, _SOURCE, _DURATIONS, _STYLE, _SPECTRUM = (
    "/decoder/decoder/decode.3/Div_4_output_0",
    "/decoder/decoder/generator/Concat_3_output_0",
    "/encoder/Clip_output_0",
    "/decoder/Slice_output_0",
    "/decoder/decoder/generator/conv_post/Conv_output_0",
)
_PITCH, _ENERGY = "/encoder/Reshape_output_0", "/encoder/Reshape_1_output_0"
_FRAME_SAMPLES = 300  # samples for a frame of the vocoder's input (80 Hz)
_SOURCE_STEP = 5  # samples for a column of the harmonic source
_BUCKET = 40  # frames: lengths are rounded up to half seconds, because OpenVINO compiles for every new shape


class Kokoro:
    """Phonemes to speech, one thread. ``folder`` holds ``model.onnx``; the cut graphs are kept in ``cache``."""

    def __init__(self, folder: Path, cache: Path) -> None:
        import onnxruntime

        vocabulary = json.loads((folder / "vocab.json").read_text(encoding="utf-8"))
        self.vocabulary: dict[str, int] = vocabulary.get("vocab", vocabulary)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1

        def session(path: Path) -> Any:
            return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])

        self._vocoder: Any = None
        try:
            import openvino
        except ImportError:
            self._whole = session(folder / "model.onnx")
            return
        cut(folder / "model.onnx", cache)
        self._front, self._back = session(cache / "front.onnx"), session(cache / "back.onnx")
        core = openvino.Core()
        self._vocoder = core.compile_model(core.read_model(cache / "vocoder.onnx"), "CPU", {"INFERENCE_NUM_THREADS": 1, "NUM_STREAMS": 1})

    def say(self, phonemes: str, style: np.ndarray, speed: float) -> tuple[np.ndarray, list[int]]:
        """Samples float32 [n] at 24 kHz and the length of every phoneme (and of the silence around) in frames of 25 ms, if known.

        ``style`` float32 [256]: timbre, then prosody. Raises ValueError for text that is empty or longer than 510 phonemes.
        """
        ids = [self.vocabulary[p] for p in phonemes if p in self.vocabulary]
        if not 0 < len(ids) <= LONGEST:
            raise ValueError(f"{len(ids)} phonemes; 1 to {LONGEST} can be spoken at once")
        feed = {
            "tokens": np.array([[0, *ids, 0]], np.int64),
            "style": style[None].astype(np.float32),
            "speed": np.array([speed], np.float32),
        }
        if self._vocoder is None:
            return np.asarray(self._whole.run(None, feed)[0], np.float32).ravel(), []
        frames, source, voice, durations = self._front.run([_FRAMES, _SOURCE, _STYLE, _DURATIONS], feed)
        count = frames.shape[2]
        extra = -count % _BUCKET
        frames = np.pad(frames, ((0, 0), (0, 0), (0, extra)), mode="edge")
        source = np.pad(source, ((0, 0), (0, 0), (0, extra * _FRAME_SAMPLES // _SOURCE_STEP)), mode="edge")
        spectrum = self._vocoder([frames, source, voice])[0]
        audio = np.asarray(self._back.run(None, {_SPECTRUM: spectrum})[0], np.float32).ravel()
        return audio[: count * _FRAME_SAMPLES], [int(d) for d in durations.ravel()]


class Frames:
    """Kokoro without its vocoder: phonemes to acoustic frames, pitch and energy at 80 Hz (see ``shortcut.py``)."""

    def __init__(self, folder: Path, cache: Path) -> None:
        import onnx
        import onnxruntime
        from onnx import TensorProto, helper, utils

        path = cache / "frames.onnx"
        outputs = [_FRAMES, _PITCH, _ENERGY, _DURATIONS]
        if not path.exists():
            cache.mkdir(parents=True, exist_ok=True)
            graph = onnx.load(str(folder / "model.onnx"))
            known = {value.name for value in graph.graph.value_info}
            missing = [n for n in outputs if n not in known]
            graph.graph.value_info.extend(helper.make_tensor_value_info(n, TensorProto.FLOAT, None) for n in missing)
            onnx.save(utils.Extractor(graph).extract_model(["tokens", "style", "speed"], outputs), str(path))
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self._session: Any = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        vocabulary = json.loads((folder / "vocab.json").read_text(encoding="utf-8"))
        self.vocabulary: dict[str, int] = vocabulary.get("vocab", vocabulary)

    def of(self, phonemes: str, style: np.ndarray, speed: float) -> tuple[np.ndarray, np.ndarray, np.ndarray, list[int]]:
        """Frames float32 [n, 512], pitch Hz [n], energy [n] (80 a second) and the durations of :meth:`Kokoro.say`."""
        ids = [self.vocabulary[p] for p in phonemes if p in self.vocabulary]
        feed = {
            "tokens": np.array([[0, *ids, 0]], np.int64),
            "style": style[None].astype(np.float32),
            "speed": np.array([speed], np.float32),
        }
        frames, pitch, energy, durations = self._session.run(None, feed)
        return frames[0].T, pitch.ravel(), energy.ravel(), [int(d) for d in durations.ravel()]


def cut(model: Path, cache: Path) -> None:
    """Write ``front.onnx``, ``vocoder.onnx`` and ``back.onnx`` to ``cache`` unless they are there."""
    import onnx
    from onnx import TensorProto, helper, utils

    if (cache / "back.onnx").exists():
        return
    cache.mkdir(parents=True, exist_ok=True)
    shapes: dict[str, list[int | str]] = {
        _FRAMES: [1, 512, "frames"],
        _SOURCE: [1, 22, "columns"],
        _STYLE: [1, 128],
        _SPECTRUM: [1, 22, "columns"],
        _DURATIONS: [1, "tokens"],
    }
    inputs = ["tokens", "style", "speed"]
    parts: Sequence[tuple[str, bool, list[str], list[str]]] = (
        ("front", False, inputs, [_FRAMES, _SOURCE, _STYLE, _DURATIONS]),
        ("vocoder", True, [_FRAMES, _SOURCE, _STYLE], [_SPECTRUM]),
        ("back", True, [_SPECTRUM], ["audio"]),
    )
    for name, floating, ins, outs in parts:
        graph = onnx.load(str(model))
        if floating:
            _to_float(graph)
            _sine_as_polynomial(graph)
        known = {value.name for value in graph.graph.value_info}
        graph.graph.value_info.extend(helper.make_tensor_value_info(n, TensorProto.FLOAT, s) for n, s in shapes.items() if n not in known)
        part = utils.Extractor(graph).extract_model(ins, outs)
        if name != "front":
            del part.graph.input[:], part.graph.value_info[:]
            part.graph.input.extend(helper.make_tensor_value_info(n, TensorProto.FLOAT, shapes[n]) for n in ins)
        onnx.save(part, str(cache / f"{name}.onnx"))


def _to_float(model: Any) -> None:
    """Replace ``ConvInteger`` and ``MatMulInteger`` (with what surrounds them) by float operations, in place."""
    from onnx import helper, numpy_helper

    graph = model.graph
    constants = {i.name: i for i in graph.initializer}
    users: dict[str, list[Any]] = collections.defaultdict(list)
    made_by = {output: node for node in graph.node for output in node.output}
    for node in graph.node:
        for name in node.input:
            users[name].append(node)

    def value(name: str) -> np.ndarray:
        return np.asarray(numpy_helper.to_array(constants[name]), np.float32)

    replaced: dict[int, Any] = {}
    dropped: set[int] = set()
    weights: dict[str, Any] = {}
    for node in graph.node:
        if node.op_type not in ("ConvInteger", "MatMulInteger"):
            continue
        chain, bias, after = [node], "", users[node.output[0]][0]
        if after.op_type == "Add":  # a bias quantised on the fly: follow it back to its float
            source = made_by[after.input[1]]
            while source.op_type != "Div":
                source = made_by[source.input[0]]
            bias = source.input[0]
            chain.append(after)
            after = users[after.output[0]][0]
        scaled = users[after.output[0]][0]
        scale = value(next(i for i in made_by[scaled.input[1]].input if i in constants))
        weight = value(node.input[1]) - (value(node.input[3]) if len(node.input) > 3 else np.float32(0))
        if node.op_type == "ConvInteger" and scale.size > 1:
            scale = scale.reshape(-1, *[1] * (weight.ndim - 1))
        name = node.input[1] + "_float"
        weights[name] = numpy_helper.from_array(np.ascontiguousarray(weight * scale, np.float32), name)
        operation = "Conv" if node.op_type == "ConvInteger" else "MatMul"
        inputs = [made_by[node.input[0]].input[0], name, *([bias] if bias else [])]
        new = helper.make_node(operation, inputs, list(scaled.output), name=node.name + "_float")
        new.attribute.extend(node.attribute)
        replaced[id(scaled)] = new
        dropped.update(id(n) for n in (*chain, after))
    nodes = [replaced.get(id(node), node) for node in graph.node if id(node) not in dropped]
    needed, kept = {o.name for o in graph.output} | {_DURATIONS}, []
    for node in reversed(nodes):
        if any(o in needed for o in node.output):
            kept.append(node)
            needed.update(node.input)
    del graph.node[:]
    graph.node.extend(reversed(kept))
    graph.initializer.extend(weights.values())


def _sine_as_polynomial(model: Any) -> None:
    """Replace ``sin(x)²`` of the periodic activation by a reduced odd polynomial (error < 1e-4): OpenVINO's sine is slow. In place."""
    from onnx import helper, numpy_helper

    graph = model.graph
    numbers = {"pi": np.pi, "over": 1 / np.pi, "one": 1.0, "c3": -0.16666667, "c5": 0.0083330255, "c7": -0.0001968}
    graph.initializer.extend(numpy_helper.from_array(np.array(v, np.float32), f"sine_{k}") for k, v in numbers.items())
    users: dict[str, list[Any]] = collections.defaultdict(list)
    for node in graph.node:
        for name in node.input:
            users[name].append(node)
    squares = {id(users[n.output[0]][0]) for n in graph.node if n.op_type == "Sin" and users[n.output[0]][0].op_type == "Pow"}
    nodes: list[Any] = []
    for index, node in enumerate(graph.node):
        if id(node) in squares:
            continue
        if node.op_type != "Sin" or id(square := users[node.output[0]][0]) not in squares:
            nodes.append(node)
            continue

        def step(operation: str, *inputs: str, prefix: str = f"sine{index}_", made: list[Any] = nodes) -> str:
            output = f"{prefix}{len(made)}"
            made.append(helper.make_node(operation, list(inputs), [output], name=output))
            return output

        turns = step("Mul", node.input[0], "sine_over")
        angle = step("Mul", step("Sub", turns, step("Round", turns)), "sine_pi")
        second = step("Mul", angle, angle)
        series = step("Add", step("Mul", second, "sine_c7"), "sine_c5")
        series = step("Add", step("Mul", series, second), "sine_c3")
        series = step("Add", step("Mul", series, second), "sine_one")
        sine = step("Mul", series, angle)
        nodes.append(helper.make_node("Mul", [sine, sine], list(square.output), name=f"sine{index}_square"))
    del graph.node[:]
    graph.node.extend(nodes)
