// The entry: reads the script tag, puts the widget into a shadow tree of its own, and gives the site
// window.Offboard.

import { h, render } from "preact";
import { createApi } from "./api.ts";
import { systemClock } from "./clock.ts";
import { createConversation } from "./conversation.ts";
import { readOptions } from "./options.ts";
import { lastingDrawer, tabDrawer } from "./storage.ts";
import { createStore } from "./store.ts";
import { styleSheets } from "./styles.ts";
import { App } from "./view/app.tsx";
import { surroundWith } from "./view/surroundings.ts";

export interface Offboard {
  open(): void;
  close(): void;
  /** A token when someone signs in; null when nobody is signed in any more. */
  identify(token: string | null): void;
}

declare global {
  interface Window {
    Offboard?: Offboard;
  }
}

function start(script: HTMLScriptElement): Offboard {
  const options = readOptions(script);
  const store = createStore();
  const drawer = lastingDrawer(options.apiOrigin);
  const tab = tabDrawer(options.apiOrigin);
  const conversation = createConversation({
    api: createApi(options.apiOrigin),
    drawer,
    store,
    strings: options.strings,
    locale: options.locale,
    identityToken: options.identityToken,
    clock: systemClock,
  });

  // An open tree, so that accessibility checkers and assistive tools see inside; the site's styles
  // stay out either way, and nothing of it is handed to the site.
  const host = document.createElement("offboard-assistant");
  const root = host.attachShadow({ mode: "open" });
  root.adoptedStyleSheets = styleSheets(options.theme);

  let cameFrom: HTMLElement | null = null;
  const open = () => {
    if (store.view.open) return;
    const active = document.activeElement;
    cameFrom = active instanceof HTMLElement && active !== host && active !== document.body ? active : null;
    store.update({ takeFocus: true });
    conversation.open();
    tab.write("open", true);
  };
  const close = () => {
    store.update({ takeFocus: true });
    conversation.close();
    tab.write("open", null);
  };
  if (tab.read("open")) conversation.open();

  addEventListener("online", () => conversation.networkChanged(true));
  addEventListener("offline", () => conversation.networkChanged(false));
  addEventListener("storage", (event) => event.key?.startsWith("offboard:") && conversation.rememberedElsewhere());
  document.addEventListener("visibilitychange", () => document.hidden || conversation.lookedAt());

  const identify = (token: string | null) => {
    conversation.identify(token);
    if (!store.view.open) tab.write("open", null);
    if (!token) tab.write("draft", null);
  };

  const returnFocus = () => (cameFrom?.isConnected ? cameFrom : null);
  surroundWith({ conversation, options, root, tab });
  render(h(App, { store, open, close, returnFocus }), root);
  document.body.append(host);

  return { open, close, identify };
}

// `currentScript` is null in a module; then the tag is found by its file name.
const script =
  document.currentScript ?? document.querySelector<HTMLScriptElement>('script[src*="/widget.js"]');
if (script instanceof HTMLScriptElement && !window.Offboard) {
  const begin = () => (window.Offboard ??= start(script));
  // Without `defer` the script may run before there is a body.
  if (document.body) begin();
  else addEventListener("DOMContentLoaded", begin);
}
