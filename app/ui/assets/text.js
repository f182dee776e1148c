// Renders an answer as DOM nodes: paragraphs, line breaks, lists, headings, code, bold. Nothing is ever HTML.

import { el } from "./dom.js";

const RULES = [
  ["fence", /^\s*```/],
  ["heading", /^\s{0,3}#{1,6}\s+(.+?)\s*#*$/],
  ["bullet", /^\s*[-*•]\s+(.+)$/],
  ["number", /^\s*(\d{1,4})[.)]\s+(.+)$/],
  ["blank", /^\s*$/],
];

export function renderText(text) {
  const root = document.createDocumentFragment();
  const lines = String(text).replaceAll("\r\n", "\n").split("\n");
  let block = null;
  for (let at = 0; at < lines.length; at += 1) {
    const [kind, match] = classify(lines[at]);
    if (kind === "fence") {
      const end = closing(lines, at + 1);
      root.append(el("pre", {}, el("code", {}, lines.slice(at + 1, end).join("\n"))));
      at = end;
      block = null;
    } else block = take(root, block, kind, match, lines[at]);
  }
  return root;
}

function classify(line) {
  for (const [kind, rule] of RULES) {
    const match = rule.exec(line);
    if (match) return [kind, match];
  }
  return ["line", null];
}

function closing(lines, from) {
  const end = lines.findIndex((line, at) => at >= from && RULES[0][1].test(line));
  return end < 0 ? lines.length : end;
}

function take(root, block, kind, match, line) {
  if (kind === "blank") return block?.kind === "line" ? null : block;
  if (kind === "heading") {
    root.append(el("h3", {}, ...inline(match[1])));
    return null;
  }
  const open = block?.kind === kind ? block : begin(root, kind, match);
  if (kind === "line") {
    if (open.node.childNodes.length) open.node.append(el("br"));
    open.node.append(...inline(line));
  } else open.node.append(el("li", {}, ...inline(match.at(-1))));
  return open;
}

function begin(root, kind, match) {
  const tag = { line: "p", bullet: "ul", number: "ol" }[kind];
  const start = kind === "number" && match[1] !== "1" ? Number(match[1]) : null;
  const node = el(tag, { start });
  root.append(node);
  return { kind, node };
}

function inline(text) {
  return text.split(/(\*\*[^*]+\*\*|`[^`]+`)/).filter(Boolean).map((piece) => {
    if (piece.length > 4 && piece.startsWith("**") && piece.endsWith("**")) return el("strong", {}, piece.slice(2, -2));
    if (piece.length > 2 && piece.startsWith("`") && piece.endsWith("`")) return el("code", {}, piece.slice(1, -1));
    return document.createTextNode(piece);
  });
}
