// Talks to the twin: a ticket from the address buys a session, which this tab keeps.

const KEPT = "seatrial-twin-session";
const TICKET = "#ticket=";
const PATIENCE_MS = 10_000;

export class RefusedError extends Error {}

export function hasTicket() {
  return location.hash.startsWith(TICKET);
}

export async function enter() {
  if (!hasTicket()) return;
  const ticket = location.hash.slice(TICKET.length);
  history.replaceState(null, "", location.pathname);
  const answer = await fetch("/page/session", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ ticket }),
    signal: AbortSignal.timeout(PATIENCE_MS),
  });
  if (answer.ok) sessionStorage.setItem(KEPT, (await answer.json()).session);
}

export function changes(tags, places) {
  const pairs = (map) => [...map].map(([name, value]) => `${name}:${value}`).join(",");
  return ask(`/page/data?${new URLSearchParams({ have: pairs(tags), logs: pairs(places) })}`);
}

export function resource(id) {
  return ask(`/page/resource?${new URLSearchParams({ id })}`);
}

export function trace(operation) {
  return ask(`/page/trace?${new URLSearchParams({ operation })}`);
}

async function ask(path) {
  const session = sessionStorage.getItem(KEPT);
  if (!session) throw new RefusedError("no session");
  const answer = await fetch(path, {
    headers: { Authorization: `Bearer ${session}` },
    cache: "no-store",
    signal: AbortSignal.timeout(PATIENCE_MS),
  });
  if (answer.status === 401 || answer.status === 403) throw new RefusedError(`HTTP ${answer.status}`);
  if (!answer.ok) throw new Error((await answer.json())?.error?.message ?? `HTTP ${answer.status}`);
  return answer.json();
}
