// Speaks to screen readers: short states at once, an answer when it is finished.

import { byId } from "./dom.js";

export function announceStatus(text) {
  speak(byId("announce-status"), text);
}

export function announceAnswer(text) {
  speak(byId("announce-answer"), text);
}

// A repeated text is only read when the region was empty in between.
function speak(region, text) {
  region.textContent = "";
  setTimeout(() => {
    region.textContent = text;
  }, 60);
}
