// The log of the talk: read out politely as it grows, and scrolled for those who follow it.

import { Component, createRef } from "preact";
import type { Message } from "../contract.ts";
import type { Entry } from "../outbox.ts";
import { isChoice, lineWithChoices, type LogItem, type View } from "../store.ts";
import type { Strings } from "../strings.ts";
import { Choices } from "./choices.tsx";
import { DownIcon } from "./icons.tsx";
import { Line } from "./line.tsx";
import { surroundings } from "./surroundings.ts";

const EDGE = 12;
/** What the assistant says in one breath comes within so many milliseconds. */
const BREATH = 2e4;

interface Props {
  view: View;
}

interface State {
  /** Whether there is more below; false keeps the room of the button, so that nothing moves under a pointer. */
  behind?: boolean | undefined;
}

export class Log extends Component<Props, State> {
  scroller = createRef<HTMLDivElement>();
  follows = true;
  placed = -1;
  newest = "";
  // The view shrinks when the text box grows or a sentence comes up below.
  resized = new ResizeObserver(() => this.follows && this.toEnd());

  override componentDidMount() {
    this.componentDidUpdate();
    this.resized.observe(this.scroller.current!);
  }

  override componentWillUnmount() {
    this.resized.disconnect();
  }

  override componentDidUpdate() {
    const { view } = this.props;
    const unsent = unsentOf(view).at(-1)?.key;
    const newest = unsent ?? view.log.at(-1)?.key ?? "";
    if (newest === this.newest) return;
    this.newest = newest;
    if (unsent || this.follows) this.toEnd();
    else this.setState({ behind: true });
  }

  toEnd = () => {
    const element = this.scroller.current!;
    // What was said last and all that was answered; if it does not fit, from its beginning.
    const { view } = this.props;
    const first = unsentOf(view)[0] ? -1 : beginning(view.log);
    const said = [...element.querySelectorAll<HTMLElement>(".line")].at(first);
    // Never back up: who has read on stays there.
    element.scrollTop = Math.max(element.scrollTop, said ? said.offsetTop - EDGE : 0);
    this.placed = element.scrollTop;
    this.follows = true;
    this.setState({ behind: this.below() > 40 || undefined });
  };

  below() {
    const { scrollTop, scrollHeight, clientHeight } = this.scroller.current!;
    return scrollHeight - clientHeight - scrollTop;
  }

  toBottom = () => {
    this.scroller.current!.scrollTop = 1e6;
  };

  scrolled = () => {
    const atEnd = this.below() < 40;
    this.follows = atEnd || this.scroller.current!.scrollTop > this.placed - 2;
    if (atEnd && this.state.behind) this.setState({ behind: false });
  };

  render({ view }: Props, { behind }: State) {
    const { strings } = surroundings.options;
    const chosen = view.pending.map(({ content }) => content).find(isChoice)?.quick_reply ?? null;
    const withChoices = view.talkState === "closed" ? null : lineWithChoices(view.log);
    return (
      <div class="talk">
        <div
          class="log"
          role="log"
          aria-live={view.caughtUp ? "polite" : "off"}
          aria-label={strings.log}
          tabIndex={0}
          ref={this.scroller}
          onScroll={this.scrolled}
        >
          <ol role="list">
            {view.log.map((item, index) => (
              <Line key={item.key} message={item.message} showTime={endsRun(view.log, index)}>
                {item === withChoices && <Choices replies={item.message.quick_replies!} chosen={chosen} />}
              </Line>
            ))}
            {unsentOf(view).map((entry) => (
              <Line key={entry.key} message={asMessage(entry, strings)} mark={markOf(entry, view, strings)} />
            ))}
          </ol>
        </div>
        {behind != null && (
          <button type="button" class="newer" disabled={!behind} onClick={this.toBottom}>
            <DownIcon />
            {strings.newMessages}
          </button>
        )}
      </div>
    );
  }
}

/**
 * Where that begins which has to be in view: at what the customer said before the assistant's last
 * answer, at what a person or the system said, or where the assistant began by itself, much later.
 */
function beginning(log: readonly LogItem[]): number {
  let index = log.length - 1;
  const when = (at: number) => Date.parse(log[at]!.message.created_at);
  while (index > 0 && log[index]!.message.author === "bot" && !(when(index) - when(index - 1) > BREATH)) index--;
  return index;
}

/** What was said and is not in the log yet. A choice is shown by its button until it is. */
const unsentOf = ({ log, pending }: View): Entry[] =>
  pending.filter(({ key, content }) => !isChoice(content) && !log.some((item) => item.key === key));

/** The time is told once for a run of lines by the same author. */
const endsRun = (log: readonly LogItem[], index: number): boolean => {
  const { author } = log[index]!.message;
  return author !== "system" && author !== log[index + 1]?.message.author;
};

function asMessage({ content }: Entry, strings: Strings): Message {
  const text = "text" in content ? content.text : strings.talkToPerson;
  return { sequence: 0, author: "customer", text, created_at: "" };
}

function markOf({ sequence }: Entry, { connection }: View, strings: Strings): string {
  if (sequence !== undefined) return "";
  return connection === "lost" ? strings.queued : strings.sending;
}
