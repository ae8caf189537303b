// What is shown on a click: the hosts of a group, or all that was done on one host.

const panel = make("aside", { class: "panel", role: "dialog", "aria-label": "Details", tabindex: "-1", hidden: true });
document.body.append(panel);
let opener = null;

function close() {
  if (panel.hidden) return;
  panel.hidden = true;
  if (opener && opener.isConnected) opener.focus();
}

Run.prototype.show = function (hosts, from, call) {
  if (from) opener = from;
  const shut = make("button", { type: "button", class: "close", onclick: close }, "Close");
  panel.replaceChildren(shut, ...(hosts.length === 1 ? this.host(hosts[0], call) : this.list(hosts)));
  panel.hidden = false;
  panel.scrollTop = 0;
  panel.querySelector("details[open]")?.scrollIntoView({ block: "nearest" });
  panel.focus();
};

Run.prototype.list = function (hosts) {
  const items = hosts.map((host) => {
    const [word, tone] = this.outcome(host);
    const sign = tone === "ok" ? "" : "✗ ";
    const open = () => this.show([host], null);
    return make("button", { type: "button", class: tone === "ok" ? "" : tone, title: word, onclick: open }, sign + this.data.hosts[host]);
  });
  return [make("h2", {}, `${hosts.length} hosts`), make("div", { class: "list" }, items)];
};

Run.prototype.host = function (host, wanted) {
  const [word, tone, reason] = this.outcome(host);
  const title = make("h2", {}, this.data.hosts[host] + " ", make("small", { class: tone }, word));
  const why = reason ? make("p", { class: tone }, reason) : null;
  const made = this.connections[host].map((it) => {
    return make("p", { class: "dim" }, it.reached ? `connected in ${time(it.to - it.from)}` : `not reached after ${time(it.to - it.from)}`);
  });
  const rows = this.byHost[host].filter((bar) => bar.item !== null || !this.looped.has(host + ":" + bar.call)).map((bar) => this.made(bar, bar.call === wanted));
  const head = make("p", { class: "dim" }, `${rows.length} calls: when each began, how long it took`);
  return [title, why, ...made, head, ...rows].filter(Boolean);
};

Run.prototype.made = function (bar, isOpen) {
  const call = this.data.calls[bar.call];
  const [word, tone] = OUTCOMES[bar.outcome];
  const item = bar.item === null ? "" : ` (${bar.item})`;
  const tries = bar.attempts > 1 ? ` ×${bar.attempts}` : "";
  const isTimed = bar.to > bar.from;
  const summary = make("summary", {},
    make("span", {}, call.label + item),
    make("span", { class: tone }, word + tries),
    make("span", { class: "n" }, isTimed ? time(bar.from) : ""),
    make("span", { class: "n" }, isTimed ? time(bar.to - bar.from) : ""));
  const row = make("details", { class: "made" }, summary);
  const open = () => {
    if (row.open && row.children.length === 1) row.append(...this.told(bar));
  };
  row.addEventListener("toggle", open);
  if (isOpen) {
    row.open = true;
    open();
  }
  return row;
};

// Arguments first, then what is said of the call, then its result.
Run.prototype.told = function (bar) {
  const call = this.data.calls[bar.call];
  const isIts = (head) => bar.item === null || !head.includes("(") || head.includes(`(${bar.item})`);
  const text = (it) => [make("p", {}, make("small", {}, it.head)), it.body ? make("pre", { tabindex: "0" }, it.body) : null];
  const kept = this.shelf.filter((it) => it.call === bar.call && it.hosts.includes(bar.host) && isIts(it.head));
  const row = this.entries.find((it) => it.call === bar.call)?.row;
  const said = this.said.filter((it) => row && row.contains(it.said) && it.hosts.includes(bar.host)).map((it) => {
    const copy = it.said.cloneNode(true);
    copy.hidden = false;
    copy.querySelector(".names")?.remove();
    return copy;
  });
  const waits = bar.tries.map(([from, to], at) => `attempt ${at + 1}: ${time(from)} to ${time(to)}`);
  const nodes = [
    make("p", {}, make("small", {}, `${call.tool} · ${call.at}`)),
    ...waits.map((it) => make("p", {}, make("small", {}, it))),
    ...kept.filter((it) => !it.isResult).flatMap(text),
    ...said,
    ...kept.filter((it) => it.isResult).flatMap(text),
  ];
  if (!kept.length && this.data.omitted) nodes.push(make("p", {}, make("small", {}, "Its arguments and result are left out: the page holds no more.")));
  return nodes.filter(Boolean);
};

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") close();
  const isTyping = /^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement?.tagName || "");
  if (event.key === "/" && !isTyping && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    document.querySelector(".filter")?.focus();
  }
});

{
  const isDark = () => {
    const set = document.documentElement.dataset.theme;
    return set ? set === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  };
  const turn = () => (document.documentElement.dataset.theme = isDark() ? "light" : "dark");
  const button = make("button", { type: "button", class: "theme", "aria-label": "Switch between light and dark", onclick: turn }, "◐");
  document.querySelector("header > div")?.prepend(button);
}

const runs = Array.from(document.querySelectorAll("article.run"), (root) => new Run(root));
for (const run of runs) run.start();
