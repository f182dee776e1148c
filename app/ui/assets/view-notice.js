// Errors above the message box: what happened, in the server's words, and the next step.

import { byId, el, icon } from "./dom.js";

export function mountNotice(store, { retry }) {
  const place = byId("notice");
  let timer = null;
  const clear = () => store.set("fault", null);
  store.watch("fault", (fault) => {
    clearInterval(timer);
    place.replaceChildren();
    if (!fault) return;
    const wait = el("p", { class: "notice-wait" });
    place.append(notice(fault, wait, { retry, clear }));
    if (fault.retryAt) {
      const tick = () => countdown(wait, fault.retryAt);
      tick();
      timer = setInterval(tick, 500);
    }
  });
}

function notice(fault, wait, { retry, clear }) {
  return el("div", { class: "notice", "data-status": fault.status },
    icon("warning"),
    el("div", { class: "notice-text" },
      el("p", { class: "notice-title" }, fault.title),
      el("p", {}, fault.detail),
      ...fault.fields.map((item) => el("p", {}, `${item.field}: ${item.message}`)),
      fault.step ? el("p", { class: "notice-step" }, fault.step) : null,
      fault.retryAt ? wait : null,
      retry[fault.status] ? el("button", { type: "button", class: "plain-button", onclick: retry[fault.status].run },
        retry[fault.status].label) : null),
    el("button", { type: "button", class: "icon-button", "aria-label": "Dismiss this message", onclick: clear }, icon("close")));
}

function countdown(node, until) {
  const left = Math.ceil((until - Date.now()) / 1000);
  const text = left > 0 ? `You can try again in ${left} s.` : "You can try again now.";
  if (node.textContent !== text) node.textContent = text;
}
