// Turns values into the words a person reads.

const NUMBER = new Intl.NumberFormat("en");
const TIME = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const CLOCK = new Intl.DateTimeFormat(undefined, { timeStyle: "medium" });

export function count(value) {
  return NUMBER.format(value);
}

export function plural(amount, word) {
  return `${count(amount)} ${word}${amount === 1 ? "" : "s"}`;
}

export function units(value) {
  return NUMBER.format(value < 100 ? Math.round(value * 100) / 100 : Math.round(value));
}

export function size(bytes) {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1024 * 1024) return `${(bytes / 1024).toFixed(1)} KB`;
  return `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}

export function moment(time) {
  const at = Date.parse(time);
  return Number.isFinite(at) ? TIME.format(at) : "";
}

export function clock(time) {
  const at = Date.parse(time);
  return Number.isFinite(at) ? CLOCK.format(at) : "";
}

export function seconds(value) {
  return value < 1 ? `${Math.round(value * 1000)} ms` : `${value.toFixed(2)} s`;
}

export function last(path) {
  return String(path).split("/").filter(Boolean).pop() ?? "";
}

export function shortDigest(digest) {
  return digest.length > 27 ? `${digest.slice(0, 23)}...` : digest;
}
