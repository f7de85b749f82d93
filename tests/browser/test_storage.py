"""A person brings their old mail along, sees it come while reading, takes everything away again, and makes room."""

import io
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests import factories
from tests.browser.accessibility import assert_accessible
from tests.browser.mailbox import Person, make_person, row, status

pytestmark = pytest.mark.browser

COUNT = 400


@pytest.fixture
def person(running_workmail: Any, new_page: Callable[..., Page]) -> Callable[..., Person]:
    return lambda *messages: make_person(running_workmail, new_page, list(messages))


def old_mail(path: Path, count: int = COUNT) -> Path:
    """Messages in two folders, with some weight so that they come in several batches and pieces."""
    noise = [(f"{n}.bin", "application/octet-stream", bytes(n % 251 for _ in range(20_000))) for n in range(2)]
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(count):
            raw = factories.make_message_bytes(
                subject=f"Old letter {number}",
                message_id=f"<{path.stem}-{number}@old.example>",
                attachments=noise,
            )
            archive.writestr(f"{'Letters' if number % 2 else 'Letters/From home'}/{number}.eml", raw)
    return path


def open_transfer(page: Page) -> None:
    page.goto("/settings/transfer/")
    page.wait_for_selector("html.ready", state="attached")


def test_old_mail_is_imported_with_its_progress_in_sight(person: Callable[..., Person], tmp_path: Path):
    page = person({"subject": "Already here"}).page()
    open_transfer(page)
    assert_accessible(page)
    page.get_by_label("File", exact=True).set_input_files(old_mail(tmp_path / "old mail.zip"))
    page.get_by_role("button", name="Import the file").click()
    expect(status(page)).to_have_text("The import has begun. You can leave this page.", timeout=30_000)
    # The bar is in the status line of whatever page one goes to, and moves by itself.
    page.goto("/mail/")
    job = page.locator("#jobs .job")
    expect(job).to_contain_text("Import old mail.zip", timeout=15_000)
    expect(job.locator("progress")).to_be_visible()
    expect(job.locator(".num")).to_have_text(re.compile(rf"^\d+ of {COUNT} messages"), timeout=30_000)
    expect(status(page)).to_have_text(f"{COUNT} messages imported.", timeout=90_000)
    expect(job).to_contain_text(f"{COUNT} messages imported.")
    letters = page.get_by_role("treeitem", name=re.compile("Letters"))
    expect(letters.first).to_be_visible(timeout=15_000)
    letters.first.click()
    expect(row(page, "Old letter 1").first).to_be_visible()
    page.get_by_role("button", name="Hide this notice").click()
    expect(page.locator("#jobs .job")).to_have_count(0)


def test_an_export_is_made_cancelled_made_again_and_downloaded(person: Callable[..., Person]):
    page = person({"subject": "One"}, {"subject": "Two"}).page()
    open_transfer(page)
    page.get_by_label("ZIP archive with each message").check()
    page.get_by_role("button", name="Export", exact=True).click()
    list_ = page.locator("[data-jobs-list]")
    expect(list_).to_contain_text("The export is ready: 2 messages.", timeout=30_000)
    with page.expect_download() as waiting:
        list_.get_by_role("link", name=re.compile("Download")).click()
    octets = Path(waiting.value.path()).read_bytes()
    assert len(zipfile.ZipFile(io.BytesIO(octets)).namelist()) == 2
    assert_accessible(page)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 320])
def test_storage_is_for_everyone(person: Callable[..., Person], width: int, scheme: str):
    someone = person()
    page = someone.page(viewport={"width": 1440, "height": 800}, color_scheme=scheme)
    someone.receives(subject="The film", attachments=[("film.bin", "text/plain", b"x" * 60 * 25_000)])
    expect(row(page, "The film")).to_be_visible(timeout=15_000)
    page.set_viewport_size({"width": width, "height": 800})
    for address in ("/settings/storage/", "/settings/transfer/"):
        page.goto(address)
        page.wait_for_selector("html.ready", state="attached")
        assert_accessible(page)
    page.goto("/settings/storage/")
    page.get_by_role("button", name="Delete The film").click()
    expect(status(page)).to_have_text(re.compile("Deleted"))
    page.get_by_role("button", name=re.compile("for ever")).click()
    expect(page.locator("#messages")).to_contain_text("No message is larger than 1")


def test_everything_works_without_script(person: Callable[..., Person], tmp_path: Path):
    page = person({"subject": "One"}).page(java_script_enabled=False)
    page.goto("/settings/transfer/")
    page.get_by_label("File", exact=True).set_input_files(old_mail(tmp_path / "few.zip", 3))
    page.get_by_role("button", name="Import the file").click()
    expect(page.locator("#did-text")).to_have_text("The import has begun. You can leave this page.")
    for _ in range(30):
        page.get_by_role("button", name="Look again").click()
        if page.get_by_text("3 messages imported.").count():
            break
        page.wait_for_timeout(500)
    expect(page.locator("#work")).to_contain_text("3 messages imported.")
