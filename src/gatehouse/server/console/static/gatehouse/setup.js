// Set-up: the browser knows which clock hangs here, and a part of a picture is drawn with a finger or a mouse. Both are
// a help only: the fields can be filled by hand.
(() => {
  "use strict";
  const zone = document.querySelector("select[name=zone]");
  if (zone && !zone.value) {
    const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
    if ([...zone.options].some((one) => one.value === here)) zone.value = here;
  }

  const LEAST = 5; // percent
  const NAMES = ["left", "top", "right", "bottom"];
  let from = null;

  const fields = (box) => NAMES.map((name) => box.closest("form").elements[name]);
  const percent = (event, box) => {
    const at = box.getBoundingClientRect();
    const within = (value) => Math.max(0, Math.min(100, Math.round(value)));
    return [within(100 * (event.clientX - at.left) / at.width), within(100 * (event.clientY - at.top) / at.height)];
  };
  const draw = (box) => {
    const [left, top, right, bottom] = fields(box).map((field) => Number(field.value));
    const part = box.querySelector(".inside-part");
    part.setAttribute("x", left);
    part.setAttribute("y", top);
    part.setAttribute("width", Math.max(0, right - left));
    part.setAttribute("height", Math.max(0, bottom - top));
    box.querySelector(".outside").setAttribute("d",
      `M0 0H100V100H0Z M${left} ${top}V${bottom}H${right}V${top}Z`);
    const whole = box.closest("form").querySelector("[data-region-whole]");
    whole.hidden = left === 0 && top === 0 && right === 100 && bottom === 100;
  };
  const put = (box, corners) => {
    fields(box).forEach((field, place) => { field.value = corners[place]; });
    draw(box);
  };

  document.addEventListener("pointerdown", (event) => {
    const box = event.target.closest("[data-region]");
    if (!box) return;
    event.preventDefault();
    from = percent(event, box);
    box.setPointerCapture(event.pointerId);
  });
  document.addEventListener("pointermove", (event) => {
    const box = event.target.closest("[data-region]");
    if (!box || !from) return;
    const to = percent(event, box);
    put(box, [Math.min(from[0], to[0]), Math.min(from[1], to[1]), Math.max(from[0], to[0]), Math.max(from[1], to[1])]);
  });
  document.addEventListener("pointerup", (event) => {
    const box = event.target.closest("[data-region]");
    if (!box || !from) return;
    from = null;
    const [left, top, right, bottom] = fields(box).map((field) => Number(field.value));
    if (right - left < LEAST || bottom - top < LEAST) put(box, [0, 0, 100, 100]); // a touch, not a part
  });
  document.addEventListener("click", (event) => {
    const whole = event.target.closest("[data-region-whole]");
    if (whole) put(whole.closest("form").querySelector("[data-region]"), [0, 0, 100, 100]);
  });
  document.addEventListener("input", (event) => {
    const form = event.target.closest("form");
    const box = form && form.querySelector("[data-region]");
    if (box && NAMES.includes(event.target.name)) draw(box);
  });
  document.addEventListener("htmx:afterSettle", () => document.querySelectorAll("[data-region]").forEach(draw));
  document.querySelectorAll("[data-region]").forEach(draw);
})();
