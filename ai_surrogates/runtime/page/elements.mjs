// SPDX-License-Identifier: Apache-2.0
// Elements of the page. Every text from a model goes in as text, never as markup.

/** An element with attributes (a function is a listener, `false` and `undefined` leave one out) and children (elements or texts). */
export function element(tag, attributes = {}, ...children) {
  const result = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") result.addEventListener(name, value);
    else if (value !== undefined && value !== false) result.setAttribute(name, value === true ? "" : value);
  }
  result.append(...children);
  return result;
}

export const byId = (id) => document.getElementById(id);

/** Sets a text only where it changes, so that screen readers are told of changes alone. */
export function setText(target, text) {
  if (target.textContent !== text) target.textContent = text;
}

export function labelled(label, control) {
  return element("label", { class: "tool" }, element("span", {}, label), control);
}

export function select(id, options, onChange) {
  const result = element("select", { id, change: () => onChange(result.value) });
  for (const [value, text] of options) result.append(element("option", { value }, text));
  return result;
}
