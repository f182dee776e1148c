// The thread list beside the conversation; below 820 px a drawer over it.

import { byId } from "./dom.js";

export function mountDrawer() {
  const drawer = byId("drawer");
  const deck = byId("deck");
  const opener = byId("open-drawer");
  const backdrop = byId("backdrop");
  const narrow = matchMedia("(max-width: 819px)");

  const set = (open) => {
    const covers = narrow.matches;
    drawer.classList.toggle("open", covers && open);
    drawer.inert = covers && !open;
    deck.inert = covers && open;
    backdrop.hidden = !(covers && open);
    opener.setAttribute("aria-expanded", String(covers && open));
  };
  const isOpen = () => drawer.classList.contains("open");
  const open = () => {
    set(true);
    byId("close-drawer").focus();
  };
  const close = ({ refocus = true } = {}) => {
    if (!isOpen()) return false;
    set(false);
    if (refocus) opener.focus();
    return true;
  };

  opener.addEventListener("click", open);
  byId("close-drawer").addEventListener("click", () => close());
  backdrop.addEventListener("click", () => close());
  narrow.addEventListener("change", () => set(false));
  set(false);
  return { close };
}
