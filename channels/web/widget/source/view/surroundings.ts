// What every part of the view may ask for: the talk, the words, and where focus can go.
// One widget to a page, so this is set once and need not be handed down through every part.

import { createRef } from "preact";
import type { Conversation } from "../conversation.ts";
import type { Options } from "../options.ts";
import type { Drawer } from "../storage.ts";

export interface Surroundings {
  conversation: Conversation;
  options: Options;
  root: ShadowRoot;
  /** Remembers for this tab only. */
  tab: Drawer;
}

export let surroundings: Surroundings;

export function surroundWith(all: Surroundings): void {
  surroundings = all;
}

export const textBox = createRef<HTMLTextAreaElement>();

export const focusTextBox = (): void => textBox.current?.focus();
