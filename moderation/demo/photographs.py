"""Photographs that installed packages carry, read from their folders; never from the network."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from moderation.errors import MissingExtra


@dataclass(frozen=True, slots=True, kw_only=True)
class Photograph:
    """A picture file inside a package, and who made it."""

    package: str
    """Import name of the package."""
    path: str
    """Inside the package's folder."""
    credit: str

    @property
    def suffix(self) -> str:
        """With its dot, as `.png`."""
        return Path(self.path).suffix

    def read(self) -> bytes:
        """The file as it is.

        Raises:
            MissingExtra: the package is not installed, or without its pictures.
        """
        # The package is only looked up: to import it would cost a second and use nothing of it.
        try:
            spec = find_spec(self.package)
        except ImportError:
            spec = None
        for folder in (spec.submodule_search_locations or ()) if spec else ():
            try:
                return Path(folder, self.path).read_bytes()
            except OSError:
                continue
        raise MissingExtra(
            f"the photographs of `{self.package}` are not installed",
            hint="run `pip install notegate[demo]`",
        )


def _skimage(name: str, credit: str) -> Photograph:
    return Photograph(package="skimage", path=f"data/{name}", credit=credit)


def _sklearn(name: str, credit: str) -> Photograph:
    return Photograph(package="sklearn", path=f"datasets/images/{name}", credit=credit)


ASTRONAUT = _skimage("astronaut.png", "Eileen Collins; NASA, public domain")
BRICK = _skimage("brick.png", "Brick; CC0Textures, CC0")
CAMERA = _skimage("camera.png", "Photographer with a camera; Lav Varshney, CC0")
CHELSEA = _skimage("chelsea.png", "Chelsea the cat; Stéfan van der Walt, CC0")
CHINA = _sklearn("china.jpg", "Pavilion by a lake; danielbuechele, CC BY 2.0")
COFFEE = _skimage("coffee.png", "Coffee cup; Rachel Michetti, Pikolo Espresso Bar, CC0")
COINS = _skimage("coins.png", "Greek coins from Pompeii; Brooklyn Museum, no known restrictions")
FLOWER = _sklearn("flower.jpg", "Dahlia; vultilion, CC BY 2.0")
GRASS = _skimage("grass.png", "Grass; Linolafett, CC0")
GRAVEL = _skimage("gravel.png", "Gravel; CC0Textures, CC0")
HOPPER = Photograph(
    package="matplotlib",
    path="mpl-data/sample_data/grace_hopper.jpg",
    credit="Grace Hopper; James S. Davis, U.S. Navy, public domain",
)
HUBBLE = _skimage("hubble_deep_field.jpg", "Hubble eXtreme Deep Field; NASA, public domain")
MOON = _skimage("moon.png", "Surface of the moon; as scikit-image ships it")
MOTORCYCLE = _skimage(
    "motorcycle_left.png", "Motorcycle, left; D. Scharstein et al., Middlebury stereo 2014"
)
MOTORCYCLE_FROM_THE_RIGHT = _skimage(
    "motorcycle_right.png", "Motorcycle, right; D. Scharstein et al., Middlebury stereo 2014"
)
ROCKET = _skimage("rocket.jpg", "Falcon 9 before the launch of DSCOVR; SpaceX, CC0")

ALL: tuple[Photograph, ...] = (
    ASTRONAUT,
    BRICK,
    CAMERA,
    CHELSEA,
    CHINA,
    COFFEE,
    COINS,
    FLOWER,
    GRASS,
    GRAVEL,
    HOPPER,
    HUBBLE,
    MOON,
    MOTORCYCLE,
    MOTORCYCLE_FROM_THE_RIGHT,
    ROCKET,
)
"""Everything the demo shows that it did not draw itself."""
