// Filter and keys. Without this script the page is the full list.
"use strict";
(() => {
  const form = document.querySelector("form.filter");
  const dialog = document.querySelector("dialog.keys");
  const shown = form.querySelector(".shown");
  const nothing = document.querySelector(".nothing");
  const notes = [...document.querySelectorAll("article.note")];
  const { words, decision, reason } = form.elements;
  const texts = new Map();

  const textOf = (note) => {
    if (!texts.has(note)) texts.set(note, note.textContent.toLowerCase());
    return texts.get(note);
  };

  const fits = (note) =>
    (!decision.value || note.dataset.decision === decision.value) &&
    (!reason.value || note.dataset.reasons.split(" ").includes(reason.value)) &&
    (!words.value || textOf(note).includes(words.value.trim().toLowerCase()));

  const apply = () => {
    let count = 0;
    for (const note of notes) {
      note.hidden = !fits(note);
      if (!note.hidden) count += 1;
    }
    shown.value = shown.dataset.words.replace("{}", count).replace("{}", notes.length);
    nothing.hidden = count > 0 || notes.length === 0;
    for (const button of document.querySelectorAll("[data-pick-decision]"))
      button.setAttribute("aria-pressed", button.dataset.pickDecision === decision.value);
    for (const button of document.querySelectorAll("[data-pick-reason]"))
      button.setAttribute("aria-pressed", button.dataset.pickReason === reason.value);
  };

  const toggle = (select, value) => {
    select.value = select.value === value ? "" : value;
    apply();
  };

  const clear = () => {
    form.reset();
    apply();
  };

  const step = (by) => {
    const visible = notes.filter((note) => !note.hidden);
    if (visible.length === 0) return;
    const here = visible.findIndex((note) => note.contains(document.activeElement));
    const next = here < 0 ? (by > 0 ? 0 : visible.length - 1) : here + by;
    const note = visible[Math.min(Math.max(next, 0), visible.length - 1)];
    note.focus({ preventScroll: true });
    note.scrollIntoView({ block: "start" });
  };

  const cycle = () => {
    decision.selectedIndex = (decision.selectedIndex + 1) % decision.options.length;
    apply();
  };

  const keys = {
    j: () => step(1),
    k: () => step(-1),
    "/": () => words.focus(),
    f: cycle,
    "?": () => dialog.showModal(),
    Escape: clear,
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || dialog.open) return;
    const typing = event.target.matches("input, select, textarea");
    if (typing && event.key !== "Escape") return;
    const act = keys[event.key];
    if (!act) return;
    event.preventDefault();
    if (typing) event.target.blur();
    act();
  });

  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", apply);
  form.addEventListener("reset", () => setTimeout(apply));
  form.querySelector(".help").addEventListener("click", () => dialog.showModal());
  for (const button of document.querySelectorAll("[data-pick-decision]")) {
    button.disabled = false;
    button.addEventListener("click", () => toggle(decision, button.dataset.pickDecision));
  }
  for (const button of document.querySelectorAll("[data-pick-reason]")) {
    button.disabled = false;
    button.addEventListener("click", () => toggle(reason, button.dataset.pickReason));
  }
  form.hidden = false;
  apply();
})();
