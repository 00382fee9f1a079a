// The pass on a worker's phone: a new code before the old one ends, only while somebody looks.
(() => {
  "use strict";
  const place = document.getElementById("my-pass");
  if (!place) return;
  const left = document.getElementById("my-pass-left");
  const again = document.getElementById("my-pass-again");
  const csrf = document.querySelector("[name=csrfmiddlewaretoken]").value;
  const nextMs = Number(place.dataset.next) * 1000;
  const holdsMs = Number(place.dataset.holds) * 1000;
  const MOST = 10;  // codes in a row; then somebody has to want one
  let shownAt = 0, triedAt = 0, count = 0, busy = false;

  const fetchCode = async () => {
    busy = true;
    triedAt = performance.now();
    try {
      const answer = await fetch(place.dataset.from, { method: "POST", headers: { "X-CSRFToken": csrf }, cache: "no-store" });
      if (answer.redirected || (!answer.ok && answer.status !== 422)) throw new Error("away");
      place.innerHTML = await answer.text();
      shownAt = triedAt;
      count += 1;
    } catch {
      left.textContent = left.dataset.away;
      // A code that is over must not stand there as if it were good.
      if (performance.now() - shownAt > holdsMs) place.replaceChildren();
    }
    busy = false;
  };

  const tick = async () => {
    if (busy || document.hidden) return;
    const now = performance.now();
    if (count >= MOST && now - shownAt >= nextMs) {
      place.replaceChildren();
      left.textContent = left.dataset.rest;
      again.hidden = false;
      return;
    }
    if (!shownAt || now - shownAt >= nextMs) { if (now - triedAt > 3000 || !triedAt) await fetchCode(); return; }
    left.textContent = left.dataset.left.replace("{n}", String(Math.ceil((nextMs - (now - shownAt)) / 1000)));
  };

  again.addEventListener("click", () => { again.hidden = true; count = 0; shownAt = 0; triedAt = 0; tick(); });
  document.addEventListener("visibilitychange", () => { if (!document.hidden) tick(); });
  setInterval(tick, 500);
  tick();
})();
