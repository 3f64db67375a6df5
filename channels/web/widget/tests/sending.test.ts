// Sending: once each, in order, and never lost.

import assert from "node:assert/strict";
import { test } from "node:test";
import { lines, setUp } from "./bench.ts";

const texts = (posted: { text?: string }[]) => posted.map(({ text }) => text);

test("a message shows at once and is replaced by the server's own", async (t) => {
  const { page } = await setUp(t);
  const { conversation, store, shows } = page();
  conversation.open();
  assert.equal(conversation.say("  please cancel \n"), true);
  assert.deepEqual(lines(store.view), ["[please cancel]"]);
  await shows((view) => view.log.length === 1 && !view.pending.length);
  assert.deepEqual(lines(store.view), ["please cancel"]);
});

test("a message whose answer was lost is sent again with the same key and arrives once", async (t) => {
  const { gateway, page } = await setUp(t);
  gateway.fail(/messages/, 0, 1, {}, true);
  const { conversation, shows } = page();
  conversation.open();
  conversation.say("once");
  conversation.say("then this");
  await shows((view) => view.log.length === 2 && !view.pending.length);
  assert.deepEqual(texts(gateway.talk.posted), ["once", "then this"]);
});

test("what the server cannot take now is tried again, in order", async (t) => {
  const { gateway, page } = await setUp(t);
  gateway.fail(/messages/, 503, 3);
  const { conversation, shows } = page();
  conversation.open();
  for (const text of ["one", "two", "three"]) conversation.say(text);
  await shows((view) => view.log.length === 3 && !view.pending.length);
  assert.deepEqual(texts(gateway.talk.posted), ["one", "two", "three"]);
  const keys = gateway.calls.filter(({ path }) => path.endsWith("messages")).map(({ headers }) => headers["idempotency-key"]);
  assert.equal(new Set(keys.slice(0, 4)).size, 1);
  assert.match(keys[0], /^[0-9a-f]{32}$/);
});

test("waits between tries grow", async (t) => {
  const { gateway, page } = await setUp(t);
  const { conversation, clock, shows } = page();
  conversation.open();
  await shows((view) => view.log.length === 0 && gateway.talks.size === 1);
  await gateway.until(() => gateway.talk.streams.size === 1);
  clock.waits.length = 0;
  gateway.fail(/messages/, 500, 4);
  conversation.say("patience");
  await shows((view) => view.log.length === 1);
  assert.deepEqual(
    clock.waits.filter((wait) => wait < 30_000),
    [300, 600, 1200, 2400],
  );
});

test("what was typed while offline outlives a reload and is sent once", async (t) => {
  const { gateway, page } = await setUp(t);
  const before = page();
  before.conversation.open();
  before.conversation.say("hello");
  await before.shows((view) => view.log.length === 1 && !view.pending.length);
  gateway.fail(/./, 0, 1000);
  before.conversation.networkChanged(false);
  before.conversation.say("written in a tunnel");
  before.conversation.talkToPerson();
  before.conversation.talkToPerson();
  await before.shows((view) => view.connection === "lost");
  before.leave();

  for (const fault of gateway.faults) fault.times = 0;
  const after = page();
  assert.deepEqual(lines(after.store.view), ["[written in a tunnel]", '[{"command":"talk_to_person"}]']);
  await after.shows((view) => view.log.length === 3 && !view.pending.length);
  assert.deepEqual(gateway.talk.posted, [
    { text: "hello" },
    { text: "written in a tunnel" },
    { command: "talk_to_person" },
  ]);
});

test("a message typed before there is a conversation waits for it", async (t) => {
  const { gateway, page } = await setUp(t);
  gateway.fail(/conversations$/, 502, 3);
  const { conversation, shows } = page();
  conversation.open();
  conversation.say("early");
  await shows((view) => view.log.length === 1 && !view.pending.length);
  assert.equal(gateway.talks.size, 1);
});

test("an empty or too long text stays in the box, with a sentence", async (t) => {
  const { gateway, page } = await setUp(t);
  const { conversation, store } = page();
  assert.equal(conversation.say(" \n "), false);
  assert.match(store.view.refusal!.sentence, /nothing to send/);
  assert.equal(conversation.say("x".repeat(5001)), false);
  assert.match(store.view.refusal!.sentence, /5,000/);
  assert.equal(gateway.calls.length, 0);
});

test("a text the server refuses comes back with the server's sentence, and the next one goes on", async (t) => {
  const { gateway, page } = await setUp(t);
  gateway.fail(/messages/, 413, 1);
  gateway.fail(/messages/, 400, 1, { detail: "There is nothing in it." });
  const { conversation, store, shows } = page();
  conversation.open();
  conversation.say("much too long");
  await shows((view) => view.refusal?.text === "much too long");
  assert.match(store.view.refusal!.sentence, /longer than 5,000/);
  conversation.say("odd");
  await shows((view) => view.refusal?.text === "odd");
  assert.equal(store.view.refusal!.sentence, "There is nothing in it.");
  conversation.say("fine");
  await shows((view) => view.log.length === 1 && !view.pending.length);
  assert.deepEqual(texts(gateway.talk.posted), ["fine"]);
});

test("a choice that is gone gets a sentence", async (t) => {
  const { page } = await setUp(t);
  const { conversation, store, shows } = page();
  conversation.open();
  conversation.choose("q-stale");
  await shows((view) => view.log.length === 1 && !view.pending.length);
  assert.match(lines(store.view)[0]!, /no longer open/);
});

test("a talk that has ended keeps the words for the next one", async (t) => {
  const { gateway, page } = await setUp(t);
  const { conversation, store, shows } = page();
  conversation.open();
  await gateway.until(() => gateway.talk?.streams.size === 1);
  gateway.talk.state = "closed";
  conversation.say("one more thing");
  await shows((view) => view.talkState === "closed" && view.refusal !== null);
  assert.equal(store.view.refusal!.text, "one more thing");
  conversation.startNew();
  await gateway.until(() => gateway.talks.size === 2);
  assert.equal(store.view.talkState, "bot");
});
