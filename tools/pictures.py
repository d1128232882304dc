"""Takes the pictures in docs/pictures, of a fictional school made for them: `make pictures`.

Come here to add a picture: a row of SCREENS, or of PAPERS, printed pages, as the SENCO sees them.
"""

import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import pypdfium2
from PIL import Image
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))
import need_chromium  # noqa: E402

FOLDER = ROOT / "docs" / "pictures"
PORT = "8765"
URL = f"http://127.0.0.1:{PORT}"
LONGEST_START = 300  # seconds
CHILDREN = "/register/?stage=S3"
PLAN = "Read the whole My Plan+"
# name, whose, address inside the portal or "child", width and height of the window in pixels
SCREENS = (
    ("home", "senco", "/", 1280, 900),
    ("register", "senco", "/register/", 1280, 900),
    ("provision-map", "senco", "/provision-map/", 1280, 900),
    ("pupil", "senco", "child", 1280, 1450),
    ("class-sheet", "teacher", "/class-sheet/", 1280, 900),
    ("concern", "teacher", "/record-of-concern/raise/", 390, 780),
)
# name, (words of the link on the child's page or "" for that page, its PDF, pages that are shown)
PAPERS = (("paper", ((PLAN, "print.pdf", 2), ("", "profile.pdf", 1))),)
# a new school has no backup and no second step
NO_WARNINGS = "() => document.querySelectorAll('.insecure, .notice').forEach(e => e.remove())"
PAGE_WIDTH = 579  # pixels
GAP = 20


def start(folder):
    """Start the fictional school of `make demo` in a folder; gives the process when it answers."""
    more = {"DATA_DIR": folder, "PORT": PORT, "PORTAL_ENV": ""}
    command = [sys.executable, "commands.py", "demo"]
    process = subprocess.Popen(command, cwd=ROOT, env=os.environ | more, stdout=subprocess.DEVNULL)
    end = time.monotonic() + LONGEST_START
    while time.monotonic() < end and process.poll() is None:
        try:
            urllib.request.urlopen(f"{URL}/sign-in")
        except OSError:
            time.sleep(1)
            continue
        return process
    process.kill()
    raise SystemExit(f"The fictional school did not start. Is port {PORT} in use?")


def sign_in(browser, who, folder):
    """The page of somebody who has signed in."""
    lines = Path(folder, "sign-ins.txt").read_text("utf-8").splitlines()
    password = next(line.split("\t")[2] for line in lines if line.startswith(f"{who}\t"))
    page = browser.new_page(base_url=URL)
    page.goto("/sign-in")
    page.fill("#user_name", who)
    page.fill("#password", password)
    with page.expect_navigation():
        page.press("#password", "Enter")
    return page


def save(picture, name):
    """Save a picture with as few colours as it needs: a fifth of the size."""
    path = FOLDER / f"{name}.png"
    picture.convert("RGB").quantize(128).save(path, optimize=True)
    print(f"{path.relative_to(ROOT)}: {path.stat().st_size // 1000} KB")


def first_with_plan(page):
    """The address of the first child on Stage 3 who has a plan of that stage."""
    page.goto(CHILDREN)
    found = page.locator("main tbody th a").evaluate_all("links => links.map(link => link.href)")
    for address in found:
        page.goto(address)
        if page.get_by_role("link", name=PLAN).count():
            return address
    raise SystemExit(f"No child of {CHILDREN} has a link “{PLAN}”.")


def take_screen(page, name, address, width, height, folder):
    page.set_viewport_size({"width": width, "height": height})
    page.goto(address)
    page.evaluate(NO_WARNINGS)
    file = Path(folder, f"{name}.png")
    page.screenshot(path=file)
    save(Image.open(file), name)


def pages_of(pdf, most):
    """The first pages of a PDF as pictures."""
    document = pypdfium2.PdfDocument(pdf)
    found = []
    for sheet in list(document)[:most]:
        found.append(sheet.render(scale=PAGE_WIDTH / sheet.get_width()).to_pil())
    return found


def take_papers(page, name, papers, child):
    sheets = []
    page.goto(child)
    for words, pdf, most in papers:
        address = child
        if words:
            address = page.get_by_role("link", name=words).get_attribute("href")
        sheets += pages_of(page.request.get(address + pdf).body(), most)
    height = max(sheet.height for sheet in sheets)
    whole = Image.new("RGB", (len(sheets) * (PAGE_WIDTH + GAP) - GAP, height), "#ddd")
    for place, sheet in enumerate(sheets):
        whole.paste(sheet, (place * (PAGE_WIDTH + GAP), 0))
    save(whole, name)


def main():
    """Make every picture again."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        process = start(folder)
        try:
            browser = playwright.chromium.launch(
                executable_path=need_chromium.browser(), args=["--no-sandbox"]
            )
            senco = sign_in(browser, "senco", folder)
            pages = {"senco": senco, "teacher": sign_in(browser, "teacher", folder)}
            child = first_with_plan(senco)
            for name, who, address, width, height in SCREENS:
                to = child if address == "child" else address
                take_screen(pages[who], name, to, width, height, folder)
            for name, papers in PAPERS:
                take_papers(senco, name, papers, child)
        finally:
            process.terminate()
            process.wait()


if __name__ == "__main__":
    main()
