// Quick replies: the choices under the newest reply that has any.

import { Component, createRef } from "preact";
import type { QuickReply } from "../contract.ts";
import { focusTextBox, surroundings } from "./surroundings.ts";

interface Props {
  replies: QuickReply[];
  /** The id on its way, if one was chosen; the rest wait for what comes of it. */
  chosen: string | null;
}

export class Choices extends Component<Props> {
  list = createRef<HTMLUListElement>();

  // When the choices vanish with the focus on one of them, it moves on instead of being lost.
  override componentWillUnmount() {
    if (this.list.current?.contains(surroundings.root.activeElement)) focusTextBox();
  }

  render({ replies, chosen }: Props) {
    const { conversation, options } = surroundings;
    return (
      <ul class="choices" role="list" aria-label={options.strings.choices} ref={this.list}>
        {replies.map(({ id, title }) => (
          <li key={id}>
            <button
              type="button"
              dir="auto"
              class={chosen === id ? "chosen" : ""}
              // Not `disabled`, which would throw away the focus.
              aria-disabled={chosen !== null}
              onClick={() => chosen === null && conversation.choose(id)}
            >
              {title}
            </button>
          </li>
        ))}
      </ul>
    );
  }
}
