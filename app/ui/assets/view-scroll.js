// Keeps the newest line in sight while the reader is at the end, and offers the way back when not.

import { byId } from "./dom.js";

const NEAR = 80;

export function mountScroll() {
  const view = byId("conversation");
  const jump = byId("jump");
  let pinned = true;
  const atEnd = () => view.scrollHeight - view.scrollTop - view.clientHeight < NEAR;
  const toEnd = () => {
    pinned = true;
    view.scrollTop = view.scrollHeight;
    jump.hidden = true;
  };
  view.addEventListener("scroll", () => {
    pinned = atEnd();
    jump.hidden = pinned;
  }, { passive: true });
  view.addEventListener("grown", () => {
    if (pinned) toEnd();
    else jump.hidden = atEnd();
  });
  new ResizeObserver(() => {
    jump.hidden = atEnd();
  }).observe(view);
  jump.addEventListener("click", () => {
    toEnd();
    view.focus({ preventScroll: true });
  });
  return { toEnd };
}
