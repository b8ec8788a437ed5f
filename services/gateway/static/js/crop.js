// A picture is cropped before it is sent: the sliders (also by keyboard) and dragging choose the part that is kept. The canvas has the
// shape of what is kept; where it says so, the picture may be made smaller than the canvas, with white margins.
export function enhanceCrop(form) {
  const input = form.querySelector("input[type=file]");
  const tool = form.querySelector("[data-crop-tool]");
  const unreadable = form.querySelector("[data-crop-unreadable]");
  const canvas = tool.querySelector("canvas");
  const { width, height } = canvas;
  const [zoom, x, y] = ["zoom", "x", "y"].map((name) => tool.querySelector(`[data-crop-${name}]`));
  let image = null;

  const scale = () => Math.max(width / image.width, height / image.height) * Number(zoom.value);
  const draw = () => {
    if (!image) return;
    const [wide, high] = [image.width * scale(), image.height * scale()];
    const paper = canvas.getContext("2d");
    paper.fillStyle = "#fff";
    paper.fillRect(0, 0, width, height);
    paper.drawImage(image, (width - wide) * Number(x.value), (height - high) * Number(y.value), wide, high);
  };
  const begin = () => {
    const whole = Math.min(width / image.width, height / image.height) / Math.max(width / image.width, height / image.height);
    zoom.min = "cropWhole" in canvas.dataset ? whole : 1;
    [zoom.value, x.value, y.value] = [zoom.min, 0.5, 0.5];
    draw();
  };

  input.addEventListener("change", async () => {
    image = null;
    unreadable.hidden = true;
    if (input.files.length) {
      try {
        image = await createImageBitmap(input.files[0], { imageOrientation: "from-image" });
      } catch {
        unreadable.hidden = false;
      }
    }
    tool.hidden = image === null;
    if (image) begin();
  });
  for (const slider of [zoom, x, y]) slider.addEventListener("input", draw);
  dragging(canvas, (dx, dy) => {
    if (!image) return;
    const move = (slider, delta, shown, length) => {
      const rest = shown - length;
      if (Math.abs(rest) > 1) slider.value = Number(slider.value) + (delta * shown) / rest;
    };
    move(x, dx, width, image.width * scale());
    move(y, dy, height, image.height * scale());
    draw();
  });
  form.addEventListener("submit", (event) => sendCropped(event, form, input, canvas, () => image));
}

function dragging(canvas, moved) {
  let last = null;
  canvas.addEventListener("pointerdown", (event) => { last = event; canvas.setPointerCapture(event.pointerId); });
  canvas.addEventListener("pointerup", () => { last = null; });
  canvas.addEventListener("pointermove", (event) => {
    if (!last) return;
    moved((event.clientX - last.clientX) / canvas.clientWidth, (event.clientY - last.clientY) / canvas.clientHeight);
    last = event;
  });
}

// The part that is kept is sent beside the page, which stays until it is saved: whatever goes wrong, the picture is still there.
function sendCropped(event, form, input, canvas, image) {
  if (!image() || event.submitter?.formAction.endsWith("/remove")) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  if (form.dataset.sending) return;
  form.dataset.sending = "yes";
  canvas.toBlob(async (blob) => {
    const body = new FormData(form);
    body.set(input.name, new File([blob], "picture.jpg", { type: "image/jpeg" }));
    const said = await send(form, body);
    if (said === null) return;
    const refused = form.querySelector("[data-crop-refused]");
    const words = refused.querySelector("span");
    refused.dataset.usual ??= words.textContent;
    words.textContent = said || refused.dataset.usual;
    refused.hidden = false;
    delete form.dataset.sending;
    delete form.dataset.sent;
    event.submitter?.removeAttribute("aria-busy");
  }, "image/jpeg", 0.92);
}

// null: saved, and the page is on its way. Otherwise what the answer says against it, which may be nothing.
async function send(form, body) {
  try {
    const reply = await fetch(form.action, { method: "POST", body, redirect: "manual" });
    if (reply.type === "opaqueredirect") {
      location.assign(form.dataset.crop || location.pathname);
      return null;
    }
    const page = new DOMParser().parseFromString(await reply.text(), "text/html");
    return [...page.querySelectorAll(".error-summary li, .error-summary > p")].map((part) => part.textContent).join(" ");
  } catch {
    return "";
  }
}
