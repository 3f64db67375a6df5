// A drawer that always opens: localStorage, else sessionStorage, else memory.
// Browsers may forbid storage, or throw on the first write only; the talk must work all the same.

export interface Drawer {
  read<Value>(name: string): Value | null;
  /** null removes it. */
  write(name: string, value: unknown): void;
}

type Store = Pick<Storage, "getItem" | "setItem">;

function inMemory(): Store {
  const values: Record<string, string> = {};
  return {
    getItem: (name) => values[name] ?? null,
    setItem: (name, value) => void (values[name] = value),
  };
}

function firstThatWorks(candidates: (() => Store)[]): Store {
  for (const candidate of candidates) {
    try {
      const store = candidate();
      store.setItem("offboard", "1");
      return store;
    } catch {
      // Blocked or full: the next one.
    }
  }
  return inMemory();
}

/** Names are kept apart by API origin: two companies' assistants on one site do not meet. */
export function openDrawer(origin: string, ...candidates: (() => Store)[]): Drawer {
  let store = firstThatWorks(candidates);
  const place = (name: string) => `offboard:${origin}:${name}`;
  return {
    read(name) {
      try {
        return JSON.parse(store.getItem(place(name))!);
      } catch {
        return null;
      }
    },
    write(name, value) {
      const text = JSON.stringify(value);
      try {
        store.setItem(place(name), text);
      } catch {
        // Full since it was opened: from now on this page at least remembers.
        store = inMemory();
        store.setItem(place(name), text);
      }
    },
  };
}

export const lastingDrawer = (origin: string): Drawer =>
  openDrawer(
    origin,
    () => localStorage,
    () => sessionStorage,
  );

/** For what belongs to one tab only: whether the panel is open, and the unsent draft. */
export const tabDrawer = (origin: string): Drawer => openDrawer(origin, () => sessionStorage);
