// The timeline: a row for each group of hosts that went the same way, the failed ones first.

const RANK = { bad: 0, unreachable: 1, dim: 2, ok: 3 };
const STEPS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600];
// At most this many hosts of a group are drawn one by one.
const UNFOLDED = 100;

const middle = (values) => values.sort((a, b) => a - b)[values.length >> 1];

Run.prototype.groups = function () {
  const key = (host, isNamed) => {
    const stem = isNamed ? this.data.hosts[host].replace(/\d+$/, "") : "";
    const bars = this.byHost[host].map((bar) => bar.call + ("oc".includes(bar.outcome) ? "d" : bar.outcome));
    return [this.outcome(host)[0], stem, ...bars].join(" ");
  };
  const fold = (isNamed) => {
    const groups = new Map();
    this.hosts.forEach((isShown, host) => {
      if (!isShown) return;
      const of = key(host, isNamed);
      if (!groups.has(of)) groups.set(of, []);
      groups.get(of).push(host);
    });
    return [...groups.values()];
  };
  let groups = fold(true);
  // Names that have nothing in common would make a row of each.
  if (groups.length > 40) groups = fold(false);
  const rank = (group) => RANK[this.outcome(group[0])[1]] ?? 2;
  return groups.sort((a, b) => rank(a) - rank(b) || a[0] - b[0]);
};

Run.prototype.timeline = function () {
  const place = this.root.querySelector(".timeline");
  if (!this.legend) {
    place.querySelector("noscript")?.remove();
    this.legend = true;
    this.zooms = make("div", { class: "zoom", role: "group", "aria-label": "Zoom" });
    this.chart = make("div", { class: "chart" });
    place.append(legend(), this.zooms, this.chart);
    const edges = [
      ["whole run", 0, this.data.took || 0.001],
      ...this.data.rounds.filter((it) => it.to > it.from).map((it) => [it.name, it.from, it.to]),
    ];
    this.zooms.append("Zoom: ", ...edges.map(([name, from, to]) => {
      const press = () => {
        this.zoom = [from, to];
        this.timeline();
      };
      return make("button", { type: "button", onclick: press, "data-from": from, "data-to": to }, name);
    }));
    hover(this.chart);
  }
  for (const button of this.zooms.querySelectorAll("button")) {
    const is = Number(button.dataset.from) === this.zoom[0] && Number(button.dataset.to) === this.zoom[1];
    button.setAttribute("aria-pressed", String(is));
  }
  const focused = this.chart.contains(document.activeElement) ? document.activeElement.dataset.row : null;
  const groups = this.groups();
  const rows = groups.slice(0, this.rows).flatMap((group) => this.groupRows(group));
  const rest = groups.length - this.rows;
  const more = () => {
    this.rows += 200;
    this.timeline();
  };
  const button = rest > 0 ? [make("button", { type: "button", onclick: more }, `${rest} more groups`)] : [];
  const cut = this.data.cut ? [make("p", {}, make("small", {}, "Not every call has its bar: there are too many."))] : [];
  const hosts = groups.reduce((sum, group) => sum + group.length, 0);
  this.chart.replaceChildren(this.axis(hosts), ...rows, ...button, ...cut);
  if (focused) [...this.chart.querySelectorAll("[data-row]")].find((it) => it.dataset.row === focused)?.focus();
};

Run.prototype.groupRows = function (group) {
  const [first] = group;
  const [word, tone] = this.outcome(first);
  const isOne = group.length === 1;
  const isOpen = this.open.has(first);
  const press = (event) => {
    if (isOne) return this.show(group, event.currentTarget);
    if (isOpen) this.open.delete(first);
    else this.open.add(first);
    return this.timeline();
  };
  const sign = tone === "ok" ? "" : "✗ ";
  const attributes = {
    type: "button",
    class: tone === "ok" ? "" : tone,
    title: `${isOne ? this.data.hosts[first] : group.length + " hosts"}: ${word}`,
    "aria-expanded": isOne ? null : String(isOpen),
    "data-row": "g" + first,
    onclick: press,
  };
  const arrow = isOne ? "\u2002 " : isOpen ? "▾ " : "▸ ";
  const count = isOne ? "" : `${group.length} × `;
  const button = make("button", attributes, arrow + sign, make("small", {}, count), this.fold(group));
  const bars = isOne ? this.hostBars(first, 20) : this.groupBars(group, 20);
  const rows = [make("div", { class: "row" }, button, this.lane(bars))];
  if (isOpen && !isOne) {
    for (const host of group.slice(0, UNFOLDED)) {
      const show = (event) => this.show([host], event.currentTarget);
      const name = make("button", { type: "button", "data-row": "h" + host, onclick: show }, this.data.hosts[host]);
      rows.push(make("div", { class: "row host" }, name, this.lane(this.hostBars(host, 14))));
    }
    if (group.length > UNFOLDED) {
      const show = (event) => this.show(group, event.currentTarget);
      rows.push(make("button", { type: "button", onclick: show }, `all ${group.length} hosts`));
    }
  }
  return rows;
};

// Names in few words: numbered ones that follow each other as a range.
Run.prototype.fold = function (group) {
  const parts = [];
  let last = null;
  for (const host of group) {
    const [, stem, digits] = /^(.*?)(\d*)$/.exec(this.data.hosts[host]);
    const follows = last && digits && last.stem === stem && Number(digits) === last.number + 1;
    if (follows) parts[parts.length - 1].to = digits;
    else if (parts.length === 4) break;
    else parts.push({ name: stem + digits, from: digits, to: digits });
    last = { stem, number: Number(digits) };
  }
  const shown = parts.slice(0, 3).map((it) => (it.from === it.to ? it.name : `${it.name}..${it.to}`));
  return shown.join(", ") + (parts.length > 3 ? ", …" : "");
};

Run.prototype.x = function (at) {
  return ((at - this.zoom[0]) / (this.zoom[1] - this.zoom[0])) * 100;
};

Run.prototype.bar = function (from, to, y, height, name, tip, click) {
  if (to < this.zoom[0] || from > this.zoom[1]) return null;
  const left = Math.max(this.x(from), -1);
  const width = Math.max(Math.min(this.x(to), 101) - left, 0.02);
  // A line in dashes as thick as a bar is a hatched bar.
  const shape = { class: name, "stroke-width": height, y1: y + height / 2, y2: y + height / 2 };
  const isWait = name.startsWith("wait");
  const rect = isWait
    ? draw("line", { x1: left.toFixed(3) + "%", x2: (left + width).toFixed(3) + "%", ...shape })
    : draw("rect", { x: left.toFixed(3) + "%", width: width.toFixed(3) + "%", y, height, class: name });
  rect.tip = tip;
  if (click) rect.addEventListener("click", click);
  return rect;
};

Run.prototype.hostBars = function (host, height) {
  const name = this.data.hosts[host];
  const bars = this.connections[host].map((it) => {
    const tip = () => `${name}: ${it.reached ? "connecting" : "not reached"}, ${time(it.to - it.from)}`;
    return this.bar(it.from, it.to, 4, height - 8, it.reached ? "f-con" : "f-unreachable", tip);
  });
  for (const bar of this.byHost[host]) {
    if (!this.isDrawn(bar)) continue;
    const call = this.data.calls[bar.call];
    const [word, tone] = OUTCOMES[bar.outcome];
    const tries = bar.attempts > 1 ? `, ${bar.attempts} attempts` : "";
    const item = bar.item === null ? "" : ` (${bar.item})`;
    const tip = () => `${call.label}${item} on ${name}\n${word}, ${time(bar.to - bar.from)}${tries}, at ${time(bar.from)}\n${call.at}`;
    const click = () => this.show([host], null, bar.call);
    const solid = "f-" + tone + (bar.critical ? " critical" : "");
    if (bar.attempts > 1) {
      // The waits between attempts are hatched; each attempt is solid.
      bars.push(this.bar(bar.from, bar.to, 3, height - 6, `wait${bar.critical ? " critical" : ""}`, tip, click));
      for (const [from, to] of bar.tries) bars.push(this.bar(from, to, 3, height - 6, "f-odd", tip, click));
      bars.push(this.bar(Math.max(bar.from, bar.to - bar.took), bar.to, 3, height - 6, "f-" + tone, tip, click));
    } else {
      bars.push(this.bar(bar.from, bar.to, 2, height - 4, solid, tip, click));
    }
  }
  return bars;
};

// Of each call: a pale band from its first start to its last end in a batch, in it a solid bar of the middle ones.
Run.prototype.groupBars = function (group, height) {
  const isIn = new Set(group);
  const connections = group.flatMap((host) => this.connections[host]);
  const bars = [];
  const span = (list) => [Math.min(...list.map((it) => it.from)), Math.max(...list.map((it) => it.to))];
  if (connections.length) {
    const [from, to] = span(connections);
    const isReached = connections.some((it) => it.reached);
    const tip = () => `connecting to ${group.length} hosts: ${time(to - from)}`;
    bars.push(this.bar(from, to, 4, height - 8, isReached ? "f-con" : "f-unreachable", tip));
  }
  this.data.calls.forEach((call, at) => {
    const all = this.byCall[at].filter((bar) => isIn.has(bar.host) && this.isDrawn(bar));
    const cuts = this.data.rounds[call.round].batches;
    const edges = cuts.length ? cuts : [0];
    edges.forEach((edge, batch) => {
      const end = edges[batch + 1] ?? Infinity;
      const its = all.filter((bar) => (batch === 0 || bar.from >= edge - 0.001) && bar.from < end - 0.001);
      if (!its.length) return;
      const [from, to] = span(its);
      const [start, stop] = [middle(its.map((it) => it.from)), middle(its.map((it) => it.to))];
      const of = (letters) => its.filter((it) => letters.includes(it.outcome)).length;
      const tone = of("fl") ? "bad" : of("e") ? "odd" : of("c") * 2 > its.length ? "changed" : of("u") ? "odd" : "ok";
      const retried = its.filter((it) => it.attempts > 1).length;
      const tip = () => {
        const words = Object.keys(OUTCOMES).filter(of).map((it) => `${of(it)} ${OUTCOMES[it][0]}`);
        const tries = retried ? `, ${retried} retried` : "";
        return `${call.label} on ${its.length} of ${group.length} hosts\n${words.join(", ")}${tries}\n${time(from)} to ${time(to)}, median ${time(stop - start)}\n${call.at}`;
      };
      bars.push(this.bar(from, to, 2, height - 4, "band f-" + tone, tip));
      if (retried * 2 > its.length) bars.push(this.bar(from, stop, 3, height - 6, "wait", tip));
      const critical = its.some((it) => it.critical) ? " critical" : "";
      bars.push(this.bar(start, stop, 5, height - 10, "f-" + tone + critical, tip));
    });
  });
  return bars;
};

Run.prototype.lane = function (bars) {
  const edges = this.data.rounds.flatMap((round) => {
    const line = (at, name) => {
      const x = this.x(at).toFixed(3) + "%";
      return at < this.zoom[0] || at > this.zoom[1] ? null : draw("line", { x1: x, x2: x, y1: 0, y2: "100%", class: name });
    };
    if (round.to === 0 && round.from === 0 && !round.batches.length) return [];
    return [line(round.from, "edge"), ...round.batches.slice(1).map((at) => line(at, "edge batch"))];
  });
  return draw("svg", { "aria-hidden": "true" }, edges, bars);
};

Run.prototype.axis = function (hosts) {
  const [from, to] = this.zoom;
  const at = (node, x) => {
    node.style.left = x.toFixed(3) + "%";
    return node;
  };
  const room = Math.max(2, Math.min(10, this.chart.clientWidth / 110));
  const step = STEPS.find((it) => (to - from) / it <= room) || STEPS[STEPS.length - 1];
  const marks = [];
  for (let tick = Math.ceil(from / step) * step; tick < to - step * 0.3; tick += step) {
    const text = tick < 60 ? `${Number(tick.toFixed(3))} s` : time(tick);
    marks.push(at(make("span", { class: "tick" }, text), this.x(tick)));
  }
  for (const round of this.data.rounds) {
    if (round.to <= from || round.from >= to) continue;
    const left = Math.max(this.x(round.from), 0);
    const width = Math.min(this.x(round.to), 100) - left;
    if (width < 3) continue;
    const batches = round.batches.length > 1 && width > 16 ? ` · ${round.batches.length} batches` : "";
    const name = make("span", { class: "name", title: round.name }, round.name, make("small", {}, batches));
    name.style.width = width.toFixed(3) + "%";
    marks.push(at(name, left));
  }
  const text = make("small", {}, `${hosts} ${hosts === 1 ? "host" : "hosts"}`);
  return make("div", { class: "row" }, text, make("div", { class: "axis", "aria-hidden": "true" }, marks));
};

function legend() {
  const rect = (name) => draw("rect", { width: 26, height: 12, class: name });
  const dashes = (name) => draw("line", { x1: 0, x2: 26, y1: 6, y2: 6, "stroke-width": 12, class: name });
  const shape = (name) => draw("svg", { "aria-hidden": "true" }, name === "wait" ? dashes(name) : rect(name));
  const sample = (name, word) => make("span", {}, shape(name), word);
  const line = (name, word) => make("span", {}, draw("svg", { "aria-hidden": "true" }, draw("line", { x1: 13, x2: 13, y1: 0, y2: 12, class: name })), word);
  return make("div", { class: "legend" },
    sample("f-con", "connecting"), sample("f-ok", "ok"), sample("f-changed", "changed"), sample("f-bad", "failed or lost"),
    sample("f-unreachable", "unreachable"), sample("f-odd", "earlier attempt, handled, unknown"), sample("wait", "wait between attempts"),
    sample("band f-ok", "first start to last end in a group"), sample("f-ok critical", "critical path"),
    line("edge", "a round begins"), line("edge batch", "a batch begins"));
}

function hover(chart) {
  const tip = make("div", { class: "tip", hidden: true });
  document.body.append(tip);
  chart.addEventListener("mousemove", (event) => {
    tip.hidden = !event.target.tip;
    if (tip.hidden) return;
    tip.textContent = event.target.tip();
    tip.style.left = Math.min(event.clientX + 14, innerWidth - tip.offsetWidth - 8) + "px";
    tip.style.top = Math.min(event.clientY + 16, innerHeight - tip.offsetHeight - 8) + "px";
  });
  chart.addEventListener("mouseleave", () => (tip.hidden = true));
}
