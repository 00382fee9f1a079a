// Enrolling with the device's camera: consent first, then guidance until the picture is good. Nothing is kept but the
// one picture that is sent.
(() => {
  "use strict";
  const form = document.getElementById("enrol");
  if (!form) return;
  const $ = (id) => document.getElementById(id);
  const video = $("enrol-video"), still = $("enrol-still"), hint = $("enrol-hint"), quality = $("enrol-quality");
  const csrf = form.querySelector("[name=csrfmiddlewaretoken]").value;
  const GOOD = 3;        // looks in a row
  const WIDTH = 960;
  let stream = null, good = 0;

  const guardian = () => {
    // Of a pupil a guardian agrees unless somebody says otherwise; of anybody else the other way round.
    const child = $("under-14") ? $("under-14").checked : !$("of-age").checked;
    $("guardian-field").hidden = !child;
    $("guardian").required = child;
  };
  ($("under-14") || $("of-age")).addEventListener("change", guardian);
  guardian();

  const stop = () => { for (const track of stream ? stream.getTracks() : []) track.stop(); stream = null; video.hidden = true; };

  const frame = () => {
    still.width = WIDTH;
    still.height = Math.round(WIDTH * video.videoHeight / video.videoWidth);
    still.getContext("2d").drawImage(video, 0, 0, still.width, still.height);
    return new Promise((done) => still.toBlob(done, "image/jpeg", 0.92));
  };

  const take = (picture) => {
    const files = new DataTransfer();
    files.items.add(new File([picture], "portrait.jpg", { type: "image/jpeg" }));
    $("enrol-photo").files = files.files;
    stop();
    still.hidden = false;
    hint.textContent = form.dataset.taken;
    $("enrol-use").hidden = $("enrol-again").hidden = false;
  };

  const look = async () => {
    while (stream) {
      await new Promise((done) => setTimeout(done, 200));
      if (!stream || !video.videoWidth || document.hidden) continue;
      const picture = await frame();
      const body = new FormData();
      body.append("frame", picture, "frame.jpg");
      try {
        const answer = await fetch(form.dataset.look, { method: "POST", headers: { "X-CSRFToken": csrf }, body, cache: "no-store" });
        const said = await answer.json();
        if (!stream) return;
        hint.textContent = form.dataset[said.hint] || form.dataset.nobody;
        quality.textContent = quality.dataset.said.replace("{n}", String(said.quality));
        good = said.hint === "good" ? good + 1 : 0;
        if (good >= GOOD) take(picture);
      } catch { good = 0; }
    }
  };

  const start = async () => {
    if (!form.reportValidity()) return;
    still.hidden = true;
    good = 0;
    $("enrol-use").hidden = $("enrol-again").hidden = true;
    try {
      stream = await navigator.mediaDevices.getUserMedia({ audio: false, video: { facingMode: "user", width: { ideal: 1280 } } });
    } catch {
      hint.textContent = form.dataset.nocamera;
      return;
    }
    video.srcObject = stream;
    video.hidden = false;
    await video.play();
    $("enrol-start").hidden = true;
    look();
  };

  $("enrol-start").addEventListener("click", start);
  $("enrol-again").addEventListener("click", start);
  addEventListener("pagehide", stop);
})();
