// Builds elements out of properties and children; strings always become text nodes.

export function el(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "class") node.className = value;
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== ""));
  return node;
}

export function byId(id) {
  const node = document.getElementById(id);
  if (!node) throw new Error(`the page has no element #${id}`);
  return node;
}

export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

export function pill(text, tone) {
  return el("span", { class: "pill", "data-tone": tone }, text);
}

// Replaces what a part shows; what was open stays open, and what had the focus has it again.
export function replace(body, children) {
  const open = new Set([...body.querySelectorAll("details[open][data-key]")].map((node) => node.dataset.key));
  const focused = body.contains(document.activeElement) ? keyOf(document.activeElement) : null;
  body.replaceChildren(...children);
  for (const node of body.querySelectorAll("details[data-key]")) node.open = open.has(node.dataset.key);
  if (focused === null) return;
  const again = [...body.querySelectorAll("[data-key]")].find((node) => node.dataset.key === focused);
  (again?.tagName === "DETAILS" ? again.querySelector("summary") : again)?.focus({ preventScroll: true });
}

function keyOf(node) {
  return node.closest("[data-key]")?.dataset.key ?? null;
}
