// SPDX-License-Identifier: Apache-2.0
// What the surrogate answers at one setting, all at once: status, numbers and fields. Outside of the domain there are no numbers.

/** Whether an output says where the mesh is: drawn at, never a result. */
export const isShape = ({ name, unit }) => name === "position" && unit === "m";

/** Lengths of vectors; of scalars the values themselves. */
function lengths(values, nComponents) {
  if (nComponents === 1) return values;
  const result = new Float32Array(values.length / nComponents);
  for (let i = 0; i < result.length; ++i) result[i] = Math.sqrt(values[3 * i] ** 2 + values[3 * i + 1] ** 2 + values[3 * i + 2] ** 2);
  return result;
}

/** Nodes with the smallest and the largest value. */
function extremes(values) {
  let least = 0, most = 0;
  for (let i = 1; i < values.length; ++i) {
    if (values[i] < values[least]) least = i;
    if (values[i] > values[most]) most = i;
  }
  return { least, most };
}

/** { values, and a value a node: shown, halfWidths, with the nodes of their extremes: least and most of what is shown, surest and widest } */
function predictField(surrogate, field, x) {
  const predicted = surrogate.predictField(field, x); // in the module's memory, which the next call uses again
  const values = predicted.values.slice(), halfWidths = predicted.halfWidths.slice(), shown = lengths(values, surrogate.fields[field].nComponents), { least, most } = extremes(shown);
  const ofHalfWidths = extremes(halfWidths);
  return { values, shown, halfWidths, least, most, surest: ofHalfWidths.least, widest: ofHalfWidths.most };
}

/** { domain, numbers, fields }; numbers and fields are null unless the status is IN. */
export function predict(surrogate, x) {
  const domain = surrogate.checkDomain(x);
  if (domain.status !== "IN") return { domain, numbers: null, fields: null };
  return { domain, numbers: surrogate.scalars.length ? surrogate.predictScalars(x) : [], fields: surrogate.fields.map((_, i) => predictField(surrogate, i, x)) };
}

/** The ends of what a picture shows of a predicted field, its values or its half-widths. */
export function endsOf(field, kind) {
  return kind === "value" ? [field.shown[field.least], field.shown[field.most]] : [field.halfWidths[field.surest], field.halfWidths[field.widest]];
}

const primes = [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37];

function radicalInverse(i, base) {
  let result = 0;
  for (let digit = 1 / base; i > 0; i = Math.floor(i / base), digit /= base) result += digit * (i % base);
  return result;
}

/** A field at settings all over the box, so that what is made of it means the same at all settings. */
export function* overTheBox(surrogate, field, n = 24) {
  for (let i = 0; i < n; ++i) {
    const x = surrogate.inputs.map(({ lower, upper }, d) => lower + (upper - lower) * (i === 0 ? 0.5 : radicalInverse(i, primes[d % primes.length])));
    if (i === 0 || surrogate.checkDomain(x).status === "IN") yield predictField(surrogate, field, x);
  }
}

/** Values and half-widths of a field over its box: { value: [low, high], halfWidth }. */
export function fieldScale(surrogate, field) {
  const result = { value: [Infinity, -Infinity], halfWidth: [0, 0] };
  for (const own of overTheBox(surrogate, field)) {
    const [low, high] = endsOf(own, "value");
    result.value = [Math.min(result.value[0], low), Math.max(result.value[1], high)];
    result.halfWidth[1] = Math.max(result.halfWidth[1], own.halfWidths[own.widest]);
  }
  return result;
}
