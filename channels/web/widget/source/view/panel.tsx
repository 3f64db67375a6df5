// The panel: who is speaking, the two ways out, the log, what is going on, and the text box.

import { Component } from "preact";
import type { View } from "../store.ts";
import type { Strings } from "../strings.ts";
import { Composer } from "./composer.tsx";
import { Controls } from "./controls.tsx";
import { CloseIcon } from "./icons.tsx";
import { Log } from "./log.tsx";
import { focusTextBox, surroundings } from "./surroundings.ts";

interface Props {
  view: View;
  close(): void;
}

export class Panel extends Component<Props> {
  override componentDidMount() {
    if (this.props.view.takeFocus) focusTextBox();
  }

  keyPressed = (event: KeyboardEvent) => {
    if (event.key !== "Escape" || event.isComposing) return;
    event.stopPropagation();
    this.props.close();
  };

  render({ view, close }: Props) {
    const { strings, company } = surroundings.options;
    return (
      <section class="panel" role="dialog" aria-labelledby="title" onKeyDown={this.keyPressed}>
        <header>
          <div>
            <h2 id="title">{titleOf(view, strings)}</h2>
            {company && <p dir="auto">{company}</p>}
          </div>
          <button class="close" type="button" aria-label={strings.close} onClick={close}>
            <CloseIcon />
          </button>
        </header>
        <Controls />
        <Log view={view} />
        <p class={`status ${view.connection}`} role="status" dir="auto">
          {statusOf(view, strings)}
        </p>
        {view.talkState === "closed" ? <Ended /> : <Composer refusal={view.refusal} />}
      </section>
    );
  }
}

/** In place of the text box after the end; it takes over the focus that the box had. */
class Ended extends Component {
  override componentDidMount() {
    const { root } = surroundings;
    if (!root.activeElement && root.host === document.activeElement) root.querySelector<HTMLElement>(".again")?.focus();
  }

  again = () => {
    surroundings.conversation.startNew();
    setTimeout(focusTextBox);
  };

  render() {
    const { strings } = surroundings.options;
    return (
      <div class="composer">
        <p dir="auto">{strings.ended}</p>
        <button class="send again" type="button" onClick={this.again}>
          {strings.startNew}
        </button>
      </div>
    );
  }
}

function titleOf({ talkState }: View, strings: Strings): string {
  if (talkState === "human") return strings.titleHuman;
  return talkState === "waiting" ? strings.titleWaiting : strings.title;
}

function statusOf(view: View, strings: Strings): string {
  if (view.connection === "lost") return strings.connectionLost;
  if (view.connection === "back") return strings.connectionBack;
  if (!view.log.length) return strings.starting;
  if (!view.typing) return "";
  return view.talkState === "human" ? strings.writingHuman : strings.writing;
}
