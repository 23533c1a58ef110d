// SPDX-License-Identifier: Apache-2.0
// The surface with a field on it, in one or two panes that are looked at from the same side. Drawn when something has changed, not all the time.
import { BufferAttribute, BufferGeometry, Color, DataTexture, DoubleSide, DynamicDrawUsage, LinearFilter, Matrix4, Mesh, OrthographicCamera, Raycaster, RGBAFormat, Scene, ShaderMaterial,
  Spherical, UnsignedByteType, Vector2, Vector3, WebGLRenderer } from "three";
import { OrbitControls } from "three/examples/jsm/controls/OrbitControls.js";

import { scales } from "./colours.mjs";
import { niceStep, significant } from "./numbers.mjs";
import { computeNormals, middleOf, reachOf } from "./surface.mjs";

const vertexShader = `
attribute float value;
varying float v_value;
varying vec3 v_normal;
void main() {
  v_value = value;
  v_normal = normalMatrix * normal;
  gl_Position = projectionMatrix * modelViewMatrix * vec4(position, 1.0);
}`;

// Light comes from the eye, weakly, so that colours stay near those of the legend.
const fragmentShader = `
uniform sampler2D scale;
uniform float low, high;
uniform bool blank;
varying float v_value;
varying vec3 v_normal;
void main() {
  vec3 colour = blank ? vec3(0.78) : texture2D(scale, vec2((clamp((v_value - low) / (high - low), 0.0, 1.0) * 255.0 + 0.5) / 256.0, 0.5)).rgb;
  float light = 0.72 + 0.28 * abs(normalize(v_normal).z);
  gl_FragColor = vec4(colour * light, 1.0);
}`;

function texture(colours) {
  const result = new DataTexture(colours, 256, 1, RGBAFormat, UnsignedByteType);
  result.minFilter = result.magFilter = LinearFilter;
  result.needsUpdate = true;
  return result;
}

/** From where one looks at a patient; LPS: x to the left, y to the back, z to the head. */
export const sides = { anterior: [0, -1, 0], posterior: [0, 1, 0], left: [1, 0, 0], right: [-1, 0, 0], superior: [0, 0, 1], inferior: [0, 0, -1] };

class Pane {
  constructor(mesh, textures) {
    this.rest = mesh.points;
    this.textures = textures;
    const n = mesh.points.length / 3;
    this.geometry = new BufferGeometry();
    this.triangles = mesh.triangles;
    this.position = new BufferAttribute(mesh.points.slice(), 3).setUsage(DynamicDrawUsage);
    this.normal = new BufferAttribute(new Float32Array(3 * n), 3).setUsage(DynamicDrawUsage);
    this.value = new BufferAttribute(new Float32Array(n), 1).setUsage(DynamicDrawUsage);
    this.geometry.setAttribute("position", this.position);
    this.geometry.setAttribute("normal", this.normal);
    this.geometry.setAttribute("value", this.value);
    this.geometry.setIndex(new BufferAttribute(mesh.triangles, 1));
    computeNormals(mesh.points, mesh.triangles, this.normal.array);
    this.material = new ShaderMaterial({ vertexShader, fragmentShader, side: DoubleSide, uniforms: { scale: { value: textures.value }, low: { value: 0 }, high: { value: 1 }, blank: { value: true } } });
    this.object = new Mesh(this.geometry, this.material);
    this.object.frustumCulled = false;
    this.isMoved = false;
  }

  /** To the points of `shape`, those of the mesh where it is null, and from there by `factor` times `movement`; both are [n, 3] in metres or null. */
  move(shape, movement, factor) {
    if (!shape && !movement && !this.isMoved) return;
    const place = this.position.array, from = shape ?? this.rest;
    if (movement) for (let i = 0; i < place.length; ++i) place[i] = from[i] + factor * movement[i];
    else place.set(from);
    this.isMoved = Boolean(shape || movement);
    this.position.needsUpdate = true;
    computeNormals(place, this.triangles, this.normal.array);
    this.normal.needsUpdate = true;
    this.geometry.boundingSphere = null; // of the raycaster
  }

  paint(values, kind, low, high) {
    const { uniforms } = this.material;
    uniforms.blank.value = !values;
    if (!values) return;
    this.value.array.set(values);
    this.value.needsUpdate = true;
    uniforms.scale.value = this.textures[kind];
    uniforms.low.value = low;
    uniforms.high.value = high > low ? high : low + 1;
  }
}

/** Smooth edges cost a drawing in software more than half of its time: only where there is a graphics card. Throws where the browser has no WebGL. */
function makeContext(canvas) {
  const context = canvas.getContext("webgl2", { antialias: true, failIfMajorPerformanceCaveat: true }) ?? canvas.getContext("webgl2", { antialias: false });
  if (!context) throw new Error("no WebGL");
  return context;
}

/** Throws where the browser has no WebGL. */
export class View {
  /** `shapes` are the points of all shapes that are to be seen as a whole; `onDraw` is told of each picture, `onSide` from where it is seen: one of `sides` or "turned". */
  constructor(canvas, mesh, shapes, { onDraw, onSide }) {
    this.canvas = canvas;
    this.onDraw = onDraw;
    this.onSide = onSide;
    this.renderer = new WebGLRenderer({ canvas, context: makeContext(canvas) });
    this.renderer.setClearColor(new Color(0xf7f9fa), 1);
    this.renderer.autoClear = false;
    this.renderer.setScissorTest(true);
    const textures = { value: texture(scales.value), halfWidth: texture(scales.halfWidth) };
    this.panes = [new Pane(mesh, textures), new Pane(mesh, textures)];
    this.nShown = 1;
    this.scene = new Scene();
    this.scene.add(...this.panes.map((pane) => pane.object));
    const center = middleOf(mesh.points);
    this.center = new Vector3(...center);
    this.radius = Math.max(...[mesh.points, ...shapes].map((points) => reachOf(points, center)));
    this.size = { width: 0, height: 0 };
    this.camera = new OrthographicCamera();
    this.camera.up.set(0, 0, 1);
    this.controls = new OrbitControls(this.camera, canvas);
    this.controls.addEventListener("change", () => this.request());
    this.controls.addEventListener("start", () => this.onSide("turned"));
    canvas.addEventListener("keydown", (event) => this.onKey(event));
    this.lookFrom("anterior");
    new ResizeObserver(() => this.fit()).observe(canvas.parentElement);
  }

  /** Drawing itself does not ask for the size: the browser would have to lay out the page first, which it can do while the graphics card draws. */
  fit() {
    const { clientWidth: width, clientHeight: height } = this.canvas.parentElement, ratio = Math.min(2, window.devicePixelRatio);
    if (width === this.size.width && height === this.size.height && ratio === this.renderer.getPixelRatio()) return;
    this.size = { width, height };
    this.renderer.setPixelRatio(ratio);
    this.renderer.setSize(width, height);
    this.draw();
  }

  lookFrom(side) {
    const { center, radius } = this;
    const direction = new Vector3(...sides[side]);
    // Straight from above OrbitControls cannot tell where up is.
    if (direction.z !== 0) direction.y -= 1e-4;
    this.camera.position.copy(center).addScaledVector(direction.normalize(), 4 * radius);
    this.camera.near = 0;
    this.camera.far = 8 * radius;
    this.camera.zoom = 1;
    this.controls.target.copy(center);
    this.controls.update();
    this.onSide(side);
    this.request();
  }

  /** Arrows turn, plus and minus zoom, 0 goes back. */
  onKey(event) {
    const turns = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    if (event.key in turns) this.turn(...turns[event.key].map((step) => (step * Math.PI) / 18));
    else if (event.key === "+" || event.key === "=") this.zoom(1.2);
    else if (event.key === "-") this.zoom(1 / 1.2);
    else if (event.key === "0") this.lookFrom("anterior");
    else return;
    event.preventDefault();
  }

  turn(theta, phi) {
    const { camera, controls } = this;
    const toPolar = new Matrix4().makeRotationX(-Math.PI / 2); // Spherical's pole is y
    const offset = camera.position.clone().sub(controls.target).applyMatrix4(toPolar);
    const polar = new Spherical().setFromVector3(offset);
    polar.theta += theta;
    polar.phi += phi;
    polar.makeSafe();
    camera.position.copy(controls.target).add(new Vector3().setFromSpherical(polar).applyMatrix4(toPolar.invert()));
    controls.update();
    this.onSide("turned");
    this.request();
  }

  zoom(factor) {
    this.camera.zoom = Math.min(50, Math.max(0.2, this.camera.zoom * factor));
    this.request();
  }

  request() {
    this.pending ??= requestAnimationFrame(() => this.draw());
  }

  draw() {
    cancelAnimationFrame(this.pending);
    this.pending = undefined;
    const { width, height } = this.size;
    if (width === 0 || height === 0) return;
    const paneWidth = width / this.nShown, half = 1.1 * this.radius, scale = Math.max(half / height, half / paneWidth);
    Object.assign(this.camera, { left: -scale * paneWidth, right: scale * paneWidth, top: scale * height, bottom: -scale * height });
    this.camera.updateProjectionMatrix();
    for (let i = 0; i < this.nShown; ++i) {
      this.panes.forEach((pane, k) => { pane.object.visible = k === i; });
      this.renderer.setViewport(i * paneWidth, 0, paneWidth, height);
      this.renderer.setScissor(i * paneWidth, 0, paneWidth, height);
      this.renderer.clear();
      this.renderer.render(this.scene, this.camera);
    }
    this.metresPerPixel = (2 * scale) / this.camera.zoom;
    this.onDraw();
  }

  /** Directions of the patient's left, back and head on the screen: [[x, y], ...], y down. */
  axes() {
    this.camera.updateMatrixWorld();
    const inverse = this.camera.matrixWorldInverse;
    return [[1, 0, 0], [0, 1, 0], [0, 0, 1]].map((axis) => {
      const v = new Vector3(...axis).transformDirection(inverse);
      return [v.x, -v.y];
    });
  }

  /** A length that is about 90 pixels long: { pixels, text }. */
  scaleBar() {
    const length = niceStep(90 * this.metresPerPixel * 1e3, 1);
    return { pixels: length / 1e3 / this.metresPerPixel, text: `${significant(length)}\u00a0mm` };
  }

  /** The pane and the node under a pointer, or null. */
  pick(event) {
    const box = this.canvas.getBoundingClientRect(), paneWidth = box.width / this.nShown;
    const x = event.clientX - box.left, y = event.clientY - box.top, pane = Math.min(this.nShown - 1, Math.floor(x / paneWidth));
    const ray = new Raycaster();
    ray.setFromCamera(new Vector2((2 * (x - pane * paneWidth)) / paneWidth - 1, 1 - (2 * y) / box.height), this.camera);
    const [hit] = ray.intersectObject(this.panes[pane].object);
    if (!hit) return null;
    const place = new Vector3(), position = this.panes[pane].position;
    const distance = (node) => place.fromBufferAttribute(position, node).distanceTo(hit.point);
    return { pane, node: [hit.face.a, hit.face.b, hit.face.c].reduce((best, node) => (distance(node) < distance(best) ? node : best)) };
  }
}
