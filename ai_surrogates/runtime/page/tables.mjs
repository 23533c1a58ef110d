// SPDX-License-Identifier: Apache-2.0
// The predicted numbers, with their intervals.
import { element } from "./elements.mjs";
import { interval, percent, significant, title, withUnit } from "./numbers.mjs";
import { extremes } from "./predictions.mjs";

const cell = (text, attributes = {}) => element("td", attributes, text);

function valueCell(number, shown, attributes) {
  if (!number) return cell("\u2014", { ...attributes, class: "none" });
  const text = interval(shown.factor * number.value, shown.factor * number.halfWidth);
  return element("td", { ...attributes, title: withUnit(`${significant(number.value, 9)} \u00b1 ${significant(number.halfWidth, 6)}`, number.unit) },
    element("span", { class: "whole" }, element("strong", {}, text.value), ` \u00b1 ${text.halfWidth}`), " ", element("span", { class: "ends" }, `${text.low} to ${text.high}`));
}

function headings(first, n, rest) {
  const settings = n > 1 ? ["A", "B", "B \u2212 A"] : ["Value and interval"];
  return element("thead", {}, element("tr", {}, ...[first, ...settings, ...rest].map((text) => element("th", { scope: "col" }, text))));
}

/** Of predictions only: their errors are not independent, so that no interval of the difference is known. */
function differenceCell(numbers, shown) {
  const [a, b] = numbers;
  if (!a || !b) return cell("\u2014", { class: "none" });
  const width = Math.max(a.halfWidth, b.halfWidth) * shown.factor, difference = (b.value - a.value) * shown.factor;
  return cell((difference > 0 ? "+" : "") + interval(difference, width).value, { class: "difference" });
}

function row(name, shown, level, numbers, unit, id) {
  const cells = numbers.map((number, s) => valueCell(number && { ...number, unit }, shown, { id: `${id}-${"ab"[s]}`, "data-value": number?.value, "data-half-width": number?.halfWidth }));
  if (numbers.length > 1) cells.push(differenceCell(numbers, shown));
  return element("tr", {}, element("th", { scope: "row" }, name), ...cells, cell(shown.unit || "\u2014"), cell(percent(level)));
}

export function showNumbers(table, surrogate, shown, answers) {
  if (surrogate.scalars.length === 0) return;
  const rows = surrogate.scalars.map((scalar, i) => row(title(scalar.name), shown[i], scalar.level, answers.map((answer) => answer.numbers?.[i]), scalar.unit, `scalar-${i}`));
  table.replaceChildren(headings("Quantity", answers.length, ["Unit", "Level"]), element("tbody", {}, ...rows));
}

/** Smallest and largest values of each field, with the half-widths where they are. */
export function showFieldNumbers(table, surrogate, shown, answers) {
  if (surrogate.fields.length === 0) return;
  const at = (answer, i, which) => {
    const own = answer.fields?.[i];
    if (!own) return null;
    const node = extremes(own.shown)[which];
    return { value: own.shown[node], halfWidth: own.halfWidths[node] };
  };
  const rows = surrogate.fields.flatMap((field, i) => {
    const name = title(field.name) + (field.nComponents > 1 ? " (length)" : "");
    return [["least", "smallest"], ["most", "largest"]].map(([which, word]) =>
      row(`${name}, ${word}`, shown[i], field.level, answers.map((answer) => at(answer, i, which)), field.unit, `field-${i}-${which}`));
  });
  table.replaceChildren(headings("Field", answers.length, ["Unit", "Level"]), element("tbody", {}, ...rows));
}

/** A sentence for those who hear the page. */
export function spoken(surrogate, shown, answers) {
  return answers.map((answer, s) => (answers.length > 1 ? `Setting ${"AB"[s]}: ` : "") + (answer.numbers
    ? surrogate.scalars.map((scalar, i) => {
      const text = interval(shown[i].factor * answer.numbers[i].value, shown[i].factor * answer.numbers[i].halfWidth);
      return `${title(scalar.name)} ${text.value} plus or minus ${text.halfWidth} ${shown[i].unit}`;
    }).join(", ")
    : "no prediction")).join(". ");
}
