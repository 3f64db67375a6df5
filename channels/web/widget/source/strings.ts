// Every word the widget says by itself. A site overrides any of them with window.OffboardStrings, or
// with the attribute data-strings of the script tag (JSON).

export const englishStrings = {
  /** The language of these words, for screen readers. */
  language: "en",
  launcher: "Change or cancel",
  launcherUnread: "{count} new",
  region: "Subscription help",
  title: "Automated assistant",
  titleHuman: "A person is with you",
  titleWaiting: "A person has been asked",
  close: "Close",
  cancelNow: "Cancel now",
  cancelNowHint: "opens a page in a new tab, no chat needed",
  cancelNowOpening: "Opening the page where you can cancel.",
  talkToPerson: "Talk to a person",
  log: "Conversation",
  botSaid: "Assistant said:",
  customerSaid: "You said:",
  agentSaid: "A person said:",
  agentNamedSaid: "{name} said:",
  systemSaid: "Note:",
  writing: "The assistant is writing",
  writingHuman: "They are writing",
  starting: "Starting the conversation",
  sending: "Sending",
  queued: "Will be sent when the connection is back",
  connectionLost: "Connection lost, trying again. What you write is kept.",
  connectionBack: "Back again",
  startedAnew: "The earlier conversation could not be continued, so this is a new one.",
  ended: "This conversation has ended.",
  startNew: "Start a new conversation",
  choices: "Choices",
  choiceGone: "That choice is no longer open. Please write what you would like instead.",
  composerLabel: "Your message",
  composerPlaceholder: "Write in your own words",
  send: "Send",
  charactersLeft: "{count} characters left",
  charactersOver: "{count} characters too many",
  emptyMessage: "There is nothing to send yet.",
  tooLong: "This is longer than {count} characters. Please shorten it, or send it in parts.",
  notSent: "That could not be sent. Your text is still here.",
  newMessages: "More below",
  newTab: "opens in a new tab",
};

export type Strings = typeof englishStrings;

/** Puts the number or name where the sentence says {count} or {name}. */
export const fill = (sentence: string, value: number | string): string =>
  sentence.replace(/{\w+}/, () => value.toLocaleString());
