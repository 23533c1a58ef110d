// SPDX-License-Identifier: GPL-3.0-or-later
// fetch.mjs FOLDER NPM: fetches the packages of package-lock.json into FOLDER. Without a network for npm the test that needs them is skipped, and nothing else.
import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { fetchPackages } from "../../ai_surrogates/runtime/page/fetch_packages.mjs";

const [folder, npm] = process.argv.slice(2);
try {
  fetchPackages(dirname(fileURLToPath(import.meta.url)), folder, npm, "onnxruntime-web");
  writeFileSync(join(folder, "fetched"), "");
} catch (error) {
  console.warn(`warning: the test of \`vesalius export-onnx\` will be skipped: ${error.message}`);
}
