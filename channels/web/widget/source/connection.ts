// Receiving: the event stream, read by fetch because EventSource cannot send an Authorization
// header, and opened again whenever it ends.

import { createParser } from "eventsource-parser";
import { createBackoff, type Clock } from "./clock.ts";
import { asProblem } from "./problem.ts";

/** The server writes at least a comment every 15 seconds; after this silence the line is dead. */
export const SILENCE_LIMIT = 40_000;

export interface ConnectionOptions {
  /** Opens the stream; called anew for each try, so it may also create the conversation. */
  open(signal: AbortSignal): Promise<Response>;
  event(name: string, data: string): void;
  /** Told only when it changes. A line that is back within the first try was never lost. */
  status(connected: boolean): void;
  clock: Clock;
}

export function createConnection({ open, event, status, clock }: ConnectionOptions) {
  const backoff = createBackoff(clock);
  let attempt: AbortController | null = null;
  let cancelRetry: (() => void) | null = null;
  let failures = 0;
  let lost = false;

  const setLost = (now: boolean) => {
    if (now !== lost) status(!(lost = now));
  };

  const failed = (retryAfter = 0) => {
    attempt = null;
    if (failures++) setLost(true);
    cancelRetry = clock.after(backoff.next(retryAfter), () => void connect());
  };

  const stop = () => {
    attempt?.abort();
    cancelRetry?.();
    attempt = cancelRetry = null;
  };

  const running = () => !!(attempt || cancelRetry);

  /** Drops whatever there is and tries at once: the network is back, or the session is new. */
  const restart = () => {
    stop();
    void connect();
  };

  async function connect(): Promise<void> {
    const mine = (attempt = new AbortController());
    cancelRetry = null;
    let stopWatch = () => {};
    let retryAfter = 0;
    const watch = () => {
      stopWatch();
      stopWatch = clock.after(SILENCE_LIMIT, () => {
        // Whatever hangs, be it the fetch or a read, this attempt is over.
        mine.abort();
        if (attempt === mine) failed();
      });
    };
    try {
      watch();
      const response = await open(mine.signal);
      if (attempt !== mine) return;
      backoff.reset();
      failures = 0;
      setLost(false);
      const parser = createParser({
        onEvent: ({ event: name, data }) => event(name ?? "message", data),
      });
      const decoder = new TextDecoder();
      const reader = response.body!.getReader();
      for (;;) {
        const { done, value } = await reader.read();
        if (done || attempt !== mine) break;
        watch();
        parser.feed(decoder.decode(value, { stream: true }));
      }
    } catch (error) {
      ({ retryAfter } = asProblem(error));
    } finally {
      stopWatch();
    }
    if (attempt === mine) failed(retryAfter);
  }

  return {
    running,
    stop,
    restart,

    start() {
      if (!running()) void connect();
    },

    /** Tries at once if it was only waiting for its turn. */
    hurry() {
      if (cancelRetry) restart();
    },

    /** The browser says that the network is gone. It may be wrong, so tries go on. */
    networkLost() {
      stop();
      failures = 1;
      failed();
    },
  };
}
