// Says what an error means for the person at the page and what to do next.

import { ApiError, NetworkError } from "./api.js";

const TITLES = {
  0: "No connection",
  400: "The request was not understood",
  401: "You are not signed in",
  403: "Not allowed",
  404: "Not found",
  409: "This thread is busy",
  413: "The message is too large",
  415: "The request was not understood",
  422: "The message was refused",
  429: "Too many requests",
  503: "A service does not answer",
};
const STEPS = {
  0: "Check that the app still runs (seatrial status), then try again.",
  401: "Run seatrial open in a terminal: it opens this page with a fresh ticket.",
  404: "It may have been deleted, or it belongs to someone else.",
  409: "Wait for the answer that is being written, or stop it.",
  413: "Shorten the message and send it again.",
  503: "Your message is kept below. Try again in a moment.",
};

export function explain(error) {
  if (!(error instanceof ApiError || error instanceof NetworkError)) {
    return { status: -1, title: "The page failed", detail: error.message, step: "Reload the page.", fields: [] };
  }
  const { status, message, retryAfter = null } = error;
  return {
    status,
    title: TITLES[status] ?? (status >= 500 ? "The server failed" : "The request was refused"),
    detail: message,
    step: STEPS[status] ?? null,
    fields: (error.fields ?? []).filter((item) => !message.includes(item.message)),
    retryAt: retryAfter === null || retryAfter === undefined ? null : Date.now() + retryAfter * 1000,
  };
}
