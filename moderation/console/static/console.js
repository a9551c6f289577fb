// Keys, the overlay, and what others do. Every page works without this script.
"use strict";
(() => {
  const body = document.body;
  const main = document.getElementById("content");
  const page = body.dataset.page;
  const keys = JSON.parse(body.dataset.keys || "{}");
  const csrf = body.dataset.csrf;
  const help = document.getElementById("keys");
  const words = document.getElementById("words");

  const send = (path, fields = {}) =>
    fetch(path, {
      method: "POST",
      redirect: "manual",
      headers: { "X-CSRF": csrf, "Content-Type": "application/x-www-form-urlencoded" },
      body: new URLSearchParams(fields),
    });

  // ── steps through proofs, or rows of the queue ──
  const step = (by) => {
    const stops =
      page === "queue"
        ? [...document.querySelectorAll(".cases th a")]
        : [...document.querySelectorAll(".finding, .side")];
    if (stops.length === 0) return;
    const here = stops.findIndex((one) => one === document.activeElement);
    const next = stops[Math.min(Math.max(here < 0 ? (by > 0 ? 0 : stops.length - 1) : here + by, 0), stops.length - 1)];
    if (!next.matches("a")) next.tabIndex = -1;
    next.focus({ preventScroll: true });
    next.scrollIntoView({ block: "center" });
  };

  // ── the overlay ──
  const overlays = [...document.querySelectorAll(".overlay")];
  for (const overlay of overlays) {
    const slider = overlay.querySelector("[type=range]");
    const flicker = overlay.querySelector(".flicker");
    const laid = overlay.querySelector(".laid");
    slider.addEventListener("input", () => {
      overlay.classList.remove("flicked", "flicking");
      flicker.setAttribute("aria-pressed", "false");
      laid.style.setProperty("--at", `${slider.value}%`);
    });
    flicker.addEventListener("click", () => {
      const shows = overlay.classList.toggle("flicked");
      overlay.classList.toggle("flicking", !shows);
      flicker.setAttribute("aria-pressed", String(shows));
    });
  }
  const overlayAtHand = () =>
    overlays.find((one) => one.closest(".finding")?.contains(document.activeElement)) || overlays[0];

  // ── places that were changed, once the pictures are there ──
  const outline = async (overlay) => {
    const address = overlay.dataset.changed;
    const frame = overlay.closest(".finding")?.querySelector(".pictures .frame");
    if (!address || !frame) return;
    const answer = await fetch(address);
    if (!answer.ok) return;
    const { outlines } = await answer.json();
    let svg = frame.querySelector("svg");
    if (!svg || outlines.length === 0) return;
    for (const points of outlines) {
      const said = points.map(([x, y]) => `${(x * 100).toFixed(2)},${(y * 100).toFixed(2)}`).join(" ");
      for (const kind of ["", "changed"]) {
        const polygon = document.createElementNS("http://www.w3.org/2000/svg", "polygon");
        polygon.setAttribute("points", said);
        if (kind) polygon.setAttribute("class", kind);
        svg.append(polygon);
      }
    }
  };
  if (overlays.length > 0)
    addEventListener("load", () => setTimeout(() => overlays.slice(0, 9).forEach((one) => outline(one).catch(() => {})), 200));

  // ── keys ──
  const press = (act) => {
    const button = document.querySelector(`[data-act="${act}"]`);
    if (!button) return false;
    if (button.dataset.needsWords !== undefined && words && !words.value.trim()) {
      words.focus();
      return true;
    }
    button.click();
    return true;
  };
  const toggle = (name) => {
    const on = body.classList.toggle(name);
    send("/settings/toggle", { name, on: on ? "1" : "0" });
    return true;
  };
  const acts = {
    help: () => help?.showModal(),
    words: () => words?.focus(),
    down: () => step(1),
    up: () => step(-1),
    compare: () => overlayAtHand()?.querySelector("[type=range]").focus(),
    flicker: () => overlayAtHand()?.querySelector(".flicker").click(),
    filter: () => document.querySelector("[data-act=filter]")?.focus(),
    blur: () => toggle("blur"),
    grey: () => toggle("grey"),
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (document.querySelector("dialog[open]")) return;
    if (event.key === "Enter" && event.target.matches(".ruling input")) return event.preventDefault();
    const typing = event.target.matches("input:not([type=range]):not([type=checkbox]), select, textarea");
    if (typing) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    if (body.dataset.keysOff !== undefined || event.repeat) return;
    const act = Object.keys(keys).find((one) => keys[one] === event.key);
    if (!act) return;
    event.preventDefault();
    if (acts[act]) acts[act]();
    else press(act);
  });
  for (const button of document.querySelectorAll("[data-opens]"))
    button.addEventListener("click", () => document.getElementById(button.dataset.opens).showModal());

  // ── one answer a form: a second click, or a key held down, decides nothing more ──
  for (const form of document.querySelectorAll("form[method=post]"))
    form.addEventListener("submit", (event) => {
      const button = event.submitter;
      if (button?.dataset.needsWords !== undefined && words && !words.value.trim()) {
        event.preventDefault();
        words.focus();
        return;
      }
      if (form.dataset.sent) event.preventDefault();
      form.dataset.sent = "1";
    });
  addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
  });

  // ── how long something can still be undone ──
  const undo = document.querySelector(".undo");
  if (undo) {
    const counts = undo.querySelector("[data-counts]");
    const due = Date.parse(undo.dataset.due);
    const tick = () => {
      const left = Math.ceil((due - Date.now()) / 1000);
      if (left <= 0) undo.remove();
      else {
        counts.textContent = counts.dataset.counts.replace("{}", left);
        setTimeout(tick, 500);
      }
    };
    tick();
  }

  // ── what others do ──
  const refresh = async () => {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (!answer.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    const focused = document.activeElement?.getAttribute?.("href");
    for (const part of document.querySelectorAll("[data-live]")) {
      const other = fresh.querySelector(`[data-live="${part.dataset.live}"]`);
      if (other) part.replaceChildren(...other.childNodes);
    }
    if (focused) document.querySelector(`.cases a[href="${focused}"]`)?.focus({ preventScroll: true });
  };
  const compareStanding = async () => {
    const shown = document.querySelector("[data-case]");
    const answer = await fetch(`/cases/${shown.dataset.case}/standing`);
    if (answer.status === 404) return location.assign("/queue");
    if (!answer.ok) return;
    const now = await answer.json();
    const same =
      now.state === shown.dataset.state &&
      String(now.verdict) === shown.dataset.verdict &&
      now.holder === shown.dataset.holder &&
      String(now.proofs) === (document.querySelector("[data-proofs]")?.dataset.proofs ?? "0");
    shown.querySelector(".gone").hidden = same;
  };
  if (page === "queue" || page === "case") {
    let mark = body.dataset.mark;
    let stream = null;
    const hear = (event) => {
      if (event.data === mark) return;
      mark = event.data;
      (page === "queue" ? refresh() : compareStanding()).catch(() => {});
    };
    // Only what is looked at listens: a browser opens six connections to us, and tabs share them.
    const listen = () => {
      if (document.visibilityState !== "visible") {
        stream?.close();
        stream = null;
      } else if (!stream) {
        stream = new EventSource("/live");
        stream.addEventListener("message", hear);
      }
    };
    listen();
    document.addEventListener("visibilitychange", listen);
    addEventListener("pageshow", listen);
    addEventListener("pagehide", () => {
      stream?.close();
      stream = null;
    });
  }

  // ── whoever looks at a case keeps it ──
  const mine = document.querySelector("[data-mine]");
  if (mine)
    setInterval(() => {
      if (document.visibilityState === "visible") send(`/cases/${mine.dataset.case}/take`).catch(() => {});
    }, mine.dataset.mine * 300);

  if (page === "case" || page === "alike") main?.focus({ preventScroll: true });
})();
