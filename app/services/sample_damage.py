"""What happens to paper on its way: skewed scans, fax lines, pale copies, photographs. Seeded, so repeatable."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # heavy: imported where samples are drawn
    from PIL.Image import Image


def skewed(picture: Image, degrees: float) -> Image:
    """Laid askew on the glass: turned clockwise, the corners white."""
    from PIL import Image

    return picture.convert("L").rotate(-degrees, resample=Image.Resampling.BICUBIC, fillcolor="white")


def upside_down(picture: Image) -> Image:
    from PIL import Image

    return picture.transpose(Image.Transpose.ROTATE_180)


def scanned(picture: Image, random: Random, grain: float = 5.0) -> Image:
    """As an office scanner gives it: grey, a little soft, a little grain."""
    import numpy as np
    from PIL import Image, ImageFilter

    soft = picture.convert("L").filter(ImageFilter.GaussianBlur(0.7))
    noise = np.random.default_rng(random.getrandbits(32)).standard_normal(
        (soft.height, soft.width), np.float32
    )
    noise *= grain
    noise += np.asarray(soft)
    return Image.fromarray(noise.clip(0, 255, out=noise).astype(np.uint8))


def pale(picture: Image, random: Random) -> Image:
    """A copy of a copy on grey paper: all tones between 150 and 225, darker towards one corner."""
    import numpy as np
    from PIL import Image

    grey = np.asarray(scanned(picture, random, 4.0), np.float32)
    rows = np.linspace(0, 1, grey.shape[0], dtype=np.float32)[:, None]
    columns = np.linspace(0, 1, grey.shape[1], dtype=np.float32)[None, :]
    light = 225 - 22 * rows * columns
    return Image.fromarray((light - (255 - grey) * 0.32).clip(0, 255).astype(np.uint8))


def faxed(picture: Image, random: Random, header: str, *, lines: int = 2) -> Image:
    """One bit a pixel at the resolution of a fax, with its header, speckle, and lines of a dirty drum."""
    import numpy as np
    from PIL import Image, ImageDraw

    from app.services.sample_paper import font_of

    draw = ImageDraw.Draw(picture)
    draw.text((60, 14), header, font=font_of("CourierPrime", 24), fill="black")
    grey = np.asarray(
        picture.convert("L").resize((1728, round(picture.height * 1728 / picture.width))), np.float32
    )
    rng = np.random.default_rng(random.getrandbits(32))
    bits = grey + rng.normal(0, 26, grey.shape) > 150
    height, width = bits.shape
    for y, x in zip(rng.integers(0, height - 3, 1100), rng.integers(0, width - 3, 1100), strict=True):
        bits[y : y + rng.integers(1, 3), x : x + rng.integers(1, 3)] = rng.random() < 0.3
    for _ in range(lines):
        x = random.randrange(80, width - 80)
        bits[random.randrange(0, height // 3) :, x : x + 2] = False
    for _ in range(lines):  # a line of the page that did not come through
        y = random.randrange(300, height - 300)
        bits[y : y + 2, :] = True
    return Image.fromarray((bits * 255).astype(np.uint8)).convert("1", dither=Image.Dither.NONE)


def photographed(picture: Image, random: Random) -> Image:
    """Taken with a telephone on a desk: in perspective, under uneven light, with the grain of a small lens."""
    import numpy as np
    from PIL import Image, ImageDraw, ImageFilter

    width, height = 1800, 2350
    corners = [(118, 96), (1702, 150), (1742, 2226), (70, 2262)]  # of the sheet on the desk
    corners = [(x + random.randrange(-12, 13), y + random.randrange(-12, 13)) for x, y in corners]
    sheet = [(0, 0), (picture.width, 0), (picture.width, picture.height), (0, picture.height)]
    equations, values = [], []
    for (x, y), (u, v) in zip(corners, sheet, strict=True):
        equations += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        values += [u, v]
    solved = np.linalg.solve(np.array(equations, float), np.array(values, float))
    method, sampling = Image.Transform.PERSPECTIVE, Image.Resampling.BICUBIC
    paper = picture.convert("L").transform((width, height), method, solved.tolist(), sampling).convert("RGB")
    mask = Image.new("L", (width, height), 0)
    ImageDraw.Draw(mask).polygon(corners, fill=255)
    rng = np.random.default_rng(random.getrandbits(32))
    grain = rng.normal(0, 1, (height, 1, 1)) * 5 + np.array([[[112.0, 84.0, 60.0]]])  # the wood of the desk
    desk = Image.fromarray(np.broadcast_to(grain, (height, width, 3)).clip(0, 255).astype(np.uint8))
    desk.paste(paper, (0, 0), mask)
    rows = np.linspace(0, 1, height, dtype=np.float32)[:, None, None]
    columns = np.linspace(0, 1, width, dtype=np.float32)[None, :, None]
    light = 0.97 - 0.16 * rows - 0.10 * columns
    shot = np.asarray(desk.filter(ImageFilter.GaussianBlur(0.8)), np.float32) * light
    shot += 3.5 * rng.standard_normal((height, width, 1), np.float32)
    shot *= np.array([1.0, 0.985, 0.94], np.float32)
    return Image.fromarray(shot.clip(0, 255, out=shot).astype(np.uint8))
