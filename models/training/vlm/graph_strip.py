"""What an exported graph need not say."""

import onnx


def strip(model: onnx.ModelProto) -> None:
    """Drops what says how and where it was traced."""
    model.producer_version = ""
    del model.metadata_props[:]
    del model.graph.metadata_props[:]
    del model.graph.value_info[:]
    parts = (model.graph.node, model.graph.input, model.graph.output, model.graph.initializer)
    for part in (one for among in parts for one in among):
        del part.metadata_props[:]
        part.doc_string = ""
