// What the page gains when scripts may run: the filter, which the address keeps.
"use strict";

const form = document.getElementById("filter");

if (form) {
  const fields = form.elements;
  const keys = ["text", "profile", "result"];
  const matrix = document.getElementById("matrix");
  const heads = [...matrix.querySelectorAll("thead th[data-subject]")];
  const rows = [...matrix.querySelectorAll("tbody tr")];
  const profiles = [...matrix.querySelectorAll(".cells tr")];

  // fits tells whether a subject is wanted: all words are in its name, and some profile,
  // or the one that is chosen, became what is asked for.
  const fits = (at, words) =>
    words.every((word) => heads[at].dataset.subject.toLowerCase().includes(word)) &&
    (!fields.result.value || profiles.some((row) => !row.hidden && row.children[at + 1].classList.contains(fields.result.value)));

  // show hides what does not fit the filter: rows first, then columns.
  const show = () => {
    const words = fields.text.value.toLowerCase().split(/\s+/);
    for (const row of profiles) row.hidden = fields.profile.value !== "" && row.dataset.profile !== fields.profile.value;
    let count = 0;
    heads.forEach((head, at) => {
      const wanted = fits(at, words);
      count += wanted ? 1 : 0;
      head.hidden = !wanted;
      for (const row of rows) row.children[at + 1].hidden = !wanted;
    });
    fields.count.value = `${count} of ${heads.length} subjects`;
    matrix.hidden = count === 0;
    document.getElementById("nothing").hidden = count > 0;
  };

  // keep writes the filter into the address.
  const keep = () => {
    const filter = new URLSearchParams();
    for (const key of keys) {
      if (fields[key].value) filter.set(key, fields[key].value);
    }
    history.replaceState(null, "", filter.size ? "#" + filter : location.pathname + location.search);
  };

  // follow takes the filter that the address has.
  const follow = () => {
    const filter = new URLSearchParams(location.hash.slice(1));
    for (const key of keys) fields[key].value = filter.get(key) ?? "";
    show();
  };

  addEventListener("keydown", (event) => {
    const on = document.activeElement;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "/" && !on?.matches?.("input, select")) {
      event.preventDefault();
      fields.text.select();
    } else if (event.key === "Escape" && on === fields.text) {
      fields.text.value = "";
      show();
      keep();
    }
  });
  form.addEventListener("input", () => { show(); keep(); });
  form.addEventListener("reset", () => setTimeout(() => { show(); keep(); }));
  form.addEventListener("submit", (event) => event.preventDefault());
  addEventListener("hashchange", follow);
  form.hidden = false;
  follow();
}
