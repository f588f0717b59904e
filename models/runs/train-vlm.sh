#!/usr/bin/env bash
# The small vision-language model of the second look: what the detector gets wrong, the crops, the encoder, the language
# model, the package, what it answers on test beside the floor.
#   models/runs/train-vlm.sh IMAGES COCO.pt OUT
# IMAGES: folder with split.tsv and a folder per set. COCO.pt: YOLO26n with COCO's weights, the floor's; of it the encoder
# takes the shape alone, its weights are those of START, an ONNX file: the encoder that ships, or a detector of this shape.
# OUT: a folder outside the repository, 12 GB. What is there already is not made again. Needs python3 with venv, a package
# index, uv, and about two hours of two idle cores, with AMX; without it three times as long for the same.
# `test` is only looked at by the last steps.
set -euo pipefail
runs=()
images=$1 coco=$2 out=$3
start=${START:-models/zoo/second-look-3m/vision_encoder.onnx}
bf16=$(grep -qm1 amx_bf16 /proc/cpuinfo && echo --bf16 || true)
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
look=models.training.vlm.second_look

export YOLO_CONFIG_DIR=$out/settings YOLO_AUTOINSTALL=false YOLO_OFFLINE=true OMP_WAIT_POLICY=PASSIVE
mkdir -p "$YOLO_CONFIG_DIR"

# 1. What the shipped detector sees, on every split: on train and val to learn from, on test to be judged by.
for split in train val test; do
    [ -e "$out/found-$split.tsv" ] ||
        python models.training.detector.detect models/zoo/detector-14/model.onnx "$images" "$out/found-$split.tsv" \
            --split $split --size 640 --threads "${THREADS:-2}"
done

# 2. The crops, the encoder from linear heads on, twice, what of both and of their start is best, its features, the
# language model on these.
package=$out/second-look-3m
[ -e "$out/views/val.npz" ] || python $look.views "$images" "$out" "$out/views"
[ -e "$out/heads.pt" ] || python $look.heads "$out/views" "$coco" "$start" "$out/heads.pt" --threads "${THREADS:-2}" $bf16
for run in 0 1; do  # one on each core
    [ -e "$out/encoder-$run.pt" ] ||
        python $look.encoder "$out/views" "$coco" "$start" "$out/heads.pt" "$out/encoder-$run.pt" \
            --seconds "${ENCODER_S:-2700}" --threads 1 --seed $run $bf16 &
    runs+=($!)
done
for run in "${runs[@]}"; do wait "$run"; done
[ -e "$out/encoder.pt" ] ||
    python $look.soup "$out/views" "$coco" "$start" "$out/heads.pt" "$out/encoder.pt" "$out"/encoder-[01].pt \
        --threads "${THREADS:-2}" $bf16
[ -e "$out/features/train.npz" ] ||
    python $look.features "$images" "$out/views" "$coco" "$out/encoder.pt" "$out/features" --found "$out" \
        --threads "${THREADS:-2}" $bf16
[ -e "$out/calibration.json" ] ||
    python $look.train "$out/features" "$coco" "$out/encoder.pt" "$package" --seconds "${WORDS_S:-2100}" \
        --threads "${THREADS:-2}"

# 3. The package, what it answers and states on test, and the floor on the same crops.
cp models/zoo/second-look-3m/card.md "$package/"
python $look.package "$package" "$out/calibration.json"
nice -n 19 uv run python -m $look.evaluate "$images" "$package" --found "$out" --threads "${THREADS:-2}"
nice -n 19 uv run python -m $look.written "$images" "$package" --threads "${THREADS:-2}"
python $look.floor "$images" "$coco" "$out" --threads "${THREADS:-2}"
