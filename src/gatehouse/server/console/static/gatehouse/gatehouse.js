// The little that our pages need besides htmx: live events, relative times, one dialog.
(() => {
  "use strict";
  const doc = document;
  const lang = doc.documentElement.lang || "en";
  const relative = new Intl.RelativeTimeFormat(lang, { numeric: "auto" });
  const STEPS = [[60, "second", 1], [3600, "minute", 60], [86400, "hour", 3600], [Infinity, "day", 86400]];
  let serverAhead = 0; // ms; the server's clock is the one that counts

  const setClock = (text) => { const at = Date.parse(text); if (!Number.isNaN(at)) serverAhead = at - Date.now(); };

  const ago = (element) => {
    const seconds = (Date.parse(element.dateTime) - Date.now() - serverAhead) / 1000;
    if (Number.isNaN(seconds)) return;
    const size = Math.abs(seconds);
    if (size > 7 * 86400) return; // older: the exact date that the server wrote stays
    const [, unit, length] = STEPS.find(([limit]) => size < limit);
    const said = size < 10 ? relative.format(0, "second") : relative.format(Math.round(seconds / length), unit);
    if (element.textContent !== said) element.textContent = said;
  };
  const tick = () => doc.querySelectorAll("time[data-ago]").forEach(ago);

  // Server-sent events carry ids only; what happened is then fetched as a fragment, with the reader's own rights.
  const listen = (root) => {
    const sign = doc.querySelector("[data-live]");
    const source = new EventSource(root.dataset.events);
    source.onopen = () => { if (sign) sign.dataset.live = "on"; };
    source.onerror = () => { if (sign) sign.dataset.live = "off"; };
    source.addEventListener("clock", (event) => { setClock(event.data); tick(); });
    source.addEventListener("gate", (event) => {
      const tile = doc.getElementById(`gate-${event.data}`);
      if (tile) window.htmx.trigger(tile, "refresh");
    });
    source.addEventListener("alarm", () => {
      if (doc.getElementById("alarms")) window.htmx.trigger("#alarms", "refresh");
    });
    source.addEventListener("lanes", () => {
      if (doc.getElementById("lanes-queue")) window.htmx.trigger("#lanes-queue", "refresh");
    });
    window.addEventListener("pagehide", () => source.close());
  };

  let opensWhenSettled = false;
  const dialogOf = (event) => {
    const dialog = doc.getElementById("dialog");
    return dialog && event.target === dialog.firstElementChild ? dialog : null;
  };
  const focusFirst = (dialog) => {
    const first = dialog.querySelector("[autofocus]"); // the browser looks for it only when the dialog opens
    if (first) first.focus();
  };
  doc.addEventListener("htmx:afterSwap", (event) => {
    tick();
    const dialog = dialogOf(event);
    if (!dialog) return;
    opensWhenSettled = !dialog.open;
    if (dialog.open) focusFirst(dialog);
  });
  // Not before htmx has taken a new form over: a quick hand would send it the browser's own way. And only what was
  // closed when its content came: a quick hand that closes an answer before it settles does not see it come back.
  doc.addEventListener("htmx:afterSettle", (event) => {
    const dialog = dialogOf(event);
    if (!dialog || !opensWhenSettled) return;
    opensWhenSettled = false;
    dialog.showModal();
    focusFirst(dialog);
  });
  // A refusal is an answer with words in it: show what the server said instead of dropping it.
  doc.addEventListener("htmx:beforeSwap", (event) => {
    const said = event.detail.xhr.getResponseHeader("Content-Type") || "";
    if (event.detail.xhr.status >= 400 && said.startsWith("text/html")) event.detail.shouldSwap = true;
  });

  doc.addEventListener("click", (event) => {
    const closer = event.target.closest("[data-close]");
    if (closer) { closer.closest("dialog").close(); return; }
    const all = event.target.closest("[data-tick-all]");
    if (all) {
      const boxes = [...doc.querySelectorAll(`input[name="${CSS.escape(all.dataset.tickAll)}"]`)];
      const on = boxes.some((box) => !box.checked);
      boxes.forEach((box) => { box.checked = on; });
      return;
    }
    const printer = event.target.closest("[data-print]");
    if (printer) { window.print(); return; }
  });

  // Single keys press the buttons that show them, where the page offers to and its switch is on.
  doc.addEventListener("keydown", (event) => {
    const keys = doc.querySelector("[data-hotkeys]");
    if (!keys || !keys.checked || event.ctrlKey || event.altKey || event.metaKey || event.repeat) return;
    if (event.target.closest("input:not([type=radio]):not([type=checkbox]), select, textarea, dialog")) return;
    const button = doc.querySelector(`[data-hotkey="${CSS.escape(event.key)}"]:not([disabled])`);
    if (!button) return;
    event.preventDefault();
    button.click();
  });

  // On a phone a row of pages is wider than the screen: the open one is brought into view.
  doc.querySelectorAll(".nav").forEach((nav) => {
    const open = nav.querySelector("[aria-current]");
    if (open) nav.scrollLeft = open.offsetLeft - nav.offsetLeft - (nav.clientWidth - open.offsetWidth) / 2;
  });

  doc.querySelectorAll("[data-tick-all]").forEach((button) => { button.hidden = false; });
  setClock(doc.body.dataset.now || "");
  tick();
  setInterval(tick, 5000);
  const live = doc.querySelector("[data-events]");
  if (live) listen(live);
})();
