// What a driver's pages need besides: plate keys, the time left, and a pay station that forgets who stood there.
(() => {
  "use strict";
  const doc = document;
  const HAN = /^\p{Script=Han}/u;
  const PLACES = 8;

  // --- plate keys: provinces first, then letters and digits; typing by hand works on as before ---
  const keys = doc.querySelector(".platekeys");
  if (keys) {
    const field = doc.getElementById(keys.dataset.for);
    const places = field.parentElement.querySelector(".places");
    const toggle = doc.querySelector("[data-keys]");
    const [first, rest] = ["first", "rest"].map((name) => keys.querySelector(`[data-panel=${name}]`));
    const plain = () => [...field.value.replace(/[\s.·•\-]/g, "").toUpperCase()];

    const draw = () => {
      const typed = plain();
      const chinese = typed.length === 0 || HAN.test(typed[0]);
      first.hidden = typed.length > 0;
      rest.hidden = typed.length === 0;
      rest.querySelectorAll(".digit").forEach((key) => { key.disabled = chinese && typed.length === 1; });
      rest.querySelectorAll(".tail").forEach((key) => { key.disabled = typed.length < 5; });
      places.hidden = keys.hidden || !chinese || typed.length > PLACES;
      field.parentElement.classList.toggle("placed", !places.hidden);
      [...places.children].forEach((place, at) => {
        place.textContent = typed[at] || "";
        place.classList.toggle("next", at === typed.length);
      });
    };
    const open = (yes) => {
      keys.hidden = !yes;
      toggle.setAttribute("aria-expanded", String(yes));
      if (yes) field.setAttribute("inputmode", "none"); else field.removeAttribute("inputmode");
      draw();
    };
    keys.addEventListener("click", (event) => {
      const key = event.target.closest("[data-type]");
      if (key) field.value = [...plain(), key.dataset.type].join("");
      else if (event.target.closest("[data-back]")) field.value = plain().slice(0, -1).join("");
      else return;
      draw();
      field.focus();
    });
    toggle.addEventListener("click", () => { open(keys.hidden); field.focus(); });
    field.addEventListener("input", draw);
    toggle.hidden = false;
    open("open" in keys.dataset);
  }

  // --- the time left to leave, by the server's clock ---
  const ahead = Date.parse(doc.body.dataset.now || "") - Date.now() || 0;
  const countDown = () => doc.querySelectorAll("[data-ends]").forEach((element) => {
    const seconds = Math.max(0, Math.floor((Date.parse(element.dataset.ends) - Date.now() - ahead) / 1000));
    if (Number.isNaN(seconds)) return;
    element.textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  });
  countDown();
  setInterval(countDown, 1000);
  doc.addEventListener("htmx:afterSwap", countDown);

  // --- a pay station goes back to its start by itself, and never back to what somebody else saw ---
  // After a provider's page on another site the browser does not tell at first that this is a station: ask once more.
  const station = doc.body.classList.contains("station");
  if (station) sessionStorage.setItem("station", "yes");
  else if (sessionStorage.getItem("station") === "yes") {
    sessionStorage.setItem("station", "asked");
    if (performance.getEntriesByType("navigation")[0]?.type !== "reload") window.location.reload();
  }
  const idle = doc.querySelector("[data-idle]");
  if (idle) {
    const said = idle.querySelector("[data-idle-left]");
    const length = Number(idle.dataset.idle);
    let touched = Date.now();
    const home = () => window.location.replace(idle.dataset.start);
    const atStart = window.location.pathname === idle.dataset.start;
    const look = () => {
      const left = Math.ceil(length - (Date.now() - touched) / 1000);
      const field = doc.getElementById("plate");
      if (atStart && !(field && field.value)) return; // nothing of anybody's is here
      said.hidden = left > 20;
      said.querySelector("strong").textContent = String(Math.max(left, 0));
      if (left <= 0) home();
    };
    ["pointerdown", "keydown", "input"].forEach((name) => doc.addEventListener(name, () => { touched = Date.now(); look(); }));
    window.addEventListener("pageshow", (event) => { if (event.persisted) home(); });
    setInterval(look, 1000);
  }
})();
