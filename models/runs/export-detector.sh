#!/usr/bin/env bash
# The shipped detector from its checkpoint: export to ONNX, compare with what the package says; with IMAGES (the pictures
# with `split.tsv`) also model-fp16.onnx and model-int8.onnx beside it, and the lines for the card's `files` and `variants`.
#   models/runs/export-detector.sh CHECKPOINT.pt [OUT.onnx [IMAGES]]
# Run from the repository root. Needs only python3 with venv and a package index; torch stays out of the products' environment.
set -euo pipefail
checkpoint=$1
out=${2:-out/detector-14/model.onnx}
images=${3:-}
venv=${EXPORT_VENV:-out/export-venv}

if [ ! -x "$venv/bin/python" ]; then
    python3 -m venv "$venv"
    # These two pins together resolve to the CPU build of torch. `ultralytics` with its dependencies would pull CUDA.
    "$venv/bin/pip" install -q torch==2.13.0 torchvision==0.28.0
    "$venv/bin/pip" install -q --no-deps ultralytics==8.4.190
    "$venv/bin/pip" install -q 'numpy>=2' 'opencv-python-headless<5' pillow pyyaml requests psutil polars matplotlib onnx==1.23.2 onnxruntime==1.32.0 pydantic
fi

# Offline and without a trace outside the output folder.
export YOLO_CONFIG_DIR=$(mktemp -d) YOLO_AUTOINSTALL=false YOLO_OFFLINE=true
trap 'rm -rf "$YOLO_CONFIG_DIR"' EXIT
"$venv/bin/python" -m models.training.detector.export "$checkpoint" "$out" --size 640
if grep -q "$(sha256sum "$out" | cut -d' ' -f1)" models/zoo/detector-14/card.yaml; then
    echo "same bytes as models/zoo/detector-14"
else
    echo "other bytes than models/zoo/detector-14" >&2
fi
if [ -n "$images" ]; then
    "$venv/bin/python" -m models.training.detector.quantize "$out" "$images" "$(dirname "$out")"
fi
