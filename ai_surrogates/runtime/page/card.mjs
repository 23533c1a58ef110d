// SPDX-License-Identifier: Apache-2.0
// The model card for people, in the page's units; whatever it lacks is left out, and the whole of it stands at the end as it is in the file.
import { element } from "./elements.mjs";
import { percent, significant, title, withUnit } from "./numbers.mjs";
import { isShape } from "./predictions.mjs";

const named = (output) => (isShape(output) ? "Shape (position)" : title(output.name));

const heading = (text) => element("h3", {}, text);

function table(heads, rows, caption) {
  return element("div", { class: "scroll" }, element("table", {}, element("caption", {}, caption), element("thead", {}, element("tr", {}, ...heads.map((text) => element("th", { scope: "col" }, text)))),
    element("tbody", {}, ...rows.map(([first, ...cells]) => element("tr", {}, element("th", { scope: "row" }, first), ...cells.map((text) => element("td", {}, text)))))));
}

/** "uniform 2e-05 0.0001" in the page's unit. */
function distribution(text, factor) {
  return String(text ?? "").split(" ").map((word) => (Number.isFinite(Number(word)) && word !== "" ? significant(Number(word) * factor, 4) : word)).join(" ");
}

function inputs(card, page) {
  if (!Array.isArray(card.inputs)) return [];
  return [heading("Inputs"), table(["Input", "Range", "Drawn from"], card.inputs.map((input) => {
    const own = page.inputs.find((i) => i.name === input.name);
    return [title(input.name), own?.range() ?? "", own ? withUnit(distribution(input.distribution, own.factor), own.shownUnit) : ""];
  }), "What the surrogate was made for")];
}

function errors(card, page) {
  const outputs = (card.outputs ?? []).filter((output) => output.test?.runs > 0);
  if (outputs.length === 0) return [];
  return [heading("Errors on runs that it has not seen"), table(["Output", "Relative", "Mean", "Largest", "Mean \u00b1", "of it the mesh's", "Within the interval", "Expected of a true level"],
    outputs.map((output) => {
      const { factor, unit } = page.shownOf(output.name), { test } = output, number = (x) => (x === undefined ? "" : withUnit(significant(x * factor), unit));
      // How large a position is depends on where it is counted from.
      const relative = isShape(output) ? undefined : test.mean_relative_l2 ?? test.mean_error_over_mean_value, band = test.covered_99_percent_band;
      return [named(output), relative === undefined ? "" : percent(relative), number(test.mean_absolute_error), number(test.largest_error), number(test.mean_half_width), output.interval?.discretisation > 0 ? number(output.interval.discretisation) : "not given",
        `${test.covered} of ${test.geometries}`, band ? `${band[0]} to ${band[1]} (99 %)` : ""];
    }), "Against the solver on the mesh of the runs. Fields: mass-weighted relative L2 norm, mean over the test runs; within: every node")];
}

function share(index) {
  const bar = element("span", { class: "share" });
  bar.style.width = `${Math.round(100 * Math.min(1, Math.max(0, index)))}%`;
  return bar;
}

function sensitivities(card) {
  const outputs = (card.outputs ?? []).filter((output) => output.sobol_indices?.length);
  if (outputs.length === 0) return [];
  return [heading("What each output depends on"), element("p", {}, "Share of the output's variance that an input has a part in (total Sobol index), computed on the surrogate. Shares overlap where inputs act together."),
    element("div", { class: "sensitivities" }, ...outputs.map((output) => element("table", {}, element("caption", {}, named(output)), element("tbody", {},
      ...output.sobol_indices.map(({ input, total }) => element("tr", {}, element("th", { scope: "row" }, title(input)), element("td", { class: "bar-cell" }, share(total)), element("td", {}, total < 1e-3 ? "below 0.1\u00a0%" : percent(total))))))))];
}

function runs(own, name) {
  if (!own) return [];
  const roles = ["training", "calibration", "test"].filter((role) => own[role]);
  const facts = [own.core_seconds !== undefined && (own.core_seconds < 3600 ? `${significant(own.core_seconds)} core seconds` : `${significant(own.core_seconds / 3600)} core hours`), own.programs?.length && `made by ${own.programs.join(", ")}`, own.meshes && `${own.meshes} mesh${own.meshes > 1 ? "es" : ""}`];
  return [heading(name), table(["Role", "Runs", "Failed", "Geometries", "Drawn"], roles.map((role) => [title(role), own[role].runs, own[role].failed, own[role].geometries,
    Object.entries(own[role].origins ?? {}).map(([origin, n]) => `${n} ${origin}`).join(", ")].map(String)), facts.filter(Boolean).join("; ")),
    element("p", { class: "hash" }, `SHA-256 of the data set: ${own.sha256 ?? "not recorded"}`)];
}

function recalibrations(card) {
  return (card.recalibrated ?? []).flatMap((entry) => [...runs(entry, "Recalibrated from new runs, models as they were"), table(["Output", "Standard deviations before", "now", "Level before", "now"],
    entry.outputs.map((output) => [title(output.name), significant(output.factor_before, 4), significant(output.factor, 4), percent(output.level_before), percent(output.level)]), "The intervals' widths")]);
}

function models(card) {
  const outputs = (card.outputs ?? []).filter((output) => output.model);
  if (outputs.length === 0) return [];
  return [element("details", {}, element("summary", {}, "How the models were chosen"), table(["Output", "Trend", "Modes", "Tried", "Interval"], outputs.map(({ name, unit, model, interval }) => [named({ name, unit }), model.trend ?? "",
    String(model.modes ?? "\u2013"), `${model.tried?.length ?? 0} candidates`,
    interval ? `${significant(interval.factor, 4)} standard deviations, rank ${interval.rank} of ${interval.calibration_geometries} scores${interval.failed ? ` (${interval.failed} failed)` : ""}` : ""]),
  outputs[0].model.why ?? ""))];
}

export function showCard(folder, card, page) {
  const limits = card.limits ?? [];
  folder.append(
    element("p", {}, element("strong", {}, "Intended use: "), card.intended_use ?? "not recorded"),
    ...(limits.length ? [heading("Limits"), element("ul", {}, ...limits.map((limit) => element("li", {}, limit)))] : []),
    ...inputs(card, page), ...errors(card, page), ...sensitivities(card), ...runs(card.runs, "Training set"), ...recalibrations(card), ...models(card),
    ...(card.contains ? [heading("What the file holds"), element("p", {}, card.contains)] : []),
    element("details", {}, element("summary", {}, "The whole card, as it is in the file"), element("pre", {}, JSON.stringify(card, null, 1))));
}
