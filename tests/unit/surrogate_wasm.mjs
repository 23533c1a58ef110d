// SPDX-License-Identifier: GPL-3.0-or-later
// surrogate_wasm.mjs RUNTIME.mjs MODULE.wasm MODEL.surr INPUTS OUTPUTS: predicts all outputs at every row of INPUTS (float64) and writes their bytes.
import { readFileSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [runtime, module, model, inputs, outputs] = process.argv.slice(2);
const { Surrogate } = await import(pathToFileURL(runtime));
const surrogate = await Surrogate.open(readFileSync(module), readFileSync(model));
const bytes = readFileSync(inputs);
const numbers = new Float64Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
const d = surrogate.inputs.length;
const parts = [];
for (let row = 0; row < numbers.length; row += d) {
  const x = Array.from(numbers.subarray(row, row + d));
  const domain = surrogate.checkDomain(x);
  const statuses = ["IN", "OUT_OF_RANGE", "OUT_OF_DOMAIN", "INVALID"];
  parts.push(Buffer.from(Float64Array.of(statuses.indexOf(domain.status), domain.input, domain.score, domain.pValue).buffer));
  for (const { value, halfWidth, sigma } of surrogate.predictScalars(x)) parts.push(Buffer.from(Float64Array.of(value, halfWidth, sigma).buffer));
  surrogate.fields.forEach((_, i) => {
    const { values, halfWidths } = surrogate.predictField(i, x);
    parts.push(Buffer.from(values.slice().buffer), Buffer.from(halfWidths.slice().buffer));
  });
}
writeFileSync(outputs, Buffer.concat(parts));
