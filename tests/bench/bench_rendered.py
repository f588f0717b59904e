"""What the shipped detector sees in rendered scenes: `.venv/bin/python -m tests.bench.bench_rendered [SCENE ...]`.

A row per scene and class: objects shown, share found with a score of 0.5 and an IoU of 0.5, and boxes of the class
where nothing of it is. These figures say which rendered classes may stand for real ones in tests, nothing about real
pictures.
"""

import sys

from models.synthetic.scenario import shipped_names
from models.synthetic.scene import CLASS_NAMES
from tests.models.synthetic_seen import Looker, tally


def main(names: list[str]) -> int:
    looker = Looker()
    print("| scene | class | shown | found at >= 0.5 | false boxes |\n|---|---|---|---|---|")
    for name in names or shipped_names():
        counts = tally(name, looker)
        for class_name in CLASS_NAMES:
            if counts.shown[class_name] or counts.false[class_name]:
                share = f"{counts.share(class_name):.2f}" if counts.shown[class_name] else ""
                print(
                    f"| {name} | {class_name} | {counts.shown[class_name]} | {share} | {counts.false[class_name]} |",
                    flush=True,
                )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
