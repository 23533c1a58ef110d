// SPDX-License-Identifier: GPL-3.0-or-later
// app_page.mjs CHROMIUM VESALIUS RUNTIME.mjs MODULE.wasm FOLDER: uses the page FOLDER/model.html of FOLDER/model.surr as a reader would, and compares what stands there with `vesalius predict`
// and with the runtime under Node; then FOLDER/shape.html of FOLDER/shape.surr, whose shape is predicted, too. Prints what is wrong and ends with status 1; prints times, which nothing depends on.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

import { Browser } from "../browser.mjs";

const [chromium, vesalius, runtime, module, folder] = process.argv.slice(2);
const { Surrogate } = await import(pathToFileURL(runtime));
const surrogate = await Surrogate.open(readFileSync(module), readFileSync(join(folder, "model.surr")));
const address = (name) => pathToFileURL(join(folder, name)).href;
let nChecks = 0;

function check(condition, what) {
  ++nChecks;
  if (!condition) throw new Error(`wrong: ${what}`);
}

const near = (a, b, relative) => Math.abs(a - b) <= relative * Math.max(Math.abs(a), Math.abs(b)) + 1e-300;

/** What `vesalius predict` says of rows of texts in the page's units, each: { status, numbers: [value, half-width, ...], x } */
function predicted(rows, units) {
  // As the page has them: m^3/s and L/min are both units of a table.
  const columns = surrogate.inputs.map(({ name }, i) => (units[i] ? `${name} [${units[i]}]` : name));
  writeFileSync(join(folder, "table.csv"), `${columns.join(", ")}\n${rows.map((texts) => texts.join(", ")).join("\n")}\n`);
  const [, ...lines] = execFileSync(vesalius, ["predict", join(folder, "model.surr"), "--inputs", join(folder, "table.csv")], { encoding: "utf8" }).trim().split("\n");
  const d = surrogate.inputs.length;
  return lines.map((line) => line.split(",")).map((cells) => ({ x: cells.slice(1, 1 + d).map(Number), status: cells[1 + d], numbers: cells.slice(4 + d).map((cell) => (cell === "" ? NaN : Number(cell))) }));
}

/** A reader's hands and eyes. */
class Reader {
  constructor(browser) { this.browser = browser; }

  read(expression) { return this.browser.evaluate(expression); }
  text(id) { return this.read(`document.getElementById(${JSON.stringify(id)}).innerText`); }

  /** Types or slides, and waits until it is shown. */
  async set(kind, i, value, setting = "a") {
    await this.read(`new Promise((done) => { const e = document.getElementById("${kind}-${i}-${setting}"); e.value = ${JSON.stringify(String(value))};
      e.dispatchEvent(new Event("input", { bubbles: true })); requestAnimationFrame(() => requestAnimationFrame(done)); })`);
  }

  settle() { return this.read("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"); }
  texts(setting = "a") { return this.read(`[...document.querySelectorAll(".setting-${setting} input[type=text]")].map((e) => e.value)`); }
  units() { return this.read("[...document.querySelectorAll('.setting-a .unit')].map((e) => e.innerText)"); }
  status(setting = "a") { return this.read(`document.getElementById("status-${setting}").dataset.status`); }
  cell(id) { return this.read(`(() => { const { dataset, innerText } = document.getElementById(${JSON.stringify(id)}); return { value: Number(dataset.value), halfWidth: Number(dataset.halfWidth), text: innerText }; })()`); }

  /** What the frame looks like when it looks the same twice, the mark of the focus aside. */
  async picture() {
    await this.read("document.activeElement.blur()");
    let before = "";
    for (let i = 0; i < 20; ++i) {
      await this.settle();
      const now = await this.pictureNow();
      if (now === before) return now;
      before = now;
    }
    throw new Error("the picture does not come to rest");
  }

  async pictureNow() {
    const clip = await this.read("(() => { const b = document.getElementById('frame').getBoundingClientRect(); return { x: b.left + scrollX, y: b.top + scrollY, width: b.width, height: b.height, scale: 1 }; })()");
    const { data } = await this.browser.send("Page.captureScreenshot", { format: "png", clip, captureBeyondViewport: true });
    return createHash("sha256").update(data).digest("hex");
  }

  /** Everything of a setting against the program and the runtime. */
  async compareWithProgram(setting = "a") {
    const [own] = predicted([await this.texts(setting)], await this.units()), status = await this.status(setting);
    check(status === own.status, `status ${status} on the page, ${own.status} by the program, at ${own.x}`);
    for (let i = 0; i < surrogate.scalars.length; ++i) {
      const cell = await this.cell(`scalar-${i}-${setting}`);
      if (status !== "IN") {
        check(cell.text.trim() === "\u2014", `'${cell.text}' stands where there is no prediction`);
        continue;
      }
      check(near(cell.value, own.numbers[2 * i], 1e-8) && near(cell.halfWidth, own.numbers[2 * i + 1], 1e-7), `${surrogate.scalars[i].name}: ${cell.value} on the page, ${own.numbers[2 * i]} by the program`);
      await this.compareShown(cell, i);
    }
    if (status === "IN") await this.compareFields(own.x, setting);
    return own;
  }

  /** What is read, in the page's unit, is the number rounded. */
  async compareShown(cell, i) {
    const { factor } = await this.read(`JSON.parse(document.getElementById("export").textContent).units.scalars[${i}]`);
    const [, value, halfWidth] = cell.text.replaceAll("\u2212", "-").match(/^(-?[\d.]+)\s*\u00b1\s*([\d.]+)/);
    check(Math.abs(value - factor * cell.value) < 0.06 * factor * cell.halfWidth && near(Number(halfWidth), factor * cell.halfWidth, 0.06), `'${cell.text}' is not ${factor * cell.value}`);
  }

  async compareFields(x, setting) {
    for (let i = 0; i < surrogate.fields.length; ++i) {
      const { values } = surrogate.predictField(i, x), c = surrogate.fields[i].nComponents;
      const lengths = c === 1 ? [...values] : Array.from({ length: values.length / c }, (_, n) => Math.hypot(...values.subarray(c * n, c * n + c)));
      const most = (await this.cell(`field-${i}-most-${setting}`)).value, least = (await this.cell(`field-${i}-least-${setting}`)).value;
      const size = Math.max(...lengths.map(Math.abs));
      check(Math.abs(most - Math.max(...lengths)) < 1e-5 * size && Math.abs(least - Math.min(...lengths)) < 1e-5 * size, `${surrogate.fields[i].name}: ${least} to ${most} on the page`);
    }
  }
}

async function numbersAndStates(reader) {
  await reader.compareWithProgram();
  check((await reader.status()) === "IN", "the middle of the ranges is within the domain");
  for (const fraction of [0.3, 0.6, 0.45]) {
    for (let i = 0; i < surrogate.inputs.length; ++i)
      await reader.set("slider", i, await reader.read(`(() => { const e = document.getElementById("slider-${i}-a"); return Number(e.min) + ${(fraction + 0.17 * i) % 1} * (e.max - e.min); })()`));
    await reader.compareWithProgram();
  }
  // At a slider's ends the input is still in range, whatever rounding its unit brings.
  for (const end of ["min", "max"]) {
    for (let i = 0; i < surrogate.inputs.length; ++i) await reader.set("slider", i, await reader.read(`document.getElementById("slider-${i}-a").${end}`));
    check((await reader.status()) !== "OUT_OF_RANGE", `the sliders' ${end} is out of range`);
  }
  await reader.browser.click("#middle");
  await reader.settle();
  const highest = Number(await reader.read("document.getElementById('slider-0-a').max"));
  await reader.set("input", 0, 1.5 * highest);
  check((await reader.status()) === "OUT_OF_RANGE", "a typed number above the range");
  check(/Flow is above its range, .* run the solver/.test(await reader.text("status-a")), `the status says: ${await reader.text("status-a")}`);
  check((await reader.read("document.getElementById('input-0-a').getAttribute('aria-invalid')")) === "true", "aria-invalid");
  await reader.compareWithProgram();
  for (const [text, says] of [["abc", "is not a number"], ["", "is not a number"], ["3,5", "decimal point"], ["1e999", "is not a number"]]) {
    await reader.set("input", 0, text);
    check((await reader.status()) === "INVALID" && (await reader.text("status-a")).includes(says), `'${text}' gives ${await reader.text("status-a")}`);
  }
  await outOfDomain(reader);
  await reader.browser.click("#middle");
  await reader.settle();
}

/** A corner of the box, by the program, that the page must know too. */
async function outOfDomain(reader) {
  const ends = await reader.read("[...document.querySelectorAll('.setting-a input[type=range]')].map((e) => [e.min, e.max])");
  const corners = Array.from({ length: 2 ** ends.length }, (_, corner) => ends.map((pair, i) => pair[(corner >> i) & 1]));
  const far = predicted(corners, await reader.units()).findIndex(({ status }) => status === "OUT_OF_DOMAIN");
  check(far >= 0, "no corner of the box is out of the domain: the example is unfit");
  for (let i = 0; i < ends.length; ++i) await reader.set("input", i, corners[far][i]);
  check((await reader.status()) === "OUT_OF_DOMAIN" && /Unlike the training runs/.test(await reader.text("status-a")), `the status is ${await reader.text("status-a")}`);
  check((await reader.text("stage")).includes("no prediction here"), "the picture says that there is no prediction");
}

async function pictures(reader) {
  check(Number(await reader.read("document.getElementById('canvas').dataset.drawn")) > 0, "a picture was drawn");
  const first = await reader.picture();
  const choose = (id, value) => reader.read(`new Promise((done) => { const e = document.getElementById("${id}"); e.value = ${JSON.stringify(value)}; e.dispatchEvent(new Event("change")); requestAnimationFrame(() => requestAnimationFrame(done)); })`);
  await choose("kind", "halfWidth");
  check((await reader.text("legend")).includes("of the 90") && (await reader.picture()) !== first, "the view of the interval's width");
  await choose("kind", "value");
  check((await reader.picture()) === first, "the same picture again");
  const shapes = await reader.read("[...document.getElementById('shape').options].map((o) => o.value)");
  await choose("shape", shapes[0]);
  await choose("shape", shapes[4]);
  check((await reader.text("picture-note")).includes("exaggerated 10 times"), "the exaggeration is said");
  await choose("shape", shapes[1]);
  await choose("side", "left");
  const axes = () => reader.read("[...document.querySelectorAll('#axes text')].map((e) => e.textContent).join('')");
  check((await axes()) === "PS" && (await reader.picture()) !== first, "seen from the left");
  const press = async (key) => {
    await reader.read("document.getElementById('canvas').focus()");
    await reader.browser.key(key);
    await reader.settle();
  };
  await press("0");
  check((await axes()) === "LS", "0 goes back to the front");
  for (let i = 0; i < 3; ++i) await press("ArrowLeft");
  check((await axes()) === "LPS" && (await reader.read("document.getElementById('side').value")) === "turned", "an arrow turns");
  await press("0");
  check((await reader.read("document.getElementById('side').value")) === "anterior", "seen from the front again");
  await reader.set("slider", 0, await reader.read("document.getElementById('slider-0-a').max"));
  check((await reader.picture()) !== first, "another setting, another picture");
  await reader.browser.click("#middle");
  await reader.settle();
}

/** Extents of what is drawn in the picture's left pane, from left to right and from head to feet, in metres. */
async function drawnExtents(reader) {
  const { pixels, bar, text } = await reader.read(`new Promise((done) => {
    const canvas = document.getElementById("canvas"), watch = new MutationObserver(() => {
      watch.disconnect();
      const gl = canvas.getContext("webgl2"), width = gl.drawingBufferWidth, height = gl.drawingBufferHeight, all = new Uint8Array(4 * width * height);
      gl.readPixels(0, 0, width, height, gl.RGBA, gl.UNSIGNED_BYTE, all);
      const low = [width, height], high = [0, 0];
      for (let y = 0; y < height; ++y) for (let x = 0; x < width; ++x) {
        const i = 4 * (y * width + x);
        if (all[i] === all[0] && all[i + 1] === all[1] && all[i + 2] === all[2]) continue;
        [x, y].forEach((at, d) => { low[d] = Math.min(low[d], at); high[d] = Math.max(high[d], at); });
      }
      const scale = document.getElementById("scale-bar");
      done({ pixels: [0, 1].map((d) => high[d] - low[d] + 1), bar: parseFloat(scale.firstChild.style.width), text: parseFloat(scale.lastChild.textContent) });
    });
    watch.observe(canvas, { attributes: true, attributeFilter: ["data-drawn"] });
    canvas.dispatchEvent(new KeyboardEvent("keydown", { key: "0" })); // seen from the front
  })`);
  return pixels.map((n) => (n * text) / bar / 1e3);
}

/** A page whose surrogate says where the surface is. */
async function shapes(reader) {
  const shape = await Surrogate.open(readFileSync(module), readFileSync(join(folder, "shape.surr"))), place = shape.fields.findIndex(({ name }) => name === "position");
  const options = (id) => reader.read(`[...document.getElementById("${id}").options].map((o) => o.innerText).join()`);
  check((await options("field")) === "Wall movement,Wall pressure", `colours are offered by ${await options("field")}`);
  check((await options("shape")).startsWith("as predicted,moved by wall movement") && !(await options("shape")).includes("position"), `shapes are offered: ${await options("shape")}`);
  await reader.read("(() => { const e = document.getElementById('shape'); e.value = '0'; e.dispatchEvent(new Event('change')); })()");
  check(!(await reader.text("field-numbers")).includes("osition") && (await reader.text("card-content")).includes("Shape (position)"), "the shape is no result");
  const widths = [];
  for (const end of ["min", "max"]) {
    await reader.set("slider", 1, await reader.read(`document.getElementById("slider-1-a").${end}`));
    check((await reader.status()) === "IN", "within the domain");
    const [texts, factors] = [await reader.texts(), await reader.read("JSON.parse(document.getElementById('export').textContent).units.inputs.map(({ factor }) => factor)")];
    const { values, halfWidths } = shape.predictField(place, texts.map((text, i) => Number(text) / factors[i]));
    const extent = (d) => { const all = values.filter((_, i) => i % 3 === d); return Math.max(...all) - Math.min(...all); };
    const drawn = await drawnExtents(reader), pixel = 1.5e-3;
    check(Math.abs(drawn[0] - extent(0)) < pixel && Math.abs(drawn[1] - extent(2)) < pixel, `drawn ${drawn} m, predicted ${extent(0)}, ${extent(2)}`);
    widths.push(drawn[0]);
    const [, said] = (await reader.text("picture-note")).match(/Drawn at the predicted shape.* nowhere wider than \u00b1 ([\d.]+)\u00a0mm/) ?? [];
    check(near(Number(said), 1e3 * Math.max(...halfWidths), 0.06), `the interval of the shape is said to be ${said} mm, it is ${1e3 * Math.max(...halfWidths)}`);
  }
  check(widths[1] > widths[0] + 5e-3, `the slider bends the picture: ${widths}`);
  await reader.set("input", 1, "9");
  check((await reader.text("picture-note")).includes("the mesh that all training runs share"), "without a prediction there is no shape either");
  await reader.browser.click("#middle");
  await reader.settle();
}

async function comparison(reader) {
  const before = await reader.cell("scalar-0-a");
  await reader.read("document.getElementById('compare').focus()");
  await reader.browser.key("Enter");
  await reader.settle();
  check((await reader.read("document.getElementById('compare').getAttribute('aria-pressed')")) === "true", "Enter presses the button");
  await reader.read("document.getElementById('slider-0-b').focus()");
  const old = (await reader.texts("b"))[0];
  for (let i = 0; i < 5; ++i) await reader.browser.key("ArrowRight");
  await reader.settle();
  check(Number((await reader.texts("b"))[0]) > Number(old), "arrows move a slider");
  check((await reader.cell("scalar-0-a")).value === before.value, "the first setting stays");
  await reader.compareWithProgram("a");
  await reader.compareWithProgram("b");
  const a = await reader.cell("scalar-0-a"), b = await reader.cell("scalar-0-b");
  const { factor } = await reader.read("JSON.parse(document.getElementById('export').textContent).units.scalars[0]");
  const shown = Number((await reader.read("document.querySelector('#numbers .difference').innerText")).replace("\u2212", "-"));
  check(Math.abs(shown - factor * (b.value - a.value)) < 0.06 * factor * b.halfWidth, `the difference ${shown}`);
  await reader.set("input", 0, "x", "b");
  check((await reader.status("a")) === "IN" && (await reader.status("b")) === "INVALID", "each setting has its own light");
  await reader.browser.click("#compare");
  await reader.settle();
}

/** Every control has a name, and the keyboard reaches it. */
async function keyboard(reader) {
  const unnamed = await reader.read("[...document.querySelectorAll('input, select, button, canvas')].filter((e) => !e.getAttribute('aria-label') && !e.closest('label') && !e.innerText).map((e) => e.id)");
  check(unnamed.length === 0, `without a name: ${unnamed}`);
  await reader.read("document.activeElement.blur(), scrollTo(0, 0)");
  const reached = new Set();
  for (let i = 0; i < 40; ++i) {
    await reader.browser.key("Tab");
    reached.add(await reader.read("document.activeElement.id"));
  }
  for (const id of ["input-0-a", "slider-0-a", "compare", "middle", "field", "kind", "canvas"]) check(reached.has(id), `the keyboard does not reach ${id}`);
}

async function texts(reader) {
  const name = surrogate.name;
  check(name.includes("<img"), "the example's name has markup");
  check((await reader.text("title")).toLowerCase() === name.toLowerCase(), `the title ${await reader.text("title")}`);
  check((await reader.read("document.querySelectorAll('main img, header img, header b').length")) === 0 && (await reader.read("document.title")) !== "hacked", "markup in a name is text");
  const body = await reader.read("document.body.innerText");
  for (const words of ["Research software, not a medical device", "Model card", "Intended use", "SHA-256 of the data set", "Recalibrated from new runs", "Viscosity"]) check(body.includes(words), `the page lacks '${words}'`);
  check((await reader.read("document.body.textContent")).includes("three.js authors"), "the licence of three.js");
}

/** Times, printed only. */
async function times(reader) {
  const toPicture = await reader.read(`(async () => { const e = document.getElementById("slider-0-a"), all = [], canvas = document.getElementById("canvas"); let drawn;
    new MutationObserver(() => drawn()).observe(canvas, { attributes: true, attributeFilter: ["data-drawn"] });
    for (let i = 0; i < 15; ++i) { const start = performance.now(); e.value = Number(e.min) + ((i * 0.37) % 1) * (e.max - e.min); const done = new Promise((resolve) => { drawn = resolve; });
      e.dispatchEvent(new Event("input")); await done; canvas.getContext("webgl2").readPixels(0, 0, 1, 1, 6408, 5121, new Uint8Array(4)); all.push(performance.now() - start); }
    return all.sort((a, b) => a - b)[7]; })()`);
  console.log(`opened after ${await reader.read("document.documentElement.dataset.openedAfter")} ms, slider to picture ${toPicture.toFixed(1)} ms (median of 15)`);
}

async function using(options, action) {
  const browser = await Browser.start(chromium, options);
  try {
    await action(new Reader(browser));
    check(browser.problems.length === 0, `the page says: ${browser.problems}`);
  } finally {
    await browser.close();
  }
}

await using({}, async (reader) => {
  await reader.browser.open(address("model.html"));
  for (const part of [texts, numbersAndStates, pictures, comparison, keyboard, times]) await part(reader);
  check(reader.browser.requests.every((url) => url === address("model.html") || url.startsWith("data:")), `fetched: ${reader.browser.requests}`);
  const page = readFileSync(join(folder, "model.html"), "utf8");
  writeFileSync(join(folder, "damaged.html"), page.replace(/(id="surrogate">.{4000})./, "$1A").replace(/(id="surrogate">.{5000})./, "$1B"));
  await reader.browser.open(address("damaged.html"));
  check((await reader.text("failure")).includes("damaged") && (await reader.read("document.getElementById('main').hidden")), "a damaged surrogate is refused");
  await reader.browser.open(address("shape.html"));
  await shapes(reader);
});
await using({ webgl: false }, async (reader) => {
  await reader.browser.open(address("model.html"));
  check((await reader.text("picture-note")).includes("no WebGL pictures") && (await reader.read("!document.getElementById('canvas')")), "without WebGL the page says so");
  await reader.compareWithProgram();
});
console.log(`${nChecks} checks`);
