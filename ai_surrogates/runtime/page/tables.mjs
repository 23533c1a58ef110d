// SPDX-License-Identifier: Apache-2.0
// The predicted numbers, with their intervals.
import { element, setText } from "./elements.mjs";
import { interval, percent, significant, title, withUnit } from "./numbers.mjs";
import { isShape } from "./predictions.mjs";

const cell = (text) => element("td", {}, text);

/** A value with its interval, or a dash. */
class ValueCell {
  constructor(id, { shown, unit }) {
    this.shown = shown;
    this.unit = unit;
    this.value = element("strong");
    this.width = element("span");
    this.ends = element("span", { class: "ends" });
    this.parts = [element("span", { class: "whole" }, this.value, this.width), " ", this.ends];
    this.place = element("td", { id, class: "none" }, "\u2014");
  }

  show(number) {
    if (this.place.classList.toggle("none", !number)) {
      this.place.replaceChildren("\u2014");
      for (const name of ["title", "data-value", "data-half-width"]) this.place.removeAttribute(name);
      return;
    }
    const text = interval(this.shown.factor * number.value, this.shown.factor * number.halfWidth);
    if (!this.value.isConnected) this.place.replaceChildren(...this.parts);
    setText(this.value, text.value);
    setText(this.width, ` \u00b1 ${text.halfWidth}`);
    setText(this.ends, `${text.low} to ${text.high}`);
    this.place.title = withUnit(`${significant(number.value, 9)} \u00b1 ${significant(number.halfWidth, 6)}`, this.unit);
    this.place.dataset.value = number.value;
    this.place.dataset.halfWidth = number.halfWidth;
  }
}

/** Of predictions only: their errors are not independent, so that no interval of the difference is known. */
function difference([a, b], shown) {
  if (!a || !b) return "\u2014";
  const width = Math.max(a.halfWidth, b.halfWidth) * shown.factor, change = (b.value - a.value) * shown.factor;
  return (change > 0 ? "+" : "") + interval(change, width).value;
}

/** A column a setting. With a step of a slider the texts change, the table stays: laying it out anew takes longer than all predictions. */
class ValueTable {
  /** `rows` are { name, id, shown, level, unit }. */
  constructor(table, first, rows) {
    Object.assign(this, { table, first, rows, n: 0 });
  }

  /** `numbers` are { value, halfWidth } or nothing, of each row and setting. */
  show(numbers) {
    if (this.rows.length === 0) return;
    if (numbers[0].length !== this.n) this.build(numbers[0].length);
    numbers.forEach((ofRow, r) => {
      ofRow.forEach((number, s) => this.cells[r].values[s].show(number));
      if (this.cells[r].difference) setText(this.cells[r].difference, difference(ofRow, this.rows[r].shown));
    });
  }

  build(n) {
    this.n = n;
    this.cells = this.rows.map((row) => ({ values: Array.from({ length: n }, (_, s) => new ValueCell(`${row.id}-${"ab"[s]}`, row)), difference: n > 1 ? element("td", { class: "difference" }) : null }));
    const heads = [this.first, ...(n > 1 ? ["A", "B", "B \u2212 A"] : ["Value and interval"]), "Unit", "Level"];
    this.table.replaceChildren(element("thead", {}, element("tr", {}, ...heads.map((text) => element("th", { scope: "col" }, text)))), element("tbody", {}, ...this.rows.map(({ name, shown, level }, r) => {
      const { values, difference: change } = this.cells[r];
      return element("tr", {}, element("th", { scope: "row" }, name), ...values.map(({ place }) => place), ...(change ? [change] : []), cell(shown.unit || "\u2014"), cell(percent(level)));
    })));
  }
}

/** Every scalar; and of each field the smallest and the largest value, with the half-widths where they are. */
export class Tables {
  constructor(numbers, fieldNumbers, surrogate, units) {
    this.fields = surrogate.fields.map((field, i) => ({ ...field, i })).filter((field) => !isShape(field));
    this.numbers = new ValueTable(numbers, "Quantity", surrogate.scalars.map(({ name, level, unit }, i) => ({ name: title(name), id: `scalar-${i}`, shown: units.scalars[i], level, unit })));
    this.fieldNumbers = new ValueTable(fieldNumbers, "Field", this.fields.flatMap(({ name, level, unit, nComponents, i }) => [["least", "smallest"], ["most", "largest"]].map(([which, word]) =>
      ({ name: `${title(name)}${nComponents > 1 ? " (length)" : ""}, ${word}`, id: `field-${i}-${which}`, shown: units.fields[i], level, unit }))));
  }

  show(answers) {
    this.numbers.show(this.numbers.rows.map((_, i) => answers.map((answer) => answer.numbers?.[i])));
    this.fieldNumbers.show(this.fields.flatMap(({ i }) => ["least", "most"].map((which) => answers.map((answer) => {
      const own = answer.fields?.[i];
      return own && { value: own.shown[own[which]], halfWidth: own.halfWidths[own[which]] };
    }))));
  }
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
