// A conversation on the bench: a fake gateway, a clock that runs when told, and no browser.

import type { TestContext } from "node:test";
import { createApi } from "../source/api.ts";
import type { Clock } from "../source/clock.ts";
import { createConversation, type ConversationOptions } from "../source/conversation.ts";
import { openDrawer, type Drawer } from "../source/storage.ts";
import { createStore, type View } from "../source/store.ts";
import { englishStrings } from "../source/strings.ts";
import { startGateway } from "./fake-gateway.mjs";

/** Retries come at once unless the clock is held; long waits come only when the test says so. */
export function testClock() {
  let waiting: { at: number; callback: () => void }[] = [];
  const clock = {
    hold: false,
    waits: [] as number[],
    after(milliseconds: number, callback: () => void) {
      clock.waits.push(milliseconds);
      const entry = { at: milliseconds, callback };
      waiting.push(entry);
      if (milliseconds < 4_000 && !clock.hold) setImmediate(() => clock.run(entry));
      return () => {
        waiting = waiting.filter((other) => other !== entry);
      };
    },
    random: () => 0.5,
    run(entry: { at: number; callback: () => void }) {
      if (!waiting.includes(entry)) return;
      waiting = waiting.filter((other) => other !== entry);
      entry.callback();
    },
    /** Everything due within so many milliseconds happens now. */
    pass(milliseconds: number) {
      for (const entry of waiting.filter(({ at }) => at <= milliseconds)) clock.run(entry);
    },
  };
  return clock satisfies Clock;
}

/** Storage that outlives a "page", as the browser's does. */
export function browserStorage(): Drawer {
  const values = new Map<string, string>();
  return openDrawer("test", () => ({
    getItem: (name: string) => values.get(name) ?? null,
    setItem: (name: string, value: string) => void values.set(name, value),
  }));
}

export async function setUp(test: TestContext, gatewayOptions: Parameters<typeof startGateway>[0] = {}) {
  const gateway = await startGateway({ greet: false, answer: null, ...gatewayOptions });
  const drawer = browserStorage();
  const leftovers: (() => void)[] = [];
  test.after(async () => {
    for (const leave of leftovers) leave();
    await gateway.stop();
  });

  /** Loads the widget as a page would; twice is a reload. */
  function page(change: Partial<ConversationOptions> = {}) {
    const store = createStore();
    const clock = testClock();
    let waiting: { test: (view: View) => boolean; done: () => void }[] = [];
    store.watcher = (view) => {
      waiting = waiting.filter(({ test: holds, done }) => !holds(view) || void done());
    };
    const conversation = createConversation({
      api: createApi(gateway.origin),
      drawer,
      store,
      strings: englishStrings,
      locale: "en-GB",
      identityToken: null,
      clock,
      ...change,
    });
    /** Resolves as soon as the view is so. */
    const shows = (holds: (view: View) => boolean) =>
      new Promise<void>((done) => {
        if (holds(store.view)) done();
        else waiting.push({ test: holds, done });
      });
    /** The page goes away: nothing of it may run any more. */
    const leave = () => {
      clock.hold = true;
      conversation.networkChanged(false);
      store.watcher = () => {};
    };
    leftovers.push(leave);
    return { conversation, store, clock, shows, leave };
  }

  return { gateway, drawer, page };
}

/** What the log shows, one string a line; what is still on its way in brackets. */
export const lines = ({ log, pending }: View): string[] => [
  ...log.map(({ message }) => message.text),
  ...pending
    .filter(({ key }) => !log.some((item) => item.key === key))
    .map(({ content }) => `[${"text" in content ? content.text : JSON.stringify(content)}]`),
];
