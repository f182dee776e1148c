// The message box: Enter sends, Shift+Enter starts a line; while an answer is written it offers Stop.

import { byId } from "./dom.js";
import { count } from "./format.js";

const TALLEST = 220;
const LONGEST = 32_000;

export function mountComposer(store, { send, stop }) {
  const form = byId("composer");
  const box = byId("message");
  const refresh = () => {
    grow(box);
    byId("send").disabled = !box.value.trim() || Boolean(store.get("running"));
    tally(box.value.length);
  };
  const submit = () => {
    const text = box.value.trim();
    if (!text || store.get("running")) return;
    box.value = "";
    refresh();
    send(text);
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    submit();
  });
  box.addEventListener("input", refresh);
  box.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    submit();
  });
  byId("stop").addEventListener("click", stop);
  store.watch("running", (running) => {
    const leaving = document.activeElement === byId("stop") && !running;
    byId("stop").hidden = !running;
    byId("send").hidden = Boolean(running);
    if (leaving) box.focus();
    refresh();
  });
  const put = (text) => {
    if (!box.value) box.value = text;
    refresh();
    box.focus();
  };
  return { focus: () => box.focus(), put };
}

function grow(box) {
  box.style.height = "auto";
  box.style.height = `${Math.min(box.scrollHeight, TALLEST)}px`;
}

function tally(length) {
  const node = byId("count");
  node.hidden = length < LONGEST * 0.9;
  node.textContent = `${count(length)} of ${count(LONGEST)} characters`;
  node.classList.toggle("over", length > LONGEST);
}
