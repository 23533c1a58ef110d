// SPDX-License-Identifier: GPL-3.0-or-later
// A headless Chromium that is driven through its DevTools pipe, for tests of pages: no package is needed for it.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export class Browser {
  /** `webgl`: drawn in software. */
  static async start(program, { webgl = true, width = 1280, height = 900 } = {}) {
    const browser = new Browser();
    browser.folder = mkdtempSync(join(tmpdir(), "vesalius_browser_"));
    const graphics = webgl ? ["--use-angle=swiftshader", "--enable-unsafe-swiftshader"] : ["--disable-gpu", "--disable-3d-apis"];
    browser.process = spawn(program, ["--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--no-first-run", "--disable-extensions", "--disable-background-networking", "--force-color-profile=srgb",
      `--user-data-dir=${browser.folder}`, `--window-size=${width},${height}`, ...graphics, "--remote-debugging-pipe"], { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"], detached: true });
    browser.listen();
    const { targetId } = await browser.send("Target.createTarget", { url: "about:blank" });
    browser.session = (await browser.send("Target.attachToTarget", { targetId, flatten: true })).sessionId;
    await browser.send("Page.enable");
    await browser.send("Runtime.enable");
    await browser.send("Network.enable");
    await browser.send("Emulation.setDeviceMetricsOverride", { width, height, deviceScaleFactor: 1, mobile: false });
    return browser;
  }

  constructor() {
    this.next = 1;
    this.waiting = new Map();
    this.events = []; // { method, params }
    this.problems = []; // what the page wrote as an error, or threw
    this.requests = []; // addresses
  }

  listen() {
    let rest = Buffer.alloc(0);
    this.process.stdio[4].on("data", (data) => {
      rest = Buffer.concat([rest, data]);
      for (let end = rest.indexOf(0); end >= 0; end = rest.indexOf(0)) {
        this.take(JSON.parse(rest.subarray(0, end).toString()));
        rest = rest.subarray(end + 1);
      }
    });
    this.process.on("exit", () => this.waiting.forEach(({ reject }) => reject(new Error("the browser has ended"))));
  }

  take(message) {
    if (message.id) {
      const { resolve, reject } = this.waiting.get(message.id);
      this.waiting.delete(message.id);
      message.error ? reject(new Error(message.error.message)) : resolve(message.result);
      return;
    }
    this.events.push(message);
    if (message.method === "Runtime.exceptionThrown") this.problems.push(message.params.exceptionDetails.exception?.description ?? message.params.exceptionDetails.text);
    if (message.method === "Runtime.consoleAPICalled" && message.params.type === "error") this.problems.push(message.params.args.map((arg) => arg.value ?? arg.description).join(" "));
    if (message.method === "Network.requestWillBeSent") this.requests.push(message.params.request.url);
  }

  /** To the page, or to the browser itself. */
  send(method, params = {}, sessionId = this.session) {
    const id = this.next++;
    this.process.stdio[3].write(`${JSON.stringify({ id, method, params, sessionId: sessionId ?? undefined })}\0`);
    return new Promise((resolve, reject) => this.waiting.set(id, { resolve, reject }));
  }

  /** Processor seconds so far: { page, graphics, browser }. */
  async processorSeconds() {
    const { processInfo } = await this.send("SystemInfo.getProcessInfo", {}, null);
    const of = (type) => processInfo.filter((process) => process.type === type).reduce((sum, { cpuTime }) => sum + cpuTime, 0);
    return { page: of("renderer"), graphics: of("GPU"), browser: of("browser") };
  }

  async open(url) {
    this.requests = [];
    await this.send("Page.navigate", { url });
    await this.until("document.readyState === 'complete' && (document.documentElement.dataset.openedAfter || !document.getElementById('failure').hidden)");
  }

  /** The value of an expression in the page, promises awaited. */
  async evaluate(expression) {
    const { result, exceptionDetails } = await this.send("Runtime.evaluate", { expression, awaitPromise: true, returnByValue: true });
    if (exceptionDetails) throw new Error(`${expression}: ${exceptionDetails.exception?.description ?? exceptionDetails.text}`);
    return result.value;
  }

  async until(expression, seconds = 30) {
    const end = Date.now() + 1000 * seconds;
    for (;;) {
      if (await this.evaluate(`Boolean(${expression})`).catch(() => false)) return;
      if (Date.now() > end) throw new Error(`not within ${seconds} s: ${expression}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** A key as the keyboard sends it to what has the focus. */
  async key(key) {
    const codes = { Tab: 9, Enter: 13, " ": 32, ArrowLeft: 37, ArrowUp: 38, ArrowRight: 39, ArrowDown: 40, Home: 36, End: 35 };
    const text = key === "Enter" ? "\r" : key.length === 1 ? key : undefined;
    await this.send("Input.dispatchKeyEvent", { type: "keyDown", key, code: key, windowsVirtualKeyCode: codes[key] ?? key.toUpperCase().charCodeAt(0), text });
    await this.send("Input.dispatchKeyEvent", { type: "keyUp", key, code: key, windowsVirtualKeyCode: codes[key] ?? key.toUpperCase().charCodeAt(0) });
  }

  async click(selector) {
    const [x, y] = await this.evaluate(`(() => { const e = document.querySelector(${JSON.stringify(selector)}); e.scrollIntoView({ block: "nearest" }); const b = e.getBoundingClientRect();
      return [b.left + b.width / 2, b.top + b.height / 2]; })()`);
    for (const type of ["mouseMoved", "mousePressed", "mouseReleased"]) await this.send("Input.dispatchMouseEvent", { type, x, y, button: type === "mouseMoved" ? "none" : "left", clickCount: 1 });
  }

  async screenshot(file, whole = false) {
    const { data } = await this.send("Page.captureScreenshot", { format: "png", captureBeyondViewport: whole });
    writeFileSync(file, Buffer.from(data, "base64"));
  }

  async close() {
    await Promise.race([this.send("Browser.close").catch(() => {}), new Promise((resolve) => setTimeout(resolve, 3000))]);
    try {
      process.kill(-this.process.pid, "SIGKILL"); // its own group
    } catch {} // it has ended
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
