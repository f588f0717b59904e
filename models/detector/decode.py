"""The decoders by the word that a package's card calls them by: one for each output format, a file each."""

from models.detector.candidates import Decoder
from models.detector.dense import ultralytics_dense
from models.detector.end_to_end import ultralytics_end_to_end
from models.detector.nanodet_plus import nanodet_plus
from models.detector.picodet import picodet
from models.detector.yolox import yolox

DECODERS: dict[str, Decoder] = {
    "ultralytics_end_to_end": ultralytics_end_to_end,
    "ultralytics_dense": ultralytics_dense,
    "yolox": yolox,
    "nanodet_plus": nanodet_plus,
    "picodet": picodet,
}
