// The list of threads: open, delete, load more.

import { byId, el, icon } from "./dom.js";
import { ago } from "./format.js";
import { addressOf } from "./route.js";

const NOTES = {
  loading: "Loading threads",
  empty: "No threads yet. The first message starts one.",
  failed: "The threads could not be loaded.",
  locked: "Sign in to see your threads.",
};

export function mountThreads(store, { open, remove, loadMore, startNew }) {
  const list = byId("threads");
  const more = byId("more-threads");
  const draw = () => {
    const focused = list.contains(document.activeElement) ? document.activeElement.dataset.key : null;
    list.replaceChildren(...store.get("threads").map((thread) => row(thread, store.get("thread"), { open, remove })));
    if (focused) list.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus();
    note(store);
  };
  store.watch("threads", draw);
  store.watch("thread", draw);
  store.watch("threadsState", () => note(store));
  store.watch("cursor", (cursor) => {
    more.hidden = !cursor;
  });
  more.addEventListener("click", loadMore);
  byId("new-thread").addEventListener("click", startNew);
  setInterval(draw, 60_000);
}

function row(thread, current, { open, remove }) {
  const title = thread.title || "Untitled thread";
  const here = thread.thread_id === current;
  const follow = (event) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    open(thread.thread_id);
  };
  return el("li", { class: here ? "thread here" : "thread" },
    el("a", {
      href: addressOf(thread.thread_id), class: "thread-link", onclick: follow,
      "data-key": `open ${thread.thread_id}`, "aria-current": here ? "page" : null, title,
    },
    el("span", { class: "thread-title" }, title),
    el("time", { class: "thread-time", datetime: thread.updated_at }, ago(thread.updated_at))),
    el("button", {
      type: "button", class: "icon-button thread-delete", "data-key": `delete ${thread.thread_id}`,
      "aria-label": `Delete thread: ${title}`, onclick: () => remove(thread),
    }, icon("trash")));
}

function note(store) {
  const state = store.get("threadsState");
  const shown = state === "ready" && !store.get("threads").length ? "empty" : state;
  const node = byId("threads-note");
  node.textContent = NOTES[shown] ?? "";
  node.hidden = !NOTES[shown];
}
