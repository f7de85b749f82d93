/** The page for paper: one button, which is not printed itself. */
for (const tools of document.querySelectorAll("[data-print-tools]")) tools.hidden = false;
document.querySelector("[data-print]")?.addEventListener("click", () => print());
