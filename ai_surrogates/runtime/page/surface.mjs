// SPDX-License-Identifier: Apache-2.0
// Geometry of the surface, in arrays of coordinates: it is done anew with every step of a slider.

/** Unit normals at the points, of the triangles around each by their areas, into `normals`. */
export function computeNormals(points, triangles, normals) {
  normals.fill(0);
  for (let t = 0; t < triangles.length; t += 3) {
    const a = 3 * triangles[t], b = 3 * triangles[t + 1], c = 3 * triangles[t + 2];
    const ux = points[b] - points[a], uy = points[b + 1] - points[a + 1], uz = points[b + 2] - points[a + 2];
    const vx = points[c] - points[a], vy = points[c + 1] - points[a + 1], vz = points[c + 2] - points[a + 2];
    const x = uy * vz - uz * vy, y = uz * vx - ux * vz, z = ux * vy - uy * vx;
    normals[a] += x; normals[a + 1] += y; normals[a + 2] += z;
    normals[b] += x; normals[b + 1] += y; normals[b + 2] += z;
    normals[c] += x; normals[c + 1] += y; normals[c + 2] += z;
  }
  for (let i = 0; i < normals.length; i += 3) {
    const length = Math.sqrt(normals[i] ** 2 + normals[i + 1] ** 2 + normals[i + 2] ** 2) || 1;
    normals[i] /= length; normals[i + 1] /= length; normals[i + 2] /= length;
  }
}

/** The middle of the box around points. */
export function middleOf(points) {
  const low = [Infinity, Infinity, Infinity], high = [-Infinity, -Infinity, -Infinity];
  for (let i = 0; i < points.length; ++i) {
    low[i % 3] = Math.min(low[i % 3], points[i]);
    high[i % 3] = Math.max(high[i % 3], points[i]);
  }
  return low.map((x, d) => (x + high[d]) / 2);
}

/** The largest distance of a point from `center`. */
export function reachOf(points, [x, y, z]) {
  let largest = 0;
  for (let i = 0; i < points.length; i += 3) largest = Math.max(largest, (points[i] - x) ** 2 + (points[i + 1] - y) ** 2 + (points[i + 2] - z) ** 2);
  return Math.sqrt(largest);
}
