// SPDX-License-Identifier: Apache-2.0
// Colour scales of even lightness: a step of the value is the same step to the eye, in grey too and with red-green blindness.
// Colours are paths in Oklab (B. Ottosson, A perceptual color space for image processing, 2020).

const N = 256;

function toSrgb(lightness, chroma, hue) {
  const a = chroma * Math.cos(hue), b = chroma * Math.sin(hue);
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  const linear = [4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s, -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s];
  return linear.map((x) => (x <= 0.0031308 ? 12.92 * x : 1.055 * x ** (1 / 2.4) - 0.055));
}

/** The colour of the largest chroma up to `chroma` that a screen can show. */
function inGamut(lightness, chroma, hue) {
  for (let c = chroma; ; c *= 0.97) {
    const colour = toSrgb(lightness, c, hue);
    if (c < 1e-3 || colour.every((x) => x >= 0 && x <= 1)) return colour.map((x) => Math.round(255 * Math.min(1, Math.max(0, x))));
  }
}

function scale(fromHue, toHue, chroma, from, to) {
  const colours = new Uint8Array(4 * N);
  for (let i = 0; i < N; ++i) {
    const t = i / (N - 1);
    colours.set([...inGamut(from + (to - from) * t, chroma, ((fromHue + (toHue - fromHue) * t) * Math.PI) / 180), 255], 4 * i);
  }
  return colours;
}

/** RGBA of 256 steps: of values from dark blue over green to yellow; of half-widths from nearly white to dark red, so that the two are not taken for one another. */
export const scales = { value: scale(285, 100, 0.17, 0.3, 0.9), halfWidth: scale(80, 20, 0.16, 0.95, 0.38) };

export function gradient(colours, direction) {
  const stops = [];
  for (let i = 0; i < N; i += 15) stops.push(`rgb(${colours[4 * i]},${colours[4 * i + 1]},${colours[4 * i + 2]})`);
  return `linear-gradient(${direction},${stops.join(",")})`;
}
