// The whole widget: the launcher, and the panel while it is open.

import { Component, createRef } from "preact";
import type { Store, View } from "../store.ts";
import { fill } from "../strings.ts";
import { ChatIcon } from "./icons.tsx";
import { Panel } from "./panel.tsx";
import { surroundings } from "./surroundings.ts";

interface Props {
  store: Store;
  open(): void;
  close(): void;
  /** Where focus was when the panel was opened by the site itself. */
  returnFocus(): HTMLElement | null;
}

export class App extends Component<Props, View> {
  override state = this.props.store.view;
  launcher = createRef<HTMLButtonElement>();

  override componentDidMount() {
    const { store } = this.props;
    store.watcher = (view) => this.setState(view);
    store.update({});
  }

  override componentDidUpdate(_: Props, before: View) {
    if (before.open && !this.state.open && this.state.takeFocus) {
      (this.props.returnFocus() ?? this.launcher.current)?.focus();
    }
  }

  render({ open, close }: Props, view: View) {
    const { strings, direction } = surroundings.options;
    return (
      <section
        class="widget"
        aria-label={strings.region}
        lang={strings.language}
        dir={direction}
      >
        <button
          class="launcher"
          type="button"
          hidden={view.open}
          aria-haspopup="dialog"
          aria-expanded={view.open}
          ref={this.launcher}
          onClick={open}
        >
          <ChatIcon />
          <span>{strings.launcher}</span>
          {view.unread > 0 && <span class="unread">{fill(strings.launcherUnread, view.unread)}</span>}
        </button>
        {view.open && <Panel view={view} close={close} />}
      </section>
    );
  }
}
