// What the page gains when scripts may run: the filter, which the address keeps, keys
// to move by, and copying. Without it every word can still be read.
"use strict";

const form = document.getElementById("filter");
const fields = form.elements;
const items = [...document.querySelectorAll("#requirements > li")];
const words = new Map(items.map((li) => [li, li.textContent.toLowerCase()]));
const keys = ["text", "verdict", "profile", "level"];
const toggle = document.getElementById("toggle");
const shown = () => items.filter((li) => !li.hidden);
const box = (li) => li.firstElementChild;

// show hides what does not fit the filter.
function show() {
  const wanted = fields.text.value.toLowerCase().split(/\s+/);
  for (const li of items) {
    li.hidden = !wanted.every((word) => words.get(li).includes(word)) ||
      keys.slice(1).some((key) => fields[key].value && fields[key].value !== li.dataset[key]);
  }
  const count = shown().length;
  fields.count.value = `${count} of ${items.length}`;
  document.getElementById("nothing").hidden = count > 0;
  label();
}

// label says what the button would do.
function label() {
  toggle.textContent = shown().some((li) => !box(li).open) ? "open all" : "close all";
}

// keep writes the filter into the address.
function keep() {
  const filter = new URLSearchParams();
  for (const key of keys) {
    if (fields[key].value) filter.set(key, fields[key].value);
  }
  history.replaceState(null, "", filter.size ? "#" + filter : location.pathname + location.search);
}

// follow does what the address says: it has a filter, or names a requirement.
function follow() {
  const hash = location.hash.slice(1);
  const target = document.getElementById(decodeURIComponent(hash));
  const filter = new URLSearchParams(target ? "" : hash);
  for (const key of keys) fields[key].value = filter.get(key) ?? "";
  show();
  if (target instanceof HTMLDetailsElement) {
    target.open = true;
    target.scrollIntoView();
    target.firstElementChild.focus({ preventScroll: true });
  }
}

// move puts the focus so many rows on from the one that has it.
function move(by) {
  const rows = shown().map((li) => box(li).firstElementChild);
  const at = rows.indexOf(document.activeElement);
  const next = at < 0 ? (by > 0 ? 0 : -1) : at + by;
  if (next < 0) fields.text.focus();
  else rows[Math.min(next, rows.length - 1)]?.focus();
}

addEventListener("keydown", (event) => {
  const on = document.activeElement;
  const row = on?.matches?.("#requirements summary");
  const typing = on?.matches?.("input:not([type=radio]), select");
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "/" && !typing) {
    event.preventDefault();
    fields.text.select();
  } else if (event.key === "Escape" && on === fields.text) {
    fields.text.value = "";
    show();
    keep();
  } else if (event.key === "ArrowDown" && (row || on === fields.text || on === document.body)) {
    event.preventDefault();
    move(1);
  } else if (event.key === "ArrowUp" && row) {
    event.preventDefault();
    move(-1);
  } else if (event.key === "Enter" && on === fields.text) {
    event.preventDefault();
    move(1);
  }
});

for (const button of document.querySelectorAll(".copy")) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    const code = button.previousElementSibling;
    try {
      await navigator.clipboard.writeText(code.textContent);
      button.textContent = "copied";
    } catch {
      getSelection().selectAllChildren(code); // no clipboard here: the reader's own keys copy it
    }
  });
}

toggle.addEventListener("click", () => {
  const open = toggle.textContent === "open all";
  for (const li of shown()) box(li).open = open;
  label();
});
document.getElementById("requirements").addEventListener("toggle", label, true);
form.addEventListener("input", () => { show(); keep(); });
form.addEventListener("reset", () => setTimeout(() => { show(); keep(); }));
form.addEventListener("submit", (event) => event.preventDefault());
addEventListener("hashchange", follow);

// On paper, what did not pass stands open.
let closed = [];
addEventListener("beforeprint", () => {
  closed = [...document.querySelectorAll("details:not([open])")].filter((d) => !d.id || d.querySelector(".case"));
  for (const d of closed) d.open = true;
});
addEventListener("afterprint", () => { for (const d of closed) d.open = false; });

form.hidden = false;
if (location.hash) follow();
else show();
