// SPDX-License-Identifier: Apache-2.0
// The page: a surrogate's inputs, what it predicts from them, its fields and its card. Nothing is fetched, nothing leaves the page.
import { Surrogate } from "../vesalius_surrogate.mjs";
import { showCard } from "./card.mjs";
import { byId, setText } from "./elements.mjs";
import { Input, InputRows } from "./inputs.mjs";
import { percent, title } from "./numbers.mjs";
import { Picture } from "./picture.mjs";
import { predict } from "./predictions.mjs";
import { StatusLights } from "./status.mjs";
import { spoken, Tables } from "./tables.mjs";

function bytesOf(id) {
  const coded = byId(id).textContent;
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(coded);
  const text = atob(coded), bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; ++i) bytes[i] = text.charCodeAt(i);
  return bytes;
}

/** A card that is no JSON is the file's fault, not a reason to show no numbers. */
function cardOf(surrogate) {
  try {
    const card = surrogate.card;
    return card && typeof card === "object" ? card : {};
  } catch {
    return {};
  }
}

class Page {
  constructor(surrogate, exported) {
    this.surrogate = surrogate;
    this.card = cardOf(surrogate);
    const { units } = exported;
    this.inputs = surrogate.inputs.map((input, i) => new Input(input, units.inputs[i]));
    this.scalarUnits = units.scalars;
    this.fieldUnits = units.fields;
    this.settings = [this.inputs.map((input) => input.middle())];
    this.rows = new InputRows(byId("inputs"), this.inputs, (i, s, text) => { this.settings[s][i] = text; this.request(s); });
    this.lights = new StatusLights(byId("statuses"));
    this.tables = new Tables(byId("numbers"), byId("field-numbers"), surrogate, units);
    this.picture = new Picture(surrogate, units.fields);
    byId("compare").addEventListener("click", () => this.compare(this.settings.length === 1));
    byId("middle").addEventListener("click", () => this.toMiddle());
    this.describe(exported);
    this.compare(false);
    this.update();
  }

  describe(exported) {
    const { card } = this, name = title(this.surrogate.name);
    setText(byId("title"), name);
    document.title = `${name} \u2013 surrogate`;
    setText(byId("use"), card.intended_use ?? "");
    const levels = [...this.surrogate.scalars, ...this.surrogate.fields].map(({ level }) => level), least = Math.min(...levels), most = Math.max(...levels);
    setText(byId("promise"), `Each interval holds at its own level, ${percent(least)}${most > least ? ` to ${percent(most)}` : ""}, by itself and on average over inputs drawn as declared: ` +
      "not all of them at once, and it is no promise for one patient. It bounds the difference to the solver, the mesh's own error included where the card gives one, not that of the solver to the patient.");
    setText(byId("origin"), `${exported.file}, SHA-256 ${exported.sha256}. Page by ${exported.program}. Works without a network; what is typed here stays here.`);
  }

  /** What may come when the numbers stand already. */
  complete() {
    this.picture.start();
    this.picture.update(this.answers);
    showCard(byId("card-content"), this.card, this);
  }

  /** Unit and factor of an output of the card. */
  shownOf(name) {
    const { scalars, fields } = this.surrogate, i = scalars.findIndex((scalar) => scalar.name === name);
    return (i >= 0 ? this.scalarUnits[i] : this.fieldUnits[fields.findIndex((field) => field.name === name)]) ?? { unit: "", factor: 1 };
  }

  compare(isWanted) {
    this.settings = isWanted ? [this.settings[0], [...this.settings[0]]] : [this.settings[0]];
    byId("compare").setAttribute("aria-pressed", String(isWanted));
    byId("main").classList.toggle("comparing", isWanted);
    this.rows.showAll(this.settings);
    this.request();
  }

  toMiddle() {
    this.settings = this.settings.map(() => this.inputs.map((input) => input.middle()));
    this.rows.showAll(this.settings);
    this.request();
  }

  request() {
    this.pending ??= requestAnimationFrame(() => this.update());
  }

  update() {
    cancelAnimationFrame(this.pending);
    this.pending = undefined;
    const answers = this.settings.map((texts) => predict(this.surrogate, texts.map((text, i) => this.inputs[i].value(text))));
    this.answers = answers;
    this.picture.update(answers); // which the graphics card then draws meanwhile
    this.lights.show(answers, this.inputs, this.settings);
    this.tables.show(answers);
    clearTimeout(this.speaking);
    this.speaking = setTimeout(() => setText(byId("spoken"), spoken(this.surrogate, this.scalarUnits, answers)), 700);
  }
}

const painted = () => new Promise((done) => { requestAnimationFrame(() => setTimeout(done)); });

/** Milliseconds since the page was asked for. */
function note(what) {
  document.documentElement.dataset[what] = String(Math.round(performance.now()));
}

async function start() {
  try {
    const surrogate = await Surrogate.open(bytesOf("runtime"), bytesOf("surrogate"));
    byId("main").hidden = false;
    const page = new Page(surrogate, JSON.parse(byId("export").textContent));
    note("numbersAfter");
    await painted();
    page.complete();
    note("openedAfter");
  } catch (error) {
    byId("main").hidden = true;
    byId("failure").hidden = false;
    setText(byId("failure"), `This page cannot show its surrogate: ${error.message}.`);
  }
}

start();
