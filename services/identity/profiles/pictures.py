"""A picture that somebody uploaded becomes one of ours: decoded under limits, turned upright, cropped, and encoded anew."""

import io
import warnings
from hashlib import sha256
from typing import NamedTuple

from services.identity.profiles.problems import PictureTooLarge, PictureTooSmall, PictureUnreadable

FORMATS = ("JPEG", "PNG", "WEBP")
MEDIA_TYPE = "image/webp"
MAX_UPLOAD_BYTES = 10 * 1024 * 1024
MAX_PIXELS = 50_000_000
"""A camera's pictures fit; decoded that is 200 MB for a moment, of one upload at a time."""
MIN_SIDE = 64
SIDE = 512
_QUALITY = 82


class Picture(NamedTuple):
    """body: WebP, SIDE pixels square."""

    sha256: str
    body: bytes


def remake(upload: bytes) -> Picture:
    """The middle square of the upload, with nothing else of it: no metadata, no colour profile, no second frame.

    Slow (a tenth of a second and more): not for the event loop. Raises PictureUnreadable, PictureTooLarge, PictureTooSmall.
    """
    from PIL import Image, ImageOps  # loaded by the first picture, not by the start

    with warnings.catch_warnings():
        # The size stands in the header and is judged before anything is decoded; Pillow's own warning would come too late.
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        try:
            with Image.open(io.BytesIO(upload), formats=FORMATS) as image:
                _check_size(image.width, image.height)
                image.draft("RGB", (2 * SIDE, 2 * SIDE))
                upright = ImageOps.exif_transpose(image).convert("RGBA")
        except (OSError, ValueError, SyntaxError, Image.DecompressionBombError, MemoryError) as error:
            raise PictureUnreadable(field="picture") from error
    square = ImageOps.fit(upright, (SIDE, SIDE), method=Image.Resampling.LANCZOS)
    paper = Image.new("RGB", square.size, "white")
    paper.paste(square, mask=square.getchannel("A"))
    encoded = io.BytesIO()
    paper.save(encoded, "WEBP", quality=_QUALITY, method=4)
    body = encoded.getvalue()
    return Picture(sha256(body).hexdigest(), body)


def _check_size(width: int, height: int) -> None:
    if width * height > MAX_PIXELS:
        raise PictureTooLarge(field="picture", max_megapixels=MAX_PIXELS // 1_000_000)
    if min(width, height) < MIN_SIDE:
        raise PictureTooSmall(field="picture", min_pixels=MIN_SIDE)
