// The small pieces: links, choices, and a drawer that always opens.

import assert from "node:assert/strict";
import { test } from "node:test";
import { createBackoff } from "../source/clock.ts";
import type { Message } from "../source/contract.ts";
import { safeAddress, splitAtAddresses } from "../source/links.ts";
import { openDrawer } from "../source/storage.ts";
import { lineWithChoices, type LogItem } from "../source/store.ts";

test("only web addresses and paths of the API become links", () => {
  const origin = "https://assistant.example";
  assert.equal(safeAddress("/exports/1", origin), "https://assistant.example/exports/1");
  assert.equal(safeAddress("https://elsewhere.example/", origin), "https://elsewhere.example/");
  for (const address of ["javascript:alert(1)", " JavaScript:alert(1)", "data:text/html,x", "https://"]) {
    assert.equal(safeAddress(address, origin), null);
  }
});

test("an address in a text ends before the full stop", () => {
  assert.deepEqual(splitAtAddresses("See https://a.example/b?c=1. Or (http://d.example)."), [
    "See ",
    "https://a.example/b?c=1",
    ". Or (",
    "http://d.example",
    ").",
  ]);
});

const line = (author: Message["author"], text: string, ...titles: string[]): LogItem => ({
  key: text,
  message: {
    sequence: 1,
    author,
    text,
    created_at: "",
    quick_replies: titles.map((title) => ({ id: title, title })),
  },
});

test("choices stay under the newest reply that has any, until one is taken", () => {
  const asked = line("bot", "Shall I?", "Yes", "No");
  const talk = [line("bot", "Hello", "Cancel"), line("customer", "Cancel"), asked];
  assert.equal(lineWithChoices(talk), asked);
  assert.equal(lineWithChoices([...talk, line("customer", "What then?"), line("bot", "Nothing.")]), asked);
  assert.equal(lineWithChoices([...talk, line("customer", "No")]), undefined);
  assert.equal(lineWithChoices(talk.map((item) => ({ ...item, past: true }))), undefined);
  assert.equal(lineWithChoices([line("customer", "x")]), undefined);
});

test("storage that is forbidden, broken or full is replaced by memory", () => {
  const full = { getItem: () => null, setItem: () => {} };
  const drawer = openDrawer(
    "x",
    () => {
      throw new Error("forbidden");
    },
    () => full,
  );
  full.setItem = () => {
    throw new Error("full");
  };
  drawer.write("a", { b: 1 });
  assert.deepEqual(drawer.read("a"), { b: 1 });
  drawer.write("a", null);
  assert.equal(drawer.read("a"), null);
});

test("a wait is spread by chance, has a ceiling, and is never shorter than the server asked for", () => {
  const waits = (random: number) => {
    const backoff = createBackoff({ after: () => () => {}, random: () => random });
    return Array.from({ length: 9 }, () => backoff.next());
  };
  assert.deepEqual(waits(0).slice(0, 3), [200, 400, 800]);
  assert.deepEqual(waits(1).slice(-1), [30_000]);
  assert.equal(createBackoff({ after: () => () => {}, random: () => 0 }).next(7), 7_000);
});
