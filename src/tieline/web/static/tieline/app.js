// Small comforts on top of pages that work without them.
document.documentElement.classList.add("js");

// Where a form needs attention, start there.
const attend = (root) => root.querySelector?.("[data-focus]")?.focus();

document.addEventListener("DOMContentLoaded", () => attend(document));
document.addEventListener("htmx:after:swap", (event) => attend(event.target));

document.addEventListener("click", async (event) => {
  const copy = event.target.closest?.("[data-copy]");
  if (copy) {
    const source = document.getElementById(copy.dataset.copy);
    const said = copy.querySelector("span");
    try {
      await navigator.clipboard.writeText(source.value ?? source.textContent);
    } catch {
      source.closest("details")?.setAttribute("open", "");
      source.focus();
      source.select?.();
      return;
    }
    const before = said.textContent;
    said.textContent = copy.dataset.copied;
    setTimeout(() => { said.textContent = before; }, 2000);
  }
  // One menu at a time, closed by a click elsewhere.
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.removeAttribute("open");
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      menu.removeAttribute("open");
      menu.querySelector("summary").focus();
    }
  }
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target.form) {
    event.target.form.requestSubmit();
  }
  const typing = event.target.closest?.("input, textarea, select, [contenteditable]");
  if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
    const search = document.querySelector("input[type=search]");
    if (search) {
      event.preventDefault();
      search.focus();
    }
  }
});
