"""Draw the icons of the installed application from their SVG, in a Chromium: ``python scripts/make_icons.py``."""

import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
IMAGES = ROOT / "static" / "img"
ICONS = (("icon", 180, "icon-180"), ("icon", 192, "icon-192"), ("icon", 512, "icon-512"))
MASKABLE = (("icon-maskable", 512, "icon-maskable-512"),)


def main() -> None:
    from tests.services import browser as chromium

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium.executable(), args=chromium.LAUNCH_ARGUMENTS)
        for source, size, name in (*ICONS, *MASKABLE):
            page = browser.new_page(viewport={"width": size, "height": size})
            drawing = (IMAGES / f"{source}.svg").read_text(encoding="utf-8")
            page.set_content(f"<style>*{{margin:0}}svg{{display:block;width:100vw;height:100vh}}</style>{drawing}")
            page.screenshot(path=IMAGES / f"{name}.png", omit_background=True)
            page.close()
        browser.close()


if __name__ == "__main__":
    main()
