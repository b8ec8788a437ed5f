// A picture is cropped before it is sent: the sliders (also by keyboard) and dragging choose the square that is kept.
const SIDE = 512;

export function enhanceCrop(form) {
  const input = form.querySelector("input[type=file]");
  const tool = form.querySelector("[data-crop-tool]");
  const unreadable = form.querySelector("[data-crop-unreadable]");
  const canvas = tool.querySelector("canvas");
  const [zoom, x, y] = ["zoom", "x", "y"].map((name) => tool.querySelector(`[data-crop-${name}]`));
  let image = null;

  const draw = () => {
    if (!image) return;
    const side = Math.min(image.width, image.height) / Number(zoom.value);
    const left = (image.width - side) * Number(x.value);
    const top = (image.height - side) * Number(y.value);
    const paper = canvas.getContext("2d");
    paper.fillStyle = "#fff";
    paper.fillRect(0, 0, SIDE, SIDE);
    paper.drawImage(image, left, top, side, side, 0, 0, SIDE, SIDE);
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
    [zoom.value, x.value, y.value] = [1, 0.5, 0.5];
    draw();
  });
  for (const slider of [zoom, x, y]) slider.addEventListener("input", draw);
  dragging(canvas, (dx, dy) => {
    if (!image) return;
    const side = Math.min(image.width, image.height) / Number(zoom.value);
    const move = (slider, delta, length) => {
      if (length > side) slider.value = Number(slider.value) - (delta * side) / (length - side);
    };
    move(x, dx, image.width);
    move(y, dy, image.height);
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
    const shown = canvas.clientWidth;
    moved((event.clientX - last.clientX) / shown, (event.clientY - last.clientY) / shown);
    last = event;
  });
}

// The file in the field is replaced by the square: the form is sent as without a script, only smaller.
function sendCropped(event, form, input, canvas, image) {
  if (!image() || form.dataset.cropped || event.submitter?.formAction.endsWith("/remove")) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  canvas.toBlob((blob) => {
    const files = new DataTransfer();
    files.items.add(new File([blob], "picture.jpg", { type: "image/jpeg" }));
    input.files = files.files;
    form.dataset.cropped = "yes";
    delete form.dataset.sent;
    form.requestSubmit(event.submitter ?? undefined);
  }, "image/jpeg", 0.92);
}
