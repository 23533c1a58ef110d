// SPDX-License-Identifier: Apache-2.0
// What the surrogate answers at one setting, all at once: status, numbers and fields. Outside of the domain there are no numbers.

/** Lengths of vectors; of scalars the values themselves. */
function lengths(values, nComponents) {
  if (nComponents === 1) return values;
  const result = new Float32Array(values.length / nComponents);
  for (let i = 0; i < result.length; ++i) result[i] = Math.hypot(values[3 * i], values[3 * i + 1], values[3 * i + 2]);
  return result;
}

function predictField(surrogate, field, x) {
  const { values, halfWidths } = surrogate.predictField(field, x);
  const own = values.slice(); // the module's memory is used again by the next call
  return { values: own, shown: lengths(own, surrogate.fields[field].nComponents), halfWidths: halfWidths.slice() };
}

/** { domain, numbers, fields }; numbers and fields are null unless the status is IN. */
export function predict(surrogate, x) {
  const domain = surrogate.checkDomain(x);
  if (domain.status !== "IN") return { domain, numbers: null, fields: null };
  return { domain, numbers: surrogate.scalars.length ? surrogate.predictScalars(x) : [], fields: surrogate.fields.map((_, i) => predictField(surrogate, i, x)) };
}

export function extremes(values) {
  let least = 0, most = 0;
  for (let i = 1; i < values.length; ++i) {
    if (values[i] < values[least]) least = i;
    if (values[i] > values[most]) most = i;
  }
  return { least, most };
}

const primes = [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37];

function radicalInverse(i, base) {
  let result = 0;
  for (let digit = 1 / base; i > 0; i = Math.floor(i / base), digit /= base) result += digit * (i % base);
  return result;
}

/** Values and half-widths of a field over its box, so that its colours mean the same at all settings: { value: [low, high], halfWidth }. */
export function fieldScale(surrogate, field, n = 24) {
  const result = { value: [Infinity, -Infinity], halfWidth: [0, 0] };
  for (let i = 0; i < n; ++i) {
    const x = surrogate.inputs.map(({ lower, upper }, d) => lower + (upper - lower) * (i === 0 ? 0.5 : radicalInverse(i, primes[d % primes.length])));
    if (i > 0 && surrogate.checkDomain(x).status !== "IN") continue;
    const { shown, halfWidths } = predictField(surrogate, field, x), { least, most } = extremes(shown);
    result.value = [Math.min(result.value[0], shown[least]), Math.max(result.value[1], shown[most])];
    result.halfWidth[1] = Math.max(result.halfWidth[1], halfWidths[extremes(halfWidths).most]);
  }
  return result;
}
