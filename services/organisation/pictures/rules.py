"""The pictures of an organisation. Pure."""

from collections.abc import Mapping
from typing import Literal

from shared.errors import NotFound
from shared.markers import N_
from shared.pictures import Shape

Kind = Literal["logo", "cover"]
SHAPES: Mapping[Kind, Shape] = {"logo": Shape(512, 512, is_whole=True), "cover": Shape(1600, 400)}


class PictureMissing(NotFound):
    code = "picture-missing"
    message = N_("There is no picture.")
