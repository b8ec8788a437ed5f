// The picture that goes along with a question: chosen, or taken of the screen where the browser can; shown before it goes.

const input = document.querySelector("#f-picture");
const chosen = document.querySelector("[data-picture-chosen]");
const preview = document.querySelector("[data-picture-preview]");
const tooLarge = document.querySelector("[data-picture-large]");
const screenshot = document.querySelector("[data-screenshot]");

async function take() {
  const stream = await navigator.mediaDevices.getDisplayMedia({ video: true, audio: false });
  try {
    const video = document.createElement("video");
    video.muted = true;
    video.srcObject = stream;
    await video.play();
    const canvas = document.createElement("canvas");
    canvas.width = video.videoWidth;
    canvas.height = video.videoHeight;
    canvas.getContext("2d").drawImage(video, 0, 0);
    return await new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
  } finally {
    for (const track of stream.getTracks()) track.stop();
  }
}

function attach(blob) {
  const files = new DataTransfer();
  files.items.add(new File([blob], "screen.png", { type: blob.type }));
  input.files = files.files;
  look();
}

function look() {
  const isTooLarge = input.files[0]?.size > Number(input.dataset.mostBytes);
  if (isTooLarge) input.value = "";
  tooLarge.hidden = !isTooLarge;
  document.querySelector("[data-picture-again]")?.remove();
  chosen.hidden = !input.files[0];
  if (chosen.hidden) return;
  const reader = new FileReader();
  reader.addEventListener("load", () => { preview.src = reader.result; });
  reader.readAsDataURL(input.files[0]);
}

input.addEventListener("change", look);
document.querySelector("[data-picture-drop]").addEventListener("click", () => {
  input.value = "";
  look();
  input.focus();
});
if (navigator.mediaDevices?.getDisplayMedia) {
  screenshot.hidden = false;
  screenshot.querySelector("button").addEventListener("click", async () => {
    try {
      attach(await take());
    } catch {
      // The person changed their mind, or the system forbids it: a file can still be chosen.
    }
  });
}
