// What the gateway sends and takes: the types of docs/contracts.md, section 3.

export type Author = "customer" | "bot" | "agent" | "system";
export type TalkState = "bot" | "waiting" | "human" | "closed";

export interface QuickReply {
  id: string;
  title: string;
}

export interface Card {
  kind: string;
  title?: string | null;
  rows?: { label: string; value: string }[] | null;
  links?: { title: string; url: string }[] | null;
  note?: string | null;
}

export interface Message {
  sequence: number;
  author: Author;
  /** An agent's, as the company shows it. */
  author_name?: string | null;
  text: string;
  created_at: string;
  client_key?: string | null;
  quick_replies?: QuickReply[] | null;
  card?: Card | null;
}

/** What a customer can send: exactly one of the three. */
export type Content =
  | { text: string }
  | { quick_reply: string }
  | { command: "talk_to_person" };

export const TEXT_LIMIT = 5000;

/** The limit counts characters as a reader does, so an emoji is one and not two. */
export const lengthOf = (text: string): number => [...text].length;
