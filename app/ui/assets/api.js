// Speaks to the server. Every failure is an ApiError (the server said no) or a NetworkError (nobody answered).

export class ApiError extends Error {
  constructor(status, body, retryAfter) {
    super(body.detail || `The server answered ${status} without a reason.`);
    this.name = body.error || `Status${status}`;
    this.status = status;
    this.fields = Array.isArray(body.fields) ? body.fields : [];
    this.retryAfter = retryAfter;
  }
}

export class NetworkError extends Error {
  constructor(cause) {
    super("The server cannot be reached.", { cause });
    this.name = "NetworkError";
    this.status = 0;
  }
}

const at = (...parts) => `/api/v1/${parts.map(encodeURIComponent).join("/")}`;

export const api = {
  agents: () => json("GET", at("agents")),
  threads: (cursor) => json("GET", at("threads") + query({ limit: 20, cursor })),
  thread: (id) => json("GET", at("threads", id)),
  deleteThread: (id) => json("DELETE", at("threads", id)),
  startRun: (threadId, message) => json("POST", at("threads", threadId, "runs"), { message }),
  run: (id) => json("GET", at("runs", id)),
  cancel: (id) => json("POST", at("runs", id, "cancel")),
  events: (id, after, signal) =>
    send("GET", at("runs", id, "events") + query({ after }), { signal, accept: "text/event-stream" }),
};

function query(values) {
  const given = Object.entries(values).filter(([, value]) => value !== null && value !== undefined);
  return given.length ? `?${new URLSearchParams(given)}` : "";
}

async function json(method, path, body) {
  const response = await send(method, path, { body });
  if (response.status === 204) return null;
  try {
    return await response.json();
  } catch (cause) {
    throw new NetworkError(cause);
  }
}

async function send(method, path, { body, signal, accept = "application/json" }) {
  const headers = { Accept: accept };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const payload = body === undefined ? undefined : JSON.stringify(body);
  let response;
  try {
    response = await fetch(path, { method, headers, body: payload, signal, credentials: "same-origin", cache: "no-store" });
  } catch (cause) {
    if (signal?.aborted) throw cause;
    throw new NetworkError(cause);
  }
  if (!response.ok) throw new ApiError(response.status, await problem(response), retryAfter(response));
  return response;
}

async function problem(response) {
  try {
    const body = await response.json();
    return body && typeof body === "object" ? body : {};
  } catch {
    return {};
  }
}

function retryAfter(response) {
  const value = response.headers.get("Retry-After");
  if (value === null) return null;
  const amount = Number(value);
  return Number.isFinite(amount) ? Math.max(0, amount) : Math.max(0, (Date.parse(value) - Date.now()) / 1000 || 1);
}
