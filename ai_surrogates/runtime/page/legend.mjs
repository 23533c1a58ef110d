// SPDX-License-Identifier: Apache-2.0
import { gradient, scales } from "./colours.mjs";
import { element } from "./elements.mjs";
import { decimalsFor, fixed } from "./numbers.mjs";

/** The scale beside the picture: `range` is niceRange()'s, in the page's unit. */
export function showLegend(folder, heading, unit, kind, range) {
  const key = JSON.stringify([heading, unit, kind, range]);
  if (folder.dataset.shows === key) return;
  folder.dataset.shows = key;
  const decimals = decimalsFor(range.step), place = (value) => `${(100 * (range.high - value)) / (range.high - range.low)}%`;
  const bar = element("div", { class: "bar" });
  bar.style.background = gradient(scales[kind], "to top");
  const ticks = element("div", { class: "ticks" }, ...range.ticks.map((value) => {
    const tick = element("span", {}, fixed(value, decimals));
    tick.style.top = place(value);
    return tick;
  }));
  folder.replaceChildren(element("p", { class: "legend-title" }, heading, element("br"), unit ? `in ${unit}` : "without unit"), element("div", { class: "legend-body" }, bar, ticks));
}
