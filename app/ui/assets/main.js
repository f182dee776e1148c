// Puts the page together.

import { api } from "./api.js";
import { Conversation } from "./conversation.js";
import { byId } from "./dom.js";
import { explain } from "./faults.js";
import { onAddress, show, threadInAddress } from "./route.js";
import { newStore } from "./store.js";
import { Threads } from "./threads.js";
import { mountBar } from "./view-bar.js";
import { mountComposer } from "./view-composer.js";
import { mountCrew } from "./view-crew.js";
import { mountDrawer } from "./view-drawer.js";
import { mountNotice } from "./view-notice.js";
import { mountScroll } from "./view-scroll.js";
import { mountThreads } from "./view-threads.js";
import { mountWelcome } from "./view-welcome.js";

const store = newStore();
const threads = new Threads(store);
const drawer = mountDrawer();
const send = (text) => conversation.send(text);
const stop = () => conversation.stop();
const composer = mountComposer(store, { send, stop });
const welcome = mountWelcome(store, {
  send: (text) => {
    composer.focus();
    send(text);
  },
});
const conversation = new Conversation(store, {
  place: byId("turns"), welcome, composer, scroll: mountScroll(), changed: () => threads.refresh(),
});

function open(threadId) {
  drawer.close({ refocus: false });
  show(threadId);
  if (threadId === null) composer.focus();
  return conversation.open(threadId);
}

async function remove(thread) {
  const here = thread.thread_id === store.get("thread");
  if ((await threads.remove(thread)) && here) await open(null);
}

async function loadCrew() {
  try {
    const { agents, examples } = await api.agents();
    store.set("agents", agents ?? []);
    store.set("examples", [...new Set(examples ?? [])]);
  } catch (error) {
    store.set("fault", explain(error));
  }
}

function escape(event) {
  if (event.key !== "Escape" || event.defaultPrevented || byId("confirm").open) return;
  if (!drawer.close() && store.get("running")) stop();
}

const reload = { label: "Try again", run: () => location.reload() };
mountBar(store);
mountCrew(store);
mountNotice(store, {
  retry: { 0: reload, 401: reload, 409: { label: "Show what runs", run: () => conversation.open(store.get("thread")) } },
});
mountThreads(store, {
  open, remove, loadMore: () => threads.loadMore(), startNew: () => open(null),
});
byId("skip").addEventListener("click", (event) => {
  event.preventDefault();
  composer.focus();
});
document.addEventListener("keydown", escape);
onAddress((threadId) => conversation.open(threadId));
if (matchMedia("(pointer: fine)").matches) composer.focus();
conversation.open(threadInAddress());
await Promise.all([loadCrew(), threads.refresh()]);
