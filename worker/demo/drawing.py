"""Draws the pictures of the demo catalogue: python -m worker.demo.drawing. Flat shapes, 4 : 3, JPEG for mails."""

from collections.abc import Callable, Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFilter

WIDTH, HEIGHT = 1104, 828
SCALE = 2
GROUND = (238, 240, 233)
CREAM, SHADE, DARK = (252, 250, 245), (222, 218, 207), (44, 49, 46)
GREEN, SAGE, COPPER, KRAFT, WOOD = (31, 92, 74), (143, 171, 155), (189, 116, 72), (201, 168, 124), (148, 102, 66)
STEEL, STEEL_DARK, COFFEE, GLASS = (196, 202, 203), (140, 149, 151), (74, 47, 34), (214, 228, 229)

Colour = tuple[int, int, int]
Point = tuple[float, float]


class Sheet:
    """A picture in coordinates of 1104 × 828, drawn twice as large and made small again for smooth edges."""

    def __init__(self) -> None:
        self.image = Image.new("RGB", (WIDTH * SCALE, HEIGHT * SCALE), GROUND)
        self.pen = ImageDraw.Draw(self.image)

    def shadow(self, x: float, y: float, width: float) -> None:
        veil = Image.new("L", self.image.size, 0)
        box = [value * SCALE for value in (x - width / 2, y - 22, x + width / 2, y + 22)]
        ImageDraw.Draw(veil).ellipse(box, fill=90)
        veil = veil.filter(ImageFilter.GaussianBlur(16 * SCALE))
        self.image.paste(Image.new("RGB", self.image.size, (150, 155, 145)), mask=veil)
        self.pen = ImageDraw.Draw(self.image)

    def shape(self, points: Sequence[Point], colour: Colour) -> None:
        self.pen.polygon([(x * SCALE, y * SCALE) for x, y in points], fill=colour)

    def box(self, x: float, y: float, width: float, height: float, colour: Colour, radius: float = 18) -> None:
        area = [value * SCALE for value in (x, y, x + width, y + height)]
        self.pen.rounded_rectangle(area, radius * SCALE, fill=colour)

    def oval(self, x: float, y: float, width: float, height: float, colour: Colour) -> None:
        self.pen.ellipse([value * SCALE for value in (x, y, x + width, y + height)], fill=colour)

    def ring(self, x: float, y: float, width: float, height: float, colour: Colour, thick: float) -> None:
        area = [value * SCALE for value in (x, y, x + width, y + height)]
        self.pen.ellipse(area, outline=colour, width=int(thick * SCALE))

    def line(self, points: Sequence[Point], colour: Colour, thick: float) -> None:
        scaled = [(x * SCALE, y * SCALE) for x, y in points]
        self.pen.line(scaled, fill=colour, width=int(thick * SCALE), joint="curve")
        for x, y in scaled:
            half = thick * SCALE / 2
            self.pen.ellipse([x - half, y - half, x + half, y + half], fill=colour)

    def save(self, path: Path) -> None:
        small = self.image.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)
        small.save(path, "JPEG", quality=86, optimize=True, progressive=True)


def dripper(sheet: Sheet) -> None:
    sheet.shadow(552, 660, 520)
    sheet.ring(690, 300, 190, 190, SHADE, 30)
    sheet.shape([(322, 220), (782, 220), (640, 560), (464, 560)], CREAM)
    sheet.shape([(640, 220), (782, 220), (640, 560), (580, 560)], SHADE)
    sheet.oval(322, 178, 460, 84, CREAM)
    sheet.oval(346, 190, 412, 60, (205, 200, 187))
    for x in (410, 480, 552, 624, 694):
        sheet.line([(x, 232), (552 + (x - 552) * 0.4, 246)], (183, 177, 162), 5)
    sheet.box(388, 560, 328, 34, CREAM, 17)
    sheet.box(560, 560, 156, 34, SHADE, 17)
    sheet.box(470, 594, 164, 62, SHADE, 12)


def large_dripper(sheet: Sheet) -> None:
    sheet.shadow(552, 706, 620)
    sheet.ring(690, 262, 220, 220, (23, 71, 57), 34)
    sheet.shape([(262, 190), (842, 190), (664, 600), (440, 600)], GREEN)
    sheet.shape([(668, 190), (842, 190), (664, 600), (592, 600)], (23, 71, 57))
    sheet.oval(262, 138, 580, 104, (41, 112, 91))
    sheet.oval(292, 153, 520, 74, (18, 55, 44))
    for x in (372, 462, 552, 642, 732):
        sheet.line([(x, 204), (552 + (x - 552) * 0.4, 222)], (41, 112, 91), 6)
    sheet.box(352, 600, 400, 38, GREEN, 19)
    sheet.box(572, 600, 180, 38, (23, 71, 57), 19)
    sheet.box(450, 638, 204, 66, (23, 71, 57), 14)


def filters(sheet: Sheet) -> None:
    sheet.shadow(552, 650, 560)
    sheet.box(330, 220, 444, 430, KRAFT, 20)
    sheet.box(660, 220, 114, 430, (184, 150, 106), 20)
    sheet.box(330, 220, 444, 74, (184, 150, 106), 20)
    sheet.shape([(430, 350), (674, 350), (596, 560), (508, 560)], CREAM)
    sheet.shape([(600, 350), (674, 350), (596, 560), (566, 560)], SHADE)
    sheet.line([(430, 350), (674, 350)], SHADE, 6)


def beans(sheet: Sheet) -> None:
    sheet.shadow(552, 680, 480)
    sheet.shape([(370, 200), (734, 200), (756, 676), (348, 676)], DARK)
    sheet.shape([(640, 200), (734, 200), (756, 676), (660, 676)], (33, 37, 35))
    sheet.box(362, 168, 380, 56, (62, 68, 64), 10)
    sheet.box(424, 330, 256, 210, CREAM, 12)
    for x, y, turn in ((500, 398, 1), (592, 398, -1), (546, 470, 1)):
        sheet.oval(x - 34, y - 24, 68, 48, COFFEE)
        sheet.line([(x - 20, y + 8 * turn), (x, y), (x + 20, y - 8 * turn)], CREAM, 4)


def kettle(sheet: Sheet) -> None:
    sheet.shadow(540, 664, 600)
    sheet.line([(430, 520), (330, 500), (310, 400), (250, 300), (196, 286)], STEEL_DARK, 30)
    sheet.line([(700, 330), (840, 330), (872, 400), (848, 560)], DARK, 34)
    sheet.shape([(430, 310), (700, 310), (752, 640), (378, 640)], STEEL)
    sheet.shape([(620, 310), (700, 310), (752, 640), (650, 640)], STEEL_DARK)
    sheet.box(364, 626, 402, 34, STEEL_DARK, 17)
    sheet.oval(420, 284, 290, 52, STEEL_DARK)
    sheet.box(520, 238, 92, 36, DARK, 18)
    sheet.line([(566, 290), (566, 262)], DARK, 22)
    sheet.oval(470, 420, 92, 92, CREAM)
    sheet.line([(516, 466), (540, 442)], COPPER, 6)


def grinder(sheet: Sheet) -> None:
    sheet.shadow(552, 700, 360)
    sheet.line([(552, 178), (800, 178)], STEEL_DARK, 20)
    sheet.oval(778, 126, 66, 104, WOOD)
    sheet.box(524, 168, 56, 70, STEEL_DARK, 12)
    sheet.box(432, 226, 240, 40, STEEL, 14)
    sheet.box(442, 260, 220, 250, DARK, 16)
    sheet.box(592, 260, 70, 250, (33, 37, 35), 16)
    for y in (320, 352, 384, 416, 448):
        sheet.line([(462, y), (572, y)], (70, 77, 72), 5)
    sheet.box(432, 504, 240, 34, STEEL, 10)
    sheet.box(446, 532, 212, 160, WOOD, 26)
    sheet.box(590, 532, 68, 160, (126, 84, 52), 26)


def scale(sheet: Sheet) -> None:
    sheet.shadow(552, 610, 680)
    sheet.box(240, 420, 624, 180, DARK, 34)
    sheet.box(262, 380, 580, 84, (62, 68, 64), 30)
    sheet.box(282, 388, 540, 52, (76, 83, 79), 24)
    sheet.box(300, 498, 240, 72, (25, 29, 27), 14)
    for x in (326, 372, 418, 464):
        sheet.box(x, 514, 28, 40, SAGE, 6)
    sheet.oval(660, 506, 56, 56, COPPER)
    sheet.oval(748, 506, 56, 56, STEEL_DARK)


def server(sheet: Sheet) -> None:
    sheet.shadow(552, 690, 480)
    sheet.ring(690, 330, 200, 240, STEEL, 26)
    sheet.shape([(450, 200), (654, 200), (668, 300), (770, 560), (720, 684), (384, 684), (334, 560), (436, 300)], GLASS)
    sheet.shape([(362, 500), (742, 500), (766, 560), (718, 680), (386, 680), (338, 560)], COFFEE)
    sheet.oval(362, 480, 380, 42, (99, 66, 48))
    sheet.box(436, 176, 232, 40, DARK, 14)
    sheet.line([(446, 330), (396, 450)], (243, 249, 249), 12)


def tin(sheet: Sheet) -> None:
    sheet.shadow(552, 680, 440)
    sheet.box(382, 250, 340, 430, GREEN, 26)
    sheet.box(622, 250, 100, 430, (23, 71, 57), 26)
    sheet.oval(382, 216, 340, 84, (41, 112, 91))
    sheet.oval(410, 226, 284, 60, (31, 92, 74))
    sheet.oval(528, 238, 48, 30, COPPER)
    sheet.box(440, 400, 160, 130, CREAM, 10)
    sheet.line([(466, 446), (574, 446)], SAGE, 8)
    sheet.line([(466, 482), (540, 482)], SAGE, 8)


def cleaning(sheet: Sheet) -> None:
    sheet.shadow(552, 676, 640)
    sheet.box(252, 320, 170, 350, SAGE, 24)
    sheet.box(292, 250, 90, 84, DARK, 12)
    sheet.box(276, 420, 122, 130, CREAM, 8)
    sheet.box(520, 200, 44, 300, WOOD, 22)
    sheet.box(486, 490, 112, 60, STEEL, 10)
    for x in range(492, 596, 14):
        sheet.line([(x, 552), (x - 3, 660)], KRAFT, 8)
    sheet.shape([(660, 560), (880, 540), (892, 660), (668, 668)], CREAM)
    sheet.shape([(660, 560), (880, 540), (882, 584), (662, 604)], COPPER)


def cups(sheet: Sheet) -> None:
    sheet.shadow(410, 650, 330)
    sheet.shadow(710, 650, 330)
    for x, body, side in ((270, CREAM, SHADE), (570, SAGE, (116, 145, 129))):
        sheet.ring(x + 210, 410, 130, 140, side, 24)
        sheet.shape([(x, 350), (x + 270, 350), (x + 236, 646), (x + 34, 646)], body)
        sheet.shape([(x + 200, 350), (x + 270, 350), (x + 236, 646), (x + 180, 646)], side)
        sheet.oval(x, 318, 270, 64, body)
        sheet.oval(x + 16, 328, 238, 46, COFFEE)


PICTURES: dict[str, Callable[[Sheet], None]] = {
    "dripper-02": dripper,
    "dripper-04": large_dripper,
    "paper-filters-02": filters,
    "house-espresso-beans": beans,
    "kettle-09": kettle,
    "hand-grinder": grinder,
    "brew-scale": scale,
    "glass-server": server,
    "coffee-tin": tin,
    "cleaning-set": cleaning,
    "stoneware-cups": cups,
}


def draw_all(folder: Path) -> None:
    """Writes every picture into the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, draw in PICTURES.items():
        sheet = Sheet()
        draw(sheet)
        sheet.save(folder / f"{name}.jpg")


if __name__ == "__main__":
    draw_all(Path(__file__).parent / "images")
