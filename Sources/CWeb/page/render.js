// From what is known to what is seen. Elements are kept by key and changed only where something is different, so that a
// thousand agents cost no more than those who do something.

import { callWord, callWords, duration, percent, stateOf, states } from "./model.js";

const byId = (id) => document.getElementById(id);

/** An element with text; nothing is ever taken for HTML. */
export function element(name, className, text) {
  const node = document.createElement(name);
  if (className) node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
}

// What was set last is kept beside the node: asking the document costs more than comparing two words.
function setText(node, text) {
  if (node.shownText === text) return;
  node.shownText = text;
  node.textContent = text;
}

function setClass(node, name) {
  if (node.shownClass === name) return;
  node.shownClass = name;
  node.className = name;
}

/** Times go on by themselves; of what nobody sees they are brought up to date when it comes into view. */
const sight = new IntersectionObserver(
  (entries) => {
    for (const { target, isIntersecting } of entries) {
      target.isSeen = isIntersecting;
      if (isIntersecting) target.showTime?.();
    }
  },
  { rootMargin: "300px" },
);

function setTime(node, place, text) {
  node.showTime = () => setText(place, text);
  if (node.isSeen ?? true) node.showTime();
}

/** The children of a parent, one an item, in the order of the items. */
class Keyed {
  #nodes = new Map();

  constructor(parent, make, change) {
    this.parent = parent;
    this.make = make;
    this.change = change;
  }

  update(items, key) {
    const wanted = new Set(items.map(key));
    for (const [name, node] of this.#nodes) {
      if (wanted.has(name)) continue;
      sight.unobserve(node);
      node.remove();
      this.#nodes.delete(name);
    }
    let place = this.parent.firstElementChild;
    for (const item of items) {
      const name = key(item);
      let node = this.#nodes.get(name);
      if (!node) {
        node = this.make(item);
        this.#nodes.set(name, node);
        sight.observe(node);
      }
      this.change(node, item);
      if (node === place) place = place.nextElementSibling;
      else this.parent.insertBefore(node, place);
    }
  }
}

/** A row of a table: the first cell is its head. */
function row(count) {
  const node = element("tr");
  const head = element("th");
  head.scope = "row";
  node.append(head);
  for (let index = 1; index < count; index++) node.append(element("td"));
  return node;
}

/** Sets the texts of cells; null leaves one alone. */
function fill(node, texts) {
  texts.forEach((text, index) => text !== null && setText(node.children[index], text));
}

const unknownWait = 2147483647000;

export class Wall {
  constructor(onAgent, onCall) {
    this.onAgent = onAgent;
    this.onCall = onCall;
    this.totals = new Keyed(
      byId("totals"),
      (item) => {
        const node = element("div");
        node.append(element("dt"), element("dd"));
        return node;
      },
      (node, item) => {
        setText(node.firstElementChild, item.name);
        setText(node.lastElementChild, item.value);
        setClass(node, item.urgent ? "urgent" : "");
      },
    );
    this.health = new Keyed(byId("health"), () => element("li"), (node, item) => {
      const [sign, name] = item.good === null ? ["–", "unknown"] : item.good ? ["✓", "good"] : ["!", "bad"];
      setText(node, `${sign} ${item.name}${item.note ? `: ${item.note}` : ""}`);
      setClass(node, name);
    });
    this.flows = new Keyed(
      byId("flows").tBodies[0],
      () => row(11),
      (node, flow) => this.#flow(node, flow),
    );
    this.calls = new Keyed(byId("calls").tBodies[0], () => row(8), (node, call) => this.#call(node, call));
    this.agents = new Keyed(byId("agents"), (agent) => this.#newAgent(agent), (node, agent) => this.#agent(node, agent));
  }

  #flow(node, flow) {
    const wait = flow.estimated_wait >= unknownWait || (flow.queued > 0 && flow.logged_in === 0);
    fill(node, [
      flow.removed ? `${flow.id} (removed)` : flow.id,
      String(flow.queued),
      flow.longest_wait > 0 ? duration(flow.longest_wait) : "–",
      wait ? "nobody there" : duration(flow.estimated_wait),
      percent(flow.answered_in_time, flow.answered),
      String(flow.free),
      String(flow.in_call),
      String(flow.wrapup),
      String(flow.logged_off),
      String(flow.answered),
      String(flow.abandoned),
    ]);
    const isUrgent = flow.queued > 0 && flow.longest_wait > flow.threshold;
    setClass(node.children[1], isUrgent ? "big urgent" : "big");
    setClass(node.children[2], isUrgent ? "big urgent" : "big");
    setClass(node.children[5], flow.queued > 0 && flow.logged_in === 0 ? "urgent" : "");
    node.children[4].title = `answered within ${duration(flow.threshold)}`;
  }

  #newAgent(agent) {
    const node = element("li");
    const tile = element("button", "tile");
    tile.type = "button";
    tile.append(element("span", "name", agent.id), element("span", "state"), element("span", "since"));
    tile.addEventListener("click", () => this.onAgent(agent.id));
    node.append(tile);
    return node;
  }

  #agent(node, agent) {
    const tile = node.firstElementChild;
    const state = stateOf(agent);
    const { word, sign } = states[state];
    const [, stateText, since] = tile.children;
    setText(stateText, `${sign} ${word}${agent.flow ? ` · ${agent.flow}` : ""}`);
    setTime(node, since, agent.wrapup_left > 0 ? `${duration(agent.wrapup_left)} left` : duration(agent.since));
    setClass(tile, `tile ${state}`);
    if (tile.disabled === this.canSteer) tile.disabled = !this.canSteer;
  }

  #call(node, call) {
    fill(node, [
      String(call.id),
      call.caller || "–",
      call.flow,
      `${callWord(call)}${call.position >= 0 ? `, place ${call.position + 1}` : ""}`,
      null,
      call.agent ?? "–",
    ]);
    setTime(node, node.children[4], duration(call.since));
    setClass(node, call.ended ? "ended" : "");
    const steps = call.steps.map((step) => {
      const who = step.agent ? ` ${step.agent}` : "";
      const why = step.cause && step.state !== "arrived" ? ` (${step.cause.replaceAll("_", " ")})` : "";
      return `${callWords[step.state] ?? step.state}${who}${why}`;
    });
    setText(node.children[6], steps.join(" → ") || "–");
    const cell = node.children[7];
    setClass(cell, "steer");
    const mayEnd = this.canSteer && !call.ended;
    if (mayEnd && !cell.firstChild) {
      const button = element("button", "", "Steer…");
      button.type = "button";
      button.setAttribute("aria-label", `Steer call ${call.id}`);
      button.addEventListener("click", () => this.onCall(call.id));
      cell.append(button);
    } else if (!mayEnd && cell.firstChild) {
      cell.replaceChildren();
    }
  }

  /** Everything anew. */
  show(snapshot, journeys, filter, now) {
    this.canSteer = snapshot.you.steers;
    document.body.classList.toggle("steers", this.canSteer);
    const { totals, flows } = snapshot;
    const longest = Math.max(0, ...flows.map((flow) => flow.longest_wait));
    const isUrgent = flows.some((flow) => flow.queued > 0 && flow.longest_wait > flow.threshold);
    this.totals.update(
      [
        { name: "Waiting", value: String(totals.on_hold), urgent: isUrgent },
        { name: "Longest wait", value: longest > 0 ? duration(longest) : "–", urgent: isUrgent },
        { name: "Talking", value: String(totals.talking) },
        { key: "free", name: `Free of ${totals.logged_in} agents`, value: String(totals.free), urgent: totals.on_hold > 0 && totals.logged_in === 0 },
        { name: "Service level", value: percent(totals.answered_in_time, totals.answered) },
        { name: "Answered", value: String(totals.answered) },
        { name: "Abandoned", value: String(totals.abandoned) },
      ],
      (item) => item.key ?? item.name,
    );
    this.health.update(snapshot.health, (item) => item.name);
    this.flows.update(flows, (flow) => flow.id);
    this.#none("flows", flows.length === 0);
    this.#showCalls(snapshot, journeys, now);
    this.#showAgents(snapshot, filter);
    setText(byId("foot"), `callcenterd ${snapshot.version}${snapshot.you.name ? `, signed in as ${snapshot.you.name}` : ""}`);
  }

  #none(id, isEmpty) {
    byId(id).closest("section").querySelector(".none").hidden = !isEmpty;
    const region = byId(id).closest(".scroll");
    if (region) region.hidden = isEmpty;
  }

  #showCalls(snapshot, journeys, now) {
    const alive = new Set(snapshot.calls.map((call) => call.id));
    const calls = snapshot.calls.map((call) => ({ ...call, steps: journeys.of(call.id) }));
    for (const call of journeys.recent(alive, now)) {
      const end = call.steps.at(-1);
      calls.push({
        id: call.id, caller: call.caller, flow: call.flow, state: "ended", since: now - call.endedAt, agent: end?.agent,
        steps: call.steps, ended: true,
      });
    }
    this.calls.update(calls, (call) => call.id);
    this.#none("calls", calls.length === 0);
    const more = snapshot.calls_in_all - snapshot.calls.length;
    setText(byId("calls-count"), more > 0 ? `${snapshot.calls_in_all}, the first ${snapshot.calls.length} are shown` : String(alive.size));
  }

  #showAgents(snapshot, filter) {
    const words = filter.text.toLowerCase();
    const agents = snapshot.agents.filter((agent) => {
      if (!filter.all && stateOf(agent) === "off") return false;
      return !words || agent.id.toLowerCase().includes(words) || (agent.flow ?? "").toLowerCase().includes(words);
    });
    this.agents.update(agents, (agent) => agent.id);
    this.#none("agents", agents.length === 0);
    const { totals } = snapshot;
    const more = snapshot.agents_in_all - snapshot.agents.length;
    setText(
      byId("agents-count"),
      `${totals.logged_in} of ${snapshot.agents_in_all} logged in${more > 0 ? `, ${snapshot.agents.length} are known here` : ""}`,
    );
  }
}
