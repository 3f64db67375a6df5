// The text box: what is typed is never lost, neither to an error nor to a reload.

import { Component } from "preact";
import { lengthOf, TEXT_LIMIT } from "../contract.ts";
import type { View } from "../store.ts";
import { fill } from "../strings.ts";
import { focusTextBox, surroundings, textBox } from "./surroundings.ts";

const COUNT_FROM = TEXT_LIMIT - 500;

type Refusal = View["refusal"];

interface Props {
  refusal: Refusal;
}

export class Composer extends Component<Props, { text: string }> {
  override state = { text: surroundings.tab.read<string>("draft") ?? "" };

  override componentDidMount() {
    this.takeBack(this.props.refusal);
  }

  override componentDidUpdate({ refusal }: Props) {
    if (refusal !== this.props.refusal) this.takeBack(this.props.refusal);
  }

  /** A text that the server refused comes back, before whatever was begun meanwhile. */
  takeBack(refusal: Refusal) {
    const { text } = this.state;
    if (refusal && refusal.text.trim() !== text.trim()) this.write(refusal.text + (text && `\n${text}`));
  }

  write(text: string) {
    this.setState({ text });
    surroundings.tab.write("draft", text || null);
  }

  send = (event: Event) => {
    event.preventDefault();
    if (surroundings.conversation.say(this.state.text)) this.write("");
    focusTextBox();
  };

  keyPressed = (event: KeyboardEvent) => {
    // While an input method composes, Enter takes its suggestion.
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) this.send(event);
  };

  render({ refusal }: Props, { text }: { text: string }) {
    const { conversation, options } = surroundings;
    const { strings } = options;
    const left = TEXT_LIMIT - lengthOf(text.trim());
    return (
      <form class="composer" onSubmit={this.send} noValidate>
        <textarea
          rows={2}
          dir="auto"
          autocomplete="off"
          aria-label={strings.composerLabel}
          placeholder={strings.composerPlaceholder}
          aria-describedby="count refusal"
          aria-invalid={!!refusal?.sentence}
          value={text}
          ref={textBox}
          onInput={(event) => {
            this.write(event.currentTarget.value);
            conversation.dismissRefusal();
          }}
          onKeyDown={this.keyPressed}
        />
        <button class="send" type="submit">
          {strings.send}
        </button>
        <p id="count" class={left < 0 ? "count over" : "count"} dir="auto">
          {left <= TEXT_LIMIT - COUNT_FROM &&
            fill(left < 0 ? strings.charactersOver : strings.charactersLeft, Math.abs(left))}
        </p>
        <p id="refusal" role="alert" dir="auto">
          {refusal?.sentence}
        </p>
      </form>
    );
  }
}
