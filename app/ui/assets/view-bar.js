// The bar above the conversation: which thread this is and how the connection stands.

import { announceStatus } from "./announce.js";
import { byId, setText } from "./dom.js";

const WORDS = { connected: "Live", reconnecting: "Connection lost, reconnecting" };

export function mountBar(store) {
  const state = byId("link-state");
  let before = "idle";
  store.watch("title", (title) => {
    setText(byId("thread-title"), title);
    document.title = title === "New thread" ? "Sea Trial" : `${title} · Sea Trial`;
  });
  store.watch("link", (link) => {
    state.hidden = !WORDS[link];
    state.dataset.state = link;
    setText(state, WORDS[link] ?? "");
    if (link === "reconnecting") announceStatus("Connection lost. Reconnecting.");
    if (link === "connected" && before === "reconnecting") announceStatus("Connected again.");
    before = link;
  });
}
