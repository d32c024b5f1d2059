// What the pages gain when scripts may run: the filter of the index, copying of
// links, and diagrams. Without it every word can still be read.
"use strict";

if (matchMedia("(max-width: 48rem)").matches) {
  document.querySelector("nav details").open = false;
}

for (const button of document.querySelectorAll(".copy")) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    const url = new URL("#" + button.dataset.id, location.href).href;
    try {
      await navigator.clipboard.writeText(url);
      button.textContent = "copied";
    } catch {
      location.hash = button.dataset.id; // no clipboard here: the address bar has it
    }
  });
}

const form = document.getElementById("filter");
if (form) {
  const items = [...document.querySelectorAll("#requirements > li")];
  const keys = ["role", "level", "profile", "chapter"];
  for (const key of keys) {
    for (const value of [...new Set(items.map((li) => li.dataset[key]))].sort()) {
      form.elements[key].add(new Option(value, value));
    }
  }
  const show = () => {
    const words = form.elements.text.value.toLowerCase().split(/\s+/);
    let count = 0;
    for (const li of items) {
      const text = li.textContent.toLowerCase();
      const fits = words.every((word) => text.includes(word)) &&
        keys.every((key) => !form.elements[key].value || form.elements[key].value === li.dataset[key]);
      li.hidden = !fits;
      count += fits ? 1 : 0;
    }
    form.elements.count.value = `${count} of ${items.length}`;
  };
  form.addEventListener("input", show);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.hidden = false;
  show();
}

if (window.mermaid) {
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  mermaid.initialize({ startOnLoad: false, securityLevel: "strict", theme: dark ? "dark" : "default" });
  mermaid.run({ querySelector: "pre.mermaid" })
    .catch((error) => console.error(error.message ?? error.str ?? String(error)))
    .finally(() => { document.body.dataset.drawn = "yes"; });
}
