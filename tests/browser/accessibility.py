"""What axe-core finds on a page, and whether it scrolls sideways."""

from typing import Any

from axe_playwright_python.sync_playwright import Axe

OPTIONS = {
    "runOnly": {
        "type": "tag",
        "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    },
    "resultTypes": ["violations"],  # what passed need not be told, which is most of the time of a long page
}


# A colour half way is nobody's choice. What turns for ever stays as it is.
_FINISH = """document.getAnimations()
    .filter((each) => each.effect?.getComputedTiming().endTime !== Infinity)
    .forEach((each) => each.finish())"""


def problems(page: Any) -> list[str]:
    """Return one line for each thing that keeps somebody out; empty when there is none."""
    page.evaluate(_FINISH)
    found = [
        f"{violation['id']}: {violation['help']} ({node['html'][:160]})"
        for violation in Axe().run(page, options=OPTIONS).response["violations"]
        for node in violation["nodes"]
    ]
    root = "document.documentElement"
    if page.evaluate(f"{root}.scrollWidth > {root}.clientWidth"):
        found.append("The page scrolls sideways.")
    return found


def assert_accessible(page: Any) -> None:
    found = problems(page)
    assert not found, f"{page.url}\n" + "\n".join(found)
