// What the page knows, without a page: forms of numbers, states of agents, journeys of calls, and the last hour.

/** `7 s`, `3:05`, `1:02:03`: a time in milliseconds as people read it. */
export function duration(milliseconds) {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  if (seconds < 60) return `${seconds} s`;
  const two = (number) => String(number).padStart(2, "0");
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}:${two(seconds % 60)}`;
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(seconds % 60)}`;
}

/** `85 %`; a dash where there is nothing to divide by. */
export function percent(part, whole) {
  return whole > 0 ? `${Math.round((100 * part) / whole)} %` : "–";
}

/** The states of agents: word and sign, so that colour need not tell them apart. */
export const states = {
  free: { word: "free", sign: "○", order: 1 },
  incall: { word: "in call", sign: "●", order: 0 },
  wrapup: { word: "wrap-up", sign: "◐", order: 2 },
  off: { word: "logged off", sign: "✕", order: 3 },
};

/** `off` for whoever is logged off and has nothing to finish. */
export function stateOf(agent) {
  return agent.logged_in || agent.state !== "free" ? agent.state : "off";
}

/** What the states of calls are called. */
export const callWords = {
  arrived: "arrived",
  welcome: "welcome",
  queued: "queued",
  toagent: "rings",
  answered: "answered",
  refused: "refused",
  dissuading1: "told to wait",
  dissuading2: "told to leave",
  preagent: "agent is told",
  transferred: "transferred",
  ended: "ended",
};

/** What a call does. An event may tell that it was answered before a snapshot does. */
export function callWord(call) {
  if (call.state !== "toagent") return callWords[call.state] ?? call.state;
  return call.talking !== undefined || call.steps.at(-1)?.state === "answered" ? "talks" : "rings";
}

/** How long a call that has ended stays on the page, in milliseconds. */
const afterglow = 15000;
const longestJourney = 12;

/** The journeys of calls, gathered from events; a call that was there before has only the steps since. */
export class Journeys {
  #calls = new Map();

  /** Takes a `call` event. */
  take(event, now) {
    let call = this.#calls.get(event.call_id);
    if (!call) this.#calls.set(event.call_id, (call = { steps: [], flow: event.flow_id, caller: event.caller ?? "" }));
    const step = { state: event.state, at: Date.parse(event.time), agent: event.agent_id, cause: event.cause };
    const last = call.steps.at(-1);
    if (!last || last.state !== step.state || last.agent !== step.agent) call.steps.push(step);
    if (call.steps.length > longestJourney) call.steps.splice(1, 1);
    call.flow = event.flow_id;
    if (event.state === "ended") call.endedAt = now;
  }

  of(id) {
    return this.#calls.get(id)?.steps ?? [];
  }

  /** Calls that have ended a moment ago; older ones are forgotten, and those that ended unseen. */
  recent(alive, now) {
    const recent = [];
    for (const [id, call] of this.#calls) {
      if (alive.has(id)) {
        call.unseen = 0;
        continue;
      }
      // An event may come before the snapshot that has its call.
      call.unseen ??= 0;
      if (call.endedAt === undefined && ++call.unseen > 5) this.#calls.delete(id);
      else if (call.endedAt !== undefined && now - call.endedAt > afterglow) this.#calls.delete(id);
      else if (call.endedAt !== undefined) recent.push({ id, ...call });
    }
    return recent;
  }
}

/** Samples of the last hour, oldest first: those of the daemon, then ours. */
export class Hour {
  samples = [];
  #now;

  start(samples) {
    this.samples = samples.slice();
  }

  /** When what is now was. */
  get end() {
    return this.#now?.at;
  }

  /** Takes what is now; it is kept at most once in half a minute. */
  add(sample) {
    this.#now = sample;
    const last = this.samples.at(-1);
    if (last && sample.at - last.at < 29000) return;
    this.samples.push(sample);
    while (this.samples.length && this.samples[0].at < sample.at - 3600000) this.samples.shift();
  }

  /** One line of a chart: points of a value, or how much a counter rose. */
  points(name, isCounter) {
    if (!isCounter) {
      const all = this.#now && this.#now !== this.samples.at(-1) ? [...this.samples, this.#now] : this.samples;
      return all.map((sample) => ({ at: sample.at, value: sample[name] }));
    }
    return this.samples.slice(1).map((sample, index) => {
      const before = this.samples[index];
      const minutes = Math.max(1, sample.at - before.at) / 60000;
      return { at: sample.at, value: Math.max(0, sample[name] - before[name]) / minutes };
    });
  }
}
