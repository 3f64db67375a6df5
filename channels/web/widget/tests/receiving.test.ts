// Receiving: nothing missed, nothing twice, and a line that comes back by itself.

import assert from "node:assert/strict";
import { test } from "node:test";
import { SILENCE_LIMIT } from "../source/connection.ts";
import { lines, setUp } from "./bench.ts";

test("no call is made before the panel is opened", async (t) => {
  const { gateway, page } = await setUp(t);
  page();
  await new Promise(setImmediate);
  assert.equal(gateway.calls.length, 0);
});

test("after a cut line only what was missed comes, and the reader is told of both ends", async (t) => {
  const { gateway, page } = await setUp(t, { greet: true });
  const { conversation, store, clock, shows } = page();
  conversation.open();
  await shows((view) => view.log.length === 1);
  gateway.fail(/events/, 0, 2);
  gateway.dropStreams();
  await shows((view) => view.connection === "lost");
  gateway.add(gateway.talk, { text: "said meanwhile" });
  await shows((view) => view.log.length === 2);
  assert.equal(store.view.connection, "back");
  const last = gateway.calls.filter(({ path }) => path.endsWith("events")).at(-1)!;
  assert.equal(last.headers["last-event-id"], "1");
  clock.pass(4_000);
  assert.equal(store.view.connection, "fine");
});

test("a line that is back at the first try was never lost", async (t) => {
  const { gateway, page } = await setUp(t);
  const { conversation, store, shows } = page();
  const seen = new Set<string>();
  conversation.open();
  await gateway.until(() => gateway.talk?.streams.size === 1);
  const draw = store.watcher;
  store.watcher = (view) => {
    seen.add(view.connection);
    draw(view);
  };
  gateway.dropStreams();
  await gateway.until(() => gateway.talk.streams.size === 0);
  await gateway.until(() => gateway.talk.streams.size === 1);
  gateway.add(gateway.talk, { text: "here" });
  await shows((view) => view.log.length === 1);
  assert.deepEqual([...seen], ["fine"]);
});

test("a line that has gone silent is opened anew", async (t) => {
  const { gateway, page } = await setUp(t);
  const { conversation, clock, shows } = page();
  conversation.open();
  await gateway.until(() => gateway.talk?.streams.size === 1);
  await shows((view) => view.talkState === "bot");
  const first = [...gateway.talk.streams][0];
  clock.pass(SILENCE_LIMIT);
  await gateway.until(() => gateway.talk.streams.size === 1 && !gateway.talk.streams.has(first!));
  gateway.add(gateway.talk, { text: "awake" });
  await shows((view) => view.log.length === 1);
});

test("a page that is no event stream is not taken for one", async (t) => {
  const { gateway, page } = await setUp(t, { greet: true });
  gateway.fail(/events/, 200, 2, { sign: "in" });
  const { conversation, shows } = page();
  conversation.open();
  await shows((view) => view.log.length === 1);
});

test("a reload shows the same talk, and only newer lines are news", async (t) => {
  const { gateway, page } = await setUp(t, { greet: true });
  const before = page();
  before.conversation.open();
  before.conversation.say("hello");
  await before.shows((view) => view.log.length === 2 && !view.pending.length);
  before.leave();
  gateway.add(gateway.talk, { text: "an answer while you were away", author: "agent" });

  const after = page();
  assert.equal(after.store.view.caughtUp, false);
  await after.shows((view) => view.log.length === 3);
  assert.equal(after.store.view.unread, 1);
  await after.shows((view) => view.caughtUp);
  after.conversation.open();
  assert.equal(after.store.view.unread, 0);
  assert.equal(gateway.talks.size, 1);
});

test("typing ends with the message, and the state is followed", async (t) => {
  const { gateway, page } = await setUp(t);
  const { conversation, shows } = page();
  conversation.open();
  await gateway.until(() => gateway.talk?.streams.size === 1);
  gateway.typing(gateway.talk);
  await shows((view) => view.typing);
  gateway.add(gateway.talk, { text: "done" });
  await shows((view) => !view.typing && view.log.length === 1);
  gateway.state(gateway.talk, "human");
  await shows((view) => view.talkState === "human");
});

test("a session the server no longer knows is followed by a new one, saying so", async (t) => {
  const { gateway, page } = await setUp(t);
  const { conversation, store, shows } = page();
  conversation.open();
  conversation.say("first");
  await shows((view) => view.log.length === 1 && !view.pending.length);
  gateway.forgetSessions();
  conversation.say("second");
  await shows((view) => view.log.length === 3 && !view.pending.length);
  assert.equal(lines(store.view)[0], "first");
  assert.match(lines(store.view)[1]!, /this is a new one/);
  assert.equal(lines(store.view)[2], "second");
  assert.deepEqual(gateway.talk.posted, [{ text: "second" }]);
});

test("a refused identity token is warned of and gone without", async (t) => {
  const { gateway, page } = await setUp(t);
  const warn = t.mock.method(console, "warn", () => {});
  const { conversation } = page({ identityToken: "bad token" });
  conversation.open();
  await gateway.until(() => gateway.talks.size === 1);
  assert.equal(gateway.talk.identified, false);
  await gateway.until(() => gateway.talk.streams.size === 1);
  assert.equal(warn.mock.callCount(), 1);
});

test("signing in before anything was said begins an identified talk; signing out forgets it", async (t) => {
  const { gateway, drawer, page } = await setUp(t);
  const { conversation, store, shows } = page();
  conversation.open();
  await gateway.until(() => gateway.talk?.streams.size === 1);
  conversation.identify("good token");
  await gateway.until(() => gateway.talks.size === 2 && gateway.talk.streams.size === 1);
  assert.equal(gateway.talk.identified, true);
  conversation.say("secret");
  await shows((view) => view.log.length === 1 && !view.pending.length);
  conversation.identify(null);
  assert.deepEqual([store.view.log, store.view.open, drawer.read("session")], [[], false, null]);
});

test("another customer at the same screen does not see the talk; a fresh token of the same one does", async (t) => {
  const { gateway, page } = await setUp(t);
  const token = (sub: string, exp: number) => `h.${btoa(JSON.stringify({ sub, exp }))}.s`;
  const first = page({ identityToken: token("c1", 1) });
  first.conversation.open();
  first.conversation.say("secret");
  await first.shows((view) => view.log.length === 1 && !view.pending.length);
  first.conversation.identify(token("c1", 2));
  assert.deepEqual(lines(first.store.view), ["secret"]);
  first.leave();

  const second = page({ identityToken: token("c2", 3) });
  second.conversation.open();
  await gateway.until(() => gateway.talks.size === 2 && gateway.talk.streams.size === 1);
  assert.deepEqual(second.store.view.log, []);
});

test("a server that knows less than the widget is asked for the whole talk", async (t) => {
  const { gateway, page } = await setUp(t, { greet: true });
  const { conversation, shows } = page();
  conversation.open();
  await shows((view) => view.log.length === 1);
  gateway.fail(/events/, 400, 1);
  gateway.dropStreams();
  await shows((view) => view.log.length === 0);
  await shows((view) => view.log.length === 1);
  assert.equal(gateway.calls.at(-1)!.headers["last-event-id"], undefined);
});

test("the cancel page is asked for, and there without an answer too", async (t) => {
  const { gateway, page } = await setUp(t);
  const { conversation } = page();
  assert.equal(await conversation.cancelPage(), `${gateway.origin}/cancel`);
  conversation.open();
  await gateway.until(() => gateway.talk?.streams.size === 1);
  assert.match(await conversation.cancelPage(), /\/cancel\?once=/);
  gateway.fail(/cancel-page/, 500);
  assert.equal(await conversation.cancelPage(), `${gateway.origin}/cancel`);
  gateway.fail(/cancel-page/, 200, 1, { url: "javascript:alert(1)" });
  assert.equal(await conversation.cancelPage(), `${gateway.origin}/cancel`);
});
