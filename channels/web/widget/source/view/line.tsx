// One line of the log: who said it, what, and when.

import type { ComponentChildren } from "preact";
import type { Author, Message } from "../contract.ts";
import { splitAtAddresses } from "../links.ts";
import { fill } from "../strings.ts";
import { Card, SafeLink } from "./card.tsx";
import { surroundings } from "./surroundings.ts";

interface Props {
  message: Message;
  /** Shown instead of the time while the message has not arrived. */
  mark?: string;
  showTime?: boolean;
  children?: ComponentChildren;
}

export function Line({ message, mark, showTime, children }: Props) {
  const { strings } = surroundings.options;
  const name = message.author_name;
  const said: Record<Author, string> = {
    customer: strings.customerSaid,
    bot: strings.botSaid,
    agent: name ? fill(strings.agentNamedSaid, name) : strings.agentSaid,
    system: strings.systemSaid,
  };
  return (
    <li class={`line ${message.author in said ? message.author : "system"}`}>
      <div class="bubble">
        <span class="unseen">{said[message.author] ?? strings.systemSaid} </span>
        {message.text && (
          <p dir="auto">
            {message.author === "customer" ? message.text : withLinks(message.text)}
          </p>
        )}
        {message.card && <Card card={message.card} />}
      </div>
      {mark && (
        <span class="mark" dir="auto">
          {mark}
        </span>
      )}
      {showTime && (
        <time class="mark" dir="auto" dateTime={message.created_at}>
          {name && `${name} · `}
          {timeOf(message.created_at)}
        </time>
      )}
      {children}
    </li>
  );
}

const withLinks = (text: string) =>
  splitAtAddresses(text).map((piece, index) => (index % 2 ? <SafeLink address={piece} title={piece} /> : piece));

function timeOf(created: string): string {
  const date = new Date(created);
  if (Number.isNaN(date.getTime())) return "";
  const today = date.toDateString() === new Date().toDateString();
  return date.toLocaleString(undefined, {
    hour: "numeric",
    minute: "2-digit",
    ...(!today && { day: "numeric", month: "short" }),
  });
}
