"use strict";
// Shows the computed points of a sweep: nothing is fetched, nothing between points is guessed.
const data = JSON.parse(document.getElementById("data").textContent);
const column = (place) => data.columns[place];
const all = [...Array(data.rows).keys()];
const rules = [...new Set(column(data.mechanism).raw)];
const chosen = data.choices.map(() => 0);
const shown = { metric: data.metrics[0], along: 0 };
const SVG = "http://www.w3.org/2000/svg";
const SHAPES = ["circle", "square", "diamond", "triangle"];
const DASHES = ["", "7 4", "2 3", "9 3 2 3"];

function element(name, attributes, ...content) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...content);
  return made;
}

function drawn(name, attributes, words) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (words !== undefined) made.textContent = words;
  return made;
}

// Rows that agree with the choices, all but the one that is left free.
function rowsAt(free) {
  return all.filter((row) => data.choices.every((choice, k) =>
    k === free || column(choice.column).raw[row] === choice.values[chosen[k]]));
}

function alarm(row) {
  return data.alarm === null ? "" : column(data.alarm).text[row];
}

// Nothing is green under which somebody would leave.
function standing(row) {
  const words = column(data.verdict).raw[row];
  if (alarm(row) !== "") return "fail";
  return words.startsWith("✓") ? "pass" : words.startsWith("✗") ? "fail" : "open";
}

function makeChoices() {
  const place = document.getElementById("choices");
  data.choices.forEach((choice, k) => {
    const name = column(choice.column).words;
    const line = element("div", { class: "choice" });
    line.append(element("label", { for: `choice-${k}` }, name));
    if (choice.numeric) {
      const slider = element("input", { id: `choice-${k}`, type: "range", min: 0, step: 1,
        max: choice.values.length - 1, value: 0, "aria-valuetext": choice.text[0] });
      const said = element("output", { for: `choice-${k}` }, choice.text[0]);
      slider.addEventListener("input", () => {
        chosen[k] = Number(slider.value);
        said.textContent = choice.text[chosen[k]];
        slider.setAttribute("aria-valuetext", choice.text[chosen[k]]);
        show();
      });
      line.append(slider, said);
    } else {
      const list = element("select", { id: `choice-${k}` });
      choice.text.forEach((words, n) => list.append(element("option", { value: n }, words || "none")));
      list.addEventListener("change", () => { chosen[k] = Number(list.value); show(); });
      line.append(list);
    }
    place.append(line);
  });
}

function selection(words, entries, current, act) {
  const list = element("select", {});
  for (const [value, name] of entries) list.append(element("option", { value }, name));
  list.value = current;
  list.addEventListener("change", () => { act(Number(list.value)); show(); });
  return element("label", {}, words, list);
}

function makeAxes() {
  const place = document.getElementById("axes");
  const parties = data.parties.flatMap((party) => Object.values(party.columns)).filter((k) => k !== null);
  const metrics = [...data.metrics.filter((k) => column(k).numeric), ...parties];
  shown.metric = metrics[0];
  if (shown.metric === undefined) return;
  place.append(selection("Upwards", metrics.map((k) => [k, column(k).words]), shown.metric,
    (value) => { shown.metric = value; }));
  if (data.choices.length > 1) {
    place.append(selection("Across", data.choices.map((c, k) => [k, column(c.column).words]), 0,
      (value) => { shown.along = value; }));
  }
}

function partyTable(row, caption) {
  const keys = Object.keys(data.party_words);
  const used = keys.filter((key) => data.parties.some((party) => party.columns[key] !== null));
  const head = element("tr", {}, element("th", { scope: "col" }, "party"));
  used.forEach((key) => head.append(element("th", { scope: "col", class: "number" }, data.party_words[key])));
  const body = element("tbody", {});
  for (const party of data.parties) {
    const cells = used.map((key) => party.columns[key] === null ? "" : column(party.columns[key]).text[row]);
    if (cells.every((words) => words === "")) continue;
    const line = element("tr", {}, element("th", { scope: "row" }, party.name));
    cells.forEach((words) => line.append(element("td", { class: "number" }, words)));
    body.append(line);
  }
  const table = element("table", {}, element("caption", {}, caption), element("thead", {}, head), body);
  return element("div", { class: "wide", tabindex: 0, role: "region", "aria-label": caption }, table);
}

function showAnswers(rows) {
  const cards = rows.map((row) => {
    const rule = column(data.mechanism).text[row];
    const verdict = element("p", { class: `verdict ${standing(row)}` },
      alarm(row) || column(data.verdict).text[row]);
    const check = alarm(row) ? element("p", {}, `The check of what is promised: ${column(data.verdict).text[row]}`) : "";
    const facts = element("dl", {});
    for (const place of data.metrics) {
      const words = column(place).text[row];
      if (words !== "") facts.append(element("dt", {}, column(place).words), element("dd", {}, words));
    }
    const card = element("div", { class: `rule ${standing(row)}` }, element("h3", {}, rule), verdict, check, facts);
    if (row in data.reasons) card.append(element("p", { class: "note" }, data.reasons[row]));
    if (data.parties.length) card.append(partyTable(row, `Parties under ${rule}`));
    return card;
  });
  const none = element("p", { class: "note" }, "This point was not computed.");
  document.getElementById("answer").replaceChildren(...(cards.length ? cards : [none]));
}

function ticks(low, high, most) {
  const rough = (high - low) / most;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((k) => k * power).find((k) => k >= rough);
  const found = [];
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + 1e-9 * step; k += 1) found.push(k * step);
  return found;
}

function written(value) {
  if (value !== 0 && (Math.abs(value) < 1e-4 || Math.abs(value) >= 1e15)) return value.toExponential(1);
  return (value || 0).toLocaleString("en", { maximumSignificantDigits: 5 }); // -0 is 0
}

function marker(kind, x, y, size, attributes) {
  if (kind === "circle") return drawn("circle", { cx: x, cy: y, r: size, ...attributes });
  const corners = { square: [[-1, -1], [1, -1], [1, 1], [-1, 1]],
    diamond: [[0, -1.4], [1.4, 0], [0, 1.4], [-1.4, 0]], triangle: [[0, -1.3], [1.2, 1], [-1.2, 1]] }[kind];
  const points = corners.map(([a, b]) => `${x + a * size},${y + b * size}`).join(" ");
  return drawn("polygon", { points, ...attributes });
}

// The metric against one choice, a line per rule; the other choices stay as they are chosen.
function showPicture() {
  const place = document.getElementById("picture");
  const choice = data.choices[shown.along];
  const metric = shown.metric === undefined ? null : column(shown.metric);
  const rows = metric === null ? [] : rowsAt(shown.along).filter((row) => metric.raw[row] !== null);
  if (rows.length === 0) {
    place.replaceChildren(element("p", { class: "note" }, "No computed number to draw here."));
    return;
  }
  const names = column(choice.column);
  const at = (row) => choice.numeric ? names.raw[row] : choice.values.indexOf(names.raw[row]);
  const left = 92, right = 700, top = 40 + 20 * Math.ceil(rules.length / 3), bottom = top + 300;
  const ends = (values) => {
    const low = Math.min(...values), high = Math.max(...values);
    const room = (high - low) * 0.06 || Math.abs(high) * 0.05 || 1;
    return [low - room, high + room];
  };
  const [x0, x1] = ends(rows.map(at)), [y0, y1] = ends(rows.map((row) => metric.raw[row]));
  const across = (v) => left + (v - x0) / (x1 - x0) * (right - left);
  const up = (v) => bottom - (v - y0) / (y1 - y0) * (bottom - top);
  const words = `${metric.words} against ${names.words}, one line per rule: ${rules.join(", ")}`;
  const svg = drawn("svg", { viewBox: `0 0 720 ${bottom + 62}`, role: "img", "aria-label": words,
    "font-family": "system-ui, sans-serif", "font-size": 13, fill: "#1a1a1a" });
  for (const v of ticks(y0, y1, 6)) {
    svg.append(drawn("line", { x1: left, x2: right, y1: up(v), y2: up(v), stroke: "#d0d0d0" }));
    svg.append(drawn("text", { x: left - 8, y: up(v) + 4, "text-anchor": "end" }, written(v)));
  }
  const marks = choice.numeric ? ticks(x0, x1, 7).map((v) => [v, written(v)])
    : choice.text.map((text, k) => [k, text]);
  marks.forEach(([v, name], k) => {
    svg.append(drawn("line", { x1: across(v), x2: across(v), y1: bottom, y2: bottom + 5, stroke: "#1a1a1a" }));
    const short = name.length > 16 ? `${name.slice(0, 15)}…` : name;
    const lower = !choice.numeric && k % 2 ? 14 : 0;
    const label = drawn("text", { x: across(v), y: bottom + 19 + lower, "text-anchor": "middle" }, short);
    label.append(drawn("title", {}, name));
    svg.append(label);
  });
  svg.append(drawn("line", { x1: left, x2: right, y1: bottom, y2: bottom, stroke: "#1a1a1a" }));
  svg.append(drawn("text", { x: left, y: 20, "font-weight": 600 }, metric.words));
  svg.append(drawn("text", { x: right, y: bottom + 52, "text-anchor": "end" }, names.words));
  const told = document.getElementById("told");
  rules.forEach((rule, k) => {
    const colour = data.palette[k % data.palette.length], shape = SHAPES[k % 4];
    const x = left + (k % 3) * 205, y = 42 + 20 * Math.floor(k / 3);
    svg.append(marker(shape, x + 6, y - 4, 5, { fill: colour, stroke: colour }));
    svg.append(drawn("text", { x: x + 18, y }, rule.length > 24 ? `${rule.slice(0, 23)}…` : rule));
    const line = rows.filter((row) => column(data.mechanism).raw[row] === rule).sort((a, b) => at(a) - at(b));
    if (choice.numeric && data.choices.length && names.key !== "point") {
      const points = line.map((row) => `${across(at(row))},${up(metric.raw[row])}`).join(" ");
      svg.append(drawn("polyline", { points, fill: "none", stroke: colour, "stroke-width": 2 + (rules.length - k) * 0.6,
        "stroke-dasharray": DASHES[k % 4] }));
    }
    for (const row of line) {
      const now = names.raw[row] === choice.values[chosen[shown.along]];
      const sound = standing(row) === "pass";
      const said = `${rule}, ${names.words} ${names.text[row]}: ${metric.words} ${metric.text[row]}. ` +
        `${column(data.verdict).text[row]}. ${alarm(row)}`;
      const point = marker(shape, across(at(row)), up(metric.raw[row]), now ? 7.5 : 5, {
        fill: sound ? colour : "#ffffff", stroke: now ? "#1a1a1a" : colour, "stroke-width": now ? 2.5 : 2,
        class: "point" });
      point.append(drawn("title", {}, said));
      point.addEventListener("mouseenter", () => { told.textContent = said; });
      point.addEventListener("click", () => pick(choice.values.indexOf(names.raw[row])));
      svg.append(point);
    }
  });
  place.replaceChildren(svg);
  told.textContent = "Point at a mark to read it; choose one to go there. Hollow marks are answers that do not " +
    "hold in full, or under which somebody loses.";
}

function pick(value) {
  const control = document.getElementById(`choice-${shown.along}`);
  control.value = value;
  control.dispatchEvent(new Event(control.tagName === "SELECT" ? "change" : "input"));
}

function makeSortable() {
  const table = document.getElementById("points"), body = table.tBodies[0];
  [...table.tHead.rows[0].cells].forEach((cell, place) => {
    const button = element("button", { type: "button" }, cell.textContent);
    cell.replaceChildren(button);
    button.addEventListener("click", () => {
      const down = cell.getAttribute("aria-sort") === "ascending";
      for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
      cell.setAttribute("aria-sort", down ? "descending" : "ascending");
      const raw = column(place).raw, sign = down ? -1 : 1;
      const before = (a, b) => (raw[a] < raw[b] ? -sign : raw[a] > raw[b] ? sign : a - b);
      // What is not defined comes last, whichever way.
      const order = [...all].sort((a, b) => (raw[a] === null) - (raw[b] === null) || before(a, b));
      const lines = new Map([...body.rows].map((line) => [Number(line.dataset.row), line]));
      body.append(...order.map((row) => lines.get(row)));
    });
  });
}

function show() {
  const rows = rowsAt(-1);
  showAnswers(rows);
  showPicture();
  for (const line of document.getElementById("points").tBodies[0].rows) {
    line.classList.toggle("chosen", rows.includes(Number(line.dataset.row)));
  }
}

makeChoices();
makeAxes();
makeSortable();
show();
