// SPDX-License-Identifier: GPL-3.0-or-later
// page_times.mjs CHROMIUM PAGE.html REPETITIONS: opens a page of `vesalius export-page` in headless Chromium, which draws in software, and prints as JSON what bench_page.cpp says, in ms:
// { first: [numbers, picture], again: [numbers, picture], slider: { toPicture, script }, drawing, processor: { page, graphics } of a step of the slider }
import { pathToFileURL } from "node:url";

import { Browser } from "../../tests/browser.mjs";

const [chromium, page, repetitions] = process.argv.slice(2);

const median = (values) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)];

// A picture is there when its pixels can be read: until then drawing is only asked for.
const tools = `
  window.finish = (canvas) => canvas.getContext("webgl2").readPixels(0, 0, 1, 1, 6408, 5121, new Uint8Array(4));
  new MutationObserver((_, watching) => {
    const canvas = document.getElementById("canvas");
    if (!canvas?.dataset.drawn) return;
    watching.disconnect();
    finish(canvas);
    window.firstPicture = performance.now();
  }).observe(document, { subtree: true, childList: true, attributes: true, attributeFilter: ["data-drawn"] });`;

async function open(browser) {
  await browser.open(pathToFileURL(page).href);
  await browser.until("window.firstPicture");
  return browser.evaluate("[Number(document.documentElement.dataset.numbersAfter), window.firstPicture]");
}

/** Medians of [ms until the drawing is asked for, ms until it is there] after \`act\`, an expression of i. */
async function times(browser, act) {
  const all = await browser.evaluate(`(async () => {
    const slider = document.getElementById("slider-0-a"), canvas = document.getElementById("canvas"), all = [];
    let drawn;
    new MutationObserver(() => drawn()).observe(canvas, { attributes: true, attributeFilter: ["data-drawn"] });
    for (let i = 0; i < ${repetitions}; ++i) {
      await new Promise((done) => { setTimeout(done, 60); });
      const start = performance.now(), done = new Promise((resolve) => { drawn = resolve; });
      ${act};
      await done;
      const asked = performance.now();
      finish(canvas);
      all.push([asked - start, performance.now() - start]);
    }
    return all; })()`);
  return [0, 1].map((k) => median(all.map((pair) => pair[k])));
}

const browser = await Browser.start(chromium);
try {
  await browser.send("Page.addScriptToEvaluateOnNewDocument", { source: tools });
  const first = await open(browser), again = [];
  for (let i = 0; i < 5; ++i) again.push(await open(browser));
  await times(browser, "slider.value = slider.min; slider.dispatchEvent(new Event('input'))"); // until the engine has compiled it for speed
  const before = await browser.processorSeconds();
  const [script, toPicture] = await times(browser, "slider.value = Number(slider.min) + ((i * 0.37) % 1) * (slider.max - slider.min); slider.dispatchEvent(new Event('input'))");
  const after = await browser.processorSeconds(), processor = Object.fromEntries(["page", "graphics"].map((kind) => [kind, (1e3 * (after[kind] - before[kind])) / Number(repetitions)]));
  const [, drawing] = await times(browser, "canvas.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowLeft' }))");
  console.log(JSON.stringify({ first, again: [0, 1].map((k) => median(again.map((pair) => pair[k]))), slider: { toPicture, script }, drawing, processor }));
} finally {
  await browser.close();
}
