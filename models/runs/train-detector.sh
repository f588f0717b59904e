#!/usr/bin/env bash
# The detector, fine-tuned on the merged picture sets: what the teachers see, the packed data set, the training, AP50 on val.
#   models/runs/train-detector.sh IMAGES COCO.pt LIKE.pt OUT
# IMAGES: folder with split.tsv and a folder per set. COCO.pt: YOLO26n with COCO's weights. LIKE.pt: any checkpoint of the
# network with our classes; where training starts is the package that ships (LAST_ONNX: another export). OUT: a folder outside
# the repository; what is there already is not made again, and a run that was cut off goes on. On a GPU it takes larger
# pictures, all layers and many more epochs by itself; on the CPU it runs at the lowest priority, EPOCHS of 1,800 pictures.
# Needs python3 with venv, a package index, about two hours of two idle cores.
set -euo pipefail
images=$1 coco=$2 like=$3 out=$4
last_onnx=${LAST_ONNX:-models/zoo/detector-14/model.onnx}
venv=${TRAIN_VENV:-$out/venv}
mkdir -p "$out"

if [ ! -x "$venv/bin/python" ]; then
    python3 -m venv "$venv"
    # These two pins together resolve to the CPU build of torch. On a machine with a GPU set TRAIN_VENV to a venv with CUDA.
    "$venv/bin/pip" install -q torch==2.13.0 torchvision==0.28.0
    "$venv/bin/pip" install -q --no-deps ultralytics==8.4.190
    "$venv/bin/pip" install -q 'numpy>=2' 'opencv-python-headless<5' pillow pyyaml requests psutil polars matplotlib \
        onnx==1.23.2 onnxruntime==1.32.0 pydantic pycocotools
fi
python() { nice -n 19 "$venv/bin/python" -m "$@"; }

# Offline and without a trace outside the output folder. Threads that wait do not spin: the cores are others' too.
export YOLO_CONFIG_DIR=$out/settings YOLO_AUTOINSTALL=false YOLO_OFFLINE=true OMP_WAIT_POLICY=PASSIVE
mkdir -p "$YOLO_CONFIG_DIR"

# 1. What the teachers see: people and vehicles by COCO, our own classes by our last checkpoint. `test` is left out.
[ -e "$out/coco.tsv" ] || python models.training.detector.teachers "$coco" "$images" "$out/coco.tsv" --size 480
for split in train val; do
    [ -e "$out/last-$split.tsv" ] ||
        python models.training.detector.detect "$last_onnx" "$images" "$out/last-$split.tsv" --split $split --size 416
done
cat "$out"/last-train.tsv "$out"/last-val.tsv > "$out/last.tsv"

# 2. One label space, packed small. 368 px at quality 50 fits in 60 MB; 416 px at 80 takes 111. Pictures in which the start is
# wrong are drawn oftener.
if [ ! -e "$out/pack/card.json" ]; then
    rm -rf "$out/pack.part"
    python models.training.detector.dataset "$images" "$out/pack.part" --coco "$out/coco.tsv" --last "$out/last.tsv" \
        --px "${PACK_PX:-416}" --quality "${PACK_QUALITY:-80}"
    python models.training.detector.negatives "$out/pack.part" "$last_onnx" --size 416 --threads "${THREADS:-2}"
    mv "$out/pack.part" "$out/pack"
fi

# 3. The training, from what ships. Two cores leave the first layers as they are, which are the dearest to learn; a GPU learns everything, larger and longer.
if "$venv/bin/python" -c 'import sys, torch; sys.exit(not torch.cuda.is_available())'; then
    plan=(--epochs 200 --px 480 --batch 64 --rate 1e-3 --close-mosaic 15 --mixup 0.1)
else
    plan=(--epochs "${EPOCHS:-8}" --px 384 --multi-scale 0.25 --batch 16 --rate 1e-4 --close-mosaic 2 --freeze 5 --draws 1800
        --no-val --threads "${THREADS:-2}")
fi
[ -e "$out/start.pt" ] || python models.training.detector.restart "$last_onnx" "$like" "$out/pack" "$out/start.pt"
python models.training.detector.train "$out/pack" "$out/run" --start "$out/start.pt" "${plan[@]}"

# 4. The averaged weights of the last epochs, and the last half and half with its start, judged on val alone. `test` is for the
# one that is chosen, and the clips in which nothing happens come before it.
python models.training.detector.average "$out/with-start.pt" "$out/run/weights/last.pt=1" "$out/start.pt=1"
for checkpoint in "$out/with-start.pt" $(ls -t "$out"/run/weights/epoch*.pt "$out"/run/weights/last.pt | head -3); do
    name=$(basename "$checkpoint" .pt)
    python models.training.detector.export "$checkpoint" "$out/export/$name/model.onnx" --size 640
    python models.training.detector.detect "$out/export/$name/model.onnx" "$images" "$out/found/$name-val-480.tsv" --split val --size 480
done
python models.training.detector.evaluate "$images" "$out"/found/*-val-480.tsv --split val
