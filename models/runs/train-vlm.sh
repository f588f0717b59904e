#!/usr/bin/env bash
# The small vision-language model of the second look: features of every labelled crop, the training, the package, what it answers on test.
#   models/runs/train-vlm.sh IMAGES DETECTOR.pt OUT
# IMAGES: folder with split.tsv and a folder per set. DETECTOR.pt: the checkpoint of `detector-14`; it stays frozen. OUT: a folder
# outside the repository. What is there already is not made again. Needs python3 with venv, a package index, uv, and about ten
# minutes of two idle cores. `test` is only looked at by the last step.
set -euo pipefail
images=$1 detector=$2 out=$3
venv=${TRAIN_VENV:-$out/venv}
mkdir -p "$out"

if [ ! -x "$venv/bin/python" ]; then
    python3 -m venv "$venv"
    # These two pins together resolve to the CPU build of torch.
    "$venv/bin/pip" install -q torch==2.13.0 torchvision==0.28.0
    "$venv/bin/pip" install -q --no-deps ultralytics==8.4.190
    "$venv/bin/pip" install -q 'numpy>=2' 'opencv-python-headless<5' pillow pyyaml requests psutil polars matplotlib \
        onnx==1.23.2 onnxruntime==1.32.0 pydantic transformers==5.24.0 tokenizers==0.23.3
fi
python() { nice -n 19 "$venv/bin/python" -m "$@"; }

export YOLO_CONFIG_DIR=$out/settings YOLO_AUTOINSTALL=false YOLO_OFFLINE=true OMP_WAIT_POLICY=PASSIVE
mkdir -p "$YOLO_CONFIG_DIR"

package=$out/second-look-3m
[ -e "$out/features.npz" ] || python models.training.vlm.second_look.features "$images" "$detector" "$out/features.npz"
[ -e "$out/calibration.json" ] || python models.training.vlm.second_look.train "$out/features.npz" "$detector" "$package"
cp models/zoo/second-look-3m/card.md "$package/"
python models.training.vlm.second_look.package "$package" "$out/calibration.json"
nice -n 19 uv run python -m models.training.vlm.second_look.evaluate "$images" "$package"
