// Keeps the live parts of a page up to date. Every page can be read without it.
"use strict";

(() => {
  const most = 12; // passages that are shown
  const all = (selector) => document.querySelectorAll(selector);
  const state = document.getElementById("state");
  const word = document.getElementById("state-text");
  const set = (node, text) => { if (node && node.textContent !== text) node.textContent = text; };

  // show says how the proxy does: in words, and in the colour that goes with them.
  const show = (ready, text) => {
    set(word, text);
    state.classList.toggle("good", ready);
    state.classList.toggle("bad", !ready);
  };

  const overview = (told) => {
    show(told.ready, told.ready ? "ready" : "not ready");
    for (const node of all("[data-live]")) {
      const text = told.texts[node.dataset.live];
      if (text !== undefined) set(node, text);
    }
    for (const node of all("[data-path]")) {
      const path = told.paths[node.dataset.path];
      if (path !== undefined) node.setAttribute("d", path);
    }
    const reasons = document.getElementById("reasons");
    if (reasons) {
      reasons.hidden = told.ready;
      document.getElementById("reasons-list").replaceChildren(...(told.reasons ?? []).map((reason) => {
        const item = document.createElement("li");
        item.textContent = reason;
        return item;
      }));
    }
  };

  const passage = (told) => {
    const list = document.getElementById("passages-list");
    if (!list) return;
    set(document.getElementById("passages-note"), "As it happens; the newest first.");
    const item = document.createElement("li");
    const time = document.createElement("span");
    const link = document.createElement("a");
    const text = document.createElement("span");
    time.className = text.className = "note";
    time.textContent = told.time;
    text.textContent = told.text;
    link.textContent = told.key;
    link.href = told.link;
    item.append(time, " ", link, " ", text);
    list.prepend(item);
    while (list.children.length > most) list.lastElementChild.remove();
  };

  if (!state || !window.EventSource) return;
  let source;
  const listen = () => {
    source = new EventSource("/live");
    source.addEventListener("overview", (event) => overview(JSON.parse(event.data)));
    source.addEventListener("passage", (event) => passage(JSON.parse(event.data)));
    source.addEventListener("error", () => show(false, "no contact"));
  };
  // A page that nobody sees asks for nothing.
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) source?.close();
    else if (!source || source.readyState === EventSource.CLOSED) listen();
  });
  if (!document.hidden) listen();
})();
