"use strict";
// One terminal: camera, card reader and PIN pad before one gate. It keeps nothing but the language.

const PAUSE_MS = 120;        // between two frames; the gate asks for no more than a camera gives
const ANSWER_MS = 4000;      // how long an answer stands
const PATIENCE_MS = 8000;    // for the gate's computer
const IDLE_MS = 25000;       // an open PIN pad goes back by itself
const WIDTH = 800;           // of a frame
const WEDGE_MS = 60;         // between two characters a reader takes less, a person more
const CARD_LEAST = 4;        // characters

const $ = (id) => document.getElementById(id);
let language = localStorage.getItem("language") || (navigator.language.startsWith("zh") ? "zh" : "en");
let state = null;            // what /begin said
let number = 0;              // of the last request of this page
let stream = null;
let facing = "user";
let showing = "";            // pairing | ready | pad | answer
let until = 0;
let idle = 0;
let instruction = "";

const word = (name) => WORDS[language][name] ?? "";

function speak() {
  document.documentElement.lang = language === "zh" ? "zh-Hans" : "en";
  for (const one of document.querySelectorAll("[data-word]")) one.textContent = word(one.dataset.word === "back" ? "back_word" : one.dataset.word);
  $("language").textContent = WORDS[language === "zh" ? "en" : "zh"].language;
  $("language").lang = language === "zh" ? "en" : "zh-Hans";
  $("pad-title").textContent = word("use_pin");
  if (state) ready();
}

function show(name) {
  showing = name;
  for (const one of ["pairing", "ready", "pad", "answer"]) $(one).hidden = one !== name;
  document.body.dataset.showing = name;
  if (name !== "answer") document.body.dataset.outcome = "";
}

// --- speaking to the edge ------------------------------------------------------------------------------------------

async function post(path, body, kind) {
  const headers = { "Content-Type": kind };
  if (state) { headers["X-Session"] = state.session; headers["X-Number"] = String(++number); }
  const answer = await fetch(path, { method: "POST", headers, body, signal: AbortSignal.timeout(PATIENCE_MS), cache: "no-store" });
  return { status: answer.status, said: await answer.json() };
}

async function ask(path, body, kind = "application/json") {
  try {
    const { status, said } = await post(path, body, kind);
    if (status === 200) return said;
    if (status === 401) { unpair(); return null; }
    if (status === 409 || status === 503) await begin();
    if (status === 429) await rest(300);
    return null;
  } catch {
    if (showing === "ready") say(word("silent"));
    await rest(1000);
    return null;
  }
}

const rest = (ms) => new Promise((done) => setTimeout(done, ms));

async function begin() {
  for (;;) {
    state = null;
    try {
      const { status, said } = await post("/begin", "", "application/json");
      if (status === 401) { unpair(); return; }
      if (status === 200) { state = said; number = 0; ready(); await see(); return; }
      show("ready");
      say(word("away"));
    } catch {
      show("ready");
      say(word("silent"));
    }
    await rest(1500);
  }
}

function unpair() {
  const was = state !== null;
  state = null;
  darken();
  show("pairing");
  $("gate").textContent = "";
  $("pair-problem").textContent = was ? word("not_paired") : "";
  $("code").focus();
}

$("pairing").addEventListener("submit", async (event) => {
  event.preventDefault();
  $("pair-problem").textContent = "";
  try {
    const { status } = await post("/pair", JSON.stringify({ code: $("code").value }), "application/json");
    $("code").value = "";
    if (status === 200) await begin();
    else $("pair-problem").textContent = word(status === 503 ? "pair_disk" : "pair_bad");
  } catch {
    $("pair-problem").textContent = word("silent");
  }
});

// --- what stands on the screen ---------------------------------------------------------------------------------------

const takes = (way) => state !== null && state.means.includes(way);
const seesAnything = () => takes("face") || takes("pass");

function say(text) {
  if (text === instruction) return;
  instruction = text;
  $("instruction").textContent = text;
}

function ready() {
  $("gate").textContent = state.gate;
  $("pin-open").hidden = !takes("pin");
  $("turn").hidden = !seesAnything();
  $("number").inputMode = state.numbers === "digits" ? "numeric" : "text";
  if (showing === "pad" || showing === "answer") return;
  show("ready");
  if (document.body.dataset.act) { say(word("act_" + document.body.dataset.act)); $("other").textContent = word("instead"); return; }
  const card = takes("card"), pin = takes("pin");
  if (seesAnything()) {
    say(word(takes("face") && takes("pass") ? "look_or_code" : takes("face") ? "look" : "code"));
    $("other").textContent = card ? word("other_card") : "";
  } else {
    say(word(card && pin ? "card_or_pin" : card ? "card_only" : pin ? "pin_only" : "nothing"));
    $("other").textContent = "";
  }
}

// A date in the language of the page: "3 May 2026".
function longDay(on) {
  if (!on) return "";
  const day = new Date(on + "T12:00:00Z");
  return day.toLocaleDateString(document.documentElement.lang || "en", { day: "numeric", month: "long", year: "numeric", timeZone: "UTC" });
}

function answer(said) {
  if (!said || !said.outcome) return;
  clearPad();
  document.body.dataset.act = "";
  const granted = said.outcome === "granted";
  const reason = granted ? (said.reason ? "granted_door" : "granted") : said.reason;
  $("mark").textContent = granted ? "✓" : "✕";
  $("initials").textContent = said.initials || "";
  $("said").textContent = (word(reason) || word("ask")).replace("{paper}", said.paper || word("training")).replace("{on}", longDay(said.on));
  $("do").textContent = (word(reason + "_do") || "").replace("{n}", String(Math.max(1, Math.ceil((said.wait_s || 0) / 60))));
  document.body.dataset.outcome = said.outcome;
  show("answer");
  until = performance.now() + ANSWER_MS;
  setTimeout(() => { if (performance.now() + 50 >= until) { for (const one of ["initials", "said", "do"]) $(one).textContent = ""; show("ready"); if (state) ready(); } }, ANSWER_MS);
}

// What a face is asked to do, one thing at a time; the other ways in stay open meanwhile.
function act(asked) {
  if (asked === (document.body.dataset.act || "")) return;
  document.body.dataset.act = asked;
  if (asked) { say(word("act_" + asked)); $("other").textContent = word("instead"); }
  else if (showing === "ready" && state) { instruction = ""; ready(); }
}

// --- the camera --------------------------------------------------------------------------------------------------------

function darken() {
  for (const track of stream ? stream.getTracks() : []) track.stop();
  stream = null;
  $("mirror").hidden = true;
}

async function see() {
  darken();
  $("no-camera").hidden = seesAnything();
  if (!seesAnything()) return;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ audio: false, video: { facingMode: facing, width: { ideal: 1280 } } });
    $("video").srcObject = stream;
    $("mirror").hidden = false;
    $("video").classList.toggle("mirrored", facing === "user");
    document.body.dataset.eyes = takes("face") ? "face" : "code";
  } catch {
    $("no-camera").hidden = false;
    say(word("no_camera"));
    $("other").textContent = word("no_camera_do");
  }
}

$("turn").addEventListener("click", async () => { facing = facing === "user" ? "environment" : "user"; await see(); });

const canvas = document.createElement("canvas");

async function frame() {
  const video = $("video");
  if (!video.videoWidth) return null;
  canvas.width = WIDTH;
  canvas.height = Math.round(WIDTH * video.videoHeight / video.videoWidth);
  canvas.getContext("2d").drawImage(video, 0, 0, canvas.width, canvas.height);
  return new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.85));
}

async function watch() {
  for (;;) {
    await rest(PAUSE_MS);
    if (!state || !stream || showing !== "ready" || document.hidden) continue;
    const jpeg = await frame();
    if (!jpeg || showing !== "ready") continue;
    const said = await ask("/look", jpeg, "image/jpeg");
    if (!said || showing !== "ready") continue;
    act(said.act || "");
    if (said.outcome) answer(said);
    else if (said.act) continue;
    else if (said.hint === "nobody") { instruction = ""; ready(); }
    else if (said.hint && word(said.hint)) say(word(said.hint));
  }
}

// --- the card reader: a keyboard that types faster than anybody ------------------------------------------------------------

let typed = "";
let typedAt = 0;
let before = null;           // the field that had the focus, and what it held before the reader typed into it

document.addEventListener("keydown", async (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  const now = event.timeStamp;  // when the key was pressed, however busy this page is with pictures
  if (now - typedAt > WEDGE_MS) { typed = ""; before = null; }
  typedAt = now;
  if (event.key.length === 1) {
    if (!typed && event.target instanceof HTMLInputElement) before = { field: event.target, held: event.target.value };
    typed += event.key;
    return;
  }
  if (event.key !== "Enter" && event.key !== "Tab") return;
  const card = typed;
  typed = "";
  if (card.length < CARD_LEAST || !state) return;
  event.preventDefault();
  event.stopPropagation();
  if (before) before.field.value = before.held;
  answer(await ask("/card", JSON.stringify({ number: card })));
}, true);

// --- the PIN pad ----------------------------------------------------------------------------------------------------------

for (const key of ["1", "2", "3", "4", "5", "6", "7", "8", "9", "", "0", "⌫"]) {
  const button = document.createElement(key ? "button" : "span");
  if (key) { button.type = "button"; button.textContent = key; button.addEventListener("click", () => press(key)); }
  if (key === "⌫") button.id = "delete";
  $("keys").append(button);
}

function press(key) {
  const field = $("pin");
  field.value = key === "⌫" ? field.value.slice(0, -1) : (field.value + key).slice(0, 12);
  stay();
}

$("pin").addEventListener("keydown", (event) => {
  if (/^[0-9]$/.test(event.key)) press(event.key);
  else if (event.key === "Backspace") press("⌫");
});

function stay() {
  clearTimeout(idle);
  idle = setTimeout(() => { if (showing === "pad") leave(); }, IDLE_MS);
}

function clearPad() {
  clearTimeout(idle);
  $("number").value = "";
  $("pin").value = "";
}

function leave() { clearPad(); show("ready"); if (state) ready(); }

$("pin-open").addEventListener("click", () => { clearPad(); $("delete").ariaLabel = word("delete"); show("pad"); $("number").focus(); stay(); });
$("pad-back").addEventListener("click", leave);
$("number").addEventListener("input", stay);
$("number").addEventListener("keydown", (event) => { if (event.key === "Enter" && !$("pin").value) { event.preventDefault(); $("pin").focus(); } });

$("pad").addEventListener("submit", async (event) => {
  event.preventDefault();
  const said = { number: $("number").value, pin: $("pin").value };
  if (!said.number.trim()) { $("number").focus(); return; }
  if (!said.pin) { $("pin").focus(); return; }
  clearPad();
  show("ready");
  answer(await ask("/pin", JSON.stringify(said)));
});

// --- the beginning -----------------------------------------------------------------------------------------------------------

$("language").addEventListener("click", () => {
  language = language === "zh" ? "en" : "zh";
  localStorage.setItem("language", language);
  instruction = "";
  speak();
});

async function keepAwake() {
  try { await navigator.wakeLock.request("screen"); } catch { /* not everywhere; the tablet's own setting does it too */ }
}

document.addEventListener("visibilitychange", () => { if (!document.hidden) keepAwake(); });
speak();
keepAwake();
begin();
watch();
