"use strict";
// Elements are made one by one and never from text: what hosts say cannot become a part of the page.
const DRAWING = document.querySelector("svg")?.namespaceURI ?? null;
function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes || {})) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value !== null && value !== false && value !== undefined) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat().filter((it) => it !== null && it !== undefined));
  return node;
}
const make = (name, attributes, ...children) => fill(document.createElement(name), attributes, children);
const draw = (name, attributes, ...children) => fill(document.createElementNS(DRAWING, name), attributes, children);

function time(t) {
  if (t < 0.0095) return (t * 1e3).toFixed(1) + " ms";
  if (t < 0.95) return Math.round(t * 1e3) + " ms";
  if (t < 9.95) return t.toFixed(1) + " s";
  if (t < 59.5) return Math.round(t) + " s";
  const whole = Math.floor(t);
  if (whole < 3600) return Math.floor(whole / 60) + "m" + String(whole % 60).padStart(2, "0") + "s";
  return Math.floor(whole / 3600) + "h" + String(Math.floor((whole % 3600) / 60)).padStart(2, "0") + "m";
}

// Hosts as they are written in the page: `0-3,7`.
function numbers(text) {
  const hosts = [];
  for (const part of text ? text.split(",") : []) {
    const [from, to] = part.split("-").map(Number);
    for (let host = from; host <= (to ?? from); host += 1) hosts.push(host);
  }
  return hosts;
}

// Letters of outcomes: the word, the class.
const OUTCOMES = {
  o: ["ok", "ok"],
  c: ["changed", "changed"],
  f: ["failed", "bad"],
  l: ["lost", "bad"],
  e: ["failed, handled", "odd"],
  s: ["skipped", "dim"],
  u: ["unknown", "odd"],
  x: ["not run", "dim"],
};

const CHIPS = {
  failed: (bar) => "fle".includes(bar.outcome),
  changed: (bar) => bar.outcome === "c",
  skipped: (bar) => bar.outcome === "s",
  retried: (bar) => bar.attempts > 1,
};

class Run {
  constructor(root) {
    this.root = root;
    this.data = JSON.parse(root.querySelector("script.data").textContent);
    const { hosts, calls, bars, check } = this.data;
    if (check) OUTCOMES.c[0] = "would change";
    this.byHost = hosts.map(() => []);
    this.byCall = calls.map(() => []);
    this.looped = new Set();
    for (const [host, call, from, to, outcome, attempts, item, critical, took, tries] of bars) {
      const bar = { host, call, from, to, outcome, attempts, item, critical, took, tries };
      this.byHost[host].push(bar);
      this.byCall[call].push(bar);
      if (item !== null) this.looped.add(host + ":" + call);
    }
    this.connections = hosts.map(() => []);
    for (const [host, from, to, reached] of this.data.conn) this.connections[host].push({ from, to, reached });
    this.places = new Map(calls.map((call, at) => [call.entry, at]));
    this.query = "";
    this.chip = "";
    this.hosts = new Uint8Array(hosts.length).fill(1);
    this.calls = new Uint8Array(calls.length).fill(1);
    this.zoom = [0, this.data.took || 0.001];
    this.open = new Set();
    this.rows = 0;
  }

  // The whole of a looped call has no bar: its items have.
  isDrawn(bar) {
    return bar.to > bar.from && (bar.item !== null || !this.looped.has(bar.host + ":" + bar.call));
  }

  outcome(host) {
    return this.data.out[host] || ["cut off", "bad", null];
  }

  start() {
    for (const span of this.root.querySelectorAll("span.names")) {
      const button = make("button", { class: "names", type: "button", "data-h": span.dataset.h }, span.textContent);
      button.addEventListener("click", () => this.show(numbers(button.dataset.h), button));
      span.replaceWith(button);
    }
    this.index();
    this.controls();
    this.restore();
    this.apply();
  }

  // What can be searched, in lower case: names of hosts are searched apart.
  index() {
    const text = (said) => {
      const parts = [said.querySelector(".message"), said.querySelector("pre")];
      return parts.map((it) => (it ? it.textContent : "")).join("\n").toLowerCase();
    };
    const call = (said) => {
      const entry = said.closest("[data-c]");
      return entry ? this.places.get(Number(entry.dataset.c)) ?? -1 : -1;
    };
    this.said = Array.from(this.root.querySelectorAll(".said"), (said) => {
      return { said, text: text(said), hosts: numbers(said.dataset.h), call: call(said) };
    });
    this.shelf = this.data.shelf.map(([at, isResult, head, body, hosts]) => {
      return { call: at, isResult, head, body, text: `${head}\n${body}`.toLowerCase(), hosts: numbers(hosts) };
    });
    this.labels = this.data.calls.map((it) => `${it.label}\n${it.tool}\n${it.at}`.toLowerCase());
    this.names = this.data.hosts.map((it) => it.toLowerCase());
    this.entries = Array.from(this.root.querySelectorAll("details.call"), (row) => {
      return { row, call: this.places.get(Number(row.dataset.c)) };
    });
    this.tableRows = Array.from(this.root.querySelectorAll(".hosts tbody tr"), (row) => {
      return { row, hosts: numbers(row.dataset.h) };
    });
  }

  controls() {
    this.input = make("input", {
      type: "search",
      class: "filter",
      placeholder: "Filter: host, call, tool, file, text  ( / )",
      "aria-label": "Filter by host, call, tool, file or text",
    });
    let timer = 0;
    this.input.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        this.query = this.input.value.trim().toLowerCase();
        this.apply();
      }, 80);
    });
    this.chips = Object.keys(CHIPS).map((chip) => {
      const count = this.byHost.filter((bars) => bars.some(CHIPS[chip])).length;
      const press = () => {
        this.chip = this.chip === chip ? "" : chip;
        this.apply();
      };
      const label = [chip + " ", make("small", {}, String(count))];
      const attributes = { type: "button", "data-chip": chip, "aria-pressed": "false", disabled: count === 0, onclick: press };
      return make("button", attributes, ...label);
    });
    this.hits = make("small", { class: "hits", "aria-live": "polite" });
    this.root.querySelector(".controls").append(this.input, ...this.chips, this.hits);
  }

  // The view is in the address, so that a link shows the same.
  restore() {
    const wanted = new URLSearchParams(location.hash.slice(1));
    this.input.value = wanted.get("q") || "";
    this.query = this.input.value.trim().toLowerCase();
    this.chip = wanted.get("show") in CHIPS ? wanted.get("show") : "";
  }

  keep() {
    const wanted = new URLSearchParams();
    if (this.query) wanted.set("q", this.query);
    if (this.chip) wanted.set("show", this.chip);
    try {
      history.replaceState(null, "", "#" + wanted);
    } catch {
      // A page that is embedded elsewhere keeps no address.
    }
  }

  select() {
    const { hosts, calls } = this;
    hosts.fill(1);
    calls.fill(1);
    if (this.query) {
      hosts.fill(0);
      calls.fill(0);
      const hasName = this.names.map((it) => it.includes(this.query));
      const isName = hasName.includes(true);
      hasName.forEach((it, host) => (hosts[host] = it));
      let isText = false;
      for (const it of [...this.said, ...this.shelf]) {
        if (!it.text.includes(this.query)) continue;
        isText = true;
        for (const host of it.hosts) hosts[host] = 1;
        if (it.call >= 0) calls[it.call] = 1;
      }
      let isLabel = false;
      this.labels.forEach((it, call) => {
        if (!it.includes(this.query)) return;
        isLabel = true;
        calls[call] = 1;
        if (!isName && !isText) for (const bar of this.byCall[call]) hosts[bar.host] = 1;
      });
      if (isName || !(isText || isLabel)) calls.fill(isName ? 1 : 0);
    }
    if (this.chip) {
      const test = CHIPS[this.chip];
      const has = (bars) => bars.some((bar) => hosts[bar.host] && calls[bar.call] && test(bar));
      const kept = this.byHost.map(has);
      const keptCalls = this.byCall.map(has);
      kept.forEach((it, host) => (hosts[host] = it || (this.chip === "failed" && hosts[host] && this.outcome(host)[1] !== "ok")));
      keptCalls.forEach((it, call) => (calls[call] = it));
    }
  }

  apply() {
    this.select();
    for (const chip of this.chips) chip.setAttribute("aria-pressed", String(chip.dataset.chip === this.chip));
    const isAll = !this.query && !this.chip;
    const has = (hosts) => hosts.some((host) => this.hosts[host]);
    for (const { row, call } of this.entries) row.hidden = !this.calls[call];
    for (const { row, hosts } of this.tableRows) row.hidden = !has(hosts);
    for (const it of this.said) it.said.hidden = !isAll && !(has(it.hosts) && (it.call < 0 || this.calls[it.call]));
    for (const card of this.root.querySelectorAll(".card")) {
      card.hidden = !card.querySelector(".said:not([hidden])");
    }
    for (const more of this.root.querySelectorAll("details.more")) {
      more.open = !isAll && more.querySelector(".said:not([hidden])") !== null;
      more.hidden = !isAll && !more.open;
    }
    for (const round of this.root.querySelectorAll(".round")) round.hidden = !isAll && !round.querySelector("details.call:not([hidden])");
    const count = (kept) => kept.reduce((sum, it) => sum + it, 0);
    const [hosts, calls] = [count(this.hosts), count(this.calls)];
    this.hits.textContent = isAll ? "" : `${hosts} of ${this.hosts.length} hosts, ${calls} of ${this.calls.length} calls`;
    this.open.clear();
    this.rows = 60;
    this.timeline();
    this.keep();
  }
}
