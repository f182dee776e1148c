// Asks before a thread is deleted.

import { byId } from "./dom.js";

export function confirmDeletion(title) {
  const dialog = byId("confirm");
  byId("confirm-text").textContent =
    `“${title}” is removed with its messages and events, and an answer in progress is stopped. This cannot be undone.`;
  dialog.returnValue = "cancel";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "delete"), { once: true });
  });
}
