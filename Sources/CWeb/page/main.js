// The page as it runs: a snapshot now and then, events in between, and a redraw whenever something is new.

import { Chart } from "./chart.js";
import { Hour, Journeys, duration } from "./model.js";
import { Wall } from "./render.js";
import { Login, Steering } from "./steering.js";

const byId = (id) => document.getElementById(id);

/** Between two snapshots, in milliseconds: after an event, and when nothing happens. */
const soon = 1000;
const idle = 5000;

const journeys = new Journeys();
const hour = new Hour();
let snapshot;
let takenAt = 0;
let source;
let timer;
let isAsking = false;
let isWanted = false;
let knowsHour = false;

const charts = [
  { chart: new Chart(byId("charts"), "Waiting", String), name: "on_hold" },
  { chart: new Chart(byId("charts"), "Longest wait", duration), name: "longest_wait" },
  { chart: new Chart(byId("charts"), "Free agents", String), name: "free" },
  { chart: new Chart(byId("charts"), "Talking", String), name: "talking" },
  { chart: new Chart(byId("charts"), "Answered a minute", (value) => value.toFixed(1)), name: "answered", isCounter: true },
  { chart: new Chart(byId("charts"), "Abandoned a minute", (value) => value.toFixed(1)), name: "abandoned", isCounter: true },
];

const login = new Login(() => restart());
const steering = new Steering(() => want());
const wall = new Wall(
  (id) => {
    const agent = snapshot?.agents.find((agent) => agent.id === id);
    if (agent) steering.agent(agent);
  },
  (id) => {
    const call = snapshot?.calls.find((call) => call.id === id);
    if (!call) return;
    steering.call(call, snapshot.calls.filter((other) => other.flow === call.flow && other.state === "queued").length);
  },
);

function say(text) {
  const node = byId("message");
  node.textContent = text;
  node.hidden = !text;
}

function showLink(isLive) {
  const node = byId("link");
  const text = isLive ? "● live" : "○ not connected";
  if (node.textContent !== text) node.textContent = text;
  node.className = isLive ? "good" : "bad";
}

/** Asks for a snapshot soon: at once if the last is old enough. */
function want() {
  if (isAsking) {
    isWanted = true;
    return;
  }
  clearTimeout(timer);
  timer = setTimeout(ask, Math.max(0, takenAt + soon - performance.now()));
}

async function ask() {
  isAsking = true;
  isWanted = false;
  takenAt = performance.now();
  let again = idle;
  try {
    const response = await fetch(knowsHour ? "/snapshot" : "/snapshot?hour=1", { cache: "no-store" });
    if (response.status === 401) {
      forget("Sign in to see the call centre.");
      login.show(null);
      login.open();
      again = undefined;
    } else if (!response.ok) {
      throw new Error((await response.text()).trim() || `status ${response.status}`);
    } else {
      snapshot = await response.json();
      if (snapshot.hour) {
        hour.start(snapshot.hour);
        knowsHour = true;
      }
      hour.add(snapshot.sample);
      say("");
      byId("main").hidden = false;
      login.show(snapshot.you.can_sign_in ? (snapshot.you.name ?? null) : undefined);
      listen();
      draw();
    }
  } catch (error) {
    say(`The daemon does not answer: ${error.message}. What is shown is ${snapshot ? "old" : "nothing"}.`);
    showLink(false);
  }
  isAsking = false;
  if (isWanted) want();
  else if (again !== undefined) timer = setTimeout(ask, again);
}

function forget(text) {
  source?.close();
  source = undefined;
  snapshot = undefined;
  byId("main").hidden = true;
  showLink(false);
  say(text);
}

function restart() {
  clearTimeout(timer);
  knowsHour = false;
  source?.close();
  source = undefined;
  ask();
}

/** Listens to events; where there are too many who do, snapshots alone must do. */
function listen() {
  if (source && source.readyState !== EventSource.CLOSED) return;
  source = new EventSource("/events");
  source.addEventListener("open", () => showLink(true));
  source.addEventListener("error", () => showLink(false));
  source.addEventListener("agent", () => want());
  source.addEventListener("call", (event) => {
    journeys.take(JSON.parse(event.data), Date.now());
    want();
  });
  source.addEventListener("lost", () => want());
}

/** Times go on between snapshots. */
function grown() {
  const age = performance.now() - takenAt;
  if (age < 900) return snapshot;
  const older = (item) => ({ ...item, since: item.since + age });
  return {
    ...snapshot,
    agents: snapshot.agents.map((agent) => ({ ...older(agent), wrapup_left: Math.max(0, (agent.wrapup_left ?? 0) - age) })),
    calls: snapshot.calls.map(older),
    flows: snapshot.flows.map((flow) => (flow.longest_wait > 0 ? { ...flow, longest_wait: flow.longest_wait + age } : flow)),
  };
}

let isDrawing = false;
let drawnAt = 0;

function draw() {
  if (isDrawing || !snapshot) return;
  isDrawing = true;
  requestAnimationFrame(() => {
    isDrawing = false;
    if (!snapshot) return;
    const now = Date.now();
    drawnAt = performance.now();
    wall.show(grown(), journeys, { text: byId("find").value.trim(), all: byId("all").checked }, now);
    const end = hour.end ?? now;
    for (const { chart, name, isCounter } of charts) chart.show(hour.points(name, isCounter), end);
  });
}

byId("filter").addEventListener("submit", (event) => event.preventDefault());
byId("find").addEventListener("input", draw);
byId("all").addEventListener("change", draw);
setInterval(() => {
  byId("clock").textContent = new Date().toLocaleTimeString();
  if (!document.hidden && performance.now() - drawnAt > 700) draw();
}, 1000);
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) want();
});
ask();
