// SPDX-License-Identifier: Apache-2.0
// The runtime's WebAssembly module for JavaScript: browsers and Node. See vesalius_surrogate.h for what the calls mean.
//
//   const surrogate = await Surrogate.open(moduleBytes, fileBytes)
//   surrogate.checkDomain([0.4, 70])      -> { status: "IN", input: -1, score, pValue }
//   surrogate.predictScalars([0.4, 70])   -> [{ value, halfWidth, sigma }, ...]
//   surrogate.predictField(0, [0.4, 70])  -> { values: Float32Array, halfWidths: Float32Array }, valid until the next call

const errors = ["no error", "a null pointer or an index out of range", "the memory does not begin at a multiple of 8 bytes", "this machine is not little-endian",
  "this is no surrogate file", "the file is of another version of the format", "the file is shorter or longer than it says", "the file is damaged: its digest does not fit",
  "a section is missing, of another type or shape, or lies outside of the file", "an index within the file is out of range",
  "a number within the file is not finite or out of its range", "the names and units within the file are not what they should be", "the workspace is too small",
  "an input or a prediction is not a finite number"];

const statuses = ["IN", "OUT_OF_RANGE", "OUT_OF_DOMAIN", "INVALID"];

const PAGE = 65536;

export class Surrogate {
  static async open(moduleBytes, fileBytes) {
    const { instance } = await WebAssembly.instantiate(moduleBytes, {});
    return new Surrogate(instance.exports, fileBytes);
  }

  constructor(wasm, fileBytes) {
    this.wasm = wasm;
    this.end = wasm.__heap_base.value;
    const file = this.allocate(fileBytes.length);
    this.out = this.allocate(64);
    new Uint8Array(wasm.memory.buffer).set(fileBytes, file);
    this.check(wasm.open(file, fileBytes.length, this.out));
    this.model = this.view().getUint32(this.out, true);
    this.inputs = this.list(wasm.n_inputs, wasm.describe_input, (v, at) => ({ name: this.text(v.getUint32(at, true)), unit: this.text(v.getUint32(at + 4, true)),
      lower: v.getFloat64(at + 8, true), upper: v.getFloat64(at + 16, true) }));
    this.scalars = this.list(wasm.n_scalars, wasm.describe_scalar, (v, at) => ({ name: this.text(v.getUint32(at, true)), unit: this.text(v.getUint32(at + 4, true)),
      level: v.getFloat64(at + 8, true) }));
    this.fields = this.list(wasm.n_fields, wasm.describe_field, (v, at) => ({ name: this.text(v.getUint32(at, true)), unit: this.text(v.getUint32(at + 4, true)),
      location: this.text(v.getUint32(at + 8, true)), level: v.getFloat64(at + 16, true), nNodes: v.getUint32(at + 24, true), nComponents: v.getUint32(at + 28, true) }));
    this.workspaceSize = wasm.workspace_size(this.model);
    this.workspace = this.allocate(this.workspaceSize);
    this.x = this.allocate(8 * this.inputs.length);
    this.numbers = this.allocate(24 * Math.max(1, this.scalars.length));
    this.values = this.allocate(4 * Math.max(1, ...this.fields.map((f) => f.nNodes * f.nComponents)));
    this.halfWidths = this.allocate(4 * Math.max(1, ...this.fields.map((f) => f.nNodes)));
  }

  get name() { return this.text(this.wasm.name(this.model)); }

  /** The model card, parsed. */
  get card() {
    const at = this.wasm.card(this.model, this.out);
    return JSON.parse(new TextDecoder().decode(new Uint8Array(this.wasm.memory.buffer, at, this.view().getUint32(this.out, true))));
  }

  /** { points: Float32Array [n, 3] in metres, triangles: Int32Array [m, 3] } */
  get mesh() {
    const points = this.wasm.mesh_points(this.model, this.out), n = this.view().getUint32(this.out, true);
    const triangles = this.wasm.mesh_triangles(this.model, this.out), m = this.view().getUint32(this.out, true);
    return { points: new Float32Array(this.wasm.memory.buffer, points, 3 * n), triangles: new Int32Array(this.wasm.memory.buffer, triangles, 3 * m) };
  }

  checkDomain(inputs) {
    this.check(this.wasm.check_domain(this.model, this.put(inputs), this.workspace, this.workspaceSize, this.out));
    const v = this.view();
    return { status: statuses[v.getInt32(this.out, true)], input: v.getInt32(this.out + 4, true), score: v.getFloat64(this.out + 8, true), pValue: v.getFloat64(this.out + 16, true) };
  }

  predictScalars(inputs) {
    this.check(this.wasm.predict_scalars(this.model, this.put(inputs), this.workspace, this.workspaceSize, this.numbers));
    const v = this.view();
    return this.scalars.map((_, i) => ({ value: v.getFloat64(this.numbers + 24 * i, true), halfWidth: v.getFloat64(this.numbers + 24 * i + 8, true),
      sigma: v.getFloat64(this.numbers + 24 * i + 16, true) }));
  }

  predictField(field, inputs) {
    this.check(this.wasm.predict_field(this.model, field, this.put(inputs), this.workspace, this.workspaceSize, this.values, this.halfWidths));
    const { nNodes, nComponents } = this.fields[field];
    return { values: new Float32Array(this.wasm.memory.buffer, this.values, nNodes * nComponents), halfWidths: new Float32Array(this.wasm.memory.buffer, this.halfWidths, nNodes) };
  }

  /* ---- memory of the module ---- */

  allocate(size) {
    const place = (this.end + 63) & ~63;
    this.end = place + size;
    const missing = this.end - this.wasm.memory.buffer.byteLength;
    if (missing > 0) this.wasm.memory.grow(Math.ceil(missing / PAGE));
    return place;
  }

  view() { return new DataView(this.wasm.memory.buffer); }

  put(inputs) {
    if (inputs.length !== this.inputs.length) throw new Error(`the surrogate has ${this.inputs.length} inputs, not ${inputs.length}`);
    new Float64Array(this.wasm.memory.buffer, this.x, inputs.length).set(inputs);
    return this.x;
  }

  text(at) {
    const bytes = new Uint8Array(this.wasm.memory.buffer);
    return new TextDecoder().decode(bytes.subarray(at, bytes.indexOf(0, at)));
  }

  list(count, describe, read) {
    return Array.from({ length: count(this.model) }, (_, i) => {
      this.check(describe(this.model, i, this.out));
      return read(this.view(), this.out);
    });
  }

  check(error) {
    if (error !== 0) throw new Error(errors[error] ?? `error ${error}`);
  }
}
