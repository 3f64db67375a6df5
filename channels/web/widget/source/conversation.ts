// The talk as a whole: whose session it is, what came in, what goes out, and what of it is shown.

import type { Api, Session } from "./api.ts";
import type { Clock } from "./clock.ts";
import { createConnection } from "./connection.ts";
import { lengthOf, TEXT_LIMIT, type Content, type Message, type TalkState } from "./contract.ts";
import { subjectOf } from "./identity.ts";
import { safeAddress } from "./links.ts";
import { createOutbox, type Entry } from "./outbox.ts";
import { asProblem, Problem } from "./problem.ts";
import type { Drawer } from "./storage.ts";
import type { Store } from "./store.ts";
import { fill, type Strings } from "./strings.ts";

/** What a reload must know. */
interface SavedSession extends Session {
  /** The customer has said something, so answers may come while the panel is closed. */
  spoken: boolean;
  /** The newest message that was on screen. */
  read: number;
  /** Whom the identity token was about, where one was used. */
  subject?: string | undefined;
}

export interface ConversationOptions {
  api: Api;
  drawer: Drawer;
  store: Store;
  strings: Strings;
  locale: string;
  /** null: the site did not say; "": it says that nobody is signed in. */
  identityToken: string | null;
  clock: Clock;
}

export type Conversation = ReturnType<typeof createConversation>;

const BACK_AGAIN_SHOWN_FOR = 4_000;

export function createConversation(options: ConversationOptions) {
  const { api, drawer, store, strings, locale, clock } = options;
  const { update } = store;
  const saved = () => drawer.read<SavedSession>("session");
  const plainCancelPage = `${api.origin}/cancel`;

  let session = saved();
  let creating: Promise<SavedSession> | null = null;
  let identityToken = options.identityToken;
  let lastSequence = 0;
  let historyUntil = 0;
  let ownLines = 0;

  const outbox = createOutbox({
    drawer,
    clock,
    send: post,
    changed: (pending) => update({ pending }),
    refused,
  });
  const connection = createConnection({
    clock,
    open: openStream,
    event: receive,
    status: lineChanged,
  });

  // Session ---------------------------------------------------------------------------------------

  function save(change: Partial<SavedSession>): void {
    if (session) drawer.write("session", (session = { ...session, ...change }));
  }

  function takeIdentity(token: string): void {
    identityToken = token;
    const another = session?.subject && session.subject !== subjectOf(token);
    if (session?.identified && (another || !token)) {
      // Somebody else is signed in, or nobody: who is at this screen now must not read this talk.
      outbox.clear();
      update({ open: false });
      goOnWith(null);
    } else if (token && session && !session.identified && !session.spoken) {
      // Only the greeting would be lost, and the customer is spared proving who they are.
      goOnWith(null);
    }
  }

  async function ensureSession(): Promise<SavedSession> {
    // Another tab may have begun the talk meanwhile.
    session ??= saved();
    return session ?? (creating ??= create().finally(() => (creating = null)));
  }

  async function create(): Promise<SavedSession> {
    for (;;) {
      const token = identityToken;
      try {
        const created = await api.createConversation(token, locale);
        // Someone signed in or out while the call was under way.
        if (token !== identityToken) continue;
        session = { ...created, spoken: !!outbox.entries().length, read: 0 };
        if (token) session.subject = subjectOf(token);
        save({});
        return session;
      } catch (error) {
        if (asProblem(error).status !== 401 || !token) throw error;
        console.warn("Offboard: the identity token was refused; going on without it.", error);
        if (identityToken === token) identityToken = null;
      }
    }
  }

  /** The server no longer knows this session. */
  function rejected({ token }: Session): void {
    if (session?.token !== token) return;
    const renewed = saved();
    if (renewed && renewed.token !== token) goOnWith(renewed);
    else leave(strings.startedAnew);
  }

  /** Takes up another conversation, or none, as if the page had just been loaded. */
  function goOnWith(other: SavedSession | null): void {
    connection.stop();
    forget(other);
    update({ log: [], unread: 0 });
  }

  /** Goes on to a new conversation, leaving the words of the old one on the screen. */
  function leave(sentence: string): void {
    forget(null);
    outbox.startAnew();
    const log = store.view.log.map((item) => ({ ...item, key: `past-${item.key}`, past: true }));
    update({ log });
    if (sentence && log.at(-1)?.message.text !== sentence) ownLine(sentence);
  }

  function forget(other: SavedSession | null): void {
    session = other;
    if (!other) drawer.write("session", null);
    lastSequence = 0;
    historyUntil = other?.read ?? 0;
    update({ talkState: "bot", typing: false, caughtUp: !historyUntil });
  }

  // Receiving -------------------------------------------------------------------------------------

  function wake(): void {
    connection.start();
    void outbox.flush();
  }

  async function openStream(signal: AbortSignal): Promise<Response> {
    const mine = await ensureSession();
    try {
      const response = await api.events(mine, lastSequence, signal);
      outbox.hurry();
      return response;
    } catch (error) {
      // The connection tries again by itself, and then this creates a new conversation.
      const { status } = asProblem(error);
      if (status === 401) rejected(mine);
      if (status === 400) {
        // The server does not know how far we are, as after a restored backup: all of it again.
        lastSequence = 0;
        update({ log: [] });
      }
      throw error;
    }
  }

  function receive(name: string, data: string): void {
    const value = JSON.parse(data) as unknown;
    if (name === "message") show(value as Message);
    else if (name === "typing") update({ typing: (value as { typing: boolean }).typing });
    else if (name === "state") {
      const { state, identified } = value as { state: TalkState; identified: boolean };
      update({ talkState: state });
      save({ identified });
      letLogSpeak(1_500);
    }
  }

  function show(message: Message): void {
    const { sequence, author, client_key } = message;
    // The server may repeat what a dying connection already brought.
    if (sequence <= lastSequence) return;
    lastSequence = sequence;
    const { log, open, unread } = store.view;
    const fromOthers = author !== "customer";
    update({
      log: [...log, { key: client_key || `s${sequence}`, message }],
      ...(fromOthers && { typing: false }),
      ...(fromOthers && sequence > historyUntil && !open && { unread: unread + 1 }),
    });
    outbox.seen(sequence, client_key);
    if (sequence >= historyUntil) letLogSpeak(250);
    markRead();
  }

  /** Only after the old messages are drawn may the log be read out by itself. */
  function letLogSpeak(wait: number): void {
    if (!store.view.caughtUp) clock.after(wait, () => update({ caughtUp: true }));
  }

  function markRead(): void {
    if (store.view.open && session && session.read < lastSequence) save({ read: lastSequence });
  }

  function lineChanged(connected: boolean): void {
    update({ connection: connected ? "back" : "lost", typing: false });
    if (connected) {
      clock.after(BACK_AGAIN_SHOWN_FOR, () => {
        if (store.view.connection === "back") update({ connection: "fine" });
      });
    }
  }

  // Sending ---------------------------------------------------------------------------------------

  function send(content: Content): void {
    update({ refusal: null });
    save({ spoken: true });
    outbox.add(content);
    connection.start();
  }

  async function post({ key, content }: Entry): Promise<number> {
    const mine = await ensureSession();
    try {
      return await api.send(mine, key, content);
    } catch (error) {
      if (asProblem(error).status !== 401) throw error;
      rejected(mine);
      connection.restart();
      // Not the message's fault: it goes into the new conversation.
      throw new Problem(0);
    }
  }

  function refused({ content }: Entry, { status, message }: Problem): void {
    const ended = status === 409;
    if (ended) update({ talkState: "closed" });
    if ("text" in content) {
      // When the talk has ended the panel says so, and the words wait for the next one.
      const sentence = ended ? "" : status === 413 ? fill(strings.tooLong, TEXT_LIMIT) : message || strings.notSent;
      update({ refusal: { sentence, text: content.text } });
    } else if (!ended) ownLine(status === 404 ? strings.choiceGone : message || strings.notSent);
  }

  /** A sentence of the widget's own, in the log where it belongs in time. */
  function ownLine(text: string): void {
    const message: Message = { sequence: 0, author: "system", text, created_at: new Date().toISOString() };
    update({ log: [...store.view.log, { key: `own${++ownLines}`, message }] });
  }

  /** After the end of a talk, when the customer wants another. */
  function startNew(): void {
    connection.stop();
    leave("");
    wake();
  }

  historyUntil = session?.read ?? 0;
  update({ pending: outbox.entries(), caughtUp: !historyUntil });
  if (identityToken !== null) takeIdentity(identityToken);
  // Answers to what was said before this page was loaded are worth a line; a visit is not.
  if (session?.spoken || outbox.entries().length) wake();

  return {
    plainCancelPage,
    startNew,

    // What the customer does

    open() {
      update({ open: true, unread: 0 });
      wake();
      markRead();
    },

    close() {
      update({ open: false });
      // A line is kept only for whom an answer may come.
      if (!session?.spoken && !outbox.entries().length) connection.stop();
    },

    /** Answers false, with a sentence beside the box, when the text cannot be sent as it is. */
    say(text: string): boolean {
      const length = lengthOf(text.trim());
      if (length && length <= TEXT_LIMIT) {
        send({ text: text.trim() });
        return true;
      }
      update({ refusal: { sentence: length ? fill(strings.tooLong, TEXT_LIMIT) : strings.emptyMessage, text } });
      return false;
    },

    choose(id: string) {
      send({ quick_reply: id });
    },

    talkToPerson() {
      if (store.view.talkState === "closed") startNew();
      // Asked twice in a row is asked once.
      if (!outbox.entries().some(({ content }) => "command" in content)) send({ command: "talk_to_person" });
    },

    dismissRefusal() {
      if (store.view.refusal) update({ refusal: null });
    },

    /** Where one can cancel without the assistant; never fails, for this must always work. */
    async cancelPage(): Promise<string> {
      const url = session && (await api.cancelPage(session).catch(() => null));
      // The plain page asks by itself who one is.
      return (url && safeAddress(url, api.origin)) || plainCancelPage;
    },

    // What the site and the page say

    /** Someone signed in (a token), or nobody is signed in any more (null). */
    identify(token: string | null) {
      takeIdentity(token ?? "");
      if (store.view.open) wake();
    },

    networkChanged(online: boolean) {
      if (!connection.running()) return;
      if (online) {
        connection.restart();
        outbox.hurry();
      } else connection.networkLost();
    },

    /** The tab is looked at again. */
    lookedAt: connection.hurry,

    /** Another tab of this site changed what both remember. */
    rememberedElsewhere() {
      const other = saved();
      if (other?.token !== session?.token) {
        goOnWith(other);
        if (store.view.open) wake();
      }
      outbox.reread();
    },
  };
}
