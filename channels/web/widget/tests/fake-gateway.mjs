// A gateway for the widget's own development: it speaks the contract, answers from a small script,
// and can be told to fail. The real one lives beside this folder and shares no code with it.

import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";

const WIDGET = new URL("../../static/widget.js", import.meta.url);

/**
 * @typedef {{ id: string, token: string, identified: boolean, state: string, messages: any[],
 *   keys: Map<string, {status: number, body: any}>, streams: Set<import("node:http").ServerResponse>,
 *   posted: any[] }} Talk
 */

/** @param {{ greet?: boolean, answer?: ((talk: Talk, said: any, gateway: any) => void) | null }} options */
export async function startGateway({ greet = true, answer = chat } = {}) {
  /** @type {Map<string, Talk>} */
  const talks = new Map();
  /** @type {any[]} */
  const faults = [];
  /** @type {{method: string, path: string, headers: any, body: any}[]} */
  const calls = [];
  /** @type {{ test: () => boolean, done: () => void }[]} */
  let waiting = [];
  /** @type {Record<string, (url: URL) => string>} */
  const pages = { "/": hostPage, "/cancel": () => "<!doctype html><title>Cancel</title><h1>Cancel</h1>" };

  const notice = () => {
    waiting = waiting.filter(({ test, done }) => !test() || done());
  };

  const gateway = {
    talks,
    faults,
    calls,
    pages,
    port: 0,
    origin: "",
    policy: STRICT_POLICY,
    /** Resolves as soon as the test holds; asked whenever something happened. */
    until(/** @type {() => boolean} */ test) {
      return new Promise((done) => {
        if (test()) done(true);
        else waiting.push({ test, done: () => done(true) });
      });
    },
    /** The next calls whose path matches answer this status, or (0) have their socket cut. */
    fail(/** @type {RegExp} */ path, status = 0, times = 1, body = {}, afterwards = false) {
      faults.push({ path, status, times, body, afterwards });
    },
    get talk() {
      return /** @type {Talk} */ ([...talks.values()].at(-1));
    },
    add(/** @type {Talk} */ talk, /** @type {any} */ message) {
      const whole = {
        sequence: talk.messages.length + 1,
        author: "bot",
        text: "",
        created_at: new Date().toISOString(),
        client_key: null,
        quick_replies: [],
        card: null,
        ...message,
      };
      talk.messages.push(whole);
      for (const stream of talk.streams) write(stream, "message", whole, whole.sequence);
      return whole;
    },
    typing(/** @type {Talk} */ talk, typing = true) {
      for (const stream of talk.streams) write(stream, "typing", { typing });
    },
    state(/** @type {Talk} */ talk, /** @type {string} */ state) {
      talk.state = state;
      for (const stream of talk.streams) write(stream, "state", { state, identified: talk.identified });
    },
    dropStreams() {
      for (const talk of talks.values()) for (const stream of talk.streams) stream.socket?.destroy();
    },
    forgetSessions() {
      talks.clear();
    },
    /** @type {() => Promise<void>} */
    async stop() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
    /** @type {() => Promise<void>} */
    async listen() {
      await new Promise((done) => server.listen(gateway.port, "127.0.0.1", () => done(undefined)));
      gateway.port = /** @type {any} */ (server.address()).port;
      gateway.origin = `http://127.0.0.1:${gateway.port}`;
    },
  };

  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? "/", "http://gateway");
    const cors = {
      "Access-Control-Allow-Origin": "*",
      "Access-Control-Allow-Headers": "authorization, content-type, idempotency-key, last-event-id",
      "Access-Control-Allow-Methods": "GET, POST",
    };
    const reply = (/** @type {number} */ status, /** @type {any} */ body) => {
      response.writeHead(status, {
        ...cors,
        "Content-Type": status < 400 ? "application/json" : "application/problem+json",
      });
      response.end(JSON.stringify(body));
    };
    const problem = (/** @type {number} */ status, /** @type {string} */ type, detail = "") =>
      reply(status, { type, title: type, detail });

    if (request.method === "OPTIONS") return response.writeHead(204, cors).end();
    if (url.pathname === "/widget.js") {
      response.writeHead(200, { "Content-Type": "text/javascript; charset=utf-8" });
      return response.end(await readFile(WIDGET));
    }
    const page = pages[url.pathname];
    if (page) {
      response.writeHead(200, {
        "Content-Type": "text/html; charset=utf-8",
        "Content-Security-Policy": gateway.policy,
      });
      return response.end(page(url));
    }
    if (url.pathname === "/page.css") return response.writeHead(200, { "Content-Type": "text/css" }).end(PAGE_CSS);

    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString();
    const body = text ? JSON.parse(text) : null;
    calls.push({ method: request.method ?? "", path: url.pathname, headers: request.headers, body });
    notice();

    const fault = faults.find(({ path, times }) => times > 0 && path.test(url.pathname));
    if (fault) {
      fault.times--;
      if (!fault.afterwards) {
        return fault.status ? reply(fault.status, fault.body) : request.socket.destroy();
      }
    }

    if (url.pathname === "/api/conversations") {
      const { identity_token } = body;
      if (identity_token?.startsWith("bad")) return problem(401, "identity_token_invalid");
      /** @type {Talk} */
      const talk = {
        id: randomUUID(),
        token: randomUUID(),
        identified: !!identity_token,
        state: "bot",
        messages: [],
        keys: new Map(),
        streams: new Set(),
        posted: [],
      };
      talks.set(talk.id, talk);
      if (greet) gateway.add(talk, GREETING);
      return reply(201, { conversation_id: talk.id, session_token: talk.token, identified: talk.identified });
    }

    const [, , , id = "", what] = url.pathname.split("/");
    const talk = talks.get(id);
    if (!talk || request.headers.authorization !== `Bearer ${talk.token}`) {
      return problem(401, "session_invalid", "This session does not fit the conversation.");
    }

    if (what === "events") {
      const after = Number(request.headers["last-event-id"] ?? url.searchParams.get("after") ?? 0);
      response.writeHead(200, { ...cors, "Content-Type": "text/event-stream", "Cache-Control": "no-store" });
      response.write(": hello\n\n");
      for (const message of talk.messages) {
        if (message.sequence > after) write(response, "message", message, message.sequence);
      }
      write(response, "state", { state: talk.state, identified: talk.identified });
      talk.streams.add(response);
      response.on("close", () => {
        talk.streams.delete(response);
        notice();
      });
      return notice();
    }
    if (what === "cancel-page") return reply(200, { url: `/cancel?once=${talk.id.slice(0, 4)}` });
    if (what !== "messages") return problem(404, "not_found");

    const key = String(request.headers["idempotency-key"]);
    const earlier = talk.keys.get(key);
    if (earlier) return reply(earlier.status, earlier.body);
    if (talk.state === "closed") return problem(409, "conversation_closed", "This conversation has ended.");
    if (body.text !== undefined && !body.text.trim()) return problem(400, "empty", "There is nothing in it.");
    if (body.text?.length > 5000) return problem(413, "too_long", "That is too long.");
    const choice = talk.messages.flatMap((message) => message.quick_replies).find((one) => one.id === body.quick_reply);
    if (body.quick_reply && !choice) return problem(404, "unknown_quick_reply", "That choice is gone.");
    const said = gateway.add(talk, {
      author: "customer",
      text: body.text ?? choice?.title ?? "Talk to a person",
      client_key: key,
    });
    talk.posted.push(body);
    talk.keys.set(key, { status: 202, body: { sequence: said.sequence } });
    if (fault?.afterwards) request.socket.destroy();
    else reply(202, { sequence: said.sequence });
    answer?.(talk, { ...body, message: said }, gateway);
    notice();
  });

  await gateway.listen();
  return gateway;
}

function write(
  /** @type {import("node:http").ServerResponse} */ stream,
  /** @type {string} */ event,
  /** @type {any} */ data,
  /** @type {number | undefined} */ id = undefined,
) {
  stream.write(`event: ${event}\n${id ? `id: ${id}\n` : ""}data: ${JSON.stringify(data)}\n\n`);
}

const GREETING = {
  text:
    "Hello. I'm the automated assistant of Northwind Notes. I can cancel, pause or change your plan, " +
    "send you your data, or get you a person. What do you need?",
  quick_replies: [
    { id: "q-cancel", title: "Cancel my plan" },
    { id: "q-pause", title: "Pause it" },
    { id: "q-data", title: "Get my data" },
  ],
};

/** A short talk, for looking at. */
function chat(/** @type {Talk} */ talk, /** @type {any} */ said, /** @type {any} */ gateway) {
  if (said.command) {
    gateway.state(talk, "waiting");
    gateway.add(talk, { author: "system", text: "We are getting a person for you. At the moment that takes about 4 minutes." });
  } else if (said.quick_reply === "q-cancel" || /cancel/.test(said.text ?? "")) {
    gateway.add(talk, {
      text: "This is what cancelling Pro does. Shall I cancel it?",
      card: {
        kind: "terms",
        title: "What will happen",
        rows: [
          { label: "Plan", value: "Pro, 29.00 EUR a month" },
          { label: "Ends", value: "14 December 2026" },
          { label: "Further payments", value: "None" },
          { label: "Files can be downloaded until", value: "13 January 2027" },
        ],
        links: [{ title: "Download your files", url: "/exports/e1" }],
        note: "Invoices are kept until the end of 2036 because tax law says so.",
      },
      quick_replies: [
        { id: "q-yes", title: "Yes, cancel Pro" },
        { id: "q-no", title: "No, leave it" },
      ],
    });
  } else {
    gateway.add(talk, { text: "Understood." });
  }
}

const STRICT_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; require-trusted-types-for 'script'";

function hostPage(/** @type {URL} */ url) {
  const { dir = "ltr", lang = "en", attributes = "" } = Object.fromEntries(url.searchParams);
  return `<!doctype html>
<html lang="${lang}" dir="${dir}"><head><meta charset="utf-8"><title>Northwind Notes</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="stylesheet" href="/page.css"></head>
<body><main><h1>Your subscription</h1><p>You are on Pro. <button id="site-button">Site button</button></p></main>
<script src="/widget.js" data-company="Northwind Notes" ${attributes} defer></script></body></html>`;
}

const PAGE_CSS = `body { font: 18px Georgia, serif; color: #333; background: #fbfaf7; margin: 3rem; }
button, p, li { letter-spacing: 2px; text-transform: uppercase; } * { box-sizing: content-box; }
@media (prefers-color-scheme: dark) { body { background: #0b0d10; color: #ddd } }`;
