"""Network: the graph of a model folder, ready to answer, on one thread."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from moderation.artifacts import CONFIG, Artifact
from moderation.errors import ArtifactError

if TYPE_CHECKING:
    import onnxruntime

MAX_LINE_CHARS = 200


def open_network(
    artifact: Artifact, graph: str, names: Iterable[str]
) -> onnxruntime.InferenceSession:
    """Open a graph from the bytes that agreed with their digests.

    Args:
        artifact: the checked folder; weights lie in its `.safetensors` or `.data` files.
        graph: file of the graph.
        names: inputs and outputs that it has to have.

    Raises:
        ArtifactError: there is no such file, ONNX Runtime refuses it, or a name is missing.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3  # a graph that is slower than it could be is not the user's care
    beside = [name for name in sorted(artifact.files) if name.endswith((".safetensors", ".data"))]
    buffers = [artifact.files[name] for name in beside]
    if beside:
        options.add_external_initializers_from_files_in_memory(
            beside, buffers, [len(buffer) for buffer in buffers]
        )
    try:
        session = onnxruntime.InferenceSession(
            artifact.file(graph), options, providers=["CPUExecutionProvider"]
        )
        known = {node.name for node in (*session.get_inputs(), *session.get_outputs())}
    except ArtifactError:
        raise
    except Exception as error:  # ONNX Runtime's own classes are private
        raise ArtifactError(
            f"ONNX Runtime refuses `{graph}` of `{artifact.name}`: {first_line(error)}",
            hint="export the network again, or install the model again",
        ) from None
    missing = {*names} - known
    if missing:
        raise ArtifactError(
            f"`{graph}` of `{artifact.name}` has no `{sorted(missing)[0]}` "
            f"among {len(known)} inputs and outputs",
            hint=f"correct the names in `{CONFIG}`",
        )
    return session


def first_line(error: Exception) -> str:
    """What an error of ONNX Runtime says, short enough to be told."""
    return str(error).strip().split("\n", 1)[0][:MAX_LINE_CHARS]
