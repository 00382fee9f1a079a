// People and their photos go to the server piece by piece. What was cut off goes on with the piece that is wanted next;
// several files are sent one after another as if they were one.
(() => {
  "use strict";
  const form = document.getElementById("photos");
  if (!form) return;
  const files = form.querySelector("input[type=file]"), button = form.querySelector("button");
  const bar = document.getElementById("photos-bar"), told = document.getElementById("photos-told");
  const csrf = form.querySelector("[name=csrfmiddlewaretoken]").value;
  const TRIES = 5, PAUSE_MS = 1000;

  const say = (text, wrong) => { told.textContent = text; told.classList.toggle("wrong", Boolean(wrong)); };
  const wait = (ms) => new Promise((done) => setTimeout(done, ms));

  const post = async (address, fields) => {
    const body = new FormData();
    for (const [name, value] of Object.entries(fields)) body.append(name, value);
    const answer = await fetch(address, { method: "POST", body, headers: { "X-CSRFToken": csrf } });
    if (answer.status >= 500 || answer.status === 429) throw new Error("away");
    const found = await answer.json().catch(() => ({}));
    if (!answer.ok) throw Object.assign(new Error("refused"), { said: [found.what, found.do].filter(Boolean).join(". ") });
    return found;
  };

  const again = async (address, fields) => {
    for (let tries = 1; ; tries += 1) {
      try { return await post(address, fields); } catch (fault) {
        if (fault.said !== undefined || tries === TRIES) throw fault;
        say(form.dataset.waiting);
        await wait(PAUSE_MS * 2 ** tries);
      }
    }
  };

  const send = async (plan, whole) => {
    const pieces = Math.ceil(whole.size / plan.piece);
    for (let n = plan.next; n < pieces;) {
      bar.value = n / pieces;
      say(form.dataset.sending.replace("{n}", String(Math.floor(100 * n / pieces))));
      n = (await again(`${plan.to}${n}`, { piece: whole.slice(n * plan.piece, (n + 1) * plan.piece) })).next;
    }
    bar.value = 1;
    say(form.dataset.reading);
    const read = document.getElementById("photos-read");
    read.action = plan.read;
    read.submit();
  };

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const chosen = [...files.files], whole = new Blob(chosen);
    if (form.dataset.size && whole.size !== Number(form.dataset.size)) { say(form.dataset.other, true); return; }
    button.disabled = files.disabled = true;
    bar.hidden = false;
    try {
      const parts = JSON.stringify(chosen.map((file) => ({ name: file.name, size: file.size })));
      const plan = form.dataset.to
        ? { piece: Number(form.dataset.piece), to: form.dataset.to, read: form.dataset.read, next: Number(form.dataset.next) }
        : await again(form.action, { site: form.elements.site.value, parts });
      await send(plan, whole);
    } catch (fault) {
      say(fault.said || form.dataset.away, true);
      button.disabled = files.disabled = false;
    }
  });
})();
