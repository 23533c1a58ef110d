// SPDX-License-Identifier: Apache-2.0
// The inputs: for each a number to type and a slider, once or, for comparison, twice. What stands in the box is what is predicted from.
import { element } from "./elements.mjs";
import { decimalsFor, fixed, parse, significant, title, withUnit } from "./numbers.mjs";

/** An input in the page's unit. Its ends are rounded inwards, so that a slider never leaves the range that the surrogate knows. */
export class Input {
  constructor(input, shown) {
    Object.assign(this, input);
    this.shownUnit = shown.unit;
    this.factor = shown.factor;
    this.title = title(input.name);
    const low = input.lower * shown.factor, high = input.upper * shown.factor;
    this.decimals = decimalsFor((high - low) / 200);
    const scale = 10 ** this.decimals;
    this.low = Math.ceil(low * scale - 1e-6) / scale;
    this.high = Math.floor(high * scale + 1e-6) / scale;
    if (!(this.high > this.low)) [this.low, this.high] = [low, high];
  }

  text(value) { return value.toFixed(this.decimals); }

  middle() { return this.text((this.low + this.high) / 2); }

  /** In the file's unit; the ends themselves are in range whatever the unit's rounding. */
  value(text) {
    const x = parse(text) / this.factor, near = 1e-9 * (this.upper - this.lower);
    if (Math.abs(x - this.lower) <= near) return this.lower;
    return Math.abs(x - this.upper) <= near ? this.upper : x;
  }

  range() { return `${fixed(this.low, this.decimals)} to ${withUnit(fixed(this.high, this.decimals), this.shownUnit)}`; }

  inFileUnit(text) {
    const x = this.value(text);
    return Number.isFinite(x) ? `${withUnit(significant(x, 6), this.unit)} in the surrogate's own unit` : "not a number";
  }
}

/** The rows of all inputs. `settings` is [[text, ...], ...]: one setting or two. */
export class InputRows {
  constructor(folder, inputs, onChange) {
    this.inputs = inputs;
    this.onChange = onChange;
    this.controls = inputs.map((input, i) => ["a", "b"].map((setting, s) => this.makeControl(input, i, setting, s)));
    folder.append(...inputs.map((input, i) => this.makeRow(input, i)));
  }

  makeRow(input, i) {
    return element("div", { class: "input", role: "group", "aria-labelledby": `name-${i}` },
      element("div", { class: "input-name" }, element("span", { id: `name-${i}` }, input.title), element("span", { class: "range", id: `range-${i}` }, input.range())),
      ...this.controls[i].map((control) => control.row));
  }

  makeControl(input, i, setting, s) {
    const described = { "aria-describedby": `range-${i}` };
    const label = `${input.title}, setting ${setting.toUpperCase()}`;
    const box = element("input", { id: `input-${i}-${setting}`, type: "text", inputmode: "decimal", autocomplete: "off", spellcheck: "false", "aria-label": withUnit(label, input.shownUnit), ...described,
      input: () => this.change(i, s, box.value, "box") });
    const slider = element("input", { id: `slider-${i}-${setting}`, type: "range", min: input.low, max: input.high, step: 10 ** -input.decimals, "aria-label": `${label}, slider`, ...described,
      input: () => this.change(i, s, input.text(slider.valueAsNumber), "slider") });
    const row = element("div", { class: `control setting-${setting}` }, element("span", { class: "tag", "aria-hidden": "true" }, setting.toUpperCase()), slider, box,
      element("span", { class: "unit" }, input.shownUnit));
    return { box, slider, row };
  }

  change(i, s, text, from) {
    this.show(i, s, text, from);
    this.onChange(i, s, text);
  }

  /** Everything of a control but what the user has in hand. */
  show(i, s, text, from) {
    const input = this.inputs[i], { box, slider, row } = this.controls[i][s], x = input.value(text);
    if (from !== "box") box.value = text;
    if (from !== "slider" && Number.isFinite(x)) slider.value = parse(text);
    slider.setAttribute("aria-valuetext", withUnit(text, input.shownUnit));
    const wrong = !(x >= input.lower && x <= input.upper);
    box.setAttribute("aria-invalid", String(wrong));
    row.classList.toggle("wrong", wrong);
    row.title = input.inFileUnit(text);
  }

  showAll(settings) {
    settings.forEach((texts, s) => texts.forEach((text, i) => this.show(i, s, text)));
    for (const [, second] of this.controls) second.row.hidden = settings.length < 2;
    for (const pair of this.controls) for (const { row } of pair) row.classList.toggle("alone", settings.length < 2);
  }
}
