// What the widget shows, as one value. It changes only by `update`, and whoever draws it is told.

import type { Content, Message, TalkState } from "./contract.ts";
import type { Entry } from "./outbox.ts";

/** One line of the log: a message of the server, or a sentence of the widget's own. */
export interface LogItem {
  key: string;
  message: Message;
  /** Lines of a conversation that was left behind keep their words but not their buttons. */
  past?: boolean;
}

export interface View {
  open: boolean;
  /** Set when a person opened it, so that focus follows; a reload must not move focus. */
  takeFocus: boolean;
  log: LogItem[];
  /** Said but not yet seen in the stream. */
  pending: readonly Entry[];
  talkState: TalkState;
  typing: boolean;
  connection: "fine" | "lost" | "back";
  /** False while the messages from before a reload are coming in: they are not news. */
  caughtUp: boolean;
  unread: number;
  /** A sentence beside the text box, and the text it is about. */
  refusal: { sentence: string; text: string } | null;
}

export type Store = ReturnType<typeof createStore>;

export function createStore() {
  const store = {
    view: {
      open: false,
      takeFocus: false,
      log: [],
      pending: [],
      talkState: "bot",
      typing: false,
      connection: "fine",
      caughtUp: true,
      unread: 0,
      refusal: null,
    } as View,

    /** The one who draws. */
    watcher: (_view: View): void => {},

    update(change: Partial<View>): void {
      store.view = { ...store.view, ...change };
      store.watcher(store.view);
    },
  };
  return store;
}

/**
 * The line whose choices can still be taken: the newest reply that has any, unless the customer has
 * taken one of them since.
 */
export function lineWithChoices(log: readonly LogItem[]): LogItem | undefined {
  const line = log.findLast(({ message, past }) => !past && message.quick_replies?.length);
  const taken = log
    .slice(log.indexOf(line!))
    .some(
      ({ message }) =>
        message.author === "customer" && line?.message.quick_replies?.some(({ title }) => title === message.text),
    );
  return taken ? undefined : line;
}

export const isChoice = (content: Content): content is { quick_reply: string } => "quick_reply" in content;
