// Turns values into the words a person reads.

const NUMBER = new Intl.NumberFormat("en");
const RELATIVE = new Intl.RelativeTimeFormat("en", { numeric: "auto", style: "long" });
const DAY = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });
const UNITS = [["day", 86_400], ["hour", 3_600], ["minute", 60]];
const LONGEST_SHOWN = 20_000;

export function seconds(value) {
  if (!Number.isFinite(value)) return "";
  const shown = Math.max(0, value);
  if (shown < 0.01) return "< 0.01 s";
  if (shown < 0.1) return `${shown.toFixed(2)} s`;
  return `${shown < 100 ? shown.toFixed(1) : Math.round(shown)} s`;
}

export function count(value) {
  return NUMBER.format(value);
}

export function money(amount, currency) {
  const value = Number(amount);
  if (!Number.isFinite(value)) return "";
  const digits = value >= 1 ? 2 : value >= 0.01 ? 4 : 6;
  return `${value.toFixed(digits)} ${currency}`;
}

export function plural(amount, word) {
  return `${count(amount)} ${word}${amount === 1 ? "" : "s"}`;
}

export function ago(time, now = Date.now()) {
  const past = (now - Date.parse(time)) / 1000;
  if (!Number.isFinite(past)) return "";
  if (past > 6 * 86_400) return DAY.format(new Date(time));
  for (const [unit, size] of UNITS) {
    if (past >= size) return RELATIVE.format(-Math.floor(past / size), unit);
  }
  return "just now";
}

export function agentName(name) {
  const words = String(name ?? "agent").replaceAll(/[_-]+/g, " ").trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

export function brief(value) {
  if (value === null || value === undefined) return "";
  if (typeof value !== "object") return String(value);
  return Object.entries(value).map(([key, item]) => `${key}: ${flat(item)}`).join(", ");
}

function flat(value) {
  return value !== null && typeof value === "object" ? JSON.stringify(value) : String(value);
}

export function full(value) {
  const text = typeof value === "string" ? value : JSON.stringify(value, null, 2) ?? "";
  if (text.length <= LONGEST_SHOWN) return text;
  return `${text.slice(0, LONGEST_SHOWN)}\n… ${count(text.length - LONGEST_SHOWN)} more characters`;
}
