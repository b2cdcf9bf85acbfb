"""Draws the example images: the same pixels every time, nothing downloaded.

    python examples/make_examples.py [FOLDER]

FOLDER is `examples/images` unless given. The samples in `samples.jsonl` refer to them.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFilter

_FINE = 4  # everything is drawn this much larger and then shrunk, for smooth edges
_ORIENTATION_TAG = 0x0112

Points = Sequence[tuple[float, float]]


class Canvas:
    """A picture under the brush; all measures are pixels of the finished one."""

    def __init__(self, width_px: int, height_px: int, top: str, bottom: str) -> None:
        self._size = (width_px, height_px)
        large = (width_px * _FINE, height_px * _FINE)
        ramp = Image.linear_gradient("L").resize(large)
        self._picture = Image.composite(
            Image.new("RGB", large, bottom), Image.new("RGB", large, top), ramp
        )
        self._brush = ImageDraw.Draw(self._picture)

    def disc(self, x: float, y: float, radius: float, colour: str) -> None:
        """A filled circle around a point."""
        self.oval(x, y, radius, radius, colour)

    def oval(self, x: float, y: float, wide: float, high: float, colour: str) -> None:
        """A filled ellipse around a point, by its half axes."""
        box = (x - wide, y - high, x + wide, y + high)
        self._brush.ellipse([value * _FINE for value in box], fill=colour)

    def box(self, left: float, top: float, right: float, bottom: float, colour: str) -> None:
        """A filled rectangle."""
        self._brush.rectangle([value * _FINE for value in (left, top, right, bottom)], fill=colour)

    def area(self, points: Points, colour: str) -> None:
        """A filled polygon."""
        self._brush.polygon([(x * _FINE, y * _FINE) for x, y in points], fill=colour)

    def line(self, points: Points, colour: str, width: float) -> None:
        """A line through the points."""
        self._brush.line(
            [(x * _FINE, y * _FINE) for x, y in points],
            fill=colour,
            width=round(width * _FINE),
            joint="curve",
        )

    def finished(self) -> Image.Image:
        """The picture in its final size."""
        return self._picture.resize(self._size, Image.Resampling.BOX)


def lake() -> Image.Image:
    """Hills and a low sun over a lake, with the soft grain of a photograph."""
    canvas = Canvas(480, 320, "#3d6fb6", "#f9d9a6")
    canvas.disc(350, 150, 26, "#fff3c4")
    for base, height, colour, seed in [(190, 70, "#8fa3bf", 1), (205, 50, "#5f7f78", 4)]:
        rng = random.Random(seed)
        ridge = [(x, base - height * rng.uniform(0.3, 1)) for x in range(0, 481, 40)]
        canvas.area([(0, base + 20), *ridge, (480, base + 20)], colour)
    canvas.box(0, 210, 480, 320, "#7fa7c9")
    rng = random.Random(7)
    for _ in range(90):
        x, y = rng.uniform(0, 480), rng.uniform(214, 318)
        near = (y - 200) / 120
        colour = "#fff0cf" if abs(x - 350) < 50 * near + 12 else "#9cc0dc"
        canvas.line([(x, y), (x + 34 * near, y)], colour, 0.6 + 1.6 * near)
    canvas.area([(70, 262), (150, 262), (138, 278), (82, 278)], "#7a3b2e")
    canvas.area([(108, 200), (108, 256), (150, 256)], "#fbf7ee")
    canvas.line([(106, 196), (106, 262)], "#4a2a20", 2)
    picture = canvas.finished()
    grain = random.Random(9)
    noise = Image.frombytes("L", picture.size, grain.randbytes(picture.width * picture.height))
    soft = noise.filter(ImageFilter.BoxBlur(1)).convert("RGB")
    return Image.blend(picture, soft, 0.06)


def shapes() -> Image.Image:
    """A red disc, a blue square and a green triangle on white."""
    canvas = Canvas(320, 240, "white", "white")
    canvas.disc(75, 90, 45, "#d62828")
    canvas.box(190, 45, 280, 135, "#1d4ed8")
    canvas.area([(160, 130), (105, 215), (215, 215)], "#2a9d4a")
    return canvas.finished()


def balloons() -> Image.Image:
    """Five balloons of different colours under a clear sky."""
    canvas = Canvas(360, 360, "#9bd3f5", "#eaf7ff")
    places = [(80, 110), (150, 70), (215, 120), (285, 85), (180, 175)]
    colours = ["#e63946", "#f4a261", "#e9c46a", "#2a9d8f", "#8e5bd0"]
    for (x, y), colour in zip(places, colours, strict=True):
        canvas.line([(x, y + 40), ((x + 180) / 2, 260), (180, 340)], "#666666", 1.2)
        canvas.area([(x - 6, y + 50), (x + 6, y + 50), (x, y + 38)], colour)
        canvas.oval(x, y, 32, 42, colour)
        canvas.oval(x - 11, y - 16, 6, 10, "white")
    return canvas.finished()


def traffic_light() -> Image.Image:
    """A traffic light that shows green, at dusk."""
    canvas = Canvas(160, 320, "#24304f", "#d98a6a")
    canvas.box(74, 200, 86, 320, "#333333")
    canvas.box(45, 30, 115, 210, "#1b1b1b")
    for y, colour in [(62, "#4d1414"), (120, "#4d3f10"), (178, "#35e06a")]:
        canvas.disc(80, y, 23, colour)
    return canvas.finished()


def portrait() -> Image.Image:
    """A smiling person with dark hair, glasses and a yellow pullover."""
    canvas = Canvas(240, 320, "#cfe3d4", "#8fb39b")
    canvas.oval(120, 330, 105, 95, "#e8b730")
    canvas.box(100, 205, 140, 250, "#d9a27c")
    canvas.oval(120, 118, 72, 82, "#2e211c")
    canvas.oval(120, 145, 56, 72, "#e8b892")
    canvas.area([(64, 120), (76, 82), (120, 66), (164, 82), (176, 120), (120, 98)], "#2e211c")
    for x in (96, 144):
        canvas.disc(x, 142, 19, "#33363b")
        canvas.disc(x, 142, 16, "#f5f0ea")
        canvas.disc(x, 143, 6, "#4b3420")
    canvas.line([(115, 142), (125, 142)], "#33363b", 3)
    canvas.line([(120, 150), (114, 170), (123, 172)], "#c48d68", 2.5)
    canvas.line([(98, 188), (109, 197), (120, 200), (131, 197), (142, 188)], "#a83f3f", 4)
    return canvas.finished()


def lighthouse() -> Image.Image:
    """A red and white lighthouse on a rock by the sea, upright."""
    canvas = Canvas(240, 360, "#6fb3e8", "#dff1fb")
    canvas.box(0, 270, 240, 360, "#2f6f94")
    canvas.area([(60, 290), (95, 255), (150, 250), (195, 292), (205, 330), (45, 330)], "#6b6259")
    for step in range(6):
        top, bottom = 90 + 28 * step, 118 + 28 * step
        inset, wider = 26 - 2.2 * step, 26 - 2.2 * (step + 1)
        sides = [(74 + inset, top), (166 - inset, top), (166 - wider, bottom), (74 + wider, bottom)]
        canvas.area(sides, "#c1272d" if step % 2 == 0 else "#fafafa")
    canvas.box(104, 62, 136, 90, "#ffe48a")
    canvas.area([(96, 64), (120, 40), (144, 64)], "#3a3a3a")
    canvas.line([(92, 90), (148, 90)], "#3a3a3a", 4)
    return canvas.finished()


def save_jpeg(picture: Image.Image, path: Path) -> None:
    """As cameras do."""
    picture.save(path, "JPEG", quality=88)


def save_sideways(picture: Image.Image, path: Path) -> None:
    """As a phone held upright does: the pixels lie on their side, and EXIF tells how to turn."""
    exif = Image.Exif()
    exif[_ORIENTATION_TAG] = 6
    turned = picture.transpose(Image.Transpose.ROTATE_90)
    turned.save(path, "JPEG", quality=88, exif=exif)


def save_png(picture: Image.Image, path: Path) -> None:
    """Without loss."""
    picture.save(path, "PNG", optimize=True)


def save_webp(picture: Image.Image, path: Path) -> None:
    """As many web sites do."""
    picture.save(path, "WEBP", quality=85)


def save_gif(picture: Image.Image, path: Path) -> None:
    """In 64 colours, a single picture."""
    picture.quantize(64, dither=Image.Dither.NONE).save(path, "GIF")


EXAMPLES: dict[str, tuple[Callable[[], Image.Image], Callable[[Image.Image, Path], None]]] = {
    "balloons.webp": (balloons, save_webp),
    "lake.jpg": (lake, save_jpeg),
    "lighthouse_sideways.jpg": (lighthouse, save_sideways),
    "portrait.png": (portrait, save_png),
    "shapes.png": (shapes, save_png),
    "traffic_light.gif": (traffic_light, save_gif),
}
"""File name → what draws it, and what saves it."""


def make(folder: Path) -> None:
    """Write every example into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, (draw, save) in EXAMPLES.items():
        save(draw(), folder / name)


if __name__ == "__main__":
    make(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).with_name("images"))
