// Sending: what the customer said goes into a list that outlives the page, and leaves it in order,
// once each. The key of an entry is the server's Idempotency-Key, so a second try is never a second
// message.

import { createBackoff, type Clock } from "./clock.ts";
import type { Content } from "./contract.ts";
import { asProblem, isPassing, type Problem } from "./problem.ts";
import type { Drawer } from "./storage.ts";

export interface Entry {
  key: string;
  content: Content;
  /** Set once the server has taken it; from then on it only waits to be seen in the stream. */
  sequence?: number;
}

export interface OutboxOptions {
  drawer: Drawer;
  send(entry: Entry): Promise<number>;
  /** The list changed. */
  changed(entries: readonly Entry[]): void;
  /** The server will never take this one; it has left the list. */
  refused(entry: Entry, problem: Problem): void;
  clock: Clock;
}

// crypto.randomUUID exists only on https; the widget may be tried on a plain http page.
const randomKey = (): string =>
  [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => (byte + 256).toString(16).slice(1)).join("");

export function createOutbox({ drawer, send, changed, refused, clock }: OutboxOptions) {
  const backoff = createBackoff(clock);
  let accepted: Entry[] = [];
  let lastSeen = 0;
  let sending = false;
  let cancelRetry: (() => void) | null = null;

  // The drawer is read each time because other tabs of the same site share it.
  const waiting = () => drawer.read<Entry[]>("outbox") ?? [];

  /** Everything not yet seen in the stream, oldest first. */
  const entries = (): readonly Entry[] => [...accepted, ...waiting()];

  const tell = () => changed(entries());

  const save = (list: Entry[]) => {
    drawer.write("outbox", list.length ? list : null);
    tell();
  };

  const remove = (key: string) => save(waiting().filter((entry) => entry.key !== key));

  /** Sends what waits. While one flush runs or waits for its next try, another adds nothing. */
  async function flush(): Promise<void> {
    if (sending || cancelRetry) return;
    sending = true;
    for (let entry = waiting()[0]; entry; entry = waiting()[0]) {
      const { key } = entry;
      try {
        const sequence = await send(entry);
        backoff.reset();
        // Gone already when its echo came first, or when another tab has sent it.
        if (sequence > lastSeen && waiting().some((other) => other.key === key)) {
          accepted.push({ ...entry, sequence });
        }
        remove(key);
      } catch (error) {
        const problem = asProblem(error);
        if (isPassing(problem)) {
          cancelRetry = clock.after(backoff.next(problem.retryAfter), hurry);
          break;
        }
        remove(key);
        refused(entry, problem);
      }
    }
    sending = false;
  }

  /** The line is back: do not sit out the wait. */
  function hurry(): void {
    cancelRetry?.();
    cancelRetry = null;
    void flush();
  }

  return {
    entries,
    flush,
    hurry,

    add(content: Content) {
      save([...waiting(), { key: randomKey(), content }]);
      void flush();
    },

    /** The stream has shown everything up to here, so the list need not show it any more. */
    seen(lastSequence: number, clientKey?: string | null) {
      lastSeen = lastSequence;
      const before = accepted.length;
      accepted = accepted.filter(({ key, sequence }) => key !== clientKey && sequence! > lastSequence);
      // The echo can overtake the answer to the POST, or come after a reload that lost the answer.
      if (waiting().some(({ key }) => key === clientKey)) remove(clientKey!);
      else if (accepted.length < before) tell();
    },

    /** A new conversation knows nothing of the old one's buttons. */
    startAnew() {
      accepted = [];
      lastSeen = 0;
      save(waiting().filter(({ content }) => !("quick_reply" in content)));
    },

    /** Another tab wrote to the list. */
    reread() {
      tell();
      void flush();
    },

    clear() {
      accepted = [];
      save([]);
    },
  };
}
