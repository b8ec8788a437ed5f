// A picture of the screen, where the browser can take one: the person chooses what is on it, and sees it before it goes.

const place = document.querySelector("[data-screenshot]");
const input = document.querySelector("#f-picture");

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
  const reader = new FileReader();
  reader.addEventListener("load", () => {
    const preview = place.querySelector("[data-screenshot-preview]");
    preview.src = reader.result;
    preview.hidden = false;
    place.querySelector("[data-screenshot-done]").hidden = false;
  });
  reader.readAsDataURL(blob);
}

if (place && navigator.mediaDevices?.getDisplayMedia) {
  place.hidden = false;
  place.querySelector("[data-screenshot-take]").addEventListener("click", async () => {
    try {
      attach(await take());
    } catch {
      // The person changed their mind, or the system forbids it: a file can still be chosen.
    }
  });
}
