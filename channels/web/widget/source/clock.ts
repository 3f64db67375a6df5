// Time and chance behind one small interface, so that tests need not wait for either.

export interface Clock {
  /** Calls back once after so many milliseconds; the answer cancels it. */
  after(milliseconds: number, callback: () => void): () => void;
  /** A number from 0 up to, not including, 1. */
  random(): number;
}

export const systemClock: Clock = {
  after(milliseconds, callback) {
    const timer = setTimeout(callback, milliseconds);
    return () => clearTimeout(timer);
  },
  random: Math.random,
};

/**
 * How long to wait before the next try. Doubles up to half a minute; the jitter keeps a thousand
 * widgets from coming back in the same second after the server was away.
 */
export function createBackoff(clock: Clock) {
  let failures = 0;
  return {
    next(atLeastSeconds = 0): number {
      const ceiling = Math.min(30_000, 400 * 2 ** failures++);
      return Math.max(atLeastSeconds * 1000, ceiling * (0.5 + clock.random() / 2));
    },
    reset() {
      failures = 0;
    },
  };
}
