// SPDX-License-Identifier: GPL-3.0-or-later
// surrogate_wasm.mjs RUNTIME.mjs MODULE.wasm MODEL.surr REPETITIONS: prints the medians of bench_surrogate.cpp, in microseconds, as JSON.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [runtime, module, model, repetitions] = process.argv.slice(2);
const { Surrogate } = await import(pathToFileURL(runtime));
const surrogate = await Surrogate.open(readFileSync(module), readFileSync(model));

function median(call) {
  const times = [];
  for (let i = 0; i < Number(repetitions); ++i) {
    const x = surrogate.inputs.map((input) => input.lower + (input.upper - input.lower) * Math.random());
    const start = performance.now();
    call(x);
    times.push(1e3 * (performance.now() - start));
  }
  return times.sort((a, b) => a - b)[Math.floor(times.length / 2)];
}

const calls = [(x) => surrogate.predictField(0, x), (x) => surrogate.predictField(1, x), (x) => surrogate.predictScalars(x), (x) => surrogate.checkDomain(x)];
calls.forEach((call) => median(call)); // until the engine has compiled it for speed
console.log(JSON.stringify(calls.map(median)));
