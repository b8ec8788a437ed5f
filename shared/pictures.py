"""A picture that somebody uploaded becomes one of ours: decoded under limits, turned upright, fitted, and encoded anew."""

import asyncio
import io
import warnings
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

from shared.errors import Invalid
from shared.markers import N_

if TYPE_CHECKING:
    from PIL.Image import Image

FORMATS = ("JPEG", "PNG", "WEBP")
MEDIA_TYPE = "image/webp"
MAX_UPLOAD_BYTES = 10 * 1024 * 1024
MAX_PIXELS = 50_000_000
"""A camera's pictures fit; decoded that is 200 MB for a moment, of one upload at a time."""
MIN_SIDE = 64
_QUALITY = 82


class PictureUnreadable(Invalid):
    code = "picture-unreadable"
    message = N_("This is not a picture that we can read. Choose a JPEG, PNG or WebP file.")


class PictureTooLarge(Invalid):
    """params: max_megapixels."""

    code = "picture-too-large"
    message = N_("This picture has too many pixels. Choose one of at most {max_megapixels} megapixels.")


class PictureTooSmall(Invalid):
    """params: min_pixels."""

    code = "picture-too-small"
    message = N_("This picture is too small. It needs at least {min_pixels} pixels each way.")


class Shape(NamedTuple):
    """In pixels. is_whole: what does not fit gets white margins instead of being cut off, as a logo wants it."""

    width: int
    height: int
    is_whole: bool = False


SQUARE = Shape(512, 512)


class Picture(NamedTuple):
    """body: WebP."""

    sha256: str
    body: bytes


class Pictures:
    """Remakes one at a time: that bounds the memory that uploads can take."""

    def __init__(self) -> None:
        self._one = asyncio.Semaphore(1)

    async def remake(self, upload: bytes, shape: Shape) -> Picture:
        """As `remake`, beside the event loop."""
        async with self._one:
            return await asyncio.to_thread(remake, upload, shape)

    async def shrink(self, upload: bytes, *, max_side: int) -> Picture:
        async with self._one:
            return await asyncio.to_thread(shrink, upload, max_side=max_side)


def remake(upload: bytes, shape: Shape = SQUARE) -> Picture:
    """The middle of the upload in this shape, with nothing else of it: no metadata, no colour profile, no second frame.

    Slow (a tenth of a second and more): not for the event loop. Raises PictureUnreadable, PictureTooLarge, PictureTooSmall.
    """
    from PIL import Image, ImageOps  # loaded by the first picture, not by the start

    size = (shape.width, shape.height)
    upright = _decoded(upload, near=(2 * shape.width, 2 * shape.height))
    fit = ImageOps.pad if shape.is_whole else ImageOps.fit
    return _encoded(fit(upright, size, method=Image.Resampling.LANCZOS))


def shrink(upload: bytes, *, max_side: int) -> Picture:
    """The whole upload in its own proportions, with no side longer than this; what is smaller keeps its size. As `remake` otherwise."""
    from PIL import Image

    upright = _decoded(upload, near=(2 * max_side, 2 * max_side))
    upright.thumbnail((max_side, max_side), Image.Resampling.LANCZOS)
    return _encoded(upright)


def _decoded(upload: bytes, *, near: tuple[int, int]) -> "Image":
    """Upright, with transparency. near: a JPEG may be decoded at about this size, which saves time."""
    from PIL import Image, ImageOps

    with warnings.catch_warnings():
        # The size stands in the header and is judged before anything is decoded; Pillow's own warning would come too late.
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        try:
            with Image.open(io.BytesIO(upload), formats=FORMATS) as image:
                _check_size(image.width, image.height)
                image.draft("RGB", near)
                return ImageOps.exif_transpose(image).convert("RGBA")
        except (OSError, ValueError, SyntaxError, Image.DecompressionBombError, MemoryError) as error:
            raise PictureUnreadable(field="picture") from error


def _encoded(image: "Image") -> Picture:
    """On white."""
    from PIL.Image import new

    paper = new("RGB", image.size, "white")
    paper.paste(image, mask=image.getchannel("A"))
    encoded = io.BytesIO()
    paper.save(encoded, "WEBP", quality=_QUALITY, method=4)
    body = encoded.getvalue()
    return Picture(sha256(body).hexdigest(), body)


def _check_size(width: int, height: int) -> None:
    if width * height > MAX_PIXELS:
        raise PictureTooLarge(field="picture", max_megapixels=MAX_PIXELS // 1_000_000)
    if min(width, height) < MIN_SIDE:
        raise PictureTooSmall(field="picture", min_pixels=MIN_SIDE)
