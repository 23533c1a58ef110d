// SPDX-License-Identifier: Apache-2.0
// The picture with its tools, legend, scale bar and probe; or a sentence that says why there is none.
import { byId, element, labelled, select, setText } from "./elements.mjs";
import { showLegend } from "./legend.mjs";
import { fixed, decimalsFor, interval, niceRange, percent, significant, title, withUnit } from "./numbers.mjs";
import { endsOf, fieldScale, isShape, overTheBox } from "./predictions.mjs";
import { sides, View } from "./view.mjs";

/** The axes of the patient in a corner of the picture. */
function drawAxes(svg, axes) {
  const letters = ["L", "P", "S"], line = (tag, attributes) => {
    const result = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) result.setAttribute(name, value);
    return result;
  };
  svg.replaceChildren(...axes.flatMap(([x, y], i) => {
    if (Math.hypot(x, y) < 0.2) return [];
    const text = line("text", { x: 36 + 29 * x, y: 36 + 29 * y + 4, "text-anchor": "middle" });
    text.textContent = letters[i];
    return [line("line", { x1: 36, y1: 36, x2: 36 + 20 * x, y2: 36 + 20 * y }), text];
  }));
}

export class Picture {
  constructor(surrogate, shown) {
    this.surrogate = surrogate;
    this.fields = surrogate.fields.map((field, i) => ({ ...field, i, shown: shown[i], title: title(field.name) }));
    const { points, triangles } = surrogate.mesh;
    const onMesh = this.fields.filter((field) => triangles.length > 0 && field.nNodes === points.length / 3 && field.location === this.fields[0].location);
    this.drawable = onMesh.filter((field) => !isShape(field));
    this.shapeField = onMesh.find((field) => isShape(field) && field.nComponents === 3);
    this.movements = this.drawable.filter((field) => field.nComponents === 3 && ["m", "mm", "cm"].includes(field.unit));
    this.scales = new Map();
    this.nDrawn = 0;
    if (this.drawable.length === 0) this.say(this.fields.some((field) => !isShape(field)) ? "The file holds no surface to draw this surrogate's fields on." : "This surrogate has no field to colour a picture by.");
  }

  /** Costs more than all else of the page: it can come later. */
  start() {
    if (this.drawable.length === 0) return;
    const canvas = element("canvas", { id: "canvas", tabindex: "0", role: "img", "aria-describedby": "picture-note" });
    const frame = element("div", { id: "frame" }, canvas);
    try {
      // Of the module's memory, which may move: copies.
      const { points, triangles } = this.surrogate.mesh, mesh = { points: points.slice(), triangles: new Uint32Array(triangles) };
      const shapes = this.shapeField ? Array.from(overTheBox(this.surrogate, this.shapeField.i), ({ values }) => values) : [];
      this.view = new View(canvas, mesh, shapes, { onDraw: () => this.drawn(), onSide: (side) => { if (this.side) this.side.value = side; } });
    } catch {
      this.say("This browser shows no WebGL pictures. All numbers below are predicted all the same; of each field its smallest and largest values are listed.");
      return;
    }
    this.canvas = canvas;
    this.axes = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    this.axes.setAttribute("id", "axes");
    this.axes.setAttribute("aria-hidden", "true");
    this.captions = [0, 1].map((s) => element("div", { class: `caption caption-${s}` }));
    this.bar = element("div", { id: "scale-bar", "aria-hidden": "true" }, element("span", { class: "line" }), element("span"));
    this.probe = element("div", { id: "probe", "aria-hidden": "true" });
    this.legend = element("div", { id: "legend" });
    frame.append(this.axes, ...this.captions, this.bar, this.probe);
    byId("stage").append(frame, this.legend);
    byId("tools").append(...this.tools());
    canvas.addEventListener("pointermove", (event) => { this.pointer = event; this.request(); });
    canvas.addEventListener("pointerleave", () => { this.pointer = null; this.showProbe(); });
  }

  request() {
    this.pending ??= requestAnimationFrame(() => { this.pending = undefined; this.showProbe(); });
  }

  say(text) {
    byId("picture").classList.add("without");
    setText(byId("picture-note"), text);
  }

  tools() {
    const redraw = () => this.update(this.answers), tools = [];
    this.field = select("field", this.drawable.map((field) => [field.i, field.title]), redraw);
    // What a clinician asks for first is rarely how far the wall moves.
    this.field.value = (this.drawable.find((field) => field.nComponents === 1) ?? this.drawable[0]).i;
    this.kind = select("kind", [["value", "predicted value"], ["halfWidth", "width of the interval (\u00b1)"]], redraw);
    tools.push(labelled("Colour", this.field), labelled("shows", this.kind));
    if (this.movements.length) {
      const factors = [["0", this.shapeField ? "as predicted" : "as meshed"], ...this.movements.flatMap((field) => [1, 2, 5, 10].map((f) => [`${f} ${field.i}`, f === 1 ? `moved by ${field.name}` : `${field.name} \u00d7 ${f}`]))];
      this.shape = select("shape", factors, redraw);
      this.shape.value = `1 ${this.movements[0].i}`;
      tools.push(labelled("Shape", this.shape));
    }
    this.range = select("range", [["all", "all settings"], ["now", "these settings"]], redraw);
    this.side = select("side", [...Object.keys(sides), "turned"].map((name) => [name, name]), (name) => { if (name in sides) this.view.lookFrom(name); });
    tools.push(labelled("Scale of", this.range), labelled("Seen from", this.side));
    return tools;
  }

  /** niceRange() of the legend, in the page's unit. */
  legendRange(field, kind) {
    let ends;
    if (this.range.value === "now") {
      ends = this.answers.filter((answer) => answer.fields).flatMap((answer) => endsOf(answer.fields[field.i], kind));
    }
    if (!ends?.length) {
      if (!this.scales.has(field.i)) this.scales.set(field.i, fieldScale(this.surrogate, field.i));
      ends = this.scales.get(field.i)[kind];
    }
    const { factor } = field.shown;
    return niceRange(factor * Math.min(...ends), factor * Math.max(...ends));
  }

  /** `answers` are predict()'s, one or two. */
  update(answers) {
    this.answers = answers;
    if (!this.view) return;
    const field = this.fields[Number(this.field.value)], kind = this.kind.value, { factor, unit } = field.shown;
    const range = this.legendRange(field, kind);
    const [scale, mover] = (this.shape?.value ?? "0").split(" ").map(Number);
    this.view.nShown = answers.length;
    answers.forEach((answer, s) => {
      const own = answer.fields?.[field.i], pane = this.view.panes[s];
      pane.move((this.shapeField && answer.fields?.[this.shapeField.i].values) ?? null, scale > 0 && answer.fields ? answer.fields[mover].values : null, scale * (mover === undefined ? 1 : this.metres(mover)));
      pane.paint(own ? (kind === "value" ? own.shown : own.halfWidths) : null, kind, range.low / factor, range.high / factor);
      setText(this.captions[s], (answers.length > 1 ? `${"AB"[s]} ` : "") + (own ? "" : "no prediction here"));
    });
    this.captions[1].hidden = answers.length < 2;
    byId("frame").classList.toggle("two", answers.length > 1);
    const heading = (kind === "value" ? field.title : `${field.title}: \u00b1 of the ${percent(field.level)} interval`) + (field.nComponents > 1 && kind === "value" ? ", length" : "");
    showLegend(this.legend, heading, unit, kind, range);
    this.note(field, kind, range, scale > 1 ? scale : 0);
    this.canvas.setAttribute("aria-label", `${heading}, on the surface${answers.length > 1 ? ", settings A and B side by side" : ""}. Arrow keys turn, plus and minus zoom, 0 goes back.`);
    this.view.draw();
  }

  metres(field) { return { m: 1, cm: 1e-2, mm: 1e-3 }[this.fields[field].unit]; }

  note(field, kind, range, exaggeration) {
    const { factor, unit } = field.shown, decimals = decimalsFor(range.step / 10);
    const beyond = this.answers.some((answer) => {
      if (!answer.fields) return false;
      const [low, high] = endsOf(answer.fields[field.i], kind);
      return factor * low < range.low - 1e-6 * range.step || factor * high > range.high + 1e-6 * range.step;
    });
    const drawnOn = this.shapeField ? this.shapeNote() : this.shape && this.shape.value !== "0" ? "" : " Drawn on the mesh that all training runs share.";
    setText(byId("picture-note"), `The band of ${percent(field.level)} holds for the whole field: every node within it, on average over settings.${drawnOn}` +
      (exaggeration ? ` The shape is exaggerated ${exaggeration} times.` : "") +
      (beyond ? ` Some values lie beyond the scale's ends, ${fixed(range.low, decimals)} and ${withUnit(fixed(range.high, decimals), unit)}.` : "") +
      " Drag or use the arrow keys to turn, the wheel or + and \u2212 to zoom; L, P, S: towards the patient's left, back and head.");
  }

  /** How well the shape is known: the promise of its own field, at its widest place. */
  shapeNote() {
    const { i, level, shown } = this.shapeField, several = this.answers.length > 1;
    const widths = this.answers.flatMap(({ fields }, s) => {
      if (!fields) return [];
      const { halfWidths, widest } = fields[i];
      return [`± ${withUnit(significant(shown.factor * halfWidths[widest], 2), shown.unit)}${several ? ` (${"AB"[s]})` : ""}`];
    });
    return widths.length ? ` Drawn at the predicted shape, which is uncertain, too: its own interval of ${percent(level)} is nowhere wider than ${widths.join(", ")}.` : " Drawn on the mesh that all training runs share.";
  }

  drawn() {
    drawAxes(this.axes, this.view.axes());
    const { pixels, text } = this.view.scaleBar();
    this.bar.firstChild.style.width = `${pixels}px`;
    setText(this.bar.lastChild, text);
    this.canvas.dataset.drawn = ++this.nDrawn;
    if (this.answers) this.showProbe();
  }

  /** The value under the pointer, with its interval. */
  showProbe() {
    const hit = this.pointer && this.pointer.buttons === 0 ? this.view.pick(this.pointer) : null;
    const own = hit && this.answers[hit.pane]?.fields?.[Number(this.field.value)];
    this.probe.hidden = !own;
    if (!own) return;
    const { shown } = this.fields[Number(this.field.value)], box = this.canvas.getBoundingClientRect();
    const { value, halfWidth } = interval(shown.factor * own.shown[hit.node], shown.factor * own.halfWidths[hit.node]);
    setText(this.probe, withUnit(`${value} \u00b1 ${halfWidth}`, shown.unit));
    this.probe.style.left = `${Math.min(this.pointer.clientX - box.left + 14, box.width - 150)}px`;
    this.probe.style.top = `${this.pointer.clientY - box.top + 14}px`;
  }
}
