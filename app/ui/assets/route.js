// The open thread is in the address (#/t/ID), so that reload, back and bookmarks work.

const PLACE = /^#\/t\/([A-Za-z0-9._~:%-]{1,384})$/;

export function threadInAddress() {
  const match = PLACE.exec(location.hash);
  try {
    return match ? decodeURIComponent(match[1]) : null;
  } catch {
    return null;
  }
}

export function addressOf(threadId) {
  return threadId ? `#/t/${encodeURIComponent(threadId)}` : "#/";
}

export function show(threadId, { replace = false } = {}) {
  history[replace ? "replaceState" : "pushState"](null, "", addressOf(threadId));
}

export function onAddress(open) {
  addEventListener("popstate", () => open(threadInAddress()));
}

export function newThreadId() {
  const bytes = crypto.getRandomValues(new Uint8Array(10));
  return `t-${Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}
