// SPDX-License-Identifier: Apache-2.0
// build_page.mjs FOLDER MODULE.wasm NPM: bundles the page into FOLDER/page.html, with the libraries of package-lock.json, which npm fetches into FOLDER.
//
// The result is a template. A page is made of it by replacing
//   @TITLE@      the model's name, markup escaped
//   @SURROGATE@  the bytes of the *.surr file in base64
//   @EXPORT@     JSON, "<" written as \u003c: { "file", "sha256", "program", "units": { "inputs": [{ "unit", "factor" }], "scalars", "fields" } },
//                where a value in the file's unit times `factor` is one in `unit`, which the page shows
//
// What cannot be built for want of a package stops nothing else: FOLDER/page_missing.txt then says why.
import { createHash } from "node:crypto";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { fetchPackages } from "./fetch_packages.mjs";

const [folder, moduleFile, npm] = process.argv.slice(2);
const source = dirname(fileURLToPath(import.meta.url));
const result = join(folder, "page.html"), missing = join(folder, "page_missing.txt");
const read = (name) => readFileSync(join(source, name), "utf8");

/// The digest by which a page's policy names what may run.
const digest = (text) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;

async function bundle() {
  const esbuild = createRequire(join(folder, "package.json"))("esbuild");
  const built = await esbuild.build({ entryPoints: [join(source, "page.mjs"), join(source, "page.css")], outdir: folder, bundle: true, minify: true, write: false, format: "iife",
    target: ["es2021"], charset: "ascii", legalComments: "none", nodePaths: [join(folder, "node_modules")], logLevel: "silent" });
  const text = (ending) => built.outputFiles.find((file) => file.path.endsWith(ending)).text.trim().replaceAll("</", "<\\/");
  return { script: text(".js"), style: text(".css") };
}

const escape = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");

async function build() {
  fetchPackages(source, folder, npm, "three");
  const { script, style } = await bundle();
  const three = JSON.parse(readFileSync(join(folder, "node_modules/three/package.json"), "utf8"));
  const parts = {
    POLICY: `default-src 'none'; script-src ${digest(script)} 'wasm-unsafe-eval'; style-src ${digest(style)}; img-src data:; base-uri 'none'; form-action 'none'`,
    STYLE: style, SCRIPT: script, MODULE: readFileSync(moduleFile).toString("base64"),
    OWN_LICENCE: escape(read("../LICENSE").trim()),
    THREE_VERSION: escape(three.version), THREE_LICENCE: escape(readFileSync(join(folder, "node_modules/three/LICENSE"), "utf8").trim()) };
  writeFileSync(result, read("page.html").replace(/@([A-Z_]+)@/g, (whole, name) => parts[name] ?? whole));
  rmSync(missing, { force: true });
}

try {
  await build();
} catch (error) {
  rmSync(result, { force: true });
  writeFileSync(missing, `${error.message}\n`);
  console.warn(`warning: the page of \`vesalius export-page\` was not built: ${error.message}`);
}
