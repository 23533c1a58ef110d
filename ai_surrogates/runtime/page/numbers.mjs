// SPDX-License-Identifier: Apache-2.0
// Numbers in the units that the page shows; a value in the file's unit times `factor` is one in `unit`.

/** Decimals with which steps of `width` can be told apart. */
export function decimalsFor(width) {
  return width > 0 && Number.isFinite(width) ? Math.min(12, Math.max(0, Math.ceil(-Math.log10(width)))) : 3;
}

/** With so many decimals, a real minus sign, and powers of ten only where they are needed. */
export function fixed(value, decimals) {
  if (!Number.isFinite(value)) return "not a number";
  const text = Math.abs(value) >= 1e7 ? value.toExponential(3) : value.toFixed(decimals);
  return (Number(text) === 0 ? text.replace("-", "") : text).replace("-", "\u2212");
}

/** With so many significant digits. */
export function significant(value, digits = 3) {
  if (!Number.isFinite(value)) return "not a number";
  if (value === 0) return "0";
  const exponent = Math.floor(Math.log10(Math.abs(value)));
  return exponent < -4 || exponent > 6 ? value.toExponential(digits - 1).replace("-", "\u2212") : fixed(value, Math.max(0, digits - 1 - exponent));
}

/** Value and half-width with as many decimals as the half-width has two digits for. */
export function interval(value, halfWidth) {
  const decimals = halfWidth > 0 ? decimalsFor(halfWidth / 10) : decimalsFor(Math.abs(value) / 1e4);
  return { value: fixed(value, decimals), halfWidth: fixed(halfWidth, decimals), low: fixed(value - halfWidth, decimals), high: fixed(value + halfWidth, decimals) };
}

/** A share as a percentage without idle zeros: 90 %, 97.7 %. */
export const percent = (share, digits = 3) => `${Number((100 * share).toPrecision(digits))}\u00a0%`;

export const withUnit = (text, unit) => (unit ? `${text}\u00a0${unit}` : text);

/** What was typed; NaN for anything that is not one number. A comma is refused: 1,000 may be a thousand or one. */
export function parse(text) {
  const plain = text.trim().replace("\u2212", "-");
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(plain) ? Number(plain) : NaN;
}

/** An even step near `width` over `n`: 1, 2 or 5 times a power of ten. */
export function niceStep(width, n) {
  const raw = width / n, power = 10 ** Math.floor(Math.log10(raw));
  return [1, 2, 5, 10].find((m) => m * power >= raw * (1 - 1e-9)) * power;
}

/** [low, high, ticks]: the range widened to even numbers. */
export function niceRange(low, high, n = 5) {
  if (!(high > low)) {
    const margin = Math.abs(low) > 0 ? 0.1 * Math.abs(low) : 1;
    return niceRange(low - margin, high + margin, n);
  }
  const step = niceStep(high - low, n);
  const first = Math.floor(low / step + 1e-9), last = Math.ceil(high / step - 1e-9);
  return { low: first * step, high: last * step, step, ticks: Array.from({ length: last - first + 1 }, (_, i) => (first + i) * step) };
}

const words = (name) => name.replaceAll("_", " ");
/** "pressure_drop" as people write it. */
export const title = (name) => words(name).replace(/^./u, (c) => c.toUpperCase());
