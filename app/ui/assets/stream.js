// Follows a run to its final event. A broken stream is taken up again after the last event seen, so none is
// lost and none comes twice.

import { api, ApiError } from "./api.js";
import { readEvents } from "./sse.js";

const FIRST_WAIT = 400;
const LONGEST_WAIT = 8_000;
const SILENCE = 45_000;
const PERMANENT = new Set([400, 401, 403, 404, 405, 422]);

// Resolves to "final" or "over" (nothing is left to read); rejects with an ApiError that waiting cannot cure.
export async function followRun(runId, { after = 0, onEvent, onLink, signal }) {
  const place = { seq: after };
  for (let failures = 0; ; failures += 1) {
    const before = place.seq;
    const asked = { retryAfter: null };
    const outcome = await readOnce(runId, place, { onEvent, onLink, signal }).catch((error) => {
      if (signal.aborted || (error instanceof ApiError && PERMANENT.has(error.status))) throw error;
      asked.retryAfter = error.retryAfter;
      return "broken";
    });
    if (outcome !== "broken") return outcome;
    if (place.seq > before) failures = 0;
    onLink({ state: "reconnecting", attempt: failures + 1 });
    await pause(waiting(failures, asked.retryAfter), signal);
  }
}

async function readOnce(runId, place, { onEvent, onLink, signal }) {
  const guard = new AbortController();
  const stop = () => guard.abort();
  signal.addEventListener("abort", stop, { once: true });
  let alarm = setTimeout(stop, SILENCE);
  try {
    const response = await api.events(runId, place.seq, guard.signal);
    onLink({ state: "connected" });
    if (response.status === 204) return "over";
    for await (const frame of readEvents(response.body)) {
      clearTimeout(alarm);
      alarm = setTimeout(stop, SILENCE);
      if (frame === null) continue;
      const event = JSON.parse(frame.data);
      if (event.seq <= place.seq) continue;
      if (event.seq !== place.seq + 1) return "broken";
      place.seq = event.seq;
      onEvent(event);
      if (event.final) return "final";
    }
    return "broken";
  } finally {
    clearTimeout(alarm);
    signal.removeEventListener("abort", stop);
    guard.abort();
  }
}

function waiting(failures, retryAfter) {
  if (retryAfter) return retryAfter * 1000;
  const ceiling = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** failures);
  return ceiling * (0.75 + Math.random() / 4);
}

function pause(milliseconds, signal) {
  return new Promise((resolve, reject) => {
    const end = () => {
      clearTimeout(timer);
      removeEventListener("online", go);
      signal.removeEventListener("abort", leave);
    };
    const go = () => (end(), resolve());
    const leave = () => (end(), reject(signal.reason));
    const timer = setTimeout(go, milliseconds);
    addEventListener("online", go);
    signal.addEventListener("abort", leave);
  });
}
