"""The learned descriptor: unit vectors, the same for the same pixels, near for copies."""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from kit.photographs import PHOTOGRAPHS, photograph

from moderation.artifacts import seal
from moderation.errors import ArtifactError, IndexCorrupt
from moderation.image.descriptor import Describer, from_bytes, network_input, to_bytes, unit

SCENES = tuple(name for name in PHOTOGRAPHS if name != "motorcycle_right")


@pytest.fixture(scope="module")
def describer() -> Describer:
    """The one that is shipped."""
    return Describer.open()


@pytest.fixture(scope="module")
def vectors(describer: Describer) -> np.ndarray:
    """Of `SCENES`."""
    return describer.describe([photograph(name) for name in SCENES])


def test_vectors_are_unit_rows(describer, vectors):
    """As promised to the index."""
    assert vectors.shape == (len(SCENES), describer.dimensions)
    assert vectors.dtype == np.float32
    assert describer.dimensions <= 256
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-5)
    assert describer.recipe.startswith("copy-descriptor_v1/")


def test_company_changes_nothing(describer, vectors):
    """Alone, doubled, in another order: the same bits."""
    views = [photograph(name) for name in SCENES]
    assert np.array_equal(describer.describe(views[::-1])[::-1], vectors)
    assert np.array_equal(describer.describe([views[2]])[0], vectors[2])
    assert np.array_equal(Describer.open().describe(views), vectors)
    assert describer.describe([]).shape == (0, describer.dimensions)


def test_threads_change_nothing(describer, vectors):
    """One describer is shared by all workers of a service."""
    views = [photograph(name) for name in SCENES] * 3
    with ThreadPoolExecutor(4) as workers:
        rows = list(workers.map(lambda view: describer.describe([view])[0], views))
    assert np.array_equal(np.stack(rows), np.concatenate([vectors] * 3))


def test_a_view_into_a_picture_is_described_like_its_copy(describer):
    """Panels are slices; their memory is not contiguous, and nothing is written to it."""
    pixels = photograph("coffee")
    part = pixels[20:300, 40:400]
    before = part.copy()
    assert np.array_equal(describer.describe([part]), describer.describe([before]))
    assert np.array_equal(part, before)


@pytest.mark.parametrize(
    "shape", [(1, 1), (1, 5000), (5000, 1), (2, 3), (9, 2000), (160, 160), (161, 159), (1200, 3)]
)
@pytest.mark.parametrize("kind", ["black", "white", "noise"])
def test_any_picture_has_a_direction(describer, shape, kind):
    """Flat, tiny, thin: finite and of length 1."""
    fill = {"black": 0, "white": 255}.get(kind)
    rng = np.random.default_rng(0)
    pixels = (
        rng.integers(0, 256, (*shape, 3), dtype=np.uint8)
        if fill is None
        else np.full((*shape, 3), fill, np.uint8)
    )
    (row,) = describer.describe([pixels])
    assert np.isfinite(row).all()
    assert np.linalg.norm(row) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("shape", [(0, 0, 3), (0, 7, 3), (7, 0, 3)])
def test_a_view_without_pixels_has_none(describer, vectors, shape):
    """Zeros in its row, the others as ever."""
    rows = describer.describe([np.zeros(shape, np.uint8), photograph(SCENES[0])])
    assert not rows[0].any()
    assert np.array_equal(rows[1], vectors[0])


@pytest.mark.parametrize("attack", ["jpeg 30", "warm filter", "mirror", "crop 70 %", "turn 5"])
def test_a_copy_is_nearest_to_its_original(describer, vectors, attack):
    """Among all photographs, and by far."""
    from moderation.training.attacks import ATTACKS

    change = next(a for a in ATTACKS if a.name == attack)
    rng = np.random.default_rng(1)
    copies = [change.apply(photograph(name), rng, []) for name in SCENES]
    cosines = describer.describe(copies) @ vectors.T
    own = np.diag(cosines)
    others = np.where(np.eye(len(SCENES), dtype=bool), -1, cosines).max(axis=1)
    assert (own > others + 0.15).all()


def test_onnx_says_what_torch_says(describer, vectors):
    """The network rebuilt from `model.safetensors` gives what `model.onnx` gives."""
    pytest.importorskip("onnx")
    import torch

    from moderation.artifacts import COPY_DESCRIPTOR, artifact_folders
    from moderation.training.descriptor_export import load_network

    network = load_network(artifact_folders()[COPY_DESCRIPTOR])
    side, mean, scale = network.shape.input_px, (127.0,) * 3, (128.0,) * 3
    views = [network_input(photograph(name), (side, side), mean, scale) for name in SCENES]
    with torch.no_grad():
        rows = network(torch.from_numpy(np.stack(views))).numpy()
    assert ((rows * vectors).sum(axis=1) >= 0.999).all()


def test_nothing_heavy_is_loaded_before_it_is_used():
    """ONNX Runtime comes in with the first describer, PyTorch never."""
    code = (
        "import sys\nfrom moderation.image.descriptor import Describer\n"
        "assert 'onnxruntime' not in sys.modules\nDescriber.open()\n"
        "assert 'onnxruntime' in sys.modules\nassert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


# The stored form


@given(
    arrays.arrays(
        np.float32, st.integers(1, 256), elements=st.floats(-1, 1, width=32, allow_subnormal=False)
    )
)
def test_the_stored_form_loses_next_to_nothing(vector):
    """Whatever the vector: rounding costs at most half a step in each number."""
    data = to_bytes(vector)
    assert len(data) == 2 * len(vector)
    back = from_bytes(data)
    length = np.linalg.norm(vector.astype(np.float64))
    if length < 1e-6:
        assert not back.any()
        return
    wanted = vector / length
    # Eleven bits; below 2⁻¹⁴ the steps are of one size.
    assert (np.abs(np.frombuffer(data, "<f2") - wanted) <= np.abs(wanted) / 2**11 + 2**-24).all()
    assert float(back @ wanted) >= 1 - 1e-6
    assert np.linalg.norm(back) == pytest.approx(1, abs=1e-5)


@given(st.integers(0, 2**32 - 1), st.sampled_from([64, 128, 256]))
def test_the_stored_form_of_a_descriptor_is_as_good(seed, dimensions):
    """Numbers of like size, as descriptors have."""
    (vector,) = unit(np.random.default_rng(seed).normal(size=(1, dimensions)).astype(np.float32))
    assert float(from_bytes(to_bytes(vector)) @ vector) >= 0.999999


def test_the_stored_form_of_photographs_is_as_good(vectors):
    """The real ones too, and storing twice changes nothing."""
    for vector in vectors:
        assert float(from_bytes(to_bytes(vector)) @ vector) >= 0.999999
        assert to_bytes(from_bytes(to_bytes(vector))) == to_bytes(vector)


@pytest.mark.parametrize(
    "data", [b"x", b"abc", np.array([0.5, np.nan], "<f2").tobytes()], ids=["one", "odd", "nan"]
)
def test_bytes_that_are_no_descriptor_are_refused(data):
    """A damaged register must not fill the index with what is no vector."""
    with pytest.raises(IndexCorrupt, match=f"of {len(data)} bytes"):
        from_bytes(data)


# Networks of one's own


def own_model(folder: Path, *, save: bool = True, **changes: object) -> Path:
    """Mean colour and its square, projected to two numbers; or what `changes` make of it."""
    onnx = pytest.importorskip("onnx")
    helper, proto = onnx.helper, onnx.TensorProto
    nodes = [
        helper.make_node("ReduceMean", ["image"], ["mean"], axes=[2, 3], keepdims=0),
        helper.make_node("Mul", ["mean", "mean"], ["square"]),
        helper.make_node("Concat", ["mean", "square"], ["features"], axis=1),
    ]
    graph = helper.make_graph(
        nodes,
        "own",
        [helper.make_tensor_value_info("image", proto.FLOAT, ["n", 3, 8, 16])],
        [helper.make_tensor_value_info("features", proto.FLOAT, ["n", 6])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    folder.mkdir(exist_ok=True)
    onnx.save(model, folder / "own.onnx")
    np.save(folder / "projection.npy", np.eye(6, 2, dtype=np.float32))
    config = {
        "format": 1,
        "kind": "copy-descriptor",
        "graph": "own.onnx",
        "input": {
            "name": "image",
            "size": [16, 8],
            "resize": "squash",
            "mean": [0, 0, 0],
            "scale": [255, 255, 255],
        },
        "output": {
            "name": "features",
            "dimensions": 2,
            "normalise": True,
            "projection": "projection.npy",
        },
    }
    for path, value in changes.items():
        at = config
        *way, last = path.split("__")
        for step in way:
            at = at[step]
        at[last] = value
    (folder / "config.json").write_text(json.dumps(config))
    if save:
        seal(folder)
    return folder


def test_an_own_network_is_used(tmp_path):
    """Its input size, names, scale and projection are those of its folder."""
    describer = Describer.open(own_model(tmp_path / "mine_v3"))
    pixels = np.zeros((30, 40, 3), np.uint8)
    pixels[:] = (30, 40, 200)
    (row,) = describer.describe([pixels])
    assert row == pytest.approx([0.6, 0.8], abs=1e-5)
    assert describer.recipe.startswith("mine_v3/")
    assert describer.dimensions == 2


def test_an_own_network_may_leave_lengths_alone(tmp_path):
    """Then it is the index's business what a cosine is."""
    describer = Describer.open(own_model(tmp_path / "mine_v1", output__normalise=False))
    (row,) = describer.describe([np.full((4, 4, 3), 51, np.uint8)])
    assert row == pytest.approx([0.2, 0.2], abs=1e-5)


def test_a_letterbox_keeps_the_shape(tmp_path):
    """The rest is the mean: after normalising, zero."""
    box = network_input(
        np.full((10, 10, 3), 255, np.uint8), (16, 8), (5,) * 3, (250,) * 3, letterbox=True
    )
    assert box.shape == (3, 8, 16)
    assert (box[:, :, 4:12] == 1).all()
    assert not box[:, :, :4].any()
    assert not box[:, :, 12:].any()
    describer = Describer.open(own_model(tmp_path / "mine_v1", input__resize="letterbox"))
    (row,) = describer.describe([np.full((40, 10, 3), 255, np.uint8)])
    assert row == pytest.approx([0.5**0.5] * 2, abs=1e-5)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        pytest.param({"output__name": "nothing"}, "has no `nothing`", id="output"),
        pytest.param({"input__name": "nothing"}, "has no `nothing`", id="input"),
        pytest.param({"graph": "lost.onnx"}, r"lists no file `lost\.onnx`", id="graph"),
        pytest.param({"output__projection": "lost.npy"}, "lists no file", id="projection"),
        pytest.param({"output__projection": "own.onnx"}, "is no matrix", id="matrix"),
        pytest.param({"output__dimensions": 3}, r"got shape \(6, 2\)", id="projected"),
        pytest.param({"output__dimensions": 0}, "got 0 dimensions, limit", id="none"),
        pytest.param({"output__dimensions": "many"}, "cannot be used", id="no-number"),
        pytest.param({"input__size": [16, 100_000]}, "limit 1024 px", id="huge"),
        pytest.param({"input__size": 16}, "cannot be used", id="one-side"),
        pytest.param({"input__scale": [1, 0, 1]}, "not 0", id="scale"),
        pytest.param({"input__mean": [float("nan")] * 3}, "must be finite", id="mean"),
        pytest.param({"input__resize": "crop"}, "cannot be used", id="resize"),
        pytest.param({"output": None}, "cannot be used", id="no-output"),
        pytest.param({"kind": "intent"}, "kind `intent`", id="kind"),
    ],
)
def test_a_wrong_configuration_is_refused(tmp_path, changes, said):
    """At the start, with what is wrong."""
    with pytest.raises(ArtifactError, match=said):
        Describer.open(own_model(tmp_path / "mine_v1", **changes))


def test_wrong_dimensions_are_refused(tmp_path):
    """Only the first answer shows them."""
    folder = own_model(tmp_path / "mine_v1", output__projection=None, output__dimensions=5)
    with pytest.raises(ArtifactError, match=r"gave 6 numbers.*expected 5"):
        Describer.open(folder).describe([photograph("coffee")])


@settings(max_examples=25)
@given(st.binary(max_size=200))
def test_a_damaged_network_is_refused(tmp_path_factory, data):
    """Whatever the bytes: an error of ours, no crash."""
    folder = own_model(tmp_path_factory.mktemp("models") / "mine_v1", save=False)
    whole = (folder / "own.onnx").read_bytes()
    (folder / "own.onnx").write_bytes(data + whole[len(data) + 7 :])
    seal(folder)
    with pytest.raises(ArtifactError):
        Describer.open(folder).describe([photograph("coffee")])
