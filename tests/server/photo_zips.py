"""ZIPs of people with photos, out of the two portraits that lie in installed packages."""

import functools
import io
import zipfile

from PIL import Image, ImageFilter

from gatehouse.vision.packs import asset_path

HEAD = "number,name,photo,consent date,consent given,consent language,groups,card\n"
AGREED = "2026-03-02,on paper,en"


@functools.cache
def hopper() -> Image.Image:
    return Image.open(asset_path("grace_hopper.jpg")).convert("RGB")


@functools.cache
def astronaut() -> Image.Image:
    return Image.open(asset_path("astronaut.png")).convert("RGB")


def jpeg(picture: Image.Image, **more) -> bytes:
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=88, **more)
    return out.getvalue()


def two_faces() -> Image.Image:
    """As large as each other, side by side."""
    one = hopper().resize((420, 490))
    both = Image.new("RGB", (840, 490), "grey")
    both.paste(one, (0, 0))
    both.paste(one.transpose(Image.Transpose.FLIP_LEFT_RIGHT), (420, 0))
    return both


def wall() -> Image.Image:
    return Image.new("RGB", (640, 480), (120, 130, 140))


def dark(picture: Image.Image) -> Image.Image:
    return picture.point(lambda level: level // 9)


def far_away(picture: Image.Image) -> Image.Image:
    scene = Image.new("RGB", (640, 480), (150, 150, 150))
    scene.paste(picture.resize((90, 90)), (270, 190))
    return scene


def blurred(picture: Image.Image) -> Image.Image:
    return picture.filter(ImageFilter.GaussianBlur(9))


def zipped(
    table: str | bytes, photos: dict[str, bytes], name: str = "people.csv", method=zipfile.ZIP_DEFLATED
) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        archive.writestr(name, table)
        for file, picture in photos.items():
            archive.writestr(file, picture)
    return out.getvalue()


def five_faults() -> bytes:
    """Two people who come in with their faces, and five whose face does not."""
    table = HEAD + (
        f"P-1,Lin Moss,lin.jpg,{AGREED},Staff,\n"
        f"P-2,Ada Byron,photos/ada.png,{AGREED},Staff,04A1\n"
        f"P-3,Max Born,two.jpg,{AGREED},Staff,04A2\n"
        f"P-4,Otto Hahn,wall.jpg,{AGREED},Staff,\n"
        f"P-5,Emmy Noether,dark.jpg,{AGREED},Staff,\n"
        f"P-6,Lise Meitner,far.jpg,{AGREED},Staff,\n"
        "P-7,Carl Gauss,carl.jpg,,,,Staff,\n"
    )
    png = io.BytesIO()
    astronaut().save(png, "PNG")
    photos = {
        "lin.jpg": jpeg(hopper()),
        "photos/ada.png": png.getvalue(),
        "two.jpg": jpeg(two_faces()),
        "wall.jpg": jpeg(wall()),
        "dark.jpg": jpeg(dark(astronaut())),
        "far.jpg": jpeg(far_away(hopper())),
        "carl.jpg": jpeg(hopper().rotate(4, fillcolor=(90, 90, 90))),
    }
    return zipped(table, photos)
