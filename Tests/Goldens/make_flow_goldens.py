"""Writes flow.safetensors: what OpenCV answers on small pictures made by formula. See README.md."""

import pathlib

import cv2
import numpy as np
from safetensors.numpy import save_file

PRESETS = {
    "ultrafast": cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST,
    "fast": cv2.DISOPTICAL_FLOW_PRESET_FAST,
    "medium": cv2.DISOPTICAL_FLOW_PRESET_MEDIUM,
}
WIDTH, HEIGHT = 96, 72


def picture(dx, dy, width=WIDTH, height=HEIGHT):
    """RGB waves of several directions and lengths, moved by (dx, dy); every pixel has a texture to be found by."""
    y, x = np.mgrid[:height, :width].astype(np.float64)
    x, y = x - dx, y - dy
    channels = []
    for k in range(3):
        value = np.sin(0.31 * x + 0.17 * y + k) + np.sin(0.13 * x - 0.41 * y) + np.sin(0.07 * x * 1.3 + 0.05 * y + 2 * k)
        value = value + np.sin(0.021 * x * y / 4 + 0.2 * x)
        channels.append(np.floor(128 + 30 * value))
    return np.stack(channels, -1).clip(0, 255).astype(np.uint8)


def main():
    cv2.setNumThreads(1)
    a, b = picture(0, 0), picture(1.75, -2.5)
    grey = [cv2.cvtColor(p, cv2.COLOR_RGB2GRAY) for p in (a, b)]
    out = {"a": a, "b": b, "grey.a": grey[0], "grey.b": grey[1]}
    for name, preset in PRESETS.items():
        out[f"flow.{name}"] = cv2.DISOpticalFlow_create(preset).calc(grey[1], grey[0], None)
    y, x = np.mgrid[:HEIGHT, :WIDTH].astype(np.float32)
    # Leaves the picture on every side.
    field = np.stack([3.3 * np.sin(y / 9) - 1.2, 4.7 * np.cos(x / 11) + 0.4], -1).astype(np.float32)
    out["field"] = field
    maps = x + field[..., 0], y + field[..., 1]
    out["remap.a"] = cv2.remap(a, *maps, cv2.INTER_LINEAR)
    out["remap.flow"] = cv2.remap(out["flow.medium"], *maps, cv2.INTER_LINEAR)
    out["area.grey"] = cv2.resize(grey[0], (37, 23), interpolation=cv2.INTER_AREA)
    out["area.rgb"] = cv2.resize(a, (48, 36), interpolation=cv2.INTER_AREA)
    path = pathlib.Path(__file__).parent / "flow.safetensors"
    save_file({k: np.ascontiguousarray(v) for k, v in out.items()}, path, metadata={"opencv": cv2.__version__})
    path.chmod(0o644)


if __name__ == "__main__":
    main()
