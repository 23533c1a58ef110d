// SPDX-License-Identifier: Apache-2.0
// What the domain's answer means, in words and as a light whose shape differs too.
import { element } from "./elements.mjs";
import { percent } from "./numbers.mjs";

const lights = { IN: ["\u25cf", "Within the domain"], OUT_OF_RANGE: ["\u25b2", "Out of range"], OUT_OF_DOMAIN: ["\u25c6", "Unlike the training runs"], INVALID: ["\u2716", "No valid input"] };

function sentence(domain, inputs, texts) {
  const input = inputs[domain.input];
  switch (domain.status) {
    case "IN":
      return `${percent(domain.pValue)} of inputs drawn as declared lie as far from the training runs as these, or farther.`;
    case "OUT_OF_RANGE":
      return `${input.title} is ${input.value(texts[domain.input]) < input.lower ? "below" : "above"} its range, ${input.range()}. There is no prediction: run the solver.`;
    case "OUT_OF_DOMAIN":
      return `Only ${percent(domain.pValue, 2)} of inputs drawn as declared lie so far from the training runs. There is no prediction: run the solver.`;
    default:
      return texts[domain.input]?.includes(",") ? `${input.title}: write a decimal point, not a comma.` : `${input ? input.title : "An input"} is not a number. There is no prediction.`;
  }
}

/** The lights of all settings, told to screen readers where they change. */
export class StatusLights {
  constructor(folder) {
    this.folder = folder;
    this.shown = "";
  }

  show(answers, inputs, settings) {
    const contents = answers.map(({ domain }, s) => ({ domain, text: sentence(domain, inputs, settings[s]), tag: answers.length > 1 ? `${"AB"[s]}: ` : "" }));
    const key = JSON.stringify(contents.map(({ domain, text, tag }) => [domain.status, tag, domain.status === "IN" ? "" : text]));
    if (key !== this.shown) {
      this.shown = key;
      this.folder.replaceChildren(...contents.map(({ domain, tag }, s) => element("div", { class: "status", id: `status-${"ab"[s]}`, "data-status": domain.status },
        element("span", { class: "light", "aria-hidden": "true" }, lights[domain.status][0]),
        element("div", {}, element("strong", {}, `${tag}${lights[domain.status][1]}`), element("span", { class: "code" }, domain.status), element("p", {})))));
    }
    // The share of draws changes with every step of a slider: shown, not announced.
    contents.forEach(({ domain, text }, s) => {
      const place = this.folder.children[s].querySelector("p");
      if (domain.status === "IN") place.setAttribute("aria-hidden", "true");
      place.textContent = text;
    });
  }
}
