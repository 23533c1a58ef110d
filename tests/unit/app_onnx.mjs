// SPDX-License-Identifier: GPL-3.0-or-later
// app_onnx.mjs FOLDER MODEL.onnx INPUTS OUTPUTS: what onnxruntime-web of FOLDER gives for all rows of INPUTS (float64), one output after the other in the
// order of the model, as float64. Prints the outputs' names.
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const [folder, model, inputs, outputs] = process.argv.slice(2);
const ort = createRequire(join(folder, "package.json"))("onnxruntime-web");
ort.env.wasm.numThreads = 1;
const session = await ort.InferenceSession.create(readFileSync(model), { executionProviders: ["wasm"] });
const bytes = readFileSync(inputs);
const rows = new Float64Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
const d = session.inputMetadata[0].shape[1];
const results = await session.run({ inputs: new ort.Tensor("float64", rows, [rows.length / d, d]) });
writeFileSync(outputs, Buffer.concat(session.outputNames.map((name) => Buffer.from(Float64Array.from(results[name].data).buffer))));
console.log(session.outputNames.join(" "));
