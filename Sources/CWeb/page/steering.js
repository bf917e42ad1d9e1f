// Signing in, and what a supervisor may do. A token travels in a header, once; from then on the browser has a cookie that no
// script can read. Everything that changes something is confirmed first.

import { stateOf, states, duration } from "./model.js";

const byId = (id) => document.getElementById(id);
let number = 0;

/** Sends a command to the daemon; throws an Error with what it says. */
async function command(method, params) {
  const response = await fetch("/mi", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ jsonrpc: "2.0", id: ++number, method, params }),
  });
  if (!response.ok) throw new Error((await response.text()).trim() || `status ${response.status}`);
  const reply = await response.json();
  if (reply.error) throw new Error(reply.error.message);
  return reply.result;
}

export class Login {
  constructor(onChange) {
    this.onChange = onChange;
    this.button = byId("sign");
    this.dialog = byId("login");
    this.button.addEventListener("click", () => (this.name ? this.#signOut() : this.open()));
    byId("login-cancel").addEventListener("click", () => this.dialog.close());
    this.dialog.querySelector("form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#signIn();
    });
  }

  /** Who is signed in, or null; undefined where nobody can. */
  show(name) {
    this.name = name;
    this.button.hidden = name === undefined;
    this.button.textContent = name ? "Sign out" : "Sign in";
  }

  open() {
    byId("login-problem").textContent = "";
    if (!this.dialog.open) this.dialog.showModal();
  }

  async #signIn() {
    const field = byId("token");
    const problem = byId("login-problem");
    try {
      const token = field.value.trim();
      const response = await fetch("/session", { method: "POST", headers: { Authorization: `Bearer ${token}` } });
      if (!response.ok) throw new Error((await response.text()).trim());
      field.value = "";
      this.dialog.close();
      this.onChange();
    } catch (error) {
      problem.textContent = `That did not work: ${error.message}.`;
      field.select();
    }
  }

  async #signOut() {
    await fetch("/session", { method: "DELETE" });
    this.onChange();
  }
}

/** The dialog in which something is chosen and confirmed. */
export class Steering {
  constructor(onDone) {
    this.onDone = onDone;
    this.dialog = byId("steer");
    byId("steer-cancel").addEventListener("click", () => this.dialog.close());
    byId("steer-do").addEventListener("click", () => this.#perform());
  }

  agent(agent) {
    const state = stateOf(agent);
    const { word } = states[state];
    const id = { agent_id: agent.id };
    const choices = [];
    if (agent.logged_in) {
      choices.push({ name: "Log off", ask: `Log ${agent.id} off?`, method: "cc_agent_login", params: { ...id, state: 0 } });
    } else {
      choices.push({ name: "Log in", ask: `Log ${agent.id} in?`, method: "cc_agent_login", params: { ...id, state: 1 } });
    }
    if (state === "wrapup") {
      choices.push({ name: "End wrap-up", ask: `End the wrap-up of ${agent.id} now?`, method: "cc_end_wrapup", params: id });
    }
    if (state === "incall") {
      const ask = `Free ${agent.id}? A call that rings goes back to its place, a talk ends.`;
      choices.push({ name: "Free", ask, method: "cc_free_agent", params: id });
    }
    this.#open(`Agent ${agent.id}`, `${word} for ${duration(agent.since)}`, choices);
  }

  call(call, ahead) {
    const id = { call_id: call.id };
    const choices = [];
    if (call.state === "queued") {
      if (call.position > 0) {
        choices.push({ name: "Make it the next", ask: `Put call ${call.id} first in ${call.flow}?`, method: "cc_move_call", params: { ...id, position: 0 } });
        const up = call.position - 1;
        if (up > 0) choices.push({ name: "One place up", ask: `Put call ${call.id} at place ${up + 1} of ${call.flow}?`, method: "cc_move_call", params: { ...id, position: up } });
      }
      if (call.position + 1 < ahead) {
        const down = call.position + 1;
        choices.push({ name: "One place down", ask: `Put call ${call.id} at place ${down + 1} of ${call.flow}?`, method: "cc_move_call", params: { ...id, position: down } });
      }
    }
    choices.push({ name: "End", ask: `End call ${call.id} of ${call.caller || "an unknown caller"}?`, method: "cc_end_call", params: id });
    this.#open(`Call ${call.id}`, `${call.caller} in ${call.flow}, for ${duration(call.since)}`, choices);
  }

  #open(title, text, choices) {
    byId("steer-title").textContent = title;
    byId("steer-text").textContent = text;
    byId("steer-problem").textContent = "";
    byId("steer-do").hidden = true;
    this.chosen = undefined;
    byId("steer-choices").replaceChildren(
      ...choices.map((choice) => {
        const button = document.createElement("button");
        button.type = "button";
        button.textContent = choice.name;
        button.addEventListener("click", () => this.#ask(choice));
        return button;
      }),
    );
    this.dialog.showModal();
  }

  /** The second step: what was chosen in words, and a button that does it. */
  #ask(choice) {
    this.chosen = choice;
    byId("steer-text").textContent = choice.ask;
    byId("steer-choices").replaceChildren();
    const button = byId("steer-do");
    button.textContent = choice.name;
    button.hidden = false;
    button.focus();
  }

  async #perform() {
    const button = byId("steer-do");
    button.disabled = true;
    try {
      await command(this.chosen.method, this.chosen.params);
      this.dialog.close();
      this.onDone();
    } catch (error) {
      byId("steer-problem").textContent = `Refused: ${error.message}`;
    } finally {
      button.disabled = false;
    }
  }
}
